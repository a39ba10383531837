"""Load on unary calls: h2load for equal requests, a closed loop of our own for varying ones."""

import asyncio
import http.client
import re
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

import uvloop

from harness.calls import IDENTITY, MeasuredCall
from harness.http2 import Connection, Headers, connect
from harness.machine import program
from harness.ways import GRPC, Way

CONNECTIONS = 8
STREAMS = 4
"""Calls in flight on each connection."""

_IN_JSON = 0.03

_BODY = re.compile(r"\((\d+)\) data")
_RATE = re.compile(r"finished in [^,]+, ([0-9.]+) req/s")


@dataclass(frozen=True)
class Loaded:
    """How many calls were answered OK, and in how many seconds."""

    count: int
    seconds: float


class LoadError(Exception):
    """Some calls were not answered as they should be."""


def probe(port: int, call: MeasuredCall, identity: Headers = IDENTITY) -> int:
    """Make one call; return the size of its answer's body. Raises `LoadError`."""

    async def run() -> int:
        connection = await connect(port, identity)
        answer = _Answer()
        connection.call(call.path, call.request(0), answer)
        status = await answer.status
        connection.close()
        if status != "0" or not answer.size:
            raise LoadError(f"{call.name}: grpc-status {status}")
        return answer.size

    return uvloop.run(run())


def web_probe(port: int, call: MeasuredCall, way: Way) -> int:
    """Make one call over HTTP/1.1; return the size of its answer's body. Raises `LoadError`.

    gRPC itself is only spoken over HTTP/2, and answers as gRPC-Web does, without its last envelope.
    """
    headers = {"content-type": way.unary.replace("grpc+", "grpc-web+"), **dict(IDENTITY)}
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("POST", call.path, way.body(call), headers)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    if answer.status != HTTPStatus.OK or not body:
        raise LoadError(f"{call.name}: {answer.status} {body[:200]!r}")
    if not way.enveloped:
        return len(body)
    end = 5 + int.from_bytes(body[1:5])
    if body[0] or b"grpc-status: 0\r\n" not in body[end:]:
        raise LoadError(f"{call.name}: {body[:200]!r}")
    return len(body) if "web" in way.unary else end


def h2load(
    port: int,
    call: MeasuredCall,
    count: int,
    folder: Path,
    *,
    connections: int = CONNECTIONS,
    streams: int = STREAMS,
    way: Way = GRPC,
    identity: Headers = IDENTITY,
) -> Loaded:
    """Make ``count`` equal calls by h2load, ``streams`` at a time on each of ``connections``.

    Over HTTP/1.1 a connection has one call at a time, and there are as many more connections.

    h2load does not read trailers. That all bodies arrived whole is the proof that all calls were
    answered OK: a failure has no body.
    """
    body = folder / f"{call.name}.bin"
    body.write_bytes(way.body(call))
    headers = (("content-type", way.unary), *identity)
    if way.trailers:
        headers = (*headers, ("te", "trailers"))
    expected = probe(port, call, identity) if way is GRPC else web_probe(port, call, way)
    if way.http1:
        connections, streams = connections * streams, 1
    done = subprocess.run(
        [
            program("h2load"),
            f"--requests={count}",
            f"--clients={connections}",
            *(["--h1"] if way.http1 else [f"--max-concurrent-streams={streams}"]),
            f"--data={body}",
            *(f"--header={name}: {value}" for name, value in headers),
            f"http://127.0.0.1:{port}{call.path}",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    rate, received = _RATE.search(done.stdout), _BODY.search(done.stdout)
    # In JSON, pages of one size differ in their numbers' digits.
    most = expected * count * (_IN_JSON if way.json else 0.0)
    if rate is None or received is None or abs(int(received[1]) - expected * count) > most:
        raise LoadError(f"{call.name}: not all calls were answered OK\n{done.stdout}")
    return Loaded(count, count / float(rate[1]))


def closed_loop(port: int, call: MeasuredCall, count: int, first: int) -> Loaded:
    """Make ``count`` different calls, the n-th with the request of ``first + n``."""
    return uvloop.run(_closed_loop(port, call, range(first, first + count)))


async def _closed_loop(port: int, call: MeasuredCall, numbers: range) -> Loaded:
    connections = [await connect(port, IDENTITY) for _ in range(CONNECTIONS)]
    todo = iter(numbers)
    statuses: Counter[str] = Counter()
    finished = asyncio.get_running_loop().create_future()

    def again(connection: Connection) -> None:
        number = next(todo, None)
        if number is not None:
            connection.call(call.path, call.request(number), _Next(ended, connection))

    def ended(connection: Connection, status: str) -> None:
        statuses[status] += 1
        if statuses.total() == len(numbers):
            finished.set_result(None)
        elif connection.lost is None:
            again(connection)

    started = time.perf_counter()
    for connection in connections:
        for _ in range(STREAMS):
            again(connection)
    await asyncio.wait_for(finished, 600)
    seconds = time.perf_counter() - started
    for connection in connections:
        connection.close()
    if set(statuses) != {"0"}:
        raise LoadError(f"{call.name}: {dict(statuses)}")
    return Loaded(len(numbers), seconds)


class _Answer:
    def __init__(self) -> None:
        self.size = 0
        self.status: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def data(self, chunk: bytes) -> None:
        self.size += len(chunk)

    def ended(self, status: str) -> None:
        self.status.set_result(status)


class _Next:
    __slots__ = ("_connection", "_ended")

    def __init__(self, ended: Callable[[Connection, str], None], connection: Connection) -> None:
        self._ended = ended
        self._connection = connection

    def data(self, chunk: bytes) -> None:
        pass

    def ended(self, status: str) -> None:
        self._ended(self._connection, status)
