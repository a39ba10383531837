"""A broker within the process, for `make run`, demos and tests: same promises, no server."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Mapping
from itertools import islice

from chat3_user.updates.broker import (
    LogEntry,
    LogExpiredError,
    LogPosition,
    LogReplacedError,
    Sink,
)
from chat3_user.updates.routing import is_update


class MemoryLog:
    """The updates log as a bounded list; it lives and dies with the process."""

    def __init__(self, epoch: str, capacity: int) -> None:
        self._entries: deque[LogEntry] = deque(maxlen=capacity)
        self._next = 0
        self._grown = asyncio.Event()
        self.append(epoch.encode(), is_update=False)

    def append(self, body: bytes, *, is_update: bool = True) -> LogPosition:
        """Keep an entry; the oldest goes when the log is full."""
        entry = LogEntry(self._next, body, is_update)
        self._entries.append(entry)
        self._next += 1
        grown, self._grown = self._grown, asyncio.Event()
        grown.set()
        return entry.position

    async def end(self) -> LogPosition:
        """Return the position of the newest entry."""
        return self._entries[-1].position

    async def read(
        self, after: LogPosition, until: LogPosition, look_back: int = 0
    ) -> AsyncGenerator[LogEntry, None]:
        """Read the entries between two positions."""
        for entry in self._behind(after, look_back):
            if entry.offset > until.offset:
                return
            yield entry

    async def follow(self, after: LogPosition) -> AsyncGenerator[list[LogEntry], None]:
        """Read the entries behind ``after``, and those that come."""
        while True:
            grown, entries = self._grown, self._behind(after)
            if entries:
                after = entries[-1].position
                yield entries
            else:
                await grown.wait()

    def _behind(self, after: LogPosition, look_back: int = 0) -> list[LogEntry]:
        start = after.offset - self._entries[0].offset
        if start < 0:
            raise LogExpiredError
        if start >= len(self._entries) or self._entries[start].position != after:
            raise LogReplacedError
        count = len(self._entries) - max(0, start + 1 - look_back)
        return list(islice(reversed(self._entries), count))[::-1]


class MemoryBroker:
    """Delivers at once, in the task of the publisher."""

    def __init__(self, epoch: str, *, log_capacity: int = 100_000) -> None:
        self._log = MemoryLog(epoch, log_capacity)
        self._sink: Sink | None = None

    @property
    def log(self) -> MemoryLog:
        """The updates log."""
        return self._log

    @property
    def live(self) -> bool:
        """Whether it was opened."""
        return self._sink is not None

    async def open(self, sink: Sink) -> None:
        """Deliver to ``sink`` from now on."""
        self._sink = sink
        sink.regained(complete=True)

    async def close(self) -> None:
        """Deliver no more."""
        self._sink = None

    async def send_barrier(self, barrier: str) -> None:
        """Tell the barrier at once: nothing is ever under way."""
        if self._sink is not None:
            self._sink.barrier_reached(barrier)

    async def publish(
        self, routing_key: str, body: bytes, headers: Mapping[str, str], timestamp_ms: int
    ) -> None:
        """Take an update as a tenant-api worker publishes it; its time is not used."""
        del timestamp_ms
        if not is_update(routing_key):
            return
        self._log.append(body)
        if self._sink is not None:
            self._sink.delivered(body, headers)
