"""One stream of a tenant: where it stands in the log, and what waits to be sent."""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from chat3_api.chat3.user.v1 import GapReason
from chat3_user.errors import CallError
from chat3_user.metrics.streams import StreamCounts
from chat3_user.updates.broker import (
    LogEntry,
    LogError,
    LogExpiredError,
    LogPosition,
    LogReplacedError,
)
from chat3_user.updates.decoded import Decoder
from chat3_user.updates.fanout.following.entries import (
    LOOK_BACK,
    Before,
    Followed,
    Seen,
    followed_gap,
    followed_update,
    tenant_token,
)
from chat3_user.updates.fanout.following.stretches import LENGTH, Stretch, Stretches
from chat3_user.updates.fanout.following.tail import Tail
from chat3_user.updates.fanout.items import Filter, Item, count
from chat3_user.updates.fanout.responses import gap_reason
from chat3_user.updates.fanout.settings import BufferLimits
from chat3_user.updates.fanout.wakeup import Wakeup
from chat3_user.updates.log.tokens import Token
from chat3_user.wire import Encoded

_BATCH: Final = 64
_STEP: Final = 16
"""Entries that are decoded without letting others run."""


class Follower:
    """Goes on in the log from ``position``: by itself while it is behind, then with the tail.

    What waits for a client is bounded by ``limits``. When it is more, the stream is behind again
    and goes on by itself once the client has taken what waits: nothing is dropped. ``time_ms`` is
    a time by which all that was published stands before ``position``, 0 while none is known.
    """

    def __init__(
        self,
        tenant_id: str,
        tail: Tail,
        stretches: Stretches,
        decode: Decoder,
        wanted: Filter,
        limits: BufferLimits,
        counts: StreamCounts,
        send_now: Callable[[Encoded], bool] | None,
    ) -> None:
        self.tenant_id = tenant_id
        self.position = LogPosition(-1, 0)
        self.time_ms = 0
        self.live = False
        self.sent_token = ""
        self.sent_at = time.monotonic()
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._tail = tail
        self._stretches = stretches
        self._decode = decode
        self._wanted = wanted
        self._limits = limits
        self._counts = counts
        self._send_now = send_now
        self._seen: Seen | None = None
        self._queue: deque[Item] = deque()
        self._unread: deque[LogEntry] = deque()
        self._behind: tuple[LogPosition, int | None] = (self.position, None)
        self._pending: list[Followed] = []
        self._size = 0
        self._complete = False
        self._problem: CallError | None = None
        self._wakeup = Wakeup()

    @property
    def token(self) -> str:
        """The token of a stream that has sent all that waits."""
        if self.live and self._tail.position.offset > self.position.offset:
            return tenant_token(self.tenant_id, self._tail.position, self._tail.time_ms)
        return tenant_token(self.tenant_id, self.position, self.time_ms)

    @property
    def size(self) -> int:
        """The number of bytes that wait."""
        return self._size + sum(len(entry.body) for entry in self._unread)

    async def start(self) -> None:
        """Begin at the present, knowing what stood in the log just before.

        Raises `LogError`.
        """
        self.position, self.time_ms = await self._tail.present()
        await self.catch_up()

    async def resume(self, token: Token) -> bool:
        """Begin behind a token; return whether its place was found, else a gap comes first.

        Raises `LogError`.
        """
        self.position, self.time_ms = token.position or LogPosition(-1, 0), token.time_ms
        return await self.catch_up()

    async def catch_up(self) -> bool:
        """Read a part of what the stream is behind, and go on with the tail where that is reached.

        Return whether the place was found, else a gap waits to be sent. Raises `LogError`.
        """
        if self._unread:  # comes first
            return True
        await self._join()
        nearby = await self._tail.around(self.position, self.tenant_id, self._look_back)
        if nearby is not None:
            await self._begin(self._stretches.of(nearby), nearby.end, self._tail.time_ms)
            return True
        async with self._stretches.turn(self.tenant_id):
            end, at_ms = await self._tail.present()
            if end.offset - self.position.offset > LENGTH:
                self._leave()
                end, at_ms = LogPosition(self.position.offset + LENGTH, 0), self.time_ms
            try:
                stretch = await self._stretches.read(
                    self.tenant_id, self.position, end, self._look_back
                )
            except (LogExpiredError, LogReplacedError) as error:
                await self._after_gap(error)
                return False
            await self._begin(stretch, end, at_ms)
        return True

    @property
    def _look_back(self) -> int:
        """The number of entries up to the stream's place that have to be looked at."""
        return 0 if self._seen is not None else LOOK_BACK

    def close(self) -> None:
        """Follow no more."""
        self._leave()

    def end(self, problem: CallError) -> None:
        """End the stream with ``problem``."""
        if self._problem is None:
            self._problem = problem
            self._leave()
            self.ended.set_result(None)
            self.nudge()

    async def decode_some(self) -> None:
        """Queue some of what was read, once nothing else waits; others run first.

        A client that leaves early costs nothing for the rest.
        """
        if not self._unread or self._queue:
            return
        async with self._stretches.decoding:
            await asyncio.sleep(0)
            for _ in range(min(_STEP, len(self._unread))):
                self._take(self._unread.popleft())
        self._end_stretch()

    def next_batch(self) -> list[Item]:
        """Return what is to be sent next, oldest first; nothing when all has been sent.

        Raises the problem the stream was ended with.
        """
        if self._problem is not None:
            raise self._problem
        batch = [self._queue.popleft() for _ in range(min(_BATCH, len(self._queue)))]
        self._size -= sum(len(item.encoded) for item in batch)
        return batch

    def sent(self, token: str) -> None:
        """Note that the response with ``token`` went out."""
        self.sent_token = token
        self.sent_at = time.monotonic()

    def delivered(self, items: Sequence[Item]) -> None:
        """Note that items went out."""
        if items:
            self.sent(items[-1].token)
            count(self._counts, items)

    async def wait(self, timeout: float) -> None:
        """Wait for something to send, a nudge, or the end of ``timeout`` seconds."""
        if not (self._queue or self._unread) and self._problem is None:
            await self._wakeup.wait(timeout)

    # What the tail says.

    def offer(self, followed: Followed) -> None:
        """Take an update that comes, or a gap, if it is wanted."""
        if not self._wanted.admits(followed.item):
            return
        if not self.live:
            self._hold(followed)
        elif followed.position.offset <= self.position.offset:
            # The stream has read it: it has come further than the tail.
            return
        elif self._is_full():
            # What waits is sent first; the log has the rest.
            self._leave()
        else:
            self._accept(followed)
            self.nudge()

    def lost(self) -> None:
        """Look for the own place in the log: the tail's is not there any more."""
        self._leave()
        self.nudge()

    def nudge(self) -> None:
        """Wake the stream: there may be something to send or to say."""
        self._wakeup.nudge()

    def _hold(self, followed: Followed) -> None:
        """Keep what comes while the stream reads what stands before it."""
        if not self._complete:
            return
        self._pending.append(followed)
        self._size += len(followed.item.encoded)
        if self._is_full():
            self._leave()

    def _is_full(self) -> bool:
        waiting = len(self._queue) + len(self._pending)
        return waiting >= self._limits.count or self._size >= self._limits.bytes

    def _accept(self, followed: Followed) -> None:
        """Send an entry, unless it stood in the log just before."""
        self.position = followed.position
        if followed.identity:
            seen = self._seen = self._seen or Seen()
            if not seen.is_new(followed.identity, followed.position.offset):
                return
        item = followed.item
        if not self._queue and self._sent_now(item):
            self.delivered((item,))
        else:
            self._queue.append(item)
            self._size += len(item.encoded)

    def _sent_now(self, item: Item) -> bool:
        """Send an item past the queue, if the stream waits; return whether it was sent."""
        return self._wakeup.asleep and self._send_now is not None and self._send_now(item.encoded)

    async def _join(self) -> None:
        """Hold what comes from now on: behind the log's end as it is then, nothing is missed."""
        self._leave()
        self._complete = True
        self._tail.join(self)
        await self._tail.ready()

    def _leave(self) -> None:
        """Go on alone, from ``position``."""
        if self.live:
            self.time_ms = max(self.time_ms, self._tail.time_ms)
        self._tail.leave(self)
        self.live = self._complete = False
        self._size -= sum(len(followed.item.encoded) for followed in self._pending)
        self._pending = []

    def _go_live(self) -> None:
        """Go on with the tail: what was held and stands behind ``position`` is next."""
        self.live = True
        pending, self._pending = self._pending, []
        for followed in pending:
            self._size -= len(followed.item.encoded)
            if followed.position.offset > self.position.offset:
                self._accept(followed)

    async def _after_gap(self, error: LogError) -> None:
        """Go on at the present, behind a gap that says why."""
        since_ms = self.time_ms
        end, self.time_ms = await self._tail.present()
        self._seen = None
        self._accept(followed_gap(self.tenant_id, end, gap_reason(error), since_ms))

    async def _begin(self, stretch: Stretch, until: LogPosition, at_ms: int) -> None:
        """Have a part of the log sent, and go on behind it.

        Where that is ``until``, all that was published by ``at_ms`` has been sent then.
        """
        for entry in stretch.entries:
            if entry.is_deletion:
                # Heard of first: what goes before it comes without what the message said.
                self._decode(entry.body)
        if self._seen is None:
            self._seen = await self._seen_before(stretch.before)
        self._unread = deque(stretch.entries)
        self._behind = (stretch.end, at_ms if stretch.end.offset >= until.offset else None)
        self._end_stretch()

    def _end_stretch(self) -> None:
        """Go on behind what was read, once that is queued."""
        if self._unread:
            return
        self.position, at_ms = self._behind
        if at_ms is not None and self._complete:
            self.time_ms = max(self.time_ms, at_ms)
            self._go_live()

    async def _seen_before(self, before: Iterable[Before | None]) -> Seen:
        """Return what tells what stood in the log before the stream's place."""
        seen = Seen()
        for number, known in enumerate(before, start=1):
            if not number % _BATCH:
                await asyncio.sleep(0)
            if known is not None and self._wanted.admits(known):
                seen.is_new(known.identity, known.offset)
        return seen

    def _take(self, entry: LogEntry) -> None:
        """Queue an entry that was read."""
        if entry.is_gap:
            reason = GapReason.LOG_UNREADABLE
            self._accept(followed_gap(self.tenant_id, entry.position, reason, self.time_ms))
        elif (decoded := self._decode(entry.body)) is not None and self._wanted.admits(decoded):
            self._accept(followed_update(entry, decoded, self.time_ms, missed=True))
