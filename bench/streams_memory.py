"""Memory of idle streams on one worker, and a storm in which all of them resume on another.

Run ``python bench/streams_memory.py`` or ``make bench-streams``. One worker takes the streams, each
of a user of its own; resident memory before and after gives what a stream costs. Then updates are
published that nobody hears, and all clients come back to a second worker with their tokens: it says
how many entries of the updates log it read for all of them, and the broker how many there are. The
reference takes as many streams as one of its connections to RabbitMQ can have channels for.
``--before FOLDER`` measures another state of the service first, in the same run, with a broker of
its own.
"""

import argparse
import asyncio
import os
import re
import resource
import secrets
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import aiormq
import uvloop
from harness.broker import EXCHANGE, rabbitmq
from harness.calls import SUBSCRIBE
from harness.http2 import Connection, Headers
from harness.machine import free_port
from harness.process import cpu_of
from harness.results import begin, save
from harness.servers import OURS, REFERENCE, is_ready, reference, service_path
from upstream import bodies
from upstream.nginx import nginx

from chat3_api.chat3.user import v1 as pb

_AT_ONCE = 500
"""Streams that are opened before the next ones wait for them."""

_CHANNELS = 2000
"""A connection to RabbitMQ has at most 2,047 channels, and the reference takes one a stream."""

ENTRIES_READ = "chat3_updates_log_entries_read_total"

_STREAMS = 100
"""Streams on one connection: what HTTP/2 clients are commonly allowed."""


class _UserConnection(Connection):
    """A connection whose calls have a user each."""

    user = ""

    def _block(self, path: str) -> bytes:
        base: Headers = (
            (":method", "POST"),
            (":scheme", "http"),
            (":path", path),
            (":authority", "127.0.0.1"),
            ("te", "trailers"),
            ("content-type", "application/grpc"),
            *self._base,
            ("x-user-id", self.user),
        )
        return bytes(self._encoder.encode(base))


class _Stream:
    """Keeps the token of the last response, and counts responses."""

    def __init__(self, user: str, changed: asyncio.Event) -> None:
        self.user = user
        self.token = ""
        self.established = False
        self.updates = 0
        self.heartbeats = 0
        self.problem = ""
        self._changed = changed
        self._buffer = b""

    def data(self, chunk: bytes) -> None:
        buffer = self._buffer + chunk
        while len(buffer) >= 5 and len(buffer) >= (end := 5 + int.from_bytes(buffer[1:5])):
            response = pb.SubscribeUpdatesResponse.parse(buffer[5:end])
            self.token = response.resume_token
            self.established = True
            self.updates += response.update is not None
            self.heartbeats += response.heartbeat is not None
            buffer = buffer[end:]
        self._buffer = buffer
        self._changed.set()

    def ended(self, status: str) -> None:
        self.problem = status
        self._changed.set()


@dataclass(frozen=True)
class _Worker:
    port: int
    ops: int
    pid: int

    def metric(self, name: str) -> float:
        """Return the sum of a metric's series."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.ops}/metrics", timeout=10) as answer:
            text = answer.read().decode()
        series = re.findall(rf"^{name}(?:\{{[^}}]*\}})? ([0-9.e+]+)$", text, re.MULTILINE)
        return sum(float(value) for value in series)

    def resident(self) -> int:
        """Return resident memory in bytes."""
        return resident(self.pid)


def resident(pid: int) -> int:
    """Return a process's resident memory in bytes."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) * 1024  # type: ignore[index]  # always there


@contextmanager
def open_worker(folder: Path, tenant_api: str, broker: str, service: str) -> Iterator[_Worker]:
    port, ops = free_port(), free_port()
    environment = {
        **os.environ,
        "GRPC_PORT": str(port),
        "OPS_PORT": str(ops),
        "TENANT_API_URL": tenant_api,
        "RABBITMQ_URL": broker,
        "WORKERS": "1",
        "STREAMS_PER_KEY": "1000000",
        "CALLS_MAX": "100000",
        "LOG_LEVEL": "warning",
        **({"PYTHONPATH": service} if service else {}),
    }
    with (folder / f"worker-{port}.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "chat3_user"], env=environment, stdout=log, stderr=log
        )
    try:
        while not is_ready(ops):
            time.sleep(0.05)
        yield _Worker(port, ops, process.pid)
    finally:
        process.terminate()
        began = time.monotonic()
        process.wait(180)
        print(f"a worker ended {time.monotonic() - began:.1f} s after SIGTERM")


