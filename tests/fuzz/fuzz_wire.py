"""The real call chain behind real connections, without sockets: bytes in, frames out, judged."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import fuzz_inputs as inputs
from aiohttp import web
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import ResponseReceived, StreamReset, TrailersReceived
from h2.exceptions import ProtocolError
from hpack import Encoder
from hyperframe.frame import DataFrame, HeadersFrame

from chat3_user.app import Running, running
from chat3_user.config import Config

FAULTS = {2: "UNKNOWN", 13: "INTERNAL", 15: "DATA_LOSS"}


@asynccontextmanager
async def stub_upstream() -> AsyncIterator[str]:
    """Serve a tenant-api with one empty page and nothing else."""
    page = {"data": [], "pagination": {"page": 1, "limit": 10, "total": 0, "pages": 0}}
    gone = {"error": "Not Found", "message": "Dialog not found"}

    async def answer(request: web.Request) -> web.Response:
        found = request.method == "GET" and request.path.endswith("/dialogs")
        return web.json_response(page if found else gone, status=200 if found else 404)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


@asynccontextmanager
async def service() -> AsyncIterator[Running]:
    async with stub_upstream() as url:
        config = Config(
            demo=True,
            grpc_port=0,
            ops_port=0,
            tenant_api_url=url,
            default_deadline=2.0,
            connection_rapid_resets=1_000_000,
            connection_control_frames=1_000_000,
        )
        async with running(config) as started:
            await started.ready()
            yield started


class Wire(asyncio.Transport):
    """A transport that keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.written = bytearray()
        self.closed = False

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return default

    def is_closing(self) -> bool:
        return self.closed

    def write(self, data: Any) -> None:
        self.written += data

    def close(self) -> None:
        self.closed = True

    abort = close

    def get_write_buffer_size(self) -> int:
        return 0


class Session:
    """One connection: hostile bytes go in, answers come out."""

    def __init__(self, started: Running) -> None:
        self.wire = Wire()
        self.protocol = started.server._server._protocol_factory()
        self.protocol.connection_made(self.wire)
        self.judge = H2Connection(H2Configuration(header_encoding="utf-8"))
        self.judge.initiate_connection()
        self.feed(self.judge.data_to_send())
        self.encoder = Encoder()
        self.stream = 1
        self.opened = 0

    def feed(self, data: bytes) -> None:
        if not self.wire.closed:
            self.protocol.data_received(data)

    def call(self, rng: random.Random) -> None:
        self.feed(inputs.call(rng, self.encoder, self.stream))
        self.stream += 2

    async def settle(self) -> None:
        """Wait until no call is under way; streams of updates are cancelled."""
        for turn in range(400):
            if not self.protocol.processor.streams:
                return
            await asyncio.sleep(0 if turn < 20 else 0.01)
            if turn == 40:
                self.protocol.connection_lost(None)
        raise AssertionError(f"hangs: {sorted(self.protocol.processor.streams)}")

    def end(self) -> None:
        self.wire.closed = True
        self.protocol.connection_lost(None)

    def statuses(self) -> Counter[str]:
        """Return what was answered, judged as a client would."""
        judge = H2Connection(H2Configuration(header_encoding="utf-8"))
        judge.initiate_connection()
        for stream in range(1, self.stream, 2):
            judge.send_headers(
                stream,
                [(":method", "POST"), (":path", "/"), (":scheme", "http"), (":authority", "x")],
            )
        seen: Counter[str] = Counter()
        try:
            events = judge.receive_data(bytes(self.wire.written))
        except ProtocolError as error:
            raise AssertionError(f"the answer breaks HTTP/2: {error}") from error
        for event in events:
            if isinstance(event, ResponseReceived | TrailersReceived):
                found = dict(event.headers)
                status = found.get("grpc-status")
                if status is not None:
                    seen[status] += 1
                    assert int(status) not in FAULTS, found
                elif found.get(":status", "200") != "200":
                    seen[f"HTTP {found[':status']}"] += 1
            elif isinstance(event, StreamReset):
                seen[f"reset {int(event.error_code)}"] += 1
        return seen


async def calls(started: Running, seed: int, sessions: int, each: int = 20) -> Counter[str]:
    """Make hostile calls, ``each`` on one connection, on fifty connections at a time."""
    seen: Counter[str] = Counter()
    for first in range(0, sessions, 50):
        numbers = range(first, min(first + 50, sessions))
        for found in await asyncio.gather(
            *(_session(started, f"{seed}/calls/{number}", each) for number in numbers)
        ):
            seen += found
    return seen


async def _session(started: Running, seed: str, each: int) -> Counter[str]:
    rng = random.Random(seed)
    session = Session(started)
    try:
        for _ in range(each):
            session.call(rng)
        await session.settle()
        return session.statuses()
    except AssertionError as error:
        raise AssertionError(f"seed {seed}: {error}") from error
    finally:
        session.end()


async def frames(started: Running, seed: int, sessions: int, each: int = 20) -> None:
    """Send frames in wrong places, between calls."""
    for number in range(sessions):
        rng = random.Random(f"{seed}/frames/{number}")
        session = Session(started)
        for _ in range(each):
            if rng.randrange(4):
                session.feed(inputs.odd_frame(rng, session.stream))
            else:
                session.call(rng)
        await asyncio.sleep(0)
        session.end()
        try:
            await session.settle()
        except AssertionError as error:
            raise AssertionError(f"frames, seed {seed}/{number}: {error}") from error


async def normal_call(started: Running) -> None:
    """Make one honest call: whatever came before, it is served."""
    session = Session(started)
    head = [
        (name.encode(), value.encode())
        for name, value in {
            ":method": "POST",
            ":scheme": "http",
            ":path": inputs.SERVICE + "GetUserDialogs",
            ":authority": "x",
            "te": "trailers",
            "content-type": "application/grpc",
            **inputs.IDENTITY,
        }.items()
    ]
    session.feed(HeadersFrame(1, session.encoder.encode(head), flags=["END_HEADERS"]).serialize())
    session.feed(DataFrame(1, bytes(5), flags=["END_STREAM"]).serialize())
    session.stream = 3
    await session.settle()
    assert session.statuses() == {"0": 1}
    session.end()
