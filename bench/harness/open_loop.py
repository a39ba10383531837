"""Open-loop load: calls begin when they are due, and latency counts from then.

Three kinds of client against one clock: the raw HTTP/2 client for gRPC, a raw HTTP/1.1 client and
aiohttp for REST calls that go to the upstream directly.
"""

import asyncio
import re
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol

import aiohttp
from yarl import URL

from harness.calls import IDENTITY, MeasuredCall
from harness.http2 import Connection, connect
from harness.results import percentile

CONNECTIONS = 16
_LENGTH = re.compile(rb"[Cc]ontent-[Ll]ength: *([0-9]+)")
_REST_HEADERS = {"X-API-Key": "chat3_rwd", "X-Tenant-Id": "tnt_demo"}


class Client(Protocol):
    """Begins a call; tells ``done`` whether it succeeded."""

    def begin(self, done: Callable[[bool], None]) -> None: ...

    async def close(self) -> None: ...


async def run(client: Client, rate: float, seconds: float) -> dict[str, Any]:
    """Begin ``rate`` calls a second, evenly; return the percentiles of their latencies."""
    total = int(rate * seconds)
    latencies: list[float] = []
    failures = 0
    finished = asyncio.get_running_loop().create_future()

    def begin(due: float) -> None:
        def done(succeeded: bool) -> None:  # noqa: FBT001 - a callback
            nonlocal failures
            failures += not succeeded
            latencies.append(time.perf_counter() - due)
            if len(latencies) == total and not finished.done():
                finished.set_result(None)

        client.begin(done)

    start = time.perf_counter() + 0.05
    for number in range(total):
        due = start + number / rate
        ahead = due - time.perf_counter()
        if ahead > 0:
            await asyncio.sleep(ahead)
        begin(due)
    late = False
    try:
        await asyncio.wait_for(finished, 30)
    except TimeoutError:
        late = True
    ordered = sorted(latencies)
    return {
        "rate": rate,
        "answered_per_s": round(len(ordered) / (time.perf_counter() - start), 1),
        "failures": failures + (total - len(ordered) if late else 0),
        "p50_ms": round(percentile(ordered, 0.5) * 1e3, 3),
        "p90_ms": round(percentile(ordered, 0.9) * 1e3, 3),
        "p99_ms": round(percentile(ordered, 0.99) * 1e3, 3),
        "max_ms": round(percentile(ordered, 1.0) * 1e3, 3),
    }


class GrpcClient:
    """Calls over several HTTP/2 connections in turn."""

    def __init__(self, connections: list[Connection], call: MeasuredCall) -> None:
        self._connections = connections
        self._call = call
        self._number = 0

    @classmethod
    async def open(cls, port: int, call: MeasuredCall) -> "GrpcClient":
        return cls([await connect(port, IDENTITY) for _ in range(CONNECTIONS)], call)

    def begin(self, done: Callable[[bool], None]) -> None:
        number, self._number = self._number, self._number + 1
        connection = self._connections[number % len(self._connections)]
        connection.call(self._call.path, self._call.request(number), _Ended(done))

    async def close(self) -> None:
        for connection in self._connections:
            connection.close()


class _Ended:
    __slots__ = ("_done",)

    def __init__(self, done: Callable[[bool], None]) -> None:
        self._done = done

    def data(self, chunk: bytes) -> None:
        pass

    def ended(self, status: str) -> None:
        self._done(status == "0")


class RawRestClient:
    """GET over kept-alive HTTP/1.1 connections: as cheap as `GrpcClient`."""

    def __init__(self, base: str, path: str) -> None:
        url = URL(base)
        self.address = (str(url.host), url.port)
        headers = "".join(f"{name}: {value}\r\n" for name, value in _REST_HEADERS.items())
        self._request = f"GET {path} HTTP/1.1\r\nHost: upstream\r\n{headers}\r\n".encode()
        self._idle: deque[_RestConnection] = deque()
        self._waiting: deque[Callable[[bool], None]] = deque()

    @classmethod
    async def open(cls, base: str, path: str) -> "RawRestClient":
        client = cls(base, path)
        loop = asyncio.get_running_loop()
        for _ in range(CONNECTIONS * 4):
            _, connection = await loop.create_connection(
                lambda: _RestConnection(client.freed), *client.address
            )
            client._idle.append(connection)
        return client

    def begin(self, done: Callable[[bool], None]) -> None:
        if self._idle:
            self._idle.popleft().send(self._request, done)
        else:
            self._waiting.append(done)

    def freed(self, connection: "_RestConnection") -> None:
        if self._waiting:
            connection.send(self._request, self._waiting.popleft())
        else:
            self._idle.append(connection)

    async def close(self) -> None:
        for connection in self._idle:
            connection.close()


class _RestConnection(asyncio.Protocol):
    def __init__(self, freed: Callable[["_RestConnection"], None]) -> None:
        self._freed = freed
        self._transport: Any = None
        self._done: Callable[[bool], None] | None = None
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def send(self, request: bytes, done: Callable[[bool], None]) -> None:
        self._done = done
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head = self._buffer.find(b"\r\n\r\n")
        length = _LENGTH.search(self._buffer, 0, head) if head >= 0 else None
        if length is None or len(self._buffer) < head + 4 + int(length[1]):
            return
        succeeded, done = self._buffer[9:10] == b"2", self._done
        self._buffer, self._done = b"", None
        self._freed(self)
        if done is not None:
            done(succeeded)

    def close(self) -> None:
        self._transport.close()


class AiohttpClient:
    """GET by aiohttp: what a team would write in place of a gRPC call."""

    def __init__(self, session: aiohttp.ClientSession, url: URL) -> None:
        self._session = session
        self._url = url
        self._tasks: set[asyncio.Task[None]] = set()

    @classmethod
    async def open(cls, base: str, path: str) -> "AiohttpClient":
        connector = aiohttp.TCPConnector(limit=CONNECTIONS * 4, keepalive_timeout=600)
        session = aiohttp.ClientSession(connector=connector)
        return cls(session, URL(base + path, encoded=True))

    def begin(self, done: Callable[[bool], None]) -> None:
        task = asyncio.create_task(self._get(done))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _get(self, done: Callable[[bool], None]) -> None:
        async with self._session.get(self._url, headers=_REST_HEADERS) as response:
            await response.read()
            done(response.ok)

    async def close(self) -> None:
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._session.close()
