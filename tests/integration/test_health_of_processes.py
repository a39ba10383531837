"""Rows of the table of health that need a process of their own, and a machine with several."""

import asyncio
import os
import secrets
import shutil
import signal
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from resource import RLIMIT_FSIZE, prlimit

import aiohttp
import pytest
from grpclib import GRPCError, Status
from health_vocabulary import check, watching

from support.faults.workers import Worker
from support.gateway import Upstream
from support.patience import HANGS
from support.rabbitmq import RabbitMQ
from support.scrape import scraped

DELAYS = ("1", "5", "30")
"""Seconds for which a worker goes on: on a busy machine the first are over before anybody looks."""


@asynccontextmanager
async def worker(
    upstream: Upstream, rabbitmq: RabbitMQ, database: Path, **more: str
) -> AsyncIterator[Worker]:
    environment = {
        "TENANT_API_URL": upstream.url,
        "RABBITMQ_URL": rabbitmq.url,
        "RABBITMQ_UPDATES_LOG": f"log_{secrets.token_hex(4)}",
        "IDEMPOTENCY_DATABASE": str(database),
        "HEALTH_INTERVAL": "0.1",
        "SHUTDOWN_GRACE": "20",
        **more,
    }
    running = Worker("health", environment)
    await running.start()
    try:
        await running.becomes_ready(lambda status, wrong: status == 200 and not wrong)
        yield running
    finally:
        await running.stop()


@pytest.mark.health_row("process", "shutting_down")
async def test_a_worker_that_is_told_to_end_sends_callers_elsewhere_and_lets_watchers_go(
    upstream: Upstream, rabbitmq: RabbitMQ, tmp_path: Path
) -> None:
    for delay in DELAYS:
        async with worker(upstream, rabbitmq, tmp_path / "keys.db", SHUTDOWN_DELAY=delay) as it:
            ended, serving = None, ""
            try:
                async with watching(it.grpc_port) as watcher:
                    assert await watcher.says() == "SERVING"
                    os.kill(it.pid, signal.SIGTERM)
                    assert await watcher.says() == "NOT_SERVING"
                    with suppress(aiohttp.ClientError, OSError):
                        code, wrong = await it.ready()
                        serving = await check(it.grpc_port, "chat3.user.v1.UserService")
                    await watcher.ends()
            except GRPCError as error:
                ended = (error.status, error.message)
        # Long before the grace is over, when calls that are still open are cut.
        assert ended == (Status.UNAVAILABLE, "the worker is shutting down")
        if serving:
            break
    assert serving == "NOT_SERVING"
    assert (code, list(wrong)) == (503, ["process"])
    assert wrong["process"].startswith("shutting_down")


_MOUNT = ["mount", "-t", "tmpfs", "-o", f"size=8m,uid={os.getuid()},mode=700", "tmpfs"]


def _mounted(folder: Path, sudo: list[str]) -> bool:
    command = [*sudo, *_MOUNT, str(folder)]
    if shutil.which(command[0]) is None:
        return False
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


class SmallDisk:
    """A disk that a test may fill: one of its own where it may mount one, else a limit of files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ballast = folder / "ballast"
        self.mounted = any(_mounted(folder, sudo) for sudo in ([], ["sudo", "-n"]))

    def fill(self, pid: int) -> None:
        """Leave no byte for the process ``pid``."""
        if not self.mounted:
            prlimit(pid, RLIMIT_FSIZE, (1, prlimit(pid, RLIMIT_FSIZE)[1]))
            return
        with self._ballast.open("wb", buffering=0) as ballast:
            size = 1 << 20
            while size:
                try:
                    ballast.write(b"x" * size)
                except OSError:
                    size //= 2

    def free(self, pid: int) -> None:
        if self.mounted:
            self._ballast.unlink()
        else:
            hard = prlimit(pid, RLIMIT_FSIZE)[1]
            prlimit(pid, RLIMIT_FSIZE, (hard, hard))


@contextmanager
def small_disk(folder: Path) -> Iterator[SmallDisk]:
    folder.mkdir()
    disk = SmallDisk(folder)
    try:
        yield disk
    finally:
        if disk.mounted:
            sudo = [] if os.getuid() == 0 else ["sudo", "-n"]
            subprocess.run([*sudo, "umount", "--lazy", str(folder)], check=True)


@pytest.mark.health_row("idempotency_store", "unwritable")
async def test_a_full_disk_degrades_until_there_is_room(
    upstream: Upstream, rabbitmq: RabbitMQ, tmp_path: Path
) -> None:
    with small_disk(tmp_path / "disk") as disk:
        async with worker(upstream, rabbitmq, disk.folder / "keys.db") as it:
            disk.fill(it.pid)
            await it.becomes_ready(lambda _, wrong: "idempotency_store" in wrong)
            status, wrong = await it.ready()
            assert (status, list(wrong)) == (200, ["idempotency_store"])
            text = "database or disk is full" if disk.mounted else "disk I/O error"
            assert wrong["idempotency_store"].startswith("unwritable: ")
            assert wrong["idempotency_store"].endswith(text)
            assert await check(it.grpc_port) == "SERVING"
            disk.free(it.pid)
            await it.becomes_ready(lambda status, wrong: status == 200 and not wrong)


async def machine(port: int) -> tuple[int, str, list[str]]:
    url = f"http://127.0.0.1:{port}/readyz/machine"
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        document = await answer.json()
        return answer.status, document["status"], document["workers"]


async def machine_becomes(port: int, wanted: tuple[int, str, list[str]]) -> None:
    async with asyncio.timeout(HANGS):
        while True:
            try:
                if await machine(port) == wanted:
                    return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.05)


async def test_each_worker_knows_how_the_others_of_its_machine_are(
    upstream: Upstream, rabbitmq: RabbitMQ, tmp_path: Path
) -> None:
    """One hangs: it does not answer for itself, the others tell of it, and it is replaced."""
    first = Worker(
        "parent",
        {
            "TENANT_API_URL": upstream.url,
            "RABBITMQ_URL": rabbitmq.url,
            "RABBITMQ_UPDATES_LOG": f"log_{secrets.token_hex(4)}",
            "IDEMPOTENCY_DATABASE": str(tmp_path / "keys.db"),
            "WORKERS": "2",
            # Longer than a worker has to be silent to be told so.
            "WORKER_STALL_TIMEOUT": "7",
        },
    )
    await first.start()
    try:
        zero, one = first.ops_port, first.ops_port + 1
        for port in (zero, one):
            await machine_becomes(port, (200, "ready", ["ready", "ready"]))
        async with aiohttp.ClientSession() as session:
            answer = await session.get(f"http://127.0.0.1:{one}/healthz")
            pid = (await answer.json())["pid"]
        os.kill(pid, signal.SIGSTOP)
        await machine_becomes(zero, (200, "degraded", ["ready", "silent"]))
        await machine_becomes(zero, (200, "ready", ["ready", "ready"]))
        told = await scraped(one, "/metrics/worker")
        assert told.value("chat3_worker_restarts_total", cause="stalled") == 1
    finally:
        await first.stop()
