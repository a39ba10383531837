"""A worker process and real sockets: hostile bytes, then a normal call; its memory is watched."""

import asyncio
import os
import random
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import fuzz_frames as odd_frames
import fuzz_inputs as inputs
from fuzz_depth import Depth, Stage
from fuzz_tokens import TOKEN_KEYS
from fuzz_upstream import agreeable_upstream
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import ResponseReceived, TrailersReceived
from hpack import Encoder
from hyperframe.frame import SettingsFrame

from support.patience import HANGS
from support.ports import free_port

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
STAGES = (Stage.CONNECTION,)
_ACKNOWLEDGED = SettingsFrame(0, flags=["ACK"]).serialize()


class Worker:
    """A service process that can be asked for its memory."""

    def __init__(self, process: subprocess.Popen[bytes], port: int) -> None:
        self.process = process
        self.port = port

    @property
    def memory(self) -> int:
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")

    async def normal_call(self) -> None:
        """Make one honest call; raise when it is not answered with OK."""
        assert self.process.poll() is None, f"the worker died: {self.process.returncode}"
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            h2 = H2Connection(H2Configuration(header_encoding="utf-8"))
            h2.initiate_connection()
            head = {
                ":method": "POST",
                ":scheme": "http",
                ":path": inputs.SERVICE + "GetUserDialogs",
                ":authority": "x",
                "te": "trailers",
                "content-type": "application/grpc",
                **inputs.IDENTITY,
            }
            h2.send_headers(1, list(head.items()))
            h2.send_data(1, bytes(5), end_stream=True)
            status = None
            async with asyncio.timeout(HANGS):
                while status is None:
                    writer.write(h2.data_to_send())
                    data = await reader.read(65536)
                    assert data, "closed"
                    for event in h2.receive_data(data):
                        if isinstance(event, ResponseReceived | TrailersReceived):
                            status = dict(event.headers).get("grpc-status")
            assert status == "0", f"an honest call got {status}"
        finally:
            writer.close()


@asynccontextmanager
async def worker() -> AsyncIterator[Worker]:
    async with agreeable_upstream() as url:
        port = free_port()
        environment = {
            **os.environ,
            "DEMO": "true",
            "TENANT_API_URL": url,
            "TOKEN_KEYS": TOKEN_KEYS,
            "GRPC_PORT": str(port),
            "OPS_PORT": "0",
            "DEFAULT_DEADLINE": "2",
            "CONNECTION_HANDSHAKE_TIMEOUT": "1",
            "LOG_LEVEL": "error",
        }
        process = subprocess.Popen(  # noqa: ASYNC220 - watched by its own id
            [sys.executable, "-m", "chat3_user"],
            env=environment,
            stdout=subprocess.DEVNULL,
        )
        try:
            started = Worker(process, port)
            async with asyncio.timeout(HANGS):
                while True:
                    try:
                        await started.normal_call()
                        break
                    except OSError:
                        await asyncio.sleep(0.1)
            yield started
        finally:
            process.terminate()
            process.wait(30)


async def _attack(port: int, rng: random.Random, each: int) -> bool:
    """Send hostile bytes on a connection of its own; return whether the worker greeted it."""
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    encoder, stream, greeted = Encoder(), 1, False
    try:
        if rng.randrange(10):
            writer.write(PREFACE + SettingsFrame(0).serialize())
            writer.write(SettingsFrame(0, flags=["ACK"]).serialize())
            greeted = await _greeting(reader)
        for _ in range(each):
            match rng.randrange(5):
                case 0:
                    data = rng.randbytes(rng.randrange(200))
                case 1 | 2:
                    _, data = odd_frames.odd(rng, stream)
                case _:
                    data = inputs.call(rng, encoder, stream).frames
                    stream += 2
            if not rng.randrange(5):
                data = data[: rng.randrange(len(data) + 1)]
            writer.write(data)
            if not rng.randrange(4):
                await writer.drain()
            if writer.transport.is_closing():
                break
        async with asyncio.timeout(0.05):
            await reader.read(65536)
    except (OSError, TimeoutError):
        pass
    finally:
        writer.close() if rng.randrange(2) else writer.transport.abort()
    return greeted


async def _greeting(reader: asyncio.StreamReader) -> bool:
    """Wait until the worker has acknowledged the settings it was sent."""
    heard = b""
    async with asyncio.timeout(HANGS):
        while _ACKNOWLEDGED not in heard:
            more = await reader.read(65536)
            if not more:
                return False
            heard += more
    return True


async def run(seed: int, connections: int, depth: Depth, *, each: int = 10) -> list[int]:
    """Attack a worker; return its memory after every batch."""
    memory: list[int] = []
    async with worker() as started:
        for batch in range(0, connections, 200):
            attacks = (
                _attack(started.port, random.Random(f"{seed}/sockets/{number}"), each)
                for number in range(batch, min(batch + 200, connections))
            )
            for heard in await asyncio.gather(*attacks):
                depth.count(Stage.CONNECTION, "worker", through=heard)
            await started.normal_call()
            memory.append(started.memory)
    return memory
