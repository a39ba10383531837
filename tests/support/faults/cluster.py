"""A world whose broker is a cluster of three nodes and whose Redis stands behind Sentinels."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from support.faults.proxy import Proxy
from support.faults.publisher import Publisher
from support.faults.workers import Worker
from support.faults.world import World
from support.gateway import run_upstream
from support.rabbitmq import RabbitMQ
from support.rabbitmq_cluster import RabbitCluster
from support.redis_sentinel import RedisBehindSentinels


@dataclass
class ClusterWorld(World):
    """A world with nodes that can be killed, one after the other."""

    cluster: RabbitCluster | None = None
    redis: RedisBehindSentinels | None = None

    @property
    def nodes(self) -> list[RabbitMQ]:
        """The nodes of the broker."""
        assert self.cluster is not None
        return self.cluster.nodes

    async def heal(self) -> None:
        """Undo all faults: all nodes run, and all that a world heals."""
        for node in self.nodes:
            if not node.running:
                await asyncio.to_thread(node.start)
        if self.redis is not None:
            for server in (*self.redis.servers, *self.redis.sentinels):
                if not server.running:
                    await asyncio.to_thread(server.start)
        await super().heal()


@asynccontextmanager
async def cluster_world(
    cluster: RabbitCluster,
    redis: RedisBehindSentinels,
    seed: int,
    *,
    workers: int = 3,
    confirms: bool = True,
    **environment: str,
) -> AsyncIterator[ClusterWorld]:
    """Run a world within the block, its workers started."""
    async with AsyncExitStack() as stack:
        upstream = await stack.enter_async_context(run_upstream(cluster.nodes[0].url))
        platform = Proxy(int(upstream.url.rpartition(":")[2]))
        await stack.enter_async_context(platform.running())
        settings = {
            "TENANT_API_URL": f"http://127.0.0.1:{platform.port}",
            "RABBITMQ_URL": cluster.url,
            "RABBITMQ_UPDATES_LOG": f"cluster_log_{seed}",
            "REDIS_URL": redis.url,
            "REDIS_REPLICAS": "1",
            "SHUTDOWN_GRACE": "1",
            **environment,
        }
        made = ClusterWorld(
            cluster.nodes[0],
            upstream,
            platform,
            [Worker(f"w{number}", settings) for number in range(workers)],
            [],
            cluster=cluster,
            redis=redis,
        )
        for worker in made.workers:
            stack.push_async_callback(worker.stop)
        for number, node in enumerate(cluster.nodes):
            urls = [node.url] if not confirms else [each.url for each in cluster.nodes]
            publisher = Publisher(
                f"p{number}",
                urls,
                lambda: made.recorder,
                random.Random(seed + number),
                confirms=confirms,
            )
            made.publishers.append(publisher)
            stack.push_async_callback(publisher.close)
        await asyncio.gather(*(worker.start() for worker in made.workers))
        yield made


def started(folder: Path) -> tuple[RabbitCluster, RedisBehindSentinels]:
    """Start a cluster and a Redis, and wait until both are whole."""
    cluster, redis = RabbitCluster(folder / "rabbitmq"), RedisBehindSentinels(folder / "redis")
    redis.start()
    cluster.start()
    return cluster, redis
