"""Streams outlive an outage of the platform, which could not open them again."""

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web
from integration_vocabulary import Client, Scripted, sending
from test_watching import has, known, publish
from watch_vocabulary import watching

from chat3_api.chat3.user import v1 as pb
from support.gateway import KEY, TENANT, Gateway, Upstream, run_gateway
from support.rabbitmq import RabbitMQ


class Platform:
    """The embedded tenant-api, which can be away."""

    def __init__(
        self, scripted: Scripted, upstream: Upstream, session: aiohttp.ClientSession
    ) -> None:
        self._scripted, self._upstream, self._session = scripted, upstream, session
        self.back()

    def back(self) -> None:
        self._scripted.answer = self._forward

    async def away(self) -> None:
        """Be away until a proof has failed, which is two requests of three attempts."""
        failed = asyncio.Semaphore(0)

        async def fail(_: web.Request) -> web.StreamResponse:
            failed.release()
            return web.Response(status=503, text="<h1>Service Unavailable</h1>")

        self._scripted.answer = fail
        for _ in range(8):
            await failed.acquire()

    async def _forward(self, request: web.Request) -> web.StreamResponse:
        async with self._session.request(
            request.method,
            f"{self._upstream.url}{request.rel_url}",
            headers=request.headers,
            data=await request.read(),
        ) as answer:
            return web.Response(
                status=answer.status, body=await answer.read(), content_type="application/json"
            )


@pytest.fixture
async def platform(scripted: Scripted, upstream: Upstream) -> AsyncIterator[Platform]:
    async with aiohttp.ClientSession() as session:
        yield Platform(scripted, upstream, session)


@pytest.fixture
async def hasty(
    platform: Platform, scripted: Scripted, rabbitmq: RabbitMQ
) -> AsyncIterator[Gateway]:
    """A service that proves the callers of its streams ten times a second."""
    async with run_gateway(scripted.url, rabbitmq.url, stream_recheck_interval=0.1) as gateway:
        yield gateway


async def test_a_stream_outlives_an_outage_and_its_caller_is_judged_after_it(
    hasty: Gateway, platform: Platform, upstream: Upstream
) -> None:
    upstream.store.add_key("short-lived", ("read", "write"))
    dialog = upstream.dialog("alice", "bob")
    async with (
        Client(hasty.address) as client,
        client.as_user("alice", key="short-lived").subscribed() as stream,
    ):
        await platform.away()
        platform.back()
        await client.as_user("bob").call(sending(dialog, "still there"))
        update = await stream.update_of(pb.UpdateKind.MESSAGE_CREATED)
        assert update.message_created is not None
        await platform.away()
        upstream.store.add_key("short-lived", ("read",), active=False)
        platform.back()
        ended = await stream.failure()
    assert ended.reason is pb.ErrorReason.API_KEY_INVALID


async def test_a_stream_of_many_users_outlives_an_outage(
    hasty: Gateway, platform: Platform, upstream: Upstream
) -> None:
    known(upstream, ["ann"])
    async with Client(hasty.address) as client:
        back_end = client.with_metadata({"x-api-key": KEY, "x-tenant-id": TENANT})
        async with watching(back_end) as watcher:
            await watcher.watch("ann")
            await platform.away()
            await has(watcher, "ann", await publish(upstream, "ann"))
            platform.back()
