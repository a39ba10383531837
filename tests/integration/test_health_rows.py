"""Each row of the table of health, against the real thing: what breaks, and who says what."""

import asyncio
import contextlib
import secrets
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiormq
import pytest
from aiohttp import web
from health_vocabulary import Observed, observed, watching
from integration_vocabulary import Client, Scripted

from chat3_api.chat3.user.v1 import ErrorReason as Reason
from chat3_api.chat3.user.v1 import GetUserDialogsRequest, SendTypingIndicatorRequest
from chat3_user.health import Status
from support.faults.proxy import Proxy
from support.gateway import Upstream, run_upstream
from support.rabbitmq import RabbitMQ
from support.redis import RedisServer
from support.servers import listening

DEGRADED, NOT_READY = Status.DEGRADED, Status.NOT_READY
RATES = {"rate_limit_user_read": "1000/minute"}


@contextlib.asynccontextmanager
async def before(url: str) -> AsyncIterator[tuple[Proxy, str]]:
    """Stand between the service and a server; give the address to use instead."""
    head, _, tail = url.partition("://")
    where, _, path = tail.partition("/")
    credentials, _, address = where.rpartition("@")
    proxy = Proxy(int(address.rpartition(":")[2]))
    async with proxy.running():
        at = f"{credentials}@" if credentials else ""
        yield proxy, f"{head}://{at}127.0.0.1:{proxy.port}/{path}"


@contextlib.asynccontextmanager
async def silence() -> AsyncIterator[int]:
    """Take connections at a port, and answer nothing."""

    async def hold(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    async with listening(hold) as port:
        yield port


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path / "redis")
    server.start()
    yield server
    server.stop()


@pytest.mark.health_row("listener", "not_listening")
async def test_a_closed_listener_keeps_new_calls_away(
    upstream: Upstream, rabbitmq: RabbitMQ
) -> None:
    async with observed(upstream.url, rabbitmq.url) as it:
        await it.ready()
        async with watching(it.service.grpc_port) as watcher:
            assert await watcher.says() == "SERVING"
            await it.service.server.listener.stop_listening()
            assert await watcher.says() == "NOT_SERVING", "the open connection is told"
        await it.down("listener", "not_listening")
        code, document = await it.readyz()
        assert (code, document["status"]) == (503, "not_ready")
        assert document["components"]["listener"]["effect"] == "not_ready"


@pytest.mark.health_row("event_loop", "stalled")
async def test_a_stalled_event_loop_keeps_new_calls_away(
    upstream: Upstream, rabbitmq: RabbitMQ
) -> None:
    async with observed(upstream.url, rabbitmq.url, event_loop_stall=0.5) as it:
        await it.ready()

        def stalled() -> bool:
            return it.health.components["event_loop"].reason == "stalled"

        # On a busy machine the loop is well again before that is seen, or before all are asked.
        agreed = False
        while not agreed:
            it.changes.clear()
            time.sleep(1.2)  # noqa: ASYNC251 - that is the stall
            await it.until(lambda: stalled() or ("event_loop", "stalled") in reasons(it))
            told = len(it.changes)
            if not stalled():
                continue
            try:
                await it.all_say(NOT_READY, "event_loop", "stalled")
                agreed = True
            except AssertionError:
                if len(it.changes) == told:
                    raise


@pytest.mark.health_row("broker", "unreachable")
async def test_a_broker_that_goes_away_degrades_and_comes_back(
    upstream: Upstream, rabbitmq: RabbitMQ
) -> None:
    upstream.dialog("alice")
    async with before(rabbitmq.url) as (link, url), observed(upstream.url, url) as it:
        await it.ready()
        link.refusing = True
        link.cut()
        await it.down("broker", "unreachable")
        await it.all_say(DEGRADED, "broker", "unreachable")
        async with Client(f"127.0.0.1:{it.service.grpc_port}") as client:
            assert await client.as_user("alice").call(GetUserDialogsRequest())
        link.flow()
        await it.ready()


@pytest.mark.health_row("broker", "vhost_refused")
async def test_a_worker_at_a_vhost_that_does_not_exist_does_not_become_ready(
    upstream: Upstream, rabbitmq: RabbitMQ
) -> None:
    async with observed(upstream.url, f"{rabbitmq.url}nowhere") as it:
        state = await it.down("broker", "vhost_refused")
        assert state.detail.endswith("NOT_ALLOWED - vhost nowhere not found")
        await it.up("tenant_api", "idempotency_store", "listener")
        await it.all_say(NOT_READY, "broker", "vhost_refused")


