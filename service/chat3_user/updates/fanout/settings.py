"""What the hub may keep in memory, how often it looks, and how long a stream may live."""

from dataclasses import dataclass, field
from typing import Annotated

from msgspec import Meta

from chat3_user.updates.delivery_limits import DeliveryLimits


@dataclass(frozen=True, slots=True)
class BufferLimits:
    """How much a stream may leave unread before it is ended."""

    count: Annotated[
        int, Meta(ge=1, description="most unread updates of a slow stream before it is ended")
    ] = 1000
    bytes: Annotated[
        int, Meta(ge=65_536, description="most unread bytes of a slow stream before it is ended")
    ] = 4_194_304


@dataclass(frozen=True, slots=True)
class WatchLimits:
    """How many users a stream may watch, and how much it may leave unread of all of them."""

    users: Annotated[
        int, Meta(ge=1, description="most users that one stream of a back end can watch")
    ] = 20_000
    users_per_key: Annotated[
        int,
        Meta(
            ge=1, description="most users that all streams of one API key can watch on one worker"
        ),
    ] = 100_000
    bytes: Annotated[
        int,
        Meta(
            ge=65_536,
            description="most unread bytes of a slow stream of many users before the users with"
            " the largest backlog are dropped",
        ),
    ] = 16_777_216


@dataclass(frozen=True, slots=True)
class FollowLimits:
    """How many streams of whole tenants a worker may have."""

    per_tenant: Annotated[
        int,
        Meta(ge=1, description="most open streams of whole tenants, for each tenant on one worker"),
    ] = 20
    in_all: Annotated[
        int, Meta(ge=1, description="most open streams of whole tenants on one worker")
    ] = 200


@dataclass(frozen=True, slots=True)
class TailLimits:
    """How many updates, and how many bytes of them, a feed keeps for quick reconnects."""

    count: int = 256
    bytes: int = 262_144


@dataclass(frozen=True, slots=True)
class StreamSettings:
    """Seconds: the age at which a stream ends, and how often its right to be open is proved."""

    max_age: Annotated[
        float, Meta(gt=0, description="maximum age of a stream; it ends up to 20 % earlier")
    ] = 3600.0
    recheck_interval: Annotated[
        float,
        Meta(
            gt=0,
            description="how often the API key and the user of an open stream are checked again",
        ),
    ] = 300.0


@dataclass(frozen=True, slots=True)
class HubSettings:
    """Intervals in seconds, sizes in bytes."""

    streams_per_user: Annotated[
        int, Meta(ge=1, description="most open streams of one user on one worker")
    ] = 20
    buffer: BufferLimits = field(default_factory=BufferLimits)
    watch: WatchLimits = field(default_factory=WatchLimits)
    follow: FollowLimits = field(default_factory=FollowLimits)
    tail: TailLimits = field(default_factory=TailLimits)
    deliveries: DeliveryLimits = field(default_factory=DeliveryLimits)
    grace: Annotated[
        float,
        Meta(
            gt=0, description="how long a user's updates are kept in memory for a quick reconnect"
        ),
    ] = 30.0
    watermark_interval: float = 5.0
    replay_keep: float = 60.0
    replay_bytes: int = 134_217_728
