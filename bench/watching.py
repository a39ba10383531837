"""One stream of 10,000 users, or of their tenant, beside 10,000 streams: memory, opening, CPU.

Run ``python bench/watching.py`` or ``make bench-watching``. A worker takes one `WatchUpdates`
stream with all users, in batches of 1,000; another one a `SubscribeTenantUpdates` stream; another
one a `SubscribeUpdates` stream for each user. Memory before and after gives what a user costs.
Then nothing is published for a while, and each user has heartbeats. Then the same updates are
published to all, some for each user, and the worker's CPU time is divided by what arrived. A part
of this process plays the platform.
"""

import argparse
import asyncio
import json
import resource
import secrets
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiormq
import uvloop
from aiohttp import web
from harness.broker import EXCHANGE, rabbitmq
from harness.http2 import Connection, frame
from harness.process import cpu_of
from harness.results import begin, save
from harness.servers import service_path
from streams_memory import _until, open_streams, open_worker
from upstream import bodies

from chat3_api.chat3.tenant import v1 as pb

_WATCH = "/chat3.tenant.v1.TenantService/WatchUpdates"
_FOLLOW = "/chat3.tenant.v1.TenantService/SubscribeTenantUpdates"
_BATCH = 1000
_DATA = 0
_HEARTBEAT = timedelta(seconds=5)
_SILENCE = 15.0
"""Seconds without updates: the worker takes watermarks, and every user has heartbeats."""


class _Watch:
    """Counts what one stream of many users, or of their tenant, delivers."""

    def __init__(self, response: Any = pb.WatchUpdatesResponse) -> None:
        self._response = response
        self.established = False
        self.watched = 0
        self.updates = 0
        self.heartbeats = 0
        self.problem = ""
        self.changed = asyncio.Event()
        self._buffer = b""

    def data(self, chunk: bytes) -> None:
        buffer, at = self._buffer + chunk, 0
        while len(buffer) - at >= 5:
            end = at + 5 + int.from_bytes(buffer[at + 1 : at + 5])
            if len(buffer) < end:
                break
            response = self._response.parse(buffer[at + 5 : end])
            self.established = self.established or response.connection_established is not None
            if isinstance(response, pb.WatchUpdatesResponse):
                if response.acknowledged is not None:
                    self.watched += len(response.acknowledged.watched)
                if response.refused is not None or response.dropped is not None:
                    self.problem = str(response)
            self.updates += response.update is not None
            self.heartbeats += response.heartbeat is not None
            at = end
        self._buffer = buffer[at:]
        self.changed.set()

    def ended(self, status: str) -> None:
        self.problem = status
        self.changed.set()

    async def sees(self, done: Any) -> None:
        async with asyncio.timeout(300):
            while not done():
                if self.problem:
                    raise RuntimeError(self.problem)
                self.changed.clear()
                await self.changed.wait()


class _Conversation(Connection):
    """A connection with one call, to which messages are added."""

    def begin(self, path: str, call: _Watch) -> None:
        self._calls[1] = call
        self._write(frame(1, 4, 1, self._block(path)))

    def send(self, message: bytes, *, last: bool = False) -> None:
        body = b"\x00" + len(message).to_bytes(4) + message
        for at in range(0, len(body), 16_384):
            ends = last and at + 16_384 >= len(body)
            self._write(frame(_DATA, int(ends), 1, body[at : at + 16_384]))


@asynccontextmanager
async def platform() -> AsyncIterator[str]:
    """Play a platform that has every user; yield its URL."""
    user = json.loads(bodies.user())["data"]

    async def users(request: web.Request) -> web.Response:
        listed = request.query["filter"].partition("[")[2].partition("]")[0].split(",")
        pages = {"page": 1, "limit": 100, "total": len(listed), "pages": 1}
        rows = [{**user, "userId": each} for each in listed]
        return web.json_response({"data": rows, "pagination": pages})

    async def one(request: web.Request) -> web.Response:
        return web.json_response({"data": {**user, "userId": request.match_info["user"]}})

    async def dialogs(_: web.Request) -> web.Response:
        pages = {"page": 1, "limit": 1, "total": 0, "pages": 0}
        return web.json_response({"data": [], "pagination": pages})

    async def no_dialog(_: web.Request) -> web.Response:
        return web.json_response({"error": "Bad Request", "message": "Invalid"}, status=400)

    async def healthy(_: web.Request) -> web.Response:
        return web.json_response({})

    app = web.Application()
    app.router.add_get("/health", healthy)
    app.router.add_get("/api/users", users)
    app.router.add_get("/api/users/{user}", one)
    app.router.add_get("/api/users/{user}/dialogs", dialogs)
    app.router.add_get("/api/dialogs/{dialog}", no_dialog)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def worker_of(url: str, folder: Path, broker: str, service: str) -> AsyncIterator[Any]:
    """Run a worker within the block; the platform, of this loop, is asked before it is ready."""
    with ExitStack() as stack:
        opening = open_worker(folder, url, broker, service)
        yield await asyncio.to_thread(stack.enter_context, opening)


async def _publish(url: str, users: list[str], rounds: int) -> None:
    """Publish an update for each user, ``rounds`` times."""
    connection = await aiormq.connect(url)
    channel = await connection.channel()
    for _ in range(rounds):
        for user in users:
            await channel.basic_publish(
                bodies.published(user, f"evt_{secrets.token_hex(16)}", "news"),
                exchange=EXCHANGE,
                routing_key=f"update.dialog.user.{user}.message",
            )
    await connection.close()


