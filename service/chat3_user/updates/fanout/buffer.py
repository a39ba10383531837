"""What waits between the hub and a client: bounded, filtered, never in the way."""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from opentelemetry.trace import SpanContext

from chat3_user.errors import CallError
from chat3_user.metrics.streams import StreamCounts
from chat3_user.updates.fanout.items import Filter, Item, count
from chat3_user.updates.fanout.settings import BufferLimits

_BACKLOG_STEP = 64

_FRESH_FOR = 60.0
"""Seconds for which what comes live is held against the backlog; far more than it can be late."""


class Buffer(ABC):
    """One client's place in one feed.

    Before `open` everything offered is held; `open` puts the backlog before it. ``sent_token`` and
    ``sent_at`` tell of the last item that went out, whichever way. ``opened_in`` is the trace
    context of the client's call, where that is sampled.
    """

    __slots__ = (
        "_backlog",
        "_fresh",
        "_fresh_until",
        "_items",
        "_limits",
        "_opened",
        "_overflowed",
        "_size",
        "_wanted",
        "counts",
        "opened_in",
        "sent_at",
        "sent_token",
    )

    def __init__(self, wanted: Filter, limits: BufferLimits, counts: StreamCounts) -> None:
        self.counts = counts
        self.opened_in: SpanContext | None = None
        self.sent_token = ""
        self.sent_at = time.monotonic()
        self._wanted = wanted
        self._limits = limits
        self._items: list[Item] = []
        self._size = 0
        self._backlog: Iterator[Item] | None = None
        self._fresh: Callable[[bytes], bool] | None = None
        self._fresh_until = 0.0
        self._opened = False
        self._overflowed = False

    @property
    def holds_gap(self) -> bool:
        """Whether updates may be missing among what was held so far."""
        return any(item.is_gap for item in self._items)

    @property
    def size(self) -> int:
        """The number of bytes that wait."""
        return self._size

    @property
    def queued(self) -> bool:
        """Whether there is something to drain."""
        return bool(self._items) or self._backlog is not None

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
        """Take an item, unless the client does not want it or its stream has ended."""
        if self._closed or self._overflowed or not self._wanted.admits(item):
            return
        if self._backlog is None and self._fresh is not None and not self._is_fresh(item):
            return
        if self._opened and not self._items and self._backlog is None and self._sent_now(item):
            self.delivered((item,))
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

    def delivered(self, items: Sequence[Item]) -> None:
        """Note that items went out."""
        if items:
            self.sent(items[-1].token)
            count(self.counts, items)

    def drain(self) -> list[Item]:
        """Return what is to be sent next, oldest first; nothing when all has been sent."""
        if self._backlog is not None:
            step = list(islice(self._backlog, _BACKLOG_STEP))
            if step:
                return [item for item in step if self._wanted.admits(item)]
            self._finish_backlog()
            return self.drain()
        items = list(self._items)
        self._clear()
        return items

    @abstractmethod
    def end(self, problem: CallError) -> None:
        """End the stream with ``problem``."""

    @abstractmethod
    def nudge(self) -> None:
        """Wake the stream: there may be something to drain or to say."""

    @property
    @abstractmethod
    def _closed(self) -> bool:
        """Whether nothing more is taken."""

    @abstractmethod
    def _sent_now(self, item: Item) -> bool:
        """Send an item past the queue, if the stream waits; return whether it was sent."""

    @abstractmethod
    def _fall_behind(self) -> None:
        """Give the client up: it reads slower than updates come."""

    def _finish_backlog(self) -> None:
        self._backlog = None
        fresh = self._fresh
        if self._overflowed:
            self._fall_behind()
        elif fresh is not None:
            self._items = [item for item in self._items if fresh(item.digest)]
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
            self._fall_behind()
        else:
            self._overflowed = True
            self._clear()

    def _overfull(self) -> bool:
        return len(self._items) > self._limits.count or self._size > self._limits.bytes

    def _drop(self) -> None:
        self._items = [item for item in self._items if not item.droppable]
        self._size = sum(len(item.encoded) for item in self._items)

    def _clear(self) -> None:
        self._items.clear()
        self._size = 0
