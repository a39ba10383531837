"""Workers of the service as real processes, each behind a proxy to the broker."""

import asyncio
import json
import os
import signal
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import aiohttp

from support.faults.amqp_proxy import AmqpProxy
from support.faults.processes import Process, begun, forked
from support.ports import free_port

_PROJECT = Path(__file__).resolve().parents[3]
_START_TIMEOUT = 120.0


class Worker:
    """One process of the service, on fixed ports, to be killed and started again.

    ``project`` is the checkout whose service it runs: this one, unless another is to be compared.
    """

    def __init__(
        self, name: str, environment: Mapping[str, str], *, project: Path = _PROJECT
    ) -> None:
        self.name = name
        self._project = project
        self.grpc_port = free_port()
        self.ops_port = free_port(int(environment.get("WORKERS", "1")))
        self.changing = asyncio.Lock()
        self.log: deque[dict[str, Any]] = deque(maxlen=400)
        self.environment = {
            **os.environ,
            "PYTHONPATH": f"{project / 'service'}:{project / 'gen' / 'python'}",
            "GRPC_PORT": str(self.grpc_port),
            "OPS_PORT": str(self.ops_port),
            "LOG_FORMAT": "json",
            "WORKERS": "1",
            **environment,
        }
        self._process: Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._said: list[tuple[str, asyncio.Future[None]]] = []

    @property
    def pid(self) -> int:
        if self._process is None:
            raise RuntimeError(f"worker {self.name} does not run")
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.returncode is None

    async def start(self, *, until: str = "broker session is live") -> None:
        """Start the process and wait until it has logged ``until``."""
        said = self.says(until)
        alone = self.environment["WORKERS"] == "1" and self._project == _PROJECT
        self._process = await (forked if alone else begun)(self.environment)
        self._reader = asyncio.create_task(self._follow(self._process))
        try:
            async with asyncio.timeout(_START_TIMEOUT):
                await said
        except TimeoutError as error:
            raise RuntimeError(f"worker {self.name}: {list(self.log)[-5:]}") from error

    def says(self, message: str) -> "asyncio.Future[None]":
        """Return a future for the next log record with ``message``."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._said.append((message, future))
        return future

    async def stop(self, number: signal.Signals = signal.SIGTERM, timeout: float = 60.0) -> int:
        """Send a signal and wait for the end; return the exit status."""
        process = self._process
        if process is None:
            return 0
        if process.returncode is None:
            process.send_signal(number)
        try:
            async with asyncio.timeout(timeout):
                status = await process.wait()
        except TimeoutError as error:
            told = "\n".join(str(record) for record in list(self.log)[-8:])
            raise RuntimeError(f"worker {self.name} does not end:\n{told}") from error
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if self._reader is not None:
            await self._reader
        self._process = None
        return status

    async def kill(self) -> None:
        """End it as a power cut would."""
        await self.stop(signal.SIGKILL)

    async def ready(self) -> tuple[int, dict[str, str]]:
        """Ask for readiness: the HTTP status, and what is wrong with components by name."""
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"http://127.0.0.1:{self.ops_port}/readyz") as response,
        ):
            components = (await response.json())["components"]
            return response.status, {
                name: f"{each['reason']}: {each.get('detail', '')}"
                for name, each in components.items()
                if "reason" in each
            }

    async def becomes_ready(self, wanted: Callable[[int, dict[str, str]], bool]) -> None:
        """Ask for readiness until it is as ``wanted``."""
        while True:
            with suppress(aiohttp.ClientError):
                if wanted(*await self.ready()):
                    return
            if not self.running:
                raise RuntimeError(f"worker {self.name} has died: {list(self.log)[-3:]}")
            await asyncio.sleep(0.1)

    def memory(self) -> int:
        """Return the resident bytes of the process."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")

    async def _follow(self, process: Process) -> None:
        if process.stderr is None:
            return
        async for line in process.stderr:
            try:
                record = json.loads(line)
            except ValueError:
                record = {"message": line.decode(errors="replace").rstrip()}
            self.log.append(record)
            left = []
            for message, future in self._said:
                if future.done():
                    continue
                if message in record.get("message", ""):
                    future.set_result(None)
                else:
                    left.append((message, future))
            self._said = left


@asynccontextmanager
async def proxied_worker(
    name: str,
    broker_port: int,
    environment: Mapping[str, str],
    *,
    heartbeat: int = 10,
    credentials: str = "guest:guest",
) -> AsyncIterator[tuple[Worker, AmqpProxy]]:
    """Make a worker, not yet started, whose broker is behind a proxy."""
    async with AmqpProxy(broker_port).running() as amqp:
        url = f"amqp://{credentials}@127.0.0.1:{amqp.proxy.port}/?heartbeat={heartbeat}"
        worker = Worker(name, {"RABBITMQ_URL": url, **environment})
        try:
            yield worker, amqp
        finally:
            await worker.stop()
