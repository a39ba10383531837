"""One stream's buffer between the hub and its client: bounded, filtered, never in the way."""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import cast

import msgspec

from chat3_api.chat3.user.v1 import Update, UpdateKind
from chat3_user.errors import CallError, reasons
from chat3_user.updates.decoded import DecodedUpdate
from chat3_user.updates.fanout.settings import BufferLimits
from chat3_user.wire import Encoded

_BACKLOG_STEP = 64

_FRESH_FOR = 60.0
"""Seconds for which what comes live is held against the backlog; far more than it can be late."""


class Item(msgspec.Struct, frozen=True, gc=False):
    """An encoded response on its way to streams, shared by all streams of a user.

    ``kind`` is set for updates only; ``sequence`` is the update's place in its feed's memory, and
    ``size`` the number of its bytes, with which ``encoded`` ends.
    """

    encoded: Encoded
    token: str
    digest: bytes = b""
    sequence: int = 0
    kind: UpdateKind | None = None
    dialog_id: str = ""
    is_gap: bool = False
    size: int = 0

    @property
    def update(self) -> Update:
        """The update alone, encoded."""
        return cast("Update", Encoded(self.encoded[-self.size :]))

    @property
    def droppable(self) -> bool:
        """Whether a slow stream may do without it."""
        return self.kind is UpdateKind.TYPING


@dataclass(frozen=True, slots=True)
class Filter:
    """Which updates a client wants; empty sets want all."""

    kinds: frozenset[UpdateKind] = frozenset()
    dialog_ids: frozenset[str] = frozenset()

    def admits(self, item: Item | DecodedUpdate) -> bool:
        """Return whether the client wants ``item``; what is no update always passes."""
        if item.kind is None:
            return True
        if self.kinds and item.kind not in self.kinds:
            return False
        return not self.dialog_ids or not item.dialog_id or item.dialog_id in self.dialog_ids


class Subscription:
    """The place of one stream in a feed.

    Before `open` everything offered is held; `open` puts the backlog before it. An item for a
    stream that waits with nothing queued goes out by ``send_now``, without waking it;
    ``sent_token`` and ``sent_at`` tell of the last that went out, whichever way.
    """

    def __init__(
        self,
        connection_id: str,
        wanted: Filter,
        limits: BufferLimits,
        send_now: Callable[[Encoded], bool] | None = None,
    ) -> None:
        self.connection_id = connection_id
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.sent_token = ""
        self.sent_at = time.monotonic()
        self._send_now = send_now
        self._wanted = wanted
        self._limits = limits
        self._items: deque[Item] = deque()
        self._size = 0
        self._backlog: Iterator[Item] | None = None
        self._fresh: Callable[[bytes], bool] | None = None
        self._fresh_until = 0.0
        self._opened = False
        self._overflowed = False
        self._problem: CallError | None = None
        self._wake: asyncio.Future[None] | None = None

    @property
    def idle(self) -> bool:
        """Whether there is nothing to drain: all that was offered has been taken."""
        return not self._items and self._backlog is None and self._problem is None

    @property
    def holds_gap(self) -> bool:
        """Whether updates may be missing among what was held so far."""
        return any(item.is_gap for item in self._items)

    def forget(self) -> None:
        """Drop what was held so far: the backlog will have it, or the client has had it."""
        self._overflowed = False
        self._clear()

    def open(self, backlog: Iterator[Item], fresh: Callable[[bytes], bool]) -> None:
        """Send ``backlog`` first, then what was held and is ``fresh`` by its digest."""
        self._backlog = backlog
        self._fresh = fresh
        self._opened = True

    def offer(self, item: Item) -> None:
        """Take an item, unless the stream does not want it or has ended."""
        if self._problem is not None or self._overflowed or not self._wanted.admits(item):
            return
        if self._backlog is None and self._fresh is not None and not self._is_fresh(item):
            return
        if self._wake is not None and not self._items and self._sent_now(item):
            return
        self._items.append(item)
        self._size += len(item.encoded)
        if self._overfull():
            self._drop()
            if self._overfull():
                self._overflow()
        self.nudge()

    def sent(self, token: str) -> None:
        """Note that the response with ``token`` went out."""
        self.sent_token = token
        self.sent_at = time.monotonic()

    def _sent_now(self, item: Item) -> bool:
        if self._send_now is None or not self._send_now(item.encoded):
            return False
        self.sent(item.token)
        return True

    def end(self, problem: CallError) -> None:
        """End the stream with ``problem``.

        What is queued is dropped: the token of the last response sent tells where to go on.
        """
        if self._problem is None:
            self._problem = problem
            self._clear()
            self.ended.set_result(None)
            self.nudge()

    def drain(self) -> list[Item]:
        """Return what is to be sent next, oldest first; nothing when all has been sent.

        Raises the problem the stream was ended with.
        """
        if self._problem is not None:
            raise self._problem
        if self._backlog is not None:
            step = list(islice(self._backlog, _BACKLOG_STEP))
            if step:
                return [item for item in step if self._wanted.admits(item)]
            self._finish_backlog()
            return self.drain()
        items = list(self._items)
        self._clear()
        return items

    async def wait(self, timeout: float) -> None:
        """Wait for something to drain, a nudge, or the end of ``timeout`` seconds."""
        if self._items or self._backlog is not None or self._problem is not None:
            return
        loop = asyncio.get_running_loop()
        self._wake = loop.create_future()
        timer = loop.call_later(timeout, self.nudge)
        try:
            await self._wake
        finally:
            timer.cancel()
            self._wake = None

    def _finish_backlog(self) -> None:
        self._backlog = None
        fresh = self._fresh
        if self._overflowed:
            self.end(reasons.slow_consumer())
        elif fresh is not None:
            self._items = deque(item for item in self._items if fresh(item.digest))
            self._size = sum(len(item.encoded) for item in self._items)
            self._fresh_until = time.monotonic() + _FRESH_FOR

    def _is_fresh(self, item: Item) -> bool:
        """Return whether the backlog did not have an item that comes live."""
        if self._fresh is None or time.monotonic() > self._fresh_until:
            self._fresh = None
            return True
        return self._fresh(item.digest)

    def _overflow(self) -> None:
        """End the stream; one with a backlog first sends that, so that every try makes headway."""
        if self._opened and self._backlog is None:
            self.end(reasons.slow_consumer())
        else:
            self._overflowed = True
            self._clear()

    def _overfull(self) -> bool:
        return len(self._items) > self._limits.count or self._size > self._limits.bytes

    def _drop(self) -> None:
        self._items = deque(item for item in self._items if not item.droppable)
        self._size = sum(len(item.encoded) for item in self._items)

    def _clear(self) -> None:
        self._items.clear()
        self._size = 0

    def nudge(self) -> None:
        """Wake the stream: there may be something to drain or to say."""
        if self._wake is not None and not self._wake.done():
            self._wake.set_result(None)