async def _watch(folder: Path, broker: str, users: list[str], rounds: int) -> dict[str, float]:
    async with platform() as url:
        service = service_path().get("PYTHONPATH", "")
        async with worker_of(url, folder, broker, service) as worker:
            before, spent = worker.resident(), cpu_of(worker.pid)
            headers = (("x-api-key", "chat3_rwd"), ("x-tenant-id", bodies.TENANT))
            _, connection = await asyncio.get_running_loop().create_connection(
                lambda: _Conversation(headers), "127.0.0.1", worker.port
            )
            await connection.opened
            call, began = _Watch(), time.monotonic()
            connection.begin(_WATCH, call)
            for start in range(0, len(users), _BATCH):
                some = [pb.UserToWatch(user_id=user) for user in users[start : start + _BATCH]]
                request = pb.WatchUpdatesRequest(
                    batch_id=str(start), watch=some, heartbeat_interval=_HEARTBEAT
                )
                connection.send(bytes(request))
                # As a back end does that waits for each answer.
                await call.sees(lambda start=start: call.watched >= start + _BATCH)
            opened = time.monotonic() - began
            figures = _opened(worker, spent, opened, len(users))
            figures |= await _silence(worker, lambda: call.heartbeats)
            figures["bytes_per_user"] = round((worker.resident() - before) / len(users))
            spent, wanted = cpu_of(worker.pid), len(users) * rounds
            await _publish(broker, users, rounds)
            await call.sees(lambda: call.updates >= wanted)
            figures["cpu_us_per_update"] = round((cpu_of(worker.pid) - spent) / wanted * 1e6, 1)
            connection.close()
    return figures


async def _follow(folder: Path, broker: str, users: list[str], rounds: int) -> dict[str, float]:
    async with platform() as url:
        service = service_path().get("PYTHONPATH", "")
        async with worker_of(url, folder, broker, service) as worker:
            before, spent = worker.resident(), cpu_of(worker.pid)
            headers = (("x-api-key", "chat3_rwd"), ("x-tenant-id", bodies.TENANT))
            _, connection = await asyncio.get_running_loop().create_connection(
                lambda: _Conversation(headers), "127.0.0.1", worker.port
            )
            await connection.opened
            call, began = _Watch(pb.SubscribeTenantUpdatesResponse), time.monotonic()
            connection.begin(_FOLLOW, call)
            request = pb.SubscribeTenantUpdatesRequest(heartbeat_interval=_HEARTBEAT)
            connection.send(bytes(request), last=True)
            await call.sees(lambda: call.established)
            figures = _opened(worker, spent, time.monotonic() - began, len(users))
            figures |= await _silence(worker, lambda: call.heartbeats)
            figures["bytes_per_user"] = round((worker.resident() - before) / len(users))
            spent, wanted = cpu_of(worker.pid), len(users) * rounds
            await _publish(broker, users, rounds)
            await call.sees(lambda: call.updates >= wanted)
            figures["cpu_us_per_update"] = round((cpu_of(worker.pid) - spent) / wanted * 1e6, 1)
            connection.close()
    return figures


async def _streams(folder: Path, broker: str, users: list[str], rounds: int) -> dict[str, float]:
    async with platform() as url:
        service = service_path().get("PYTHONPATH", "")
        async with worker_of(url, folder, broker, service) as worker:
            before, spent = worker.resident(), cpu_of(worker.pid)
            connections, streams, opened = await open_streams(
                worker.port, users, {}, heartbeat=_HEARTBEAT
            )
            figures = _opened(worker, spent, opened, len(users))
            figures |= await _silence(worker, lambda: sum(it.heartbeats for it in streams))
            figures["bytes_per_user"] = round((worker.resident() - before) / len(users))
            spent, wanted = cpu_of(worker.pid), len(users) * rounds
            await _publish(broker, users, rounds)
            await _until(streams[0]._changed, streams, lambda it: it.updates >= rounds)  # noqa: SLF001
            figures["cpu_us_per_update"] = round((cpu_of(worker.pid) - spent) / wanted * 1e6, 1)
            for connection in connections:
                connection.close()
    return figures


async def _silence(worker: Any, heartbeats: Callable[[], int]) -> dict[str, float]:
    """Let nothing happen, and return what that costs for a heartbeat."""
    spent, before = cpu_of(worker.pid), heartbeats()
    await asyncio.sleep(_SILENCE)
    each = (cpu_of(worker.pid) - spent) / max(1, heartbeats() - before)
    return {"cpu_us_per_heartbeat": round(each * 1e6, 1)}


def _opened(worker: Any, spent: float, seconds: float, users: int) -> dict[str, float]:
    return {
        "seconds_to_open": round(seconds, 2),
        "cpu_us_to_open": round((cpu_of(worker.pid) - spent) / users * 1e6),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5, help="updates published for each user")
    parser.add_argument("--save", action=argparse.BooleanOptionalAction, default=True)
    options = parser.parse_args()
    machine = begin()
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    users = [f"user-{number}" for number in range(options.users)]
    figures = {}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        broker = stack.enter_context(rabbitmq(folder))
        for name, measure in (
            ("one stream", _watch),
            ("one of the tenant", _follow),
            ("a stream each", _streams),
        ):
            figures[name] = uvloop.run(measure(folder, broker.url, users, options.rounds))
            print(f"{name}, {len(users)} users: {figures[name]}", flush=True)
    if options.save:
        save("watching", machine, {"users": len(users), "ways": figures})


if __name__ == "__main__":
    main()
