"""One stream of a tenant: where it stands in the log, and what waits to be sent."""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import aclosing
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
    UpdatesLog,
)
from chat3_user.updates.decoded import AddressReader, Decoder
from chat3_user.updates.fanout.following.entries import (
    LOOK_BACK,
    Followed,
    Seen,
    followed_gap,
    followed_update,
    tenant_token,
)
from chat3_user.updates.fanout.following.tail import Tail
from chat3_user.updates.fanout.items import Filter, Item, count
from chat3_user.updates.fanout.responses import gap_reason
from chat3_user.updates.fanout.settings import BufferLimits
from chat3_user.updates.fanout.wakeup import Wakeup
from chat3_user.updates.log.tokens import Token
from chat3_user.wire import Encoded

_STRETCH: Final = 5000
"""Entries of the log that are read at once."""

_STRETCH_BYTES: Final = 2_097_152
"""Where such a part ends whatever its number of entries."""

_BATCH: Final = 64
_STEP: Final = 64
"""Entries that are decoded without letting others run."""

_DELETION: Final = b'"message.deleted"'


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
        log: UpdatesLog,
        decode: Decoder,
        address_of: AddressReader,
        readers: asyncio.Semaphore,
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
        self._log = log
        self._decode = decode
        self._address_of = address_of
        self._readers = readers
        self._wanted = wanted
        self._limits = limits
        self._counts = counts
        self._send_now = send_now
        self._seen: Seen | None = None
        self._queue: deque[Item] = deque()
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
        return self._size

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
        end, at_ms = await self._join()
        if end.offset - self.position.offset > _STRETCH:
            self._leave()
            end, at_ms = LogPosition(self.position.offset + _STRETCH, 0), self.time_ms
        try:
            reached = await self._read(end)
        except (LogExpiredError, LogReplacedError) as error:
            await self._after_gap(error)
            return False
        if reached and self._complete:
            self.time_ms = at_ms
            self._go_live()
        return True

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
        if not self._queue and self._problem is None:
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

    async def _join(self) -> tuple[LogPosition, int]:
        """Hold what comes from now on; return the log's end, behind which nothing is missed."""
        self._leave()
        self._complete = True
        self._tail.join(self)
        await self._tail.ready()
        return await self._tail.present()

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

    async def _read(self, until: LogPosition) -> bool:
        """Read up to ``until``, or as much as one part may have; return whether it is reached.

        Raises `LogError`; nothing has changed then.
        """
        after, last, size = self.position, self.position, 0
        before: list[LogEntry] = []
        entries: list[LogEntry] = []
        look_back = 0 if self._seen is not None else LOOK_BACK
        async with (
            self._readers,
            aclosing(self._log.read(after, until, look_back)) as found,
        ):
            async for entry in found:
                if entry.offset <= after.offset:
                    if self._concerns(entry):
                        before.append(entry)
                    continue
                last = entry.position
                if entry.is_gap or self._concerns(entry):
                    entries.append(entry)
                    size += len(entry.body)
                    if size >= _STRETCH_BYTES:
                        break
        for entry in entries:
            if _DELETION in entry.body:
                # Heard of first: what goes before it comes without what the message said.
                self._decode(entry.body)
        self._seen = self._seen or Seen()
        for number, entry in enumerate((*before, *entries), start=1):
            if not number % _STEP:
                await asyncio.sleep(0)
            self._take(entry, news=entry.offset > after.offset)
        self.position = last
        return last.offset >= until.offset

    def _concerns(self, entry: LogEntry) -> bool:
        """Return whether an entry is an update of the tenant."""
        if not entry.is_update:
            return False
        address = self._address_of(entry.body)
        return address is not None and address[0] == self.tenant_id

    def _take(self, entry: LogEntry, *, news: bool) -> None:
        """Queue an entry that was read; of what is no ``news`` only know that it was there."""
        if entry.is_gap:
            reason = GapReason.LOG_UNREADABLE
            self._accept(followed_gap(self.tenant_id, entry.position, reason, self.time_ms))
        elif (decoded := self._decode(entry.body)) is not None and self._wanted.admits(decoded):
            followed = followed_update(entry, decoded, self.time_ms, missed=True)
            if news:
                self._accept(followed)
            elif self._seen is not None:
                self._seen.is_new(followed.identity, followed.position.offset)
