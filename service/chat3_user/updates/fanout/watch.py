"""A stream of many users: what waits to be sent of each, who is behind, and who is silent."""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from heapq import nlargest
from typing import Final

from chat3_api.chat3.user.v1 import ErrorReason
from chat3_user.errors import CallError
from chat3_user.metrics.streams import StreamCounts
from chat3_user.updates.fanout.buffer import Buffer
from chat3_user.updates.fanout.feed import Feed
from chat3_user.updates.fanout.items import Filter, Item, count
from chat3_user.updates.fanout.settings import BufferLimits, WatchLimits
from chat3_user.updates.fanout.wakeup import Wakeup
from chat3_user.updates.fanout.watch_responses import dropped, of_user
from chat3_user.wire import Encoded

_BATCH: Final = 64
"""Items that are sent at once: so many may be under way when a user is watched no longer."""

_MAKE_ROOM: Final = 0.9
"""The part of its bytes that a stream keeps when it drops users."""

_EVERYTHING: Final = Filter()


class Watched(Buffer):
    """One user's place in a stream of many: its buffer, and where that stands."""

    __slots__ = ("_counted", "_watch", "feed", "prefix", "user_id")

    feed: Feed

    def __init__(self, watch: "Watch", user_id: str, limits: BufferLimits) -> None:
        super().__init__(_EVERYTHING, limits, watch.counts)
        self._watch = watch
        self._counted = 0
        self.user_id = user_id
        self.prefix = of_user(user_id)

    def offer(self, item: Item) -> None:
        """Take an item, unless the user is watched no longer."""
        super().offer(item)
        self._count()

    def open(self, backlog: Iterator[Item], fresh: Callable[[bytes], bool]) -> None:
        """Send ``backlog`` first, then what was held and is ``fresh`` by its digest."""
        super().open(backlog, fresh)
        self.nudge()

    def forget(self) -> None:
        """Drop what was held so far."""
        super().forget()
        self._count()

    def drain(self) -> list[Item]:
        """Return what is to be sent next, oldest first; nothing when all has been sent."""
        items = super().drain()
        self._count()
        return items

    def shed(self) -> None:
        """Let go of what waits: the user is dropped, once a backlog has been sent."""
        self._overflow()
        self._count()

    def end(self, problem: CallError) -> None:
        """End the whole stream."""
        self._watch.end(problem)

    def nudge(self) -> None:
        """Have the stream look at this user, or say what there is to say."""
        self._watch.nudged(self)

    @property
    def opened(self) -> bool:
        """Whether the client has been told that the user is watched."""
        return self._opened

    @property
    def _closed(self) -> bool:
        return self._watch.users.get(self.user_id) is not self

    def _sent_now(self, item: Item) -> bool:
        return self._watch.sends_now(self, item)

    def _fall_behind(self) -> None:
        self._watch.drop(self, ErrorReason.SLOW_CONSUMER)

    def _count(self) -> None:
        """Have the stream know how much waits."""
        more, self._counted = self._size - self._counted, self._size
        if more:
            self._watch.holds(more)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A response on its way: of a user, with the token that it moves the user to, or of none.

    ``item`` is what the user's feed had, if it is that.
    """

    encoded: Encoded
    watched: Watched | None = None
    token: str = ""
    item: Item | None = None


class Watch:
    """The users of one stream; the task of its call sends for all of them.

    Whatever is queued is bounded by count and bytes for each user, and by bytes for all: when that
    is too much, the users with the most are dropped, each with a notice of the token to go on from.
    ``leave`` is called with every user that was dropped, and why; ``owner`` is the API key.
    """

    def __init__(
        self,
        buffer: BufferLimits,
        limits: WatchLimits,
        counts: StreamCounts,
        send_now: Callable[[Encoded], bool] | None = None,
        owner: str = "",
    ) -> None:
        self.owner = owner
        self.counts = counts
        self.users: dict[str, Watched] = {}
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.buffered = 0
        self.sent_at = time.monotonic()
        self.leave: Callable[[Watched, ErrorReason], None] = lambda *_: None
        self._buffer = buffer
        self._limits = limits
        self._send_now = send_now
        self._ready: dict[Watched, None] = {}
        self._silent: dict[Watched, None] = {}
        self._notices: deque[Callable[[], Outgoing]] = deque()
        self._problem: BaseException | None = None
        self._wakeup = Wakeup()
        self._told: asyncio.Future[None] | None = None

    def add(self, user_id: str) -> Watched:
        """Return a new place for a user that is not watched; it holds what comes until opened."""
        watched = self.users[user_id] = Watched(self, user_id, self._buffer)
        return watched

    def open(
        self,
        watched: Watched,
        token: str,
        backlog: Iterator[Item],
        fresh: Callable[[bytes], bool],
    ) -> None:
        """Send what a user missed since ``token``, then what comes."""
        watched.sent(token)
        self._silent[watched] = None
        watched.open(backlog, fresh)

    def remove(self, watched: Watched) -> None:
        """Watch a user no longer: what waits for the user is dropped."""
        if self.users.get(watched.user_id) is watched:
            del self.users[watched.user_id]
            self._ready.pop(watched, None)
            self._silent.pop(watched, None)
            watched.forget()

    def drop(self, watched: Watched, reason: ErrorReason) -> None:
        """Watch a user no longer, and tell the client where the user stands."""
        if self.users.get(watched.user_id) is not watched:
            return
        self.remove(watched)
        # Not before what is under way has been sent: only then is the user's place known.
        self.tell(lambda: Outgoing(dropped(watched.prefix, watched.sent_token, reason)))
        # The feed may be handing an update to its places right now.
        asyncio.get_running_loop().call_soon(self.leave, watched, reason)

    def tell(self, notice: Callable[[], Outgoing]) -> None:
        """Queue what is no update; it is made when everything before it has been sent."""
        self._notices.append(notice)
        self.nudge()

    async def told(self) -> None:
        """Wait until all that was told is on its way to the client."""
        while self._notices:
            self._told = asyncio.get_running_loop().create_future()
            await self._told

    def end(self, problem: BaseException) -> None:
        """End the stream with ``problem``."""
        if self._problem is None:
            self._problem = problem
            self.ended.set_result(None)
            self.nudge()

    def next_batch(self) -> list[Outgoing]:
        """Return what is to be sent next: notices, then what waits of one user after the other.

        Raises the problem the stream was ended with.
        """
        if self._problem is not None:
            raise self._problem
        batch: list[Outgoing] = []
        while self._notices and len(batch) < _BATCH:
            batch.append(self._notices.popleft()())
        if self._told is not None and not (self._notices or self._told.done()):
            self._told.set_result(None)
        while self._ready and not self._notices and len(batch) < _BATCH:
            watched = next(iter(self._ready))
            del self._ready[watched]
            batch += [
                Outgoing(Encoded(watched.prefix + item.encoded), watched, item.token, item)
                for item in watched.drain()
            ]
            if watched.queued:
                self._ready[watched] = None
        return batch

    def silent_since(self, before: float, most: int = _BATCH) -> list[Watched]:
        """Return users to whom nothing was sent since ``before``, those who wait longest first.

        Nothing waits for them: their feeds have had no more than was sent, or is about to be. Users
        whom the client does not know to be watched have a backlog that waits, be it empty.
        """
        found: list[Watched] = []
        for watched in self._silent:
            if watched.sent_at > before or len(found) == most:
                break
            if not watched.queued:
                found.append(watched)
        return found

    def silence_ends(self, silence: float) -> float:
        """Return when the next user, or the stream, has been silent for ``silence`` seconds."""
        oldest = next(iter(self._silent), None)
        sent_at = self.sent_at if oldest is None else min(self.sent_at, oldest.sent_at)
        return sent_at + silence

    def sent(self, outgoing: Outgoing) -> None:
        """Note that a response went out."""
        self.sent_at = time.monotonic()
        watched = outgoing.watched
        if watched is not None:
            watched.sent(outgoing.token)
            if outgoing.item is not None:
                count(self.counts, (outgoing.item,))
            self._spoke(watched)

    async def wait(self, timeout: float) -> None:
        """Wait for something to send, a nudge, or the end of ``timeout`` seconds."""
        if not (self._ready or self._notices) and self._problem is None:
            await self._wakeup.wait(timeout)

    def nudge(self) -> None:
        """Wake the task that sends."""
        self._wakeup.nudge()

    # What its users say.

    def nudged(self, watched: Watched) -> None:
        """Look at a user who may have something to send."""
        if watched.opened and watched.queued and self.users.get(watched.user_id) is watched:
            self._ready[watched] = None
        self.nudge()

    def sends_now(self, watched: Watched, item: Item) -> bool:
        """Send an item past the task, which waits with nothing queued; return whether it was."""
        if not self._wakeup.asleep or self._send_now is None:
            return False
        if not self._send_now(Encoded(watched.prefix + item.encoded)):
            return False
        self.sent_at = time.monotonic()
        self._spoke(watched)
        return True

    def holds(self, more: int) -> None:
        """Count bytes that wait; drop those who have the most of them when it is too many."""
        self.buffered += more
        if self.buffered > self._limits.bytes:
            for watched in nlargest(len(self.users), self.users.values(), key=lambda it: it.size):
                watched.shed()
                if self.buffered <= self._limits.bytes * _MAKE_ROOM:
                    break

    def _spoke(self, watched: Watched) -> None:
        """Note that a user is not silent."""
        if watched in self._silent:
            del self._silent[watched]
            self._silent[watched] = None
