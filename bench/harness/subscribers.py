"""Many subscribers in one cheap process: counts messages by their length prefixes, times them.

Run by `Subscribers`; speaks lines: ``expect N SECONDS`` on its input gives one line of JSON when
N updates have come, or the seconds are over.
"""

import argparse
import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvloop
from upstream import bodies

from chat3_api.chat3.user import v1 as pb
from harness.calls import SUBSCRIBE
from harness.http1 import Http1Connection
from harness.http2 import Connection, connect
from harness.publisher import DUE, DUE_DIGITS, user_id
from harness.results import percentile
from harness.ways import BY_NAME, GRPC, Way


class _Counts:
    def __init__(self, streams: int) -> None:
        self.missing = streams
        self.established = asyncio.Event()
        self.latencies: list[float] = []
        self.problems: list[str] = []
        self._wanted = 0
        self._reached = asyncio.Event()

    def opened(self) -> None:
        self.missing -= 1
        if not self.missing:
            self.established.set()

    def failed(self, status: str) -> None:
        self.problems.append(status)
        self.established.set()
        self._reached.set()

    def update(self, latency: float) -> None:
        self.latencies.append(latency)
        if len(self.latencies) == self._wanted:
            self._reached.set()

    async def expect(self, count: int, seconds: float) -> dict[str, Any]:
        self._wanted = count
        self._reached.clear()
        if len(self.latencies) < count and not self.problems:
            try:
                await asyncio.wait_for(self._reached.wait(), seconds)
            except TimeoutError:
                self.problems.append("timed out")
        taken, self.latencies = self.latencies[:count], self.latencies[count:]
        ordered = sorted(taken)
        return {
            "received": len(taken),
            "at": time.monotonic(),
            "problems": self.problems[:3],
            "p50_ms": round(percentile(ordered, 0.5) * 1e3, 3),
            "p90_ms": round(percentile(ordered, 0.9) * 1e3, 3),
            "p99_ms": round(percentile(ordered, 0.99) * 1e3, 3),
            "p999_ms": round(percentile(ordered, 0.999) * 1e3, 3),
            "max_ms": round(max(ordered, default=0) * 1e3, 3),
        }


class _Stream:
    """Cuts messages by their five bytes of prefix; of an update it reads only when it was due."""

    __slots__ = ("_begun", "_buffer", "_counts")

    def __init__(self, counts: _Counts) -> None:
        self._counts = counts
        self._buffer = b""
        self._begun = False

    def data(self, chunk: bytes) -> None:
        buffer = self._buffer + chunk if self._buffer else chunk
        position, end = 0, len(buffer)
        now = time.monotonic()
        while end - position >= 5:
            after = position + 5 + int.from_bytes(buffer[position + 1 : position + 5])
            if after > end:
                break
            if self._begun:
                self._update(buffer, position, after, now)
            else:
                self._begun = True
                self._counts.opened()
            position = after
        self._buffer = buffer[position:]

    def _update(self, buffer: bytes, begin: int, end: int, now: float) -> None:
        place = buffer.find(DUE, begin, end)
        if place >= 0:  # a heartbeat has none
            digits = buffer[place + len(DUE) : place + len(DUE) + DUE_DIGITS]
            self._counts.update(now - int(digits) / 1e6)

    def ended(self, status: str) -> None:
        self._counts.failed(f"a stream ended with status {status}")


class Subscribers:
    """The process of the subscribers, seen from the benchmark."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def expect(self, count: int, seconds: float) -> None:
        """Begin to wait for ``count`` updates; `report` gives what became of it."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"expect {count} {seconds}\n")
        self._process.stdin.flush()

    def report(self) -> dict[str, Any]:
        """Return the counts and latencies of the updates that were expected."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the subscribers have ended")
        found: dict[str, Any] = json.loads(line)
        if found["problems"]:
            raise RuntimeError(f"subscribers: {found}")
        return found


@contextmanager
def subscribers(port: int, users: int, streams: int, way: Way = GRPC) -> Iterator[Subscribers]:
    """Open ``streams`` streams for each user, each on a connection of its own."""
    arguments = (str(port), str(users), str(streams), way.name)
    process = subprocess.Popen(
        [sys.executable, "-m", "harness.subscribers", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[1],
    )
    handle = Subscribers(process)
    try:
        handle.report()
        yield handle
    finally:
        process.terminate()
        process.wait(10)


async def _run(port: int, users: int, streams: int, way: Way) -> None:
    counts = _Counts(users * streams)
    connections: list[Connection | Http1Connection] = []
    request = b"{}" if way.json else bytes(pb.SubscribeUpdatesRequest())
    for number in range(users):
        headers = (
            ("x-api-key", "chat3_rwd"),
            ("x-tenant-id", bodies.TENANT),
            ("x-user-id", user_id(number)),
        )
        for _ in range(streams):
            connection = await connect(port, headers, way.connection())
            connection.call(SUBSCRIBE, request, _Stream(counts))
            connections.append(connection)
    await asyncio.wait_for(counts.established.wait(), 60)
    print(json.dumps(await counts.expect(0, 0)), flush=True)
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        _, count, seconds = line.split()
        print(json.dumps(await counts.expect(int(count), float(seconds))), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("port", type=int)
    parser.add_argument("users", type=int)
    parser.add_argument("streams", type=int)
    parser.add_argument("way", choices=BY_NAME)
    options = parser.parse_args()
    uvloop.run(_run(options.port, options.users, options.streams, BY_NAME[options.way]))


if __name__ == "__main__":
    main()
