"""What tests of health say: a service that looks often, and all that says how it is."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import aiohttp
from grpclib.client import Channel
from grpclib.health.v1.health_grpc import HealthStub
from grpclib.health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse

from chat3_user.app import Running, running
from chat3_user.config import composed
from chat3_user.health import Change, ComponentState, State, Status
from support.patience import HANGS

SERVICES = ("", "chat3.user.v1.UserService", "chat3.tenant.v1.TenantService")

_OFTEN = 0.05


class Observed:
    """A running service, its health, and every change of it."""

    def __init__(self, service: Running) -> None:
        self.service = service
        self.health = service.health.state
        self.changes: list[Change] = []
        self._changed = asyncio.Event()
        self.health.on_change(self._note)

    def _note(self, change: Change) -> None:
        self.changes.append(change)
        self._changed.set()

    async def until(self, wanted: Callable[[], bool]) -> None:
        """Wait until a change has brought about what is wanted."""
        try:
            async with asyncio.timeout(HANGS):
                while not wanted():
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError as error:
            raise AssertionError(dict(self.health.components)) from error

    async def down(self, component: str, reason: str) -> ComponentState:
        """Wait until a component is down for a reason; return its state."""
        return await self._is(component, State.DOWN, reason)

    async def up(self, *components: str) -> None:
        """Wait until components are up."""
        for component in components:
            await self._is(component, State.UP, "")

    async def _is(self, component: str, state: State, reason: str) -> ComponentState:
        def now() -> ComponentState:
            return self.health.components[component]

        await self.until(lambda: (now().state, now().reason) == (state, reason))
        return now()

    async def ready(self) -> None:
        await self.until(lambda: self.health.status is Status.READY)

    async def readyz(self, path: str = "/readyz") -> tuple[int, Any]:
        """Return what `/readyz` answers."""
        url = f"http://127.0.0.1:{self.service.ops_port}{path}"
        async with aiohttp.ClientSession() as session, session.get(url) as answer:
            return answer.status, await answer.json()

    async def all_say(self, status: Status, component: str, reason: str) -> None:
        """Check that readiness, gRPC health and liveness agree about a component that is down."""
        code, document = await self.readyz()
        assert (code, document["status"]) == (503 if status is Status.NOT_READY else 200, status)
        told = document["components"][component]
        assert (told["state"], told["reason"], told["effect"]) == ("down", reason, status)
        serving = {await check(self.service.grpc_port, name) for name in SERVICES}
        assert serving == {"NOT_SERVING" if status is Status.NOT_READY else "SERVING"}
        assert (await self.readyz("/healthz"))[0] == 200, "a restart would not help"


def _name(answer: HealthCheckResponse) -> str:
    return HealthCheckResponse.ServingStatus.Name(answer.status)


async def check(port: int, service: str = "") -> str:
    """Ask gRPC's health service."""
    async with Channel("127.0.0.1", port) as channel:
        return _name(await HealthStub(channel).Check(HealthCheckRequest(service=service)))


class Watcher:
    """A stream of `Watch`; `says` is its next answer."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self.ended = False

    async def says(self) -> str:
        async with asyncio.timeout(HANGS):
            return _name(await self._stream.recv_message())

    async def ends(self) -> None:
        """Wait for the end; leaving `watching` raises its status."""
        async with asyncio.timeout(HANGS):
            assert await self._stream.recv_message() is None
        self.ended = True


@asynccontextmanager
async def watching(port: int, service: str = "") -> AsyncIterator[Watcher]:
    """Watch gRPC's health service."""
    async with (
        Channel("127.0.0.1", port) as channel,
        HealthStub(channel).Watch.open() as stream,
    ):
        await stream.send_message(HealthCheckRequest(service=service), end=True)
        watcher = Watcher(stream)
        yield watcher
        if not watcher.ended:
            await stream.cancel()


@asynccontextmanager
async def observed(
    tenant_api_url: str, rabbitmq_url: str, *, timeout: float = 2.0, **settings: Any
) -> AsyncIterator[Observed]:
    """Run a service that looks twenty times a second at what it needs."""
    config = composed(
        grpc_port=0,
        ops_port=0,
        tenant_api_url=tenant_api_url,
        rabbitmq_url=rabbitmq_url,
        **{
            "rabbitmq_updates_log": f"log_{secrets.token_hex(4)}",
            "idempotency_database": ":memory:",
            "shutdown_grace": 0.2,
            "event_loop_stall": HANGS,
            **settings,
        },
    )
    health = replace(config.health, interval=_OFTEN, inside=_OFTEN, timeout=timeout)
    async with running(replace(config, health=health)) as service:
        yield Observed(service)
