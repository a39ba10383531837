"""An HTTP proxy before tenant-api that does to requests what networks and overloads do.

Nothing it delays reaches tenant-api later than `LATEST` seconds after its sender was cut off: that
is what the service's settle time assumes, and the tests set it accordingly.
"""

import asyncio
import random
import re
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final

import aiohttp
from aiohttp import web

from support.servers import web_server

LATEST: Final = 0.6

# What can happen to a write, and how often of 100.
WRITES: Final = {
    "passes": 58,
    "slow": 8,
    "cut before": 5,
    "cut during": 5,
    "cut after": 7,
    "late": 5,
    "500 before": 3,
    "502 after": 3,
    "503 before": 2,
    "429": 2,
    "hangs": 2,
}
READS: Final = {"passes": 88, "slow": 5, "cut before": 4, "503 before": 3}
_UNNAMED: Final = re.compile(
    "/api/(?:dialogs|topics|meta/(?:dialog|user)|users(?:/[^/]+(?:/dialogs)?)?$)"
)
_HEADERS: Final = ("X-API-Key", "X-Tenant-Id", "Content-Type")


class FaultProxy:
    """Passes requests on to ``upstream``, with faults while `faulty`."""

    def __init__(self, upstream: str) -> None:
        self.url = ""
        self.faulty = False
        self.happened: Counter[str] = Counter()
        self.slowest = 0.0
        """Seconds that the platform worked on a write at most, whether or not its sender waited."""
        self._upstream = upstream
        self._draws: dict[str, random.Random] = {}
        self._of_new: random.Random | None = None
        self._late: set[asyncio.Task[None]] = set()

    def seed(self, seed: int, *things: str) -> None:
        """Let ``seed`` decide what happens to requests whose path names one of ``things``.

        What happens to requests about dialogs that are made meanwhile, and about users, it decides
        with the others.
        """
        self._of_new = random.Random(seed)
        self._draws |= dict.fromkeys(things, self._of_new)

    @asynccontextmanager
    async def running(self) -> AsyncIterator["FaultProxy"]:
        app = web.Application(client_max_size=2**24)
        app.router.add_route("*", "/{path:.*}", self._handle)
        async with aiohttp.ClientSession() as self._session:
            # A request that is cut off stays so: aiohttp would send some of them again.
            self._session._retry_connection = False
            async with web_server(app, shutdown_timeout=60.0) as port:
                self.url = f"http://127.0.0.1:{port}"
                yield self
                await self.quiet()

    async def quiet(self) -> None:
        """Wait until nothing is delayed any more."""
        if self._late:
            await asyncio.wait(self._late)

    async def _handle(self, request: web.Request) -> web.StreamResponse:  # noqa: C901, PLR0911, PLR0912 - a table of faults
        body = await request.read()
        write = request.method != "GET"
        draw = self._draw_for(request.path)
        if draw is None:
            return await self._passed(request, body)
        weights = WRITES if write else READS
        fault = draw.choices(list(weights), list(weights.values()))[0]
        if write:
            self.happened[fault] += 1
        match fault:
            case "slow":
                await asyncio.sleep(draw.uniform(0.02, LATEST))
            case "cut before":
                return _cut(request)
            case "late":
                task = asyncio.create_task(
                    self._pass_late(request, body, draw.uniform(0.02, LATEST))
                )
                self._late.add(task)
                task.add_done_callback(self._late.discard)
                return _cut(request)
            case "500 before":
                return web.json_response({"error": "Internal Server Error"}, status=500)
            case "503 before":
                return web.Response(text="<html>", status=503, content_type="text/html")
            case "429":
                return web.json_response({"error": "Too Many Requests"}, status=429)
            case "hangs":
                await asyncio.sleep(draw.uniform(1.0, 4.0))
                return _cut(request)
        try:
            status, answer = await self._pass(request, body)
        except aiohttp.ClientError:
            return self._away(request)
        if fault == "cut after":
            return _cut(request)
        if fault == "502 after":
            return web.Response(text="<html>", status=502, content_type="text/html")
        if fault == "cut during":
            await _send_half(request, status, answer)
            return _cut(request)
        return web.Response(body=answer, status=status, content_type="application/json")

    async def _passed(self, request: web.Request, body: bytes) -> web.Response:
        try:
            status, answer = await self._pass(request, body)
        except aiohttp.ClientError:
            return self._away(request)
        return web.Response(body=answer, status=status, content_type="application/json")

    def _draw_for(self, path: str) -> random.Random | None:
        if not self.faulty:
            return None
        words = path.split("/")
        found = next((self._draws[word] for word in words if word in self._draws), None)
        return self._of_new if found is None and _UNNAMED.match(path) else found

    async def _pass_late(self, request: web.Request, body: bytes, delay: float) -> None:
        await asyncio.sleep(delay)
        with suppress(aiohttp.ClientError):
            await self._pass(request, body)

    def _away(self, request: web.Request) -> web.Response:
        """End as the platform did: it died, or is not back yet."""
        self.happened["platform away"] += 1
        return _cut(request)

    async def _pass(self, request: web.Request, body: bytes) -> tuple[int, bytes]:
        clock = asyncio.get_running_loop().time
        began = clock()
        headers = {name: request.headers[name] for name in _HEADERS if name in request.headers}
        url = self._upstream + str(request.rel_url)
        try:
            async with self._session.request(
                request.method, url, data=body or None, headers=headers
            ) as response:
                return response.status, await response.read()
        finally:
            if request.method != "GET":
                self.slowest = max(self.slowest, clock() - began)


def _cut(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)


async def _send_half(request: web.Request, status: int, answer: bytes) -> None:
    response = web.StreamResponse(status=status, headers={"Content-Length": str(len(answer))})
    with suppress(ConnectionError):
        await response.prepare(request)
        await response.write(answer[: len(answer) // 2])