async def open_streams(
    port: int,
    users: list[str],
    tokens: dict[str, str],
    reached: Callable[[int], None] = lambda _: None,
    heartbeat: timedelta | None = None,
) -> tuple[list[_UserConnection], list[_Stream], float]:
    """Open a stream for each user; return when all are established.

    ``reached`` is told now and then how many are.
    """
    loop = asyncio.get_running_loop()
    changed = asyncio.Event()
    connections: list[_UserConnection] = []
    streams: list[_Stream] = []
    began = time.monotonic()
    for start in range(0, len(users), _STREAMS):
        headers = (("x-api-key", "chat3_rwd"), ("x-tenant-id", bodies.TENANT))
        _, connection = await loop.create_connection(
            lambda headers=headers: _UserConnection(headers),  # type: ignore[misc]
            "127.0.0.1",
            port,
        )
        await connection.opened
        connections.append(connection)
        for user in users[start : start + _STREAMS]:
            stream = _Stream(user, changed)
            connection.user = user
            request = pb.SubscribeUpdatesRequest(
                resume_token=tokens.get(user, ""), heartbeat_interval=heartbeat
            )
            connection.call(SUBSCRIBE, bytes(request), stream)
            streams.append(stream)
        if len(streams) % _AT_ONCE == 0:
            await _until(changed, streams[-_AT_ONCE:], lambda stream: stream.established)
            reached(len(streams))
    await _until(changed, streams, lambda stream: stream.established)
    return connections, streams, time.monotonic() - began


async def _until(
    changed: asyncio.Event, streams: list[_Stream], done: Callable[[_Stream], bool]
) -> None:
    left = streams
    async with asyncio.timeout(300):
        while left:
            changed.clear()
            left = [stream for stream in left if not done(stream)]
            problems = [stream.problem for stream in left if stream.problem]
            if problems:
                raise RuntimeError(f"{len(problems)} streams ended: {problems[0]}")
            if left:
                await changed.wait()
                await asyncio.sleep(0.05)


async def publish_missed(url: str, users: list[str], count: int) -> dict[str, int]:
    """Publish ``count`` updates in turn; return how many each user got."""
    connection = await aiormq.connect(url)
    channel = await connection.channel()
    missed: dict[str, int] = {}
    for number in range(count):
        user = users[number * 7 % len(users)]
        missed[user] = missed.get(user, 0) + 1
        await channel.basic_publish(
            bodies.published(user, f"evt_{secrets.token_hex(16)}", "missed"),
            exchange=EXCHANGE,
            routing_key=f"update.dialog.user.{user}.message",
        )
    await connection.close()
    return missed


