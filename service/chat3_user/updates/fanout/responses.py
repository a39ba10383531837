"""Responses of the stream, encoded once for all streams that get them."""

from datetime import UTC, datetime, timedelta
from typing import Final, cast

from chat3_api.chat3.user.v1 import (
    ConnectionEstablished,
    Gap,
    GapReason,
    Heartbeat,
    ReloadTarget,
    ResumeOutcome,
    StreamState,
    SubscribeUpdatesResponse,
)
from chat3_user.updates.broker import (
    LogError,
    LogExpiredError,
    LogReplacedError,
    LogUnavailableError,
)
from chat3_user.updates.decoded import DecodedUpdate
from chat3_user.updates.fanout.items import Item
from chat3_user.wire import Encoded, builder, encode

MISSED: Final = -1.0
"""The time of an update of which it does not matter how long it took: its client was away."""

_build_response = builder(SubscribeUpdatesResponse)


def update_item(
    decoded: DecodedUpdate, token: str, sequence: int = 0, *, missed: bool = False
) -> Item:
    """Return an update; ``sequence`` is its place in the memory of its feed.

    ``missed`` is what a client gets that had missed it.
    """
    return Item(
        encoded=cast("Encoded", _build_response(resume_token=token, update=decoded.update)),
        token=token,
        size=len(cast("Encoded", decoded.update)),
        digest=decoded.digest,
        sequence=sequence,
        kind=decoded.kind,
        dialog_id=decoded.dialog_id,
        made_at=MISSED if missed else decoded.made_at,
    )


def established_item(
    token: str, connection_id: str, heartbeat_interval: timedelta, outcome: ResumeOutcome
) -> Item:
    """Return the first response of a stream."""
    return _item(
        SubscribeUpdatesResponse(
            resume_token=token,
            connection_established=ConnectionEstablished(
                connection_id=connection_id,
                heartbeat_interval=heartbeat_interval,
                resume_outcome=outcome,
            ),
        )
    )


def heartbeat_item(token: str, *, live: bool) -> Item:
    """Return a heartbeat."""
    state = StreamState.LIVE if live else StreamState.DEGRADED
    heartbeat = Heartbeat(send_time=datetime.now(UTC), state=state)
    return _item(SubscribeUpdatesResponse(resume_token=token, heartbeat=heartbeat))


def gap_item(token: str, reason: GapReason, from_ms: int | None) -> Item:
    """Return a gap that began at ``from_ms`` (Unix milliseconds) and ends now."""
    response = SubscribeUpdatesResponse(resume_token=token, gap=gap(reason, from_ms))
    return _item(response, reason)


def gap(reason: GapReason, from_ms: int | None) -> Gap:
    """Return what a gap says that began at ``from_ms`` (Unix milliseconds) and ends now."""
    return Gap(
        reason=reason,
        from_time=None if from_ms is None else datetime.fromtimestamp(from_ms / 1000, UTC),
        to_time=datetime.now(UTC),
        reload=[ReloadTarget.DIALOGS, ReloadTarget.MESSAGES],
    )


def gap_reason(error: LogError) -> GapReason:
    """Return why updates may be missing when the log failed with ``error``."""
    match error:
        case LogExpiredError():
            return GapReason.EXPIRED
        case LogReplacedError():
            return GapReason.LOG_REPLACED
        case LogUnavailableError():
            return GapReason.LOG_UNAVAILABLE
        case _:
            return GapReason.LOG_UNREADABLE


def _item(response: SubscribeUpdatesResponse, gap: GapReason | None = None) -> Item:
    return Item(encoded=encode(response), token=response.resume_token, gap=gap)
