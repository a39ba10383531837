"""A process that is told to end takes new connections until balancers have noticed."""

import asyncio
import os
import secrets
import signal
import subprocess
import sys
from contextlib import suppress

import aiohttp
from edge_vocabulary import RawClient

from support.gateway import Upstream
from support.patience import STARTS
from support.ports import free_port
from support.rabbitmq import RabbitMQ


async def _status(port: int) -> int:
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"http://127.0.0.1:{port}/readyz") as answer,
    ):
        return answer.status


async def _becomes(process: "subprocess.Popen[bytes]", port: int, wanted: int) -> bool:
    """Ask for readiness until it is as wanted; return whether that came before the end."""
    async with asyncio.timeout(STARTS):
        while process.poll() is None:
            with suppress(aiohttp.ClientError):
                if await _status(port) == wanted:
                    return True
            await asyncio.sleep(0.02)
    return False


async def _answered(port: int) -> bool:
    """Return whether a call on a new connection is answered."""
    try:
        async with await RawClient.open(port) as client:
            return (await client.call()).status is not None
    except (OSError, AssertionError):
        return False


async def _answers_when_not_ready(upstream: Upstream, rabbitmq: RabbitMQ, delay: str) -> bool:
    """Return whether a process that is told to end takes a connection once it is not ready."""
    grpc, ops = free_port(), free_port()
    environment = {
        **os.environ,
        "TENANT_API_URL": upstream.url,
        "RABBITMQ_URL": rabbitmq.url,
        "RABBITMQ_UPDATES_LOG": f"log_{secrets.token_hex(4)}",
        "GRPC_PORT": str(grpc),
        "OPS_PORT": str(ops),
        "WORKERS": "1",
        "SHUTDOWN_DELAY": delay,
    }
    process = subprocess.Popen(  # noqa: ASYNC220 - it only starts
        [sys.executable, "-m", "chat3_user"], env=environment
    )
    try:
        assert await _becomes(process, ops, 200)
        process.send_signal(signal.SIGTERM)
        answered = await _becomes(process, ops, 503) and await _answered(grpc)
        assert await asyncio.to_thread(process.wait, STARTS) == 0
        return answered
    finally:
        process.kill()
        process.wait()


async def test_connections_are_taken_after_readiness_went_off(
    upstream: Upstream, rabbitmq: RabbitMQ
) -> None:
    # On a busy machine the shorter ones are over before anybody looks.
    for delay in ("1", "5", "30"):
        if await _answers_when_not_ready(upstream, rabbitmq, delay):
            return
    raise AssertionError("no call was answered")
