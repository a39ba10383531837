"""A log in memory that counts how it is read, and readers of it."""

import asyncio
from collections.abc import AsyncGenerator, Callable

from chat3_user.updates.broker import GAP, LogEntry, LogPosition
from chat3_user.updates.decoded import Address
from chat3_user.updates.log.replays import Part, Replays
from chat3_user.updates.memory_broker import MemoryLog


def address_of(body: bytes) -> Address | None:
    """Read bodies such as ``alice 1``."""
    user, _, rest = body.decode().partition(" ")
    return ("t", user) if rest else None


class CountingLog(MemoryLog):
    """A log in memory that counts how often and how much it is read."""

    def __init__(self, epoch: str = "epoch", capacity: int = 10_000) -> None:
        super().__init__(epoch, capacity)
        self.reads = self.read_entries = self.ends = 0
        self.broken: Exception | None = None
        self.gate = asyncio.Event()
        self.gate.set()

    def update(self, user: str, text: str) -> None:
        self.append(f"{user} {text}".encode())

    def gap(self) -> None:
        self.append(GAP, is_update=False)

    async def end(self) -> LogPosition:
        self.ends += 1
        await self.gate.wait()
        if self.broken is not None:
            raise self.broken
        return await super().end()

    async def read(self, after: LogPosition, until: LogPosition) -> AsyncGenerator[LogEntry, None]:
        self.reads += 1
        await asyncio.sleep(0)
        async for entry in super().read(after, until):
            self.read_entries += 1
            yield entry


def replays(
    log: MemoryLog,
    keep_bytes: int = 1_000_000,
    keep_seconds: float = 60,
    hear: Callable[[bytes], object] = lambda _: None,
) -> Replays:
    return Replays(
        log,
        address_of,
        hear,
        keep_seconds=keep_seconds,
        keep_bytes=keep_bytes,
        time_read=lambda _: None,
    )


def texts(part: Part) -> list[str]:
    """Return what the entries of a part say, without their user."""
    return [entry.body.decode().partition(" ")[2] for entry in part.entries]
