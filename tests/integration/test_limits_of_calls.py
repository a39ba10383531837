"""How many calls and streams there may be, and how often one may call."""

import asyncio
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from aiohttp import web
from edge_vocabulary import IDENTITY, SUBSCRIBE, Answer, RawClient, demo, headers, message
from redis.asyncio import Redis

from chat3_api.chat3.user import v1 as pb
from support.patience import HANGS
from support.platform_health import answers_health
from support.ports import free_port
from support.servers import web_server

TYPING = "/chat3.user.v1.UserService/SendTypingIndicator"


async def _subscribe(client: RawClient, **changed: str) -> Answer:
    stream = client.begin(headers(SUBSCRIBE, **changed))
    client.h2.send_data(stream, message(), end_stream=True)
    client.flush()
    answer = client.answers[stream]
    async with asyncio.timeout(HANGS):
        while not answer.data and not answer.ended.is_set():
            await asyncio.sleep(0.02)
    return answer


@pytest.fixture
async def slow_upstream() -> AsyncIterator[tuple[str, list[str], asyncio.Event]]:
    """Return its address, the paths it was asked for, and what makes it answer."""
    asked: list[str] = []
    released = asyncio.Event()

    async def answer(request: web.Request) -> web.Response:
        asked.append(request.path)
        await released.wait()
        page = {"page": 1, "limit": 10, "total": 0, "pages": 0}
        return web.json_response({"data": [], "pagination": page})

    app = web.Application()
    answers_health(app)
    app.router.add_route("*", "/{path:.*}", answer)
    async with web_server(app) as port:
        yield f"http://127.0.0.1:{port}", asked, released
        released.set()


async def test_calls_over_the_limit_are_told_to_retry_at_once(
    slow_upstream: tuple[str, list[str], asyncio.Event],
) -> None:
    url, asked, released = slow_upstream
    async with (
        demo(tenant_api_url=url, calls_max=3) as service,
        await RawClient.open(service.grpc_port) as client,
    ):
        streams = [client.begin() for _ in range(3)]
        for stream in streams:
            client.h2.send_data(stream, message(), end_stream=True)
        client.flush()
        async with asyncio.timeout(HANGS):
            while len(asked) < 3:
                await asyncio.sleep(0.01)
        shed = await client.call()
        assert (shed.status, shed.reason) == (14, "OVERLOADED")
        assert 500 <= int(shed.headers["grpc-retry-pushback-ms"]) <= 1500
        released.set()
        assert [(await client.ended(stream)).status for stream in streams] == [0, 0, 0]
        assert (await client.call()).status == 0


async def test_streams_of_an_api_key_are_bounded_and_a_closed_one_makes_room() -> None:
    async with (
        demo(streams_per_key=2) as service,
        await RawClient.open(service.grpc_port) as client,
    ):
        assert (await _subscribe(client)).data
        assert (await _subscribe(client, x_user_id="bob")).data
        third = await _subscribe(client, x_user_id="carl")
        assert (third.status, third.reason) == (8, "TOO_MANY_STREAMS")
        client.h2.reset_stream(1, 8)
        client.flush()
        async with asyncio.timeout(HANGS):
            while not (await _subscribe(client, x_user_id="carl")).data:
                await asyncio.sleep(0.05)


async def test_a_user_over_the_rate_is_told_when_to_come_back() -> None:
    async with (
        demo(rate_limit_user_read="3/minute") as service,
        await RawClient.open(service.grpc_port) as client,
    ):
        left = [(await client.call()).headers["ratelimit-remaining"] for _ in range(3)]
        assert left == ["2", "1", "0"]
        refused = await client.call()
        assert (refused.status, refused.reason) == (8, "RATE_LIMITED")
        assert dict(refused.info.metadata) == {
            "calls": "read",
            "limit": "3/minute",
            "subject": "user",
        }
        assert refused.headers["ratelimit-limit"] == "3"
        assert refused.headers["ratelimit-remaining"] == "0"
        assert 1 <= int(refused.headers["ratelimit-reset"]) <= 20
        assert 0 < int(refused.headers["grpc-retry-pushback-ms"]) <= 20_000
        # Neither another user nor another kind of call is meant.
        assert (await client.call(headers(x_user_id="bob"))).status == 0
        typing = pb.SendTypingIndicatorRequest(dialog_id="dlg_demoalicebob00000000")
        assert (await client.call(headers(TYPING), message(bytes(typing)))).status == 0


