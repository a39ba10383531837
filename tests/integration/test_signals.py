"""Signals to the process: SIGHUP does no harm, SIGTERM ends it whatever its workers are at."""

import asyncio
import os
import re
import secrets
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import aiohttp
import pytest

from support.gateway import Upstream
from support.patience import STARTS
from support.ports import free_port
from support.rabbitmq import RabbitMQ

pytestmark = pytest.mark.timeout(600)


class Service:
    """The service as a process of its own, and what it logs."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    async def logged(self, pattern: str) -> re.Match[str]:
        """Return the match of the next line that has the pattern."""
        assert self.process.stderr is not None
        async with asyncio.timeout(STARTS):
            while True:
                line = (await self.process.stderr.readline()).decode()
                assert line, f"the process ended without logging {pattern!r}"
                if found := re.search(pattern, line):
                    return found

    async def ends(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        assert self.process.stderr is not None
        async with asyncio.timeout(STARTS):
            await self.process.stderr.read()
            return await self.process.wait()


async def process_of(port: int) -> int:
    """Return the id of the worker whose operators' HTTP is there."""
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"http://127.0.0.1:{port}/healthz") as answer,
    ):
        pid: int = (await answer.json())["pid"]
        return pid


@asynccontextmanager
async def service(settings: Mapping[str, str]) -> AsyncIterator[Service]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "chat3_user"),
        env={**os.environ, **settings},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield Service(process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def test_sighup_without_certificates_is_ignored_with_a_line() -> None:
    settings = {"DEMO": "true", "GRPC_PORT": "0", "OPS_PORT": "0", "DEMO_PAGE_PORT": "0"}
    async with service(settings) as running:
        await running.logged("serving")
        running.process.send_signal(signal.SIGHUP)
        await running.logged("SIGHUP ignored")
        assert await running.ends() == 0


async def test_sigterm_ends_all_while_a_worker_waits_for_its_restart(
    upstream: Upstream, rabbitmq: RabbitMQ
) -> None:
    settings = {
        "TENANT_API_URL": upstream.url,
        "RABBITMQ_URL": rabbitmq.url,
        "RABBITMQ_UPDATES_LOG": f"log_{secrets.token_hex(4)}",
        "IDEMPOTENCY_DATABASE": ":memory:",
        "GRPC_PORT": "0",
        "OPS_PORT": str(free_port(2)),
        "WORKERS": "2",
    }
    async with service(settings) as running:
        for _ in range(2):
            await running.logged("serving")
        running.process.send_signal(signal.SIGHUP)
        await running.logged("SIGHUP ignored")
        os.kill(await process_of(int(settings["OPS_PORT"])), signal.SIGKILL)
        await running.logged("worker died")
        assert await running.ends() == 0