async def _measure(  # type: ignore[type-arg]
    options: argparse.Namespace, folder: Path, url: str, broker: str, service: str
) -> dict:
    users = [f"user-{number}" for number in range(options.streams)]
    with open_worker(folder, url, broker, service) as first:
        before, spent = first.resident(), cpu_of(first.pid)
        points = [_point(0, before)]
        connections, streams, opened = await open_streams(
            first.port, users, {}, lambda count: points.append(_point(count, first.resident()))
        )
        opening = (cpu_of(first.pid) - spent) / len(users)
        await asyncio.sleep(6)  # a watermark is taken meanwhile
        per_stream = (first.resident() - before) / len(users)
        print(
            f"{len(users)} streams open after {opened:.1f} s, {per_stream / 1000:.1f} kB and"
            f" {opening * 1e6:.0f} µs of CPU each"
        )
        tokens = {stream.user: stream.token for stream in streams}
        for connection in connections:
            connection.close()
    missed = await publish_missed(broker, users, options.missed)
    with open_worker(folder, url, broker, service) as second:
        connections, streams, back = await open_streams(second.port, users, tokens)
        changed = streams[0]._changed  # noqa: SLF001
        began = time.monotonic()
        await _until(changed, streams, lambda stream: stream.updates >= missed.get(stream.user, 0))
        live = back + time.monotonic() - began
        read = second.metric(ENTRIES_READ)
        kept = await _entries(broker)
        delivered = sum(stream.updates for stream in streams)
        for connection in connections:
            connection.close()
    print(
        f"storm: {len(users)} tokens, {options.missed} updates missed; all established after"
        f" {back:.1f} s, complete after {live:.1f} s; {delivered} updates delivered,"
        f" {read:.0f} entries of the log read, {kept} are in it"
    )
    return {
        "points": points,
        "bytes_per_stream": round(per_stream),
        "seconds_to_open": round(opened, 2),
        "cpu_us_to_open": round(opening * 1e6),
        "storm": {
            "established_s": round(back, 2),
            "complete_s": round(live, 2),
            "read": read,
            "in_the_log": kept,
        },
    }


async def _measure_reference(
    options: argparse.Namespace, folder: Path, url: str, broker: str
) -> dict:  # type: ignore[type-arg]
    users = [f"user-{number}" for number in range(min(options.streams, _CHANNELS))]
    pins = sorted(os.sched_getaffinity(0))
    with reference(pins, folder, tenant_api=url, rabbitmq=broker) as server:
        pid = server.process.pid
        points = [_point(0, resident(pid))]
        connections, _, opened = await open_streams(
            server.port, users, {}, lambda count: points.append(_point(count, resident(pid)))
        )
        for connection in connections:
            connection.close()
    per_stream = (points[-1]["megabytes"] - points[0]["megabytes"]) * 1e6 / points[-1]["streams"]
    print(
        f"reference: {len(users)} streams open after {opened:.1f} s, {per_stream / 1e3:.1f} kB each"
    )
    return {
        "points": points,
        "bytes_per_stream": round(per_stream),
        "seconds_to_open": round(opened, 2),
    }


def _point(streams: int, memory: int) -> dict[str, float]:
    return {"streams": streams, "megabytes": round(memory / 1e6, 1)}


async def _entries(broker: str) -> int:
    """Return how many entries the updates log has."""
    connection = await aiormq.connect(broker)
    channel = await connection.channel()
    declared = await channel.queue_declare("chat3_updates_log", passive=True)
    await connection.close()
    return declared.message_count or 0


def _compare(before: dict, now: dict) -> None:  # type: ignore[type-arg]
    """Print the times of both states, and their ratios."""
    for what, one, other in (
        ("all open after", before["seconds_to_open"], now["seconds_to_open"]),
        ("storm complete after", before["storm"]["complete_s"], now["storm"]["complete_s"]),
    ):
        print(f"{what}: {one:.1f} s before, {other:.1f} s now: {other / one:.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--streams", type=int, default=10_000)
    parser.add_argument("--missed", type=int, default=5_000, help="updates published in between")
    parser.add_argument("--before", default="", help="another state's `service`, measured first")
    parser.add_argument("--save", action=argparse.BooleanOptionalAction, default=True)
    options = parser.parse_args()
    machine = begin()
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = stack.enter_context(nginx(folder))
        servers = {}
        if options.before:
            with rabbitmq(folder / "before") as broker:
                servers["before"] = uvloop.run(
                    _measure(options, folder, url, broker.url, options.before)
                )
        broker = stack.enter_context(rabbitmq(folder))
        service = service_path().get("PYTHONPATH", "")
        servers[OURS] = uvloop.run(_measure(options, folder, url, broker.url, service))
        servers[REFERENCE] = uvloop.run(_measure_reference(options, folder, url, broker.url))
        if options.before:
            _compare(servers["before"], servers[OURS])
    if options.save:
        save("memory", machine, {"servers": servers})


if __name__ == "__main__":
    main()
