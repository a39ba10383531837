"""The requests of one connection that no method has yet: in time, and within memory."""

import asyncio
import math
from typing import Final

from chat3_user.transport.budget import UnfinishedBudget
from chat3_user.transport.http_stream import HttpStream

_OVERHEAD: Final = 2048
"""Bytes an unfinished request takes beside its body."""

_FIELD_OVERHEAD: Final = 100


class UnfinishedRequests:
    """Created and closed by its connection; ``budget`` is the worker's."""

    __slots__ = ("_budget", "_held", "_reported", "_streams", "_timeout", "_timer", "address")

    def __init__(self, budget: UnfinishedBudget, timeout: float) -> None:
        self._budget = budget
        self._timeout = timeout
        self._streams: dict[int, HttpStream] = {}
        self._held = 0
        self._reported = 0
        self._timer: asyncio.TimerHandle | None = None
        self.address = ""

    def begin(self, stream: HttpStream, fields: int) -> None:
        """Take in a request that has so many header fields and is not whole."""
        stream.due = asyncio.get_running_loop().time() + self._timeout
        stream.held = _OVERHEAD + fields * _FIELD_OVERHEAD
        self._held += stream.held
        self._streams[stream.id] = stream

    def grow(self, stream: HttpStream, size: int) -> None:
        """Count a piece of a body."""
        if stream.id in self._streams:
            stream.held += size
            self._held += size

    def weigh(self, stream: HttpStream, size: int) -> None:
        """Note how many bytes a request holds that is still to be whole in time."""
        if stream.id in self._streams:
            self._held += size - stream.held
            stream.held = size

    def hold(self, stream: HttpStream, size: int) -> None:
        """Note what waits for a method that takes several messages; it may wait for any time."""
        if stream.id in self._streams:
            self._held += size - stream.held
        elif size:
            self._held += size
            self._streams[stream.id] = stream
        stream.held, stream.due = size, math.inf
        if not size:
            self._streams.pop(stream.id, None)

    def end(self, stream: HttpStream) -> int:
        """Forget a request; return how many bytes it held."""
        if self._streams.pop(stream.id, None) is None:
            return 0
        self._held -= stream.held
        return stream.held

    def expect(self, stream: HttpStream, due: float) -> None:
        """Have a request whole before ``due``, when that is sooner than the limit."""
        if due < stream.due:
            stream.due = due
            if self._timer is not None and due < self._timer.when():
                self._timer.cancel()
                self._timer = None

    def watch(self) -> None:
        """Report what is held now, and see to it that what has begun ends in time."""
        if self._held != self._reported:
            self._reported = self._held
            self._budget.hold(self, self._held)
        if self._streams and self._timer is None:
            due = min(stream.due for stream in self._streams.values())
            if due < math.inf:
                self._timer = asyncio.get_running_loop().call_at(due, self._expire)

    def drop_oldest(self) -> int:
        """Refuse the oldest request; return how many bytes that freed."""
        for stream in self._streams.values():
            freed = self.end(stream)
            self._reported -= freed
            stream.evict()
            return freed
        return 0

    def close(self) -> None:
        """Forget all requests."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._streams.clear()
        self._held = 0
        if self._reported:
            self._reported = 0
            self._budget.hold(self, 0)

    def _expire(self) -> None:
        self._timer = None
        now = asyncio.get_running_loop().time()
        for stream in [item for item in self._streams.values() if item.due <= now]:
            self.end(stream)
            if stream.inbound is not None and stream.open:
                stream.inbound.expired()
        self.watch()
