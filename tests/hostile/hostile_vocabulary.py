"""What the hostile suite says: a worker process, an honest client beside it, and attackers.

Attackers write bytes made beforehand and throw away what they read, so that what is measured is the
service.
"""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Self

from edge_vocabulary import RawClient, headers
from hpack import Encoder
from hyperframe.frame import HeadersFrame, SettingsFrame

from support.ports import free_port
from support.scrape import scraped

PREFACE = (
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
    + SettingsFrame(0).serialize()
    + SettingsFrame(0, flags=["ACK"]).serialize()
)


class Worker:
    """A service process."""

    def __init__(self, process: subprocess.Popen[bytes], grpc: int, ops: int) -> None:
        self._process = process
        self.port = grpc
        self._ops = ops

    def memory(self) -> float:
        """Return the resident memory, in MB."""
        pages = int(Path(f"/proc/{self._process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6

    async def refused(self) -> dict[str, int]:
        """Return what was refused so far, by kind."""
        found = (await scraped(self._ops)).by("chat3_refused_total")
        return {dict(labels)["kind"]: int(count) for labels, count in found.items()}


@asynccontextmanager
async def worker(**settings: str) -> AsyncIterator[Worker]:
    """Run a worker with demo data and default settings, but for what is said."""
    grpc, ops = free_port(), free_port()
    environment = {
        **os.environ,
        "DEMO": "1",
        "WORKERS": "1",
        "GRPC_PORT": str(grpc),
        "OPS_PORT": str(ops),
        "DEMO_PAGE_PORT": "0",
        **settings,
    }
    process = subprocess.Popen(  # noqa: ASYNC220 - it only starts
        [sys.executable, "-m", "chat3_user"], env=environment, stdout=subprocess.DEVNULL
    )
    found = Worker(process, grpc, ops)
    try:
        async with asyncio.timeout(30):
            while True:
                with suppress(OSError, AssertionError):
                    async with await RawClient.open(grpc) as client:
                        if (await client.call()).status == 0:
                            break
                await asyncio.sleep(0.05)
        yield found
    finally:
        process.terminate()
        try:
            await asyncio.to_thread(process.wait, 30)
        finally:
            process.kill()
            process.wait()


class Honest:
    """A client that makes a call every ten milliseconds, on one connection."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.failed: list[str] = []

    async def run(self, port: int) -> None:
        async with await RawClient.open(port) as client:
            while True:
                begun = time.perf_counter()
                answer = await client.call()
                self.seconds.append(time.perf_counter() - begun)
                if answer.status != 0:
                    self.failed.append(f"{answer.headers} {answer.reset}")
                await asyncio.sleep(0.01)

    def p99(self) -> float:
        """Return the 99th percentile, in milliseconds."""
        ordered = sorted(self.seconds)
        return ordered[int(len(ordered) * 0.99)] * 1000 if ordered else float("nan")


class Measured:
    """What an attack did to the honest client and to the worker's memory."""

    def __init__(self) -> None:
        self.p99 = (0.0, 0.0, 0.0)
        self.memory = (0.0, 0.0, 0.0)
        self.refused: dict[str, int] = {}

    @property
    def grown(self) -> float:
        """MB by which the memory grew."""
        return self.memory[1] - self.memory[0]


async def measured(
    name: str, target: Worker, attack: Callable[[], Awaitable[None]], *, after: float = 1.0
) -> Measured:
    """Run ``attack`` with an honest client beside it; print and return what it did.

    Every honest call has to succeed: before, during and in the ``after`` seconds that follow.
    """
    found = Measured()
    p99, memory = [], [target.memory()]

    async def beside(work: Awaitable[None]) -> None:
        honest = Honest()
        calling = asyncio.create_task(honest.run(target.port))
        await work
        calling.cancel()
        await asyncio.gather(calling, return_exceptions=True)
        assert not honest.failed, honest.failed[:3]
        assert honest.seconds, "the honest client never had an answer"
        p99.append(honest.p99())

    await beside(asyncio.sleep(1.5))
    await beside(attack())
    memory.append(target.memory())
    await beside(asyncio.sleep(after))
    memory.append(target.memory())
    found.p99 = (p99[0], p99[1], p99[2])
    found.memory = (memory[0], memory[1], memory[2])
    found.refused = await target.refused()
    shown = " / ".join(f"{value:.0f}" for value in found.p99)
    held = " / ".join(f"{value:.0f}" for value in found.memory)
    print(f"\nhostile: {name}: honest p99 {shown} ms, memory {held} MB (before / during / after)")
    print(f"hostile: {name}: refused {found.refused}")
    return found


def request(stream: int, encoder: Encoder, *, end: bool = False, **changed: str) -> bytes:
    """Return the HEADERS frame of a call; `path` and metadata as `headers` takes them."""
    block = encoder.encode(headers(**changed))
    flags = ["END_HEADERS", *(["END_STREAM"] if end else [])]
    return HeadersFrame(stream, block, flags=flags).serialize()


class Attacker:
    """A connection that writes, and throws away what it reads."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self.read = 0
        self.encoder = Encoder()
        self._reading = asyncio.create_task(self._read(reader))

    @classmethod
    async def open(cls, port: int, *, greeting: bytes = PREFACE) -> Self:
        attacker = cls(*await asyncio.open_connection("127.0.0.1", port))
        attacker.send(greeting)
        return attacker

    @property
    def ended(self) -> bool:
        """Whether the service has closed the connection."""
        return self._reading.done()

    def send(self, data: bytes) -> None:
        with suppress(OSError):
            self._writer.write(data)

    async def drain(self) -> None:
        with suppress(OSError):
            await self._writer.drain()

    async def close(self) -> None:
        self._reading.cancel()
        self._writer.close()
        await asyncio.gather(self._reading, self._writer.wait_closed(), return_exceptions=True)

    async def _read(self, reader: asyncio.StreamReader) -> None:
        with suppress(OSError):
            while data := await reader.read(65_536):
                self.read += len(data)
