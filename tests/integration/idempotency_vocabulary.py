"""A platform whose answers can be lost, and services of their own before it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web
from integration_vocabulary import Client

from chat3_embedded.server import serve
from chat3_embedded.settings import Settings
from chat3_embedded.steps import CutError, Step
from chat3_embedded.store import Store
from support.gateway import KEY, OTHER_TENANT, READ_KEY, TENANT, run_gateway
from support.platform_health import answers_health
from support.servers import web_server

PROOF = "/api/dialogs/none/messages"
_HEADERS = ("X-API-Key", "X-Tenant-Id", "Content-Type")


@dataclass
class Lossy:
    """Passes requests on; the next writes meet the faults in ``writes``, reads those in ``reads``.

    Faults: `before` and `after` cut the connection before or after the platform has taken the
    request, a status answers in its stead, a number of seconds delays it.
    """

    store: Store
    url: str = ""
    writes: list[str | int | float] = field(default_factory=list)
    reads: list[str | int | float] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    came: asyncio.Event = field(default_factory=asyncio.Event)

    def dialog(self, *members: str, tenant: str = TENANT) -> str:
        dialog = self.store.add_dialog(tenant).dialog_id
        for user in members:
            if self.store.users.get(tenant, user) is None:
                self.store.add_user(tenant, user)
            self.store.add_member(tenant, dialog, user)
        return dialog

    def texts(self, dialog: str, tenant: str = TENANT) -> list[str]:
        found = self.store.messages.page({"tenantId": tenant, "dialogId": dialog})
        return [message.content for message in found]

    def written(self) -> int:
        """Return how many writes were asked for; proofs of the right to write are none."""
        return sum(line.startswith("POST") and PROOF not in line for line in self.asked)

    async def relayed(self) -> None:
        """Wait until the platform has published all its updates."""
        while self.store.outgoing.count():
            await asyncio.sleep(0.01)

    def proofs(self) -> int:
        return sum(PROOF in line for line in self.asked)


@asynccontextmanager
async def lossy_platform(settings: Settings | None = None) -> AsyncIterator[Lossy]:
    with Store(":memory:") as store:
        for tenant in (TENANT, OTHER_TENANT):
            store.add_tenant(tenant)
        store.add_key(KEY, ("read", "write", "delete"))
        store.add_key(READ_KEY, ("read",))
        lossy = Lossy(store)
        async with (
            serve(store=store, settings=settings) as upstream,
            aiohttp.ClientSession() as session,
        ):
            # A request that is cut off stays so: aiohttp would send some of them again.
            session._retry_connection = False

            async def handle(request: web.Request) -> web.StreamResponse:
                body = await request.read()
                faults = lossy.reads if request.method == "GET" else lossy.writes
                lossy.asked.append(f"{request.method} {request.path}")
                lossy.came.set()
                fault = faults.pop(0) if faults else 0.0
                if isinstance(fault, int):
                    return web.json_response({}, status=fault)
                if isinstance(fault, float):
                    await asyncio.sleep(fault)
                if fault == "before":
                    return _cut(request)
                headers = {
                    name: request.headers[name] for name in _HEADERS if name in request.headers
                }
                try:
                    async with session.request(
                        request.method,
                        upstream + str(request.rel_url),
                        data=body or None,
                        headers=headers,
                    ) as response:
                        answer = await response.read()
                except aiohttp.ClientError:
                    return _cut(request)
                if fault == "after":
                    return _cut(request)
                return web.Response(
                    body=answer, status=response.status, content_type=response.content_type
                )

            app = web.Application()
            answers_health(app)
            app.router.add_route("*", "/{path:.*}", handle)
            async with web_server(app, shutdown_timeout=0.5) as port:
                lossy.url = f"http://127.0.0.1:{port}"
                yield lossy


class CutOnce:
    """Cuts once, after so many steps of all writes together; for `Settings.after_step`.

    Nothing counts until it is armed.
    """

    def __init__(self) -> None:
        self._left = 0
        self.cut = ""
        """The name of the step after which it was cut."""

    def arm(self, step: int) -> None:
        self._left, self.cut = step, ""

    def __call__(self, done: Step) -> None:
        self._left -= 1
        if self._left == 0:
            self.cut = done.name
            raise CutError(done.name)


def _cut(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)


@asynccontextmanager
async def service(lossy: Lossy, **settings: Any) -> AsyncIterator[Client]:
    """A service with a broker within, and a client of it."""
    settings = {"idempotency_settle": 0.5} | settings
    async with (
        run_gateway(lossy.url, "", **settings) as gateway,
        Client(gateway.address) as client,
    ):
        yield client
