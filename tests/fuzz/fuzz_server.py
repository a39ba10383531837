"""The service that is attacked in this process, and all the fuzzer knows of its inner parts."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest
from aiohttp import web

from chat3_user.app import Running, running
from chat3_user.config import composed
from chat3_user.methods import METHODS, Keyed, Method
from chat3_user.rpc import user_service


@dataclass(frozen=True)
class Attacked:
    """The running service, and how many calls came to each of its methods."""

    service: Running
    handled: Counter[str]


class Connection:
    """One connection to the service without a socket: the adapter of its inner parts."""

    def __init__(self, target: Attacked, transport: asyncio.Transport) -> None:
        self._protocol = target.service.server.listener.connection()
        self._protocol.connection_made(transport)

    def feed(self, data: bytes) -> None:
        """Receive bytes, as from a socket."""
        self._protocol.data_received(data)

    @property
    def open_streams(self) -> Collection[int]:
        """The streams that the service has not done with."""
        streams: Collection[int] = self._protocol.streams
        return streams

    def lose(self) -> None:
        """Lose the connection, as a socket does."""
        self._protocol.connection_lost(None)


@contextmanager
def _counted() -> Iterator[Counter[str]]:
    """Count the calls of services started within the block, by method."""
    handled: Counter[str] = Counter()

    def counting(method: Method) -> Method:
        part = "mutation" if isinstance(method, Keyed) else "run"
        real: Callable[..., Any] = getattr(method, part)

        def handle(dependencies: Any, call: Any, request: Any) -> Any:
            handled[method.name] += 1
            return real(dependencies, call, request)

        changed: dict[str, Any] = {part: handle}
        return replace(method, **changed)

    with pytest.MonkeyPatch.context() as patch:
        counted = {name: counting(method) for name, method in METHODS.items()}
        patch.setattr(user_service, "METHODS", counted)
        yield handled


_MESSAGE = {
    "messageId": "msg_" + "a" * 20,
    "dialogId": "dlg_" + "a" * 20,
    "senderId": "alice",
    "type": "internal.text",
    "createdAt": "1795424735959.186035",
}
_RECORD = {**_MESSAGE, "userId": "alice", "status": "read"}
_ROWS = {
    "dialogs": {"dialogId": "dlg_" + "a" * 20, "context": {"userId": "alice"}},
    "members": {"userId": "alice"},
    "messages": _MESSAGE,
    "statuses": _RECORD,
}
"""A row of every list that the service reads, by the last part of the list's path."""


def _answer(method: str, path: str) -> tuple[int, Any]:  # noqa: PLR0911 - an answer a route
    """Say yes to everything, in tenant-api's words."""
    *_, parent, last = path.split("/")
    if "/none/" in path:  # asked whether a key may write: it may, but this is no id
        return 400, {"error": "Bad Request", "message": "Invalid dialogId"}
    if method == "GET" and last in _ROWS:
        page = {"page": 1, "limit": 10, "total": 1, "pages": 1}
        return 200, {"data": [_ROWS[last]], "pagination": page}
    if method == "GET" and last == "reactions":
        return 200, {"data": {"reactions": []}}
    if method == "GET":
        return 200, {"data": _MESSAGE if parent == "messages" else {"userId": last}}
    if parent == "status":
        return 201, {"data": {**_RECORD, "status": last}}
    if last == "typing":
        return 202, {"data": {"expiresInMs": 5000}}
    return 201, {"data": _MESSAGE}


@asynccontextmanager
async def stub_upstream() -> AsyncIterator[str]:
    """Serve a tenant-api that keeps nothing and agrees to everything."""

    async def answer(request: web.Request) -> web.Response:
        await request.read()
        status, document = _answer(request.method, request.path)
        return web.Response(
            body=json.dumps(document).encode(), status=status, content_type="application/json"
        )

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


@asynccontextmanager
async def attacked() -> AsyncIterator[Attacked]:
    """Run the service before a tenant-api that agrees; its limits are out of the way."""
    async with stub_upstream() as url:
        config = composed(
            demo=True,
            grpc_port=0,
            ops_port=0,
            tenant_api_url=url,
            # No call that is whole takes so long, on the busiest machine; the others are cut off.
            default_deadline=300.0,
            streams_per_user=100_000,
            connection_rapid_resets=1_000_000,
            connection_control_frames=1_000_000,
        )
        with _counted() as handled:
            async with running(config) as started:
                await started.ready()
                yield Attacked(started, handled)
