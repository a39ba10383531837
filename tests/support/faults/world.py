"""A broker, the embedded tenant-api, two workers behind proxies, publishers: what faults befall."""

import asyncio
import random
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

import aiormq

from chat3_user.updates.amqp.passive import queue_exists
from support.faults.amqp_proxy import AmqpProxy
from support.faults.history import Recorder
from support.faults.proxy import Proxy
from support.faults.publisher import Publisher
from support.faults.workers import Worker, proxied_worker
from support.gateway import OTHER_TENANT, TENANT, Upstream, run_upstream
from support.patience import HANGS
from support.rabbitmq import RabbitMQ

TENANTS = (TENANT, OTHER_TENANT)

_LOST = "down or inaccessible"


@dataclass
class World:
    """Everything a schedule plays with; it is reused from one schedule to the next.

    ``platform`` stands between the workers and ``upstream``.
    """

    rabbitmq: RabbitMQ
    upstream: Upstream
    platform: Proxy
    workers: list[Worker]
    amqp: list[AmqpProxy]
    publishers: list[Publisher] = field(default_factory=list)
    recorder: Recorder = field(default_factory=Recorder)

    @property
    def log(self) -> str:
        """The name of the updates log."""
        return self.workers[0].environment["RABBITMQ_UPDATES_LOG"]

    def add_user(self, user: str) -> None:
        """Make a user in both tenants."""
        for tenant in TENANTS:
            self.upstream.store.add_user(tenant, user)

    async def restart_broker(self) -> None:
        """Kill the broker as a power cut would, and start it again."""
        await asyncio.to_thread(self.rabbitmq.kill)
        await asyncio.to_thread(self.rabbitmq.start)

    async def heal(self) -> None:
        """Undo all faults: links flow, workers run and have their broker."""
        self.platform.flow()
        for amqp in self.amqp:
            amqp.proxy.flow()
        for worker in self.workers:
            if not worker.running:
                await worker.start()
        for worker in self.workers:
            try:
                async with asyncio.timeout(2 * HANGS):
                    await worker.becomes_ready(
                        lambda status, wrong: status == 200 and "broker" not in wrong
                    )
            except TimeoutError as error:
                told = "\n".join(str(record) for record in list(worker.log)[-8:])
                raise RuntimeError(
                    f"worker {worker.name} does not become ready:\n{told}"
                ) from error

    async def renew_lost_log(self) -> bool:
        """Give the workers another log when RabbitMQ has lost theirs for good; return whether.

        RabbitMQ 3.10 forgets its first streams when it is killed within minutes of their making:
        they are "down or inaccessible" ever after, and cannot even be deleted.
        """
        if not await self._log_is_lost():
            return False
        log = f"faults_log_{secrets.token_hex(4)}"
        for worker in self.workers:
            worker.environment["RABBITMQ_UPDATES_LOG"] = log
            await worker.stop()
            await worker.start()
        return True

    async def _log_is_lost(self) -> bool:
        """Return whether a worker says so; a broker that has the log leaves none to wait for."""
        connection = await aiormq.connect(self.rabbitmq.url)
        try:
            async with asyncio.timeout(2 * HANGS):
                while True:
                    there = await queue_exists(connection, self.log)
                    for worker in self.workers:
                        _, wrong = await worker.ready()
                        if _LOST in wrong.get("updates_log", ""):
                            return True
                    if there:
                        return False
                    await asyncio.sleep(0.1)
        finally:
            await connection.close()


@asynccontextmanager
async def world(
    rabbitmq: RabbitMQ, seed: int, environment: Mapping[str, str] | None = None, *, workers: int = 2
) -> AsyncIterator[World]:
    """Run a world within the block, its workers started."""
    async with AsyncExitStack() as stack:
        upstream = await stack.enter_async_context(run_upstream(rabbitmq.url))
        platform = Proxy(int(upstream.url.rpartition(":")[2]))
        await stack.enter_async_context(platform.running())
        settings = {
            "TENANT_API_URL": f"http://127.0.0.1:{platform.port}",
            "RABBITMQ_UPDATES_LOG": f"faults_log_{seed}",
            "SHUTDOWN_DELAY": "0",
            "SHUTDOWN_GRACE": "1",
            **(environment or {}),
        }
        pairs = [
            await stack.enter_async_context(proxied_worker(f"w{index}", rabbitmq.port, settings))
            for index in range(workers)
        ]
        processes, amqp = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
        made = World(rabbitmq, upstream, platform, processes, amqp)
        for index in range(2):
            publisher = Publisher(
                f"p{index}", rabbitmq.url, lambda: made.recorder, random.Random(seed + index)
            )
            made.publishers.append(publisher)
            stack.push_async_callback(publisher.close)
        await asyncio.gather(*(worker.start() for worker in made.workers))
        yield made
