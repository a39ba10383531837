"""Responses of a stream of many users, encoded.

What `SubscribeUpdatesResponse` has stands in `WatchUpdatesResponse` under the same numbers, and
messages that are joined are merged: a user's id and an item of the user's stream make a response.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import cast

from chat3_api.chat3.tenant import v1 as pb
from chat3_api.chat3.user.v1 import ConnectionEstablished, ErrorReason, Heartbeat, StreamState
from chat3_user.errors import CallError
from chat3_user.wire import Encoded, builder, encode

_build_response = builder(pb.WatchUpdatesResponse)


def of_user(user_id: str) -> bytes:
    """Return the beginning of every response that is about a user."""
    return bytes(encode(pb.WatchUpdatesResponse(user_id=user_id)))


def established(connection_id: str, heartbeat: timedelta) -> Encoded:
    """Return the first response of a stream."""
    connection = ConnectionEstablished(connection_id=connection_id, heartbeat_interval=heartbeat)
    return encode(pb.WatchUpdatesResponse(connection_established=connection))


def heartbeat(*, live: bool, prefix: bytes = b"", token: str = "") -> Encoded:
    """Return a heartbeat, of a user or of the whole stream."""
    state = StreamState.LIVE if live else StreamState.DEGRADED
    beat = Heartbeat(send_time=datetime.now(UTC), state=state)
    made = _build_response(resume_token=token, heartbeat=beat)
    return Encoded(prefix + cast("Encoded", made))


def acknowledged(batch_id: str, watched: Sequence[pb.UserWatched]) -> Encoded:
    """Return the answer to a request that was applied."""
    answer = pb.WatchAcknowledged(batch_id=batch_id, watched=list(watched))
    return encode(pb.WatchUpdatesResponse(acknowledged=answer))


def refused(batch_id: str, error: CallError, user_id: str) -> Encoded:
    """Return the answer to a request that was not applied."""
    delay = error.retry_after
    answer = pb.WatchRefused(
        batch_id=batch_id,
        reason=error.reason,
        message=error.message,
        user_id=user_id,
        broken_rules=[
            pb.BrokenRule(field=broken.field, rule=broken.description)
            for broken in error.violations
        ],
        retry_delay=None if delay is None else timedelta(seconds=delay),
    )
    return encode(pb.WatchUpdatesResponse(refused=answer))


def dropped(prefix: bytes, token: str, reason: ErrorReason) -> Encoded:
    """Return what says that a user is watched no longer."""
    response = pb.WatchUpdatesResponse(resume_token=token, dropped=pb.UserDropped(reason=reason))
    return Encoded(prefix + encode(response))
