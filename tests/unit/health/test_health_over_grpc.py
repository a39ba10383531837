"""The health service of gRPC: who is known, who watches, and how watching ends."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from grpclib import GRPCError, Status
from grpclib.health.v1.health_grpc import HealthStub
from grpclib.health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse
from grpclib.testing import ChannelFor

from chat3_user.health.finding import WELL, Finding
from chat3_user.health.grpc_service import HealthService
from chat3_user.health.machine import Health
from chat3_user.health.table import LISTENER, RATES
from support.patience import HANGS

SERVING = HealthCheckResponse.SERVING
NOT_SERVING = HealthCheckResponse.NOT_SERVING
UNKNOWN = HealthCheckResponse.SERVICE_UNKNOWN


class Served:
    def __init__(self, service: HealthService, stub: HealthStub) -> None:
        self.stub = stub
        self.service = service
        self.state = Health({LISTENER, RATES})
        self.state.on_change(service.changed)

    def listens(self, *, well: bool = True) -> None:
        self.state.observe(LISTENER, WELL if well else Finding("not_listening"))

    async def check(self, name: str = "") -> Any:
        return (await self.stub.Check(HealthCheckRequest(service=name))).status


@asynccontextmanager
async def served() -> AsyncIterator[Served]:
    service = HealthService(["a.A", "b.B"])
    async with ChannelFor([service]) as channel:
        yield Served(service, HealthStub(channel))


class Watch:
    def __init__(self, stream: Any) -> None:
        self._stream = stream

    async def next(self) -> Any:
        async with asyncio.timeout(HANGS):
            return (await self._stream.recv_message()).status


@asynccontextmanager
async def watching(it: Served, name: str = "") -> AsyncIterator[Watch]:
    async with it.stub.Watch.open() as stream:
        await stream.send_message(HealthCheckRequest(service=name), end=True)
        yield Watch(stream)
        await stream.cancel()


async def test_every_service_has_the_answer_of_the_worker() -> None:
    async with served() as it:
        for name in ("", "a.A", "b.B"):
            assert await it.check(name) == NOT_SERVING, "before anything was found"
        it.listens()
        for name in ("", "a.A", "b.B"):
            assert await it.check(name) == SERVING


async def test_a_service_that_nobody_knows_is_not_found() -> None:
    async with served() as it:
        with pytest.raises(GRPCError) as caught:
            await it.check("c.C")
        assert caught.value.status is Status.NOT_FOUND
        async with watching(it, "c.C") as watch:
            assert await watch.next() == UNKNOWN


async def test_those_who_watch_get_each_change_and_nothing_else() -> None:
    """A worker that is only degraded goes on serving: nobody is told."""
    async with served() as it:
        it.listens()
        async with watching(it, "a.A") as one, watching(it) as other:
            assert await one.next() == await other.next() == SERVING
            for _ in range(2):
                it.state.observe(RATES, Finding("unreachable"))
            it.listens(well=False)
            assert await one.next() == await other.next() == NOT_SERVING
            it.listens()
            assert await one.next() == await other.next() == SERVING


async def test_watching_ends_with_the_worker() -> None:
    async with served() as it:
        it.listens()
        with pytest.raises(GRPCError) as caught:
            await _watched_to_the_end(it)
        assert caught.value.status is Status.UNAVAILABLE


async def _watched_to_the_end(it: Served) -> None:
    async with it.stub.Watch.open() as stream:
        await stream.send_message(HealthCheckRequest(), end=True)
        assert (await stream.recv_message()).status == SERVING
        it.listens(well=False)
        it.service.end()
        assert (await stream.recv_message()).status == NOT_SERVING, "the last word arrives"
        async with asyncio.timeout(HANGS):
            assert await stream.recv_message() is None
