"""The double of tenant-api as a process of its own: what it does takes nothing from the clients."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import aiohttp

from chat3_embedded import Store
from chat3_embedded.publishing import AmqpPublisher
from support.gateway import KEY, TENANT, Upstream
from support.patience import HANGS
from support.ports import free_port


class PlatformProcess:
    """Its updates go nowhere: those that are counted are published by the test."""

    def __init__(self, database: Path, store: Store) -> None:
        self._port = free_port()
        self._database = database
        self._process: asyncio.subprocess.Process | None = None
        self.upstream = Upstream(f"http://127.0.0.1:{self._port}", store, AmqpPublisher(""))

    async def start(self) -> None:
        """Start it and wait until it answers."""
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "chat3_embedded", "--port", str(self._port)),
            *("--database", str(self._database)),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        async with asyncio.timeout(HANGS), aiohttp.ClientSession() as session:
            while True:
                with suppress(aiohttp.ClientError):
                    async with session.get(f"{self.upstream.url}/health"):
                        return
                await asyncio.sleep(0.05)

    async def stop(self) -> None:
        """End it as SIGTERM does: at once, whatever it is doing."""
        process, self._process = self._process, None
        if process is not None:
            process.terminate()
            await process.wait()

    async def restart(self) -> None:
        await self.stop()
        await self.start()


@asynccontextmanager
async def platform_process(folder: Path) -> AsyncIterator[PlatformProcess]:
    """Run it within the block, with the tests' tenant and key."""
    database = folder / "platform.sqlite"
    with Store(str(database)) as store:
        store.add_tenant(TENANT)
        store.add_key(KEY, ("read", "write", "delete"))
        running = PlatformProcess(database, store)
        await running.start()
        try:
            yield running
        finally:
            await running.stop()
