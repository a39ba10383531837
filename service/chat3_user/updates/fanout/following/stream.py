"""One open stream of a tenant: what it says, when it is silent, and how it ends."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Final

from chat3_user.errors import CallError
from chat3_user.updates.broker import LogError
from chat3_user.updates.fanout.following.follower import Follower
from chat3_user.updates.fanout.following.streams import TenantStreams
from chat3_user.updates.fanout.items import Item
from chat3_user.updates.fanout.lifetime import Lifetime, ended_at
from chat3_user.updates.fanout.responses import established_item, heartbeat_item
from chat3_user.updates.fanout.settings import StreamSettings
from chat3_user.updates.log.tokens import Token
from chat3_user.wire import Encoded

_RETRY: Final = 1.0
"""Seconds until a log that could not be read is tried again."""


async def tenant_responses(
    tenants: TenantStreams,
    follower: Follower,
    token: Token | None,
    connection_id: str,
    heartbeat: timedelta,
    settings: StreamSettings,
    still_allowed: Callable[[], Awaitable[None]],
) -> AsyncIterator[list[Encoded]]:
    """Yield what to send next, until the stream ends with `CallError`.

    The error carries the token of the last response that was sent before: whoever takes a batch
    removes from it what was sent.
    """
    first = await _established(tenants, follower, token, connection_id, heartbeat)
    follower.sent(first.token)
    stream = _Stream(tenants, follower, heartbeat.total_seconds(), settings, still_allowed)
    batch = [first]
    try:
        while True:
            if batch:
                unsent = [item.encoded for item in batch]
                yield unsent
                # The sender takes out what it has sent; it stops early when the stream was ended.
                follower.delivered(batch[: len(batch) - len(unsent)])
            batch = await stream.next_batch()
    except CallError as error:
        raise ended_at(error, follower.sent_token) from error


class _Stream:
    """What an open stream does from one batch to the next."""

    def __init__(
        self,
        tenants: TenantStreams,
        follower: Follower,
        silence: float,
        settings: StreamSettings,
        still_allowed: Callable[[], Awaitable[None]],
    ) -> None:
        self._tail = tenants.tail
        self._follower = follower
        self._silence = silence
        self._lifetime = Lifetime(settings, still_allowed)
        self._retry_at = 0.0
        self._flowing = self._tail.flowing

    async def next_batch(self) -> list[Item]:
        """Return what to send next; nothing when there may be something now.

        Raises `CallError` when the stream ends.
        """
        follower, now = self._follower, time.monotonic()
        await follower.decode_some()
        batch = follower.next_batch()
        await self._lifetime.go_on(now)
        if batch:
            return batch
        if now - follower.sent_at >= self._silence or self._flowing != self._tail.flowing:
            self._flowing = self._tail.flowing
            return [heartbeat_item(follower.token, live=self._flowing)]
        if not follower.live and now >= self._retry_at:
            await self._catch_up()
        else:
            due = min(follower.sent_at + self._silence, self._lifetime.due)
            if not follower.live:
                due = min(due, self._retry_at)
            await follower.wait(due - now)
        return []

    async def _catch_up(self) -> None:
        try:
            await self._follower.catch_up()
        except LogError:
            self._retry_at = time.monotonic() + _RETRY


async def _established(
    tenants: TenantStreams,
    follower: Follower,
    token: Token | None,
    connection_id: str,
    heartbeat: timedelta,
) -> Item:
    """Begin; return the first response, whose token is where the stream begins."""
    outcome = await tenants.begin(follower, token)
    begins_at = follower.token if token is None else token.encode()
    return established_item(begins_at, connection_id, heartbeat, outcome)
