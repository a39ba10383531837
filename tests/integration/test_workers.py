import asyncio
import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import aiohttp
import pytest
from integration_vocabulary import Client

from chat3_api.chat3.tenant.v1 import CreateUserTokenRequest
from chat3_api.chat3.user.v1 import GetUserDialogsRequest
from support.gateway import KEY, TENANT, Upstream, metadata
from support.patience import STARTS
from support.ports import free_port
from support.rabbitmq import RabbitMQ
from support.scrape import Scraped, scraped
from support.tokens import bearer

pytestmark = pytest.mark.timeout(600)


@contextmanager
def two_workers(
    upstream: Upstream, rabbitmq: RabbitMQ, ops: int, **more: str
) -> Iterator[subprocess.Popen[bytes]]:
    environment = {
        **os.environ,
        "TENANT_API_URL": upstream.url,
        "RABBITMQ_URL": rabbitmq.url,
        "RABBITMQ_UPDATES_LOG": f"log_{secrets.token_hex(4)}",
        "GRPC_PORT": str(free_port()),
        "OPS_PORT": str(ops),
        "WORKERS": "2",
        **more,
    }
    process = subprocess.Popen([sys.executable, "-m", "chat3_user"], env=environment)
    try:
        yield process
    finally:
        process.kill()
        process.wait(STARTS)


async def ready(*ports: int) -> None:
    async with asyncio.timeout(STARTS), aiohttp.ClientSession() as session:
        for port in ports:
            while True:
                try:
                    async with session.get(f"http://127.0.0.1:{port}/readyz") as answer:
                        if answer.status == 200:
                            break
                except aiohttp.ClientError:
                    pass
                await asyncio.sleep(0.05)


async def process_of(port: int) -> int:
    async with aiohttp.ClientSession() as session:
        answer = await session.get(f"http://127.0.0.1:{port}/healthz")
        pid: int = (await answer.json())["pid"]
        return pid


async def test_a_worker_that_dies_is_replaced_and_all_end_together(
    upstream: Upstream, rabbitmq: RabbitMQ
) -> None:
    ops = free_port(2)
    with two_workers(upstream, rabbitmq, ops) as parent:
        await ready(ops, ops + 1)
        first = await process_of(ops)
        os.kill(first, signal.SIGKILL)
        async with asyncio.timeout(STARTS):
            while True:
                try:
                    if await process_of(ops) != first:
                        break
                except aiohttp.ClientError:
                    pass
                await asyncio.sleep(0.05)
        await ready(ops, ops + 1)
        parent.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(parent.wait, STARTS) == 0
        with pytest.raises(aiohttp.ClientError):
            await process_of(ops)


async def accepted_tokens(port: int) -> int:
    """Return how many tokens a worker has accepted."""
    told = await scraped(port, "/metrics/worker")
    return int(told.value("chat3_bearer_tokens_total", outcome="accepted"))


async def test_a_token_of_one_worker_of_a_demo_is_good_at_all_of_them(
    upstream: Upstream, rabbitmq: RabbitMQ
) -> None:
    upstream.dialog("alice")
    ops, port = free_port(2), free_port()
    more = {"DEMO": "true", "GRPC_PORT": str(port), "TOKEN_KEYS": ""}
    with two_workers(upstream, rabbitmq, ops, **more):
        await ready(ops, ops + 1)
        async with Client(f"127.0.0.1:{port}") as client:
            back_end = client.with_metadata({"x-api-key": KEY, "x-tenant-id": TENANT})
            created = await back_end.call(CreateUserTokenRequest(user_id="alice"))
            async with asyncio.timeout(STARTS):
                # Every connection is of one worker, whichever the kernel chose.
                while not (await accepted_tokens(ops) and await accepted_tokens(ops + 1)):
                    app = client.with_metadata(bearer(created.token))
                    assert await app.call(GetUserDialogsRequest())


async def scraped_of_both(port: int) -> Scraped:
    """Scrape a worker until the other one answers it in time."""
    async with asyncio.timeout(STARTS):
        while True:
            told = await scraped(port)
            if told.value("chat3_worker_up") == 2:
                return told


async def test_one_scrape_of_any_worker_has_the_calls_of_all(
    upstream: Upstream, rabbitmq: RabbitMQ
) -> None:
    upstream.dialog("alice")
    ops, port = free_port(2), free_port()
    calls, method = "chat3_calls_total", "chat3.user.v1.UserService/GetUserDialogs"
    with two_workers(upstream, rabbitmq, ops, GRPC_PORT=str(port)):
        await ready(ops, ops + 1)
        async with Client(f"127.0.0.1:{port}") as client:
            made = 0
            async with asyncio.timeout(STARTS):
                while True:
                    # Every connection is of one worker, whichever the kernel chose.
                    alice = client.with_metadata(metadata("alice"))
                    assert await alice.call(GetUserDialogsRequest())
                    made += 1
                    told = await scraped(ops)
                    of_each = [
                        told.value(calls, rpc_method=method, worker=worker) for worker in "01"
                    ]
                    if all(of_each):
                        break
        assert sum(of_each) == made
        for asked in (ops, ops + 1):
            told = await scraped_of_both(asked)
            assert told.value(calls, rpc_method=method) == made
        alone = await scraped(ops + 1, "/metrics/worker")
        assert alone.value(calls, rpc_method=method) == of_each[1]
        stopped = await process_of(ops + 1)
        os.kill(stopped, signal.SIGSTOP)
        try:
            told = await scraped(ops)
        finally:
            os.kill(stopped, signal.SIGCONT)
        assert told.value("chat3_worker_up", worker="0") == 1
        assert told.value("chat3_worker_up", worker="1") == 0
        assert told.value(calls, rpc_method=method) == of_each[0]