@pytest.mark.health_row("broker", "access_refused")
async def test_a_worker_with_a_wrong_password_does_not_become_ready(
    upstream: Upstream, rabbitmq: RabbitMQ
) -> None:
    url = rabbitmq.url.replace("guest:guest", "guest:wrong")
    async with observed(upstream.url, url) as it:
        state = await it.down("broker", "access_refused")
        assert "ACCESS_REFUSED" in state.detail
        await it.up("tenant_api", "idempotency_store", "listener")
        await it.all_say(NOT_READY, "broker", "access_refused")


@pytest.mark.health_row("updates_log", "deleted")
async def test_a_deleted_log_is_noticed_without_streams_and_made_anew(
    upstream: Upstream, rabbitmq: RabbitMQ
) -> None:
    log = f"log_{secrets.token_hex(4)}"
    async with observed(upstream.url, rabbitmq.url, rabbitmq_updates_log=log) as it:
        await it.ready()
        async with await aiormq.connect(rabbitmq.url) as connection:
            channel = await connection.channel()
            await channel.queue_delete(log)
        await it.until(lambda: ("updates_log", "deleted") in reasons(it))
        await it.ready()
        async with await aiormq.connect(rabbitmq.url) as connection:
            channel = await connection.channel()
            await channel.queue_declare(log, passive=True)
            await channel.queue_delete(log)
    told = next(each for each in it.changes if each.after.reason == "deleted")
    assert told.status is DEGRADED


def reasons(it: Observed) -> set[tuple[str, str]]:
    return {(each.component, each.after.reason) for each in it.changes}


@pytest.mark.health_row("updates_log", "unavailable")
async def test_a_log_that_may_not_be_declared_degrades(
    upstream: Upstream, rabbitmq: RabbitMQ
) -> None:
    async with observed(upstream.url, rabbitmq.url, rabbitmq_updates_log="amq.reserved") as it:
        state = await it.down("updates_log", "unavailable")
        assert "ACCESS_REFUSED" in state.detail
        await it.up("broker", "tenant_api", "idempotency_store")
        await it.all_say(DEGRADED, "updates_log", "unavailable")


@pytest.mark.health_row("tenant_api", "unreachable")
@pytest.mark.parametrize("how", ["refuses", "hangs"])
async def test_without_tenant_api_calls_get_a_reason_and_no_refused_connection(
    upstream: Upstream, rabbitmq: RabbitMQ, how: str
) -> None:
    async with (
        silence() as silent,
        before(upstream.url) as (link, url),
        observed(url, rabbitmq.url, timeout=0.3) as it,
    ):
        await it.ready()
        right, link.target = link.target, silent
        link.refusing = how == "refuses"
        link.cut()
        await it.down("tenant_api", "unreachable")
        await it.all_say(DEGRADED, "tenant_api", "unreachable")
        if how == "refuses":
            async with Client(f"127.0.0.1:{it.service.grpc_port}") as client:
                failed = await client.as_user("alice").fails(GetUserDialogsRequest())
            assert failed.reason is Reason.UPSTREAM_UNAVAILABLE
        link.target = right
        link.flow()
        await it.ready()


@pytest.mark.health_row("tenant_api", "not_ready")
@pytest.mark.parametrize("platform", ["0.0.87", "unreleased"])
async def test_tenant_api_that_is_not_ready_says_what_it_misses(
    rabbitmq: RabbitMQ, platform: str
) -> None:
    """By `/ready` where the platform has it, where `/health` always says 200, else by `/health`."""
    async with (
        before(rabbitmq.url) as (link, url),
        run_upstream(url, platform=platform) as upstream,
        observed(upstream.url, rabbitmq.url) as it,
    ):
        dialog = upstream.dialog("alice", "bob")
        await it.ready()
        link.refusing = True
        link.cut()
        async with Client(f"127.0.0.1:{it.service.grpc_port}") as client:
            await client.as_user("alice").call(SendTypingIndicatorRequest(dialog_id=dialog))
        state = await it.down("tenant_api", "not_ready")
        assert state.detail == "HTTP 503, rabbitmq: disconnected"
        await it.all_say(DEGRADED, "tenant_api", "not_ready")
        link.flow()
        await it.ready()