async def test_an_api_key_over_the_rate_is_refused_whoever_calls() -> None:
    async with (
        demo(rate_limit_key_read="2/hour") as service,
        await RawClient.open(service.grpc_port) as client,
    ):
        for user in ("alice", "bob"):
            assert (await client.call(headers(x_user_id=user))).status == 0
        refused = await client.call(headers(x_user_id="carl"))
        assert refused.info.metadata["subject"] == "API key"


@pytest.mark.parametrize("kind", ["write", "typing", "subscribe"])
async def test_every_kind_of_call_has_its_rate(kind: str) -> None:
    async with (
        demo(**{f"rate_limit_user_{kind}": "1/hour"}) as service,
        await RawClient.open(service.grpc_port) as client,
    ):
        dialog = "dlg_demoalicebob00000000"
        path, request = {
            "write": ("SendMessage", pb.SendMessageRequest(dialog_id=dialog, content="x")),
            "typing": ("SendTypingIndicator", pb.SendTypingIndicatorRequest(dialog_id=dialog)),
            "subscribe": ("SubscribeUpdates", pb.SubscribeUpdatesRequest()),
        }[kind]
        sent = headers(f"/chat3.user.v1.UserService/{path}")
        if kind == "subscribe":
            assert (await _subscribe(client)).data
        else:
            assert (await client.call(sent, message(bytes(request)))).status == 0
        assert (await client.call(sent, message(bytes(request)))).reason == "RATE_LIMITED"


async def test_no_rate_is_set_by_default() -> None:
    async with demo() as service, await RawClient.open(service.grpc_port) as client:
        assert not [name for name in (await client.call()).headers if name.startswith("rate")]


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    port = free_port()
    process = subprocess.Popen(
        ["redis-server", "--port", str(port), "--save", "", "--dir", str(tmp_path)],
        stdout=subprocess.DEVNULL,
    )
    try:
        yield f"redis://127.0.0.1:{port}/0", process
    finally:
        process.kill()
        process.wait()


async def test_with_redis_workers_share_the_rate_and_redis_learns_no_secret(
    redis: tuple[str, subprocess.Popen[bytes]],
) -> None:
    url, process = redis
    settings = {
        "redis_url": url,
        "rate_limit_user_read": "10/hour",
        "rate_limit_key_read": "99/hour",
    }
    async with Redis.from_url(url) as connection, AsyncExitStack() as stack:
        async with asyncio.timeout(HANGS):
            while True:
                try:
                    await connection.ping()
                    break
                except OSError:
                    await asyncio.sleep(0.05)
                except Exception:  # noqa: BLE001 - Redis is starting
                    await asyncio.sleep(0.05)
        clients = []
        for _ in range(2):
            service = await stack.enter_async_context(demo(**settings))
            clients.append(await stack.enter_async_context(await RawClient.open(service.grpc_port)))
        answers = [await clients[turn % 2].call() for turn in range(12)]
        assert [answer.status for answer in answers] == [0] * 10 + [8] * 2
        assert answers[-1].reason == "RATE_LIMITED"
        keys = b" ".join(await connection.keys("*"))
        assert keys
        for secret in (IDENTITY["x-api-key"], "alice"):
            assert secret.encode() not in keys
        # Without Redis the service goes on; each worker counts for itself.
        process.kill()
        process.wait()
        assert (await clients[0].call(headers(x_user_id="bob"))).status == 0
