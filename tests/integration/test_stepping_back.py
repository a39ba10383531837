"""A process that is told to end takes new connections until balancers have noticed."""

import asyncio
import os
import secrets
import signal
import subprocess
import sys

import aiohttp
from edge_vocabulary import RawClient

from support.gateway import Upstream
from support.ports import free_port
from support.rabbitmq import RabbitMQ


async def _status(port: int) -> int:
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"http://127.0.0.1:{port}/readyz") as answer,
    ):
        return answer.status


async def _until(port: int, wanted: int) -> None:
    async with asyncio.timeout(30):
        while True:
            try:
                if await _status(port) == wanted:
                    return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.02)


async def test_connections_are_taken_after_readiness_went_off(
    upstream: Upstream, rabbitmq: RabbitMQ
) -> None:
    grpc, ops = free_port(), free_port()
    environment = {
        **os.environ,
        "TENANT_API_URL": upstream.url,
        "RABBITMQ_URL": rabbitmq.url,
        "RABBITMQ_UPDATES_LOG": f"log_{secrets.token_hex(4)}",
        "GRPC_PORT": str(grpc),
        "OPS_PORT": str(ops),
        "WORKERS": "1",
        "SHUTDOWN_DELAY": "5",
    }
    process = subprocess.Popen(  # noqa: ASYNC220 - it only starts
        [sys.executable, "-m", "chat3_user"], env=environment
    )
    try:
        await _until(ops, 200)
        process.send_signal(signal.SIGTERM)
        await _until(ops, 503)
        async with await RawClient.open(grpc) as client:
            assert (await client.call()).status is not None
        assert await asyncio.to_thread(process.wait, 30) == 0
    finally:
        process.kill()
        process.wait()
