"""A broker within the process, for `make run`, demos and tests: same promises, no server."""

from collections import deque
from collections.abc import AsyncGenerator, Mapping

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
        self.append(epoch.encode(), is_update=False)

    def append(self, body: bytes, *, is_update: bool = True) -> LogPosition:
        """Keep an entry; the oldest goes when the log is full."""
        entry = LogEntry(self._next, body, is_update)
        self._entries.append(entry)
        self._next += 1
        return entry.position

    async def end(self) -> LogPosition:
        """Return the position of the newest entry."""
        return self._entries[-1].position

    async def read(self, after: LogPosition, until: LogPosition) -> AsyncGenerator[LogEntry, None]:
        """Read the entries between two positions."""
        entries = list(self._entries)
        start = after.offset - entries[0].offset
        if start < 0:
            raise LogExpiredError
        if start >= len(entries) or entries[start].position != after:
            raise LogReplacedError
        for entry in entries[start + 1 : until.offset - entries[0].offset + 1]:
            yield entry


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
        """Take an update as a tenant-api worker publishes it; headers and time are not used."""
        del headers, timestamp_ms
        if not is_update(routing_key):
            return
        self._log.append(body)
        if self._sink is not None:
            self._sink.delivered(body)