@pytest.mark.health_row("tenant_api", "unexpected_answer")
async def test_a_worker_at_a_wrong_address_does_not_become_ready(
    upstream: Upstream, rabbitmq: RabbitMQ
) -> None:
    async with observed(f"{upstream.url}/nothing/here", rabbitmq.url) as it:
        state = await it.down("tenant_api", "unexpected_answer")
        assert state.detail == "HTTP 404"
        await it.up("broker", "idempotency_store", "listener")
        await it.all_say(NOT_READY, "tenant_api", "unexpected_answer")


async def test_an_operator_may_name_the_path_of_tenant_apis_health(
    scripted: Scripted, rabbitmq: RabbitMQ
) -> None:
    scripted.says({})
    async with observed(scripted.url, rabbitmq.url, tenant_api_health_path="/up?deep=1") as it:
        await it.ready()
    assert {path for _, path, _ in scripted.asked} == {"/up?deep=1"}
    assert not any("X-API-Key" in headers for headers in scripted.headers)


@pytest.mark.health_row("tenant_api", "calls_fail")
async def test_calls_that_fail_count_though_tenant_api_says_that_it_is_well(
    scripted: Scripted, rabbitmq: RabbitMQ
) -> None:
    async def healthy_alone(request: web.Request) -> web.StreamResponse:
        return web.json_response({}, status=200 if request.path == "/ready" else 500)

    scripted.answer = healthy_alone
    settings = {"tenant_api_circuit_failures": 2, "tenant_api_read_attempts": 1}
    async with observed(scripted.url, rabbitmq.url, **settings) as it:
        await it.ready()
        async with Client(f"127.0.0.1:{it.service.grpc_port}") as client:
            while ("tenant_api", "calls_fail") not in reasons(it):
                await client.as_user("alice").fails(GetUserDialogsRequest())
        told = next(each for each in it.changes if each.after.reason == "calls_fail")
        assert told.status is DEGRADED


@pytest.mark.health_row("idempotency_store", "unreachable")
@pytest.mark.health_row("rates", "unreachable")
async def test_without_redis_keys_are_refused_and_rates_are_counted_apart(
    upstream: Upstream, rabbitmq: RabbitMQ, redis: RedisServer
) -> None:
    upstream.dialog("alice")
    async with observed(upstream.url, rabbitmq.url, redis_url=redis.url, **RATES) as it:
        await it.ready()
        redis.kill()
        await it.down("idempotency_store", "unreachable")
        await it.down("rates", "unreachable")
        await it.all_say(DEGRADED, "idempotency_store", "unreachable")
        await it.all_say(DEGRADED, "rates", "unreachable")
        async with Client(f"127.0.0.1:{it.service.grpc_port}") as client:
            assert await client.as_user("alice").call(GetUserDialogsRequest())
        redis.start()
        await it.ready()


async def configured(redis: RedisServer, *command: str) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", redis.port)
    writer.write(f"{' '.join(command)}\r\n".encode())
    assert (await reader.readline()).startswith(b"+OK")
    writer.close()
    await writer.wait_closed()


@pytest.mark.health_row("idempotency_store", "refused")
@pytest.mark.health_row("rates", "unwritable")
@pytest.mark.health_row("rates", "refused")
async def test_a_redis_that_takes_no_writes_is_no_store(
    upstream: Upstream, rabbitmq: RabbitMQ, redis: RedisServer
) -> None:
    async with observed(upstream.url, rabbitmq.url, redis_url=redis.url, **RATES) as it:
        await it.ready()
        await configured(redis, "CONFIG", "SET", "maxmemory", "1")
        for component in ("idempotency_store", "rates"):
            assert "OutOfMemory" in (await it.down(component, "unwritable")).detail
            await it.all_say(DEGRADED, component, "unwritable")
        await configured(redis, "CONFIG", "SET", "maxmemory", "0")
        await it.ready()
        await configured(redis, "ACL", "SETUSER", "default", "-set")
        for component in ("idempotency_store", "rates"):
            assert "NoPermission" in (await it.down(component, "refused")).detail
            await it.all_say(DEGRADED, component, "refused")
        await configured(redis, "ACL", "SETUSER", "default", "+set")
        await it.ready()
