"""A stage for one test: an upstream, a scene, and workers made to measure."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiormq
from aiormq.abc import AbstractChannel, DeliveredMessage

from support.faults.amqp_proxy import AmqpProxy
from support.faults.scene import Scene, scene
from support.faults.workers import Worker, proxied_worker
from support.gateway import Upstream, run_upstream
from support.rabbitmq import RabbitMQ


@dataclass
class Stage:
    """What a test needs; everything made here ends with it."""

    rabbitmq: RabbitMQ
    upstream: Upstream
    scene: Scene
    stack: AsyncExitStack
    log: str = field(default_factory=lambda: f"log_{secrets.token_hex(4)}")

    async def worker(
        self,
        *,
        start: bool = True,
        heartbeat: int = 10,
        credentials: str = "guest:guest",
        **environment: str,
    ) -> tuple[Worker, AmqpProxy]:
        """Make a worker with its broker behind a proxy; unless told otherwise it is live."""
        settings = {
            "TENANT_API_URL": self.upstream.url,
            "RABBITMQ_UPDATES_LOG": self.log,
            "SHUTDOWN_DELAY": "0",
            "SHUTDOWN_GRACE": "1",
            **environment,
        }
        worker, amqp = await self.stack.enter_async_context(
            proxied_worker(
                f"w{secrets.token_hex(2)}",
                self.rabbitmq.port,
                settings,
                heartbeat=heartbeat,
                credentials=credentials,
            )
        )
        if start:
            await worker.start()
        return worker, amqp

    @asynccontextmanager
    async def channel(self) -> AsyncIterator[AbstractChannel]:
        """An operator's channel to the broker."""
        connection = await aiormq.connect(self.rabbitmq.url)
        try:
            yield await connection.channel()
        finally:
            await connection.close()

    async def oldest_of_the_log(self) -> int:
        """Return the offset of the oldest entry that the log has not dropped yet."""
        found: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        async def came(message: DeliveredMessage) -> None:
            headers: Any = message.header.properties.headers
            if not found.done():
                found.set_result(int(headers["x-stream-offset"]))

        async with self.channel() as channel:
            await channel.basic_qos(prefetch_count=1)
            await channel.basic_consume(self.log, came, arguments={"x-stream-offset": "first"})
            return await found

    def queues(self) -> list[str]:
        """Return the workers' queues at the broker."""
        listed = self.rabbitmq.ctl("list_queues", "--no-table-headers", "name").split()
        return [name for name in listed if ".worker." in name]


@asynccontextmanager
async def stage(rabbitmq: RabbitMQ) -> AsyncIterator[Stage]:
    """Set a stage within the block."""
    async with AsyncExitStack() as stack:
        upstream = await stack.enter_async_context(run_upstream(rabbitmq.url))
        set_scene = await stack.enter_async_context(scene(upstream, rabbitmq.url))
        # Workers go before listeners, so that these do not come back to what is ending.
        workers = await stack.enter_async_context(AsyncExitStack())
        yield Stage(rabbitmq, upstream, set_scene, workers)
