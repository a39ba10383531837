"""What a stream hands out beside updates: how the connection is, and what may be missing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from chat3_api.chat3.user import v1 as pb
from chat3_api.chat3.user.v1 import ReloadTarget, ResumeOutcome, Update
from chat3_client.failures import Chat3Error
from chat3_client.values import wire_name


class ConnectionState(Enum):
    """How a stream is."""

    CONNECTING = "connecting"
    """The first connection is being made."""
    LIVE = "live"
    """Updates are handed out as they are published."""
    DEGRADED = "degraded"
    """The stream is open, but the service has lost its broker: updates follow later."""
    RECONNECTING = "reconnecting"
    """The connection was lost and is being made again."""
    CLOSED = "closed"
    """The stream was closed, or failed for good."""


@dataclass(frozen=True, slots=True)
class Connected:
    """A stream is open. What is published from now on follows, or a `Gap` says that it may not."""

    outcome: ResumeOutcome
    """`FRESH`: read everything. `RESUMED`: nothing is missing. `RESUMED_WITH_GAP`: see `Gap`. On a
    stream of many users `UNSPECIFIED`: `Watched` says it of each."""
    heartbeat: timedelta
    """The longest silence on the stream. After twice as long it counts as lost."""
    connection_id: str = ""
    """The stream's name in the service's logs."""
    first: bool = True
    """Whether no stream was open before."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Updates may be missing here: read again what `reload` names. What follows is complete."""

    reason: str
    """The name of a `GapReason`, such as `GAP_REASON_EXPIRED`, or of the `ErrorReason` for which
    the resume token was refused."""
    reload: Sequence[ReloadTarget] = (ReloadTarget.DIALOGS, ReloadTarget.MESSAGES)
    from_time: datetime | None = None
    """The last time that is known to be complete."""
    to_time: datetime | None = None
    """The time from which the stream is complete again."""
    user_id: str = ""
    """The user whose updates may be missing, on a stream of many users."""

    @classmethod
    def of(cls, gap: pb.Gap, user_id: str = "") -> "Gap":
        """Return a gap of the contract as it is handed out."""
        return cls(wire_name(gap.reason), tuple(gap.reload), gap.from_time, gap.to_time, user_id)


@dataclass(frozen=True, slots=True)
class Disconnected:
    """The connection was lost, or could not be made. The stream connects again by itself."""

    reason: str
    """The name of an `ErrorReason`; empty when the service gave none."""
    retry_in: float
    """The seconds until the next attempt."""
    error: Chat3Error
    """Everything that is known of the loss."""
    failures: int = 1
    """How many attempts in a row have failed, without a response in between: 1 when a stream was
    lost on which something had come. Whoever wants to give up after some raises `error`."""


@dataclass(frozen=True, slots=True)
class StateChanged:
    """Updates have stopped to flow on an open stream, or flow again."""

    state: ConnectionState
    """`DEGRADED` or `LIVE`."""


Event = Connected | Update | Gap | Disconnected | StateChanged
"""What a stream of one user, or of a tenant, hands out."""
