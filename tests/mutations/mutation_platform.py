"""The platform as a process on a database file: killed between two steps of a write, started again.

It always is the double of this checkout, whatever checkout the workers come from.
"""

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import aiohttp

from chat3_embedded import Store
from support.gateway import KEY, TENANT
from support.ports import free_port

_START_TIMEOUT: Final = 120.0
# What takes long is done before the process is needed: it then waits for a line, its last options.
_PROGRAM: Final = """
import asyncio, json, sys
from chat3_embedded.__main__ import main
if line := sys.stdin.readline():
    sys.argv += json.loads(line)
    main()
"""


@dataclass
class Platform:
    """A tenant-api of one ``version``; ``store`` is its database, to be seeded and looked into.

    The next process stands by while one runs, so that a restart takes little time.
    """

    version: str
    database: Path
    store: Store
    step_pause: float
    relay_delay: float

    def __post_init__(self) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._process: asyncio.subprocess.Process | None = None
        self._standby: asyncio.subprocess.Process | None = None

    async def start(self, *, die_after: str | None = None) -> None:
        """Start it and wait until it answers, or has died of what a caller asked first."""
        self._process = self._standby or await self._spawn()
        options = [] if die_after is None else ["--die-after", die_after]
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(options).encode() + b"\n")
        self._standby = await self._spawn()
        async with asyncio.timeout(_START_TIMEOUT), aiohttp.ClientSession() as session:
            while self._process.returncode is None:
                with suppress(aiohttp.ClientError):
                    async with session.get(f"{self.url}/health"):
                        return
                await asyncio.sleep(0.02)

    async def _spawn(self) -> asyncio.subprocess.Process:
        options = ["--port", str(self.port), "--database", str(self.database), "--keep-updates"]
        options += ["--platform", self.version, "--step-pause", str(self.step_pause)]
        options += ["--relay-delay", str(self.relay_delay)]
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", _PROGRAM, *options),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )

    async def end(self, how: signal.Signals) -> None:
        """End it by a signal; neither lets it finish what it is doing."""
        process, self._process = self._process, None
        if process is not None:
            with suppress(ProcessLookupError):
                process.send_signal(how)
            await process.wait()

    async def close(self) -> None:
        """End it, and what stands by."""
        await self.end(signal.SIGKILL)
        standby, self._standby = self._standby, None
        await _discard(standby)

    async def died(self) -> None:
        """Wait until it has died of itself."""
        if self._process is not None:
            await self._process.wait()

    async def settled(self) -> None:
        """Wait until everything is counted and published."""
        store = self.store
        while store.countings.count() or store.outgoing.count() or store.read_tasks.first():
            await asyncio.sleep(0.05)


async def _discard(process: asyncio.subprocess.Process | None) -> None:
    if process is not None:
        process.kill()
        await process.wait()


@asynccontextmanager
async def platform(
    version: str, folder: Path, *, step_pause: float, relay_delay: float
) -> AsyncIterator[Platform]:
    """Run a platform with the tests' tenant and key."""
    database = folder / "platform.sqlite"
    with Store(str(database)) as store:
        store.add_tenant(TENANT)
        store.add_key(KEY, ("read", "write", "delete"))
        running = Platform(version, database, store, step_pause, relay_delay)
        await running.start()
        try:
            yield running
        finally:
            await running.close()
