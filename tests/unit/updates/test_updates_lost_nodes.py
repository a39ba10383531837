"""Several nodes of a broker: one that is dead, and what is noted when one was lost.

Two names of one server stand for two nodes: a node is lost when its queue is.
"""

import asyncio
import secrets
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

import aiormq
import pytest
from aiormq.exceptions import AMQPError

from chat3_user.updates.amqp import node_losses
from chat3_user.updates.amqp.broker import AmqpBroker
from chat3_user.updates.amqp.connection import connect_any
from chat3_user.updates.amqp.deliveries import Deliveries
from chat3_user.updates.amqp.node_losses import NodeLosses
from chat3_user.updates.broker import LogPosition
from chat3_user.updates.delivery_limits import DeliveryLimits
from support.patience import HANGS
from support.ports import free_port
from support.rabbitmq import RabbitMQ


@dataclass
class Listener:
    """A sink that waits for its broker."""

    live: asyncio.Event = field(default_factory=asyncio.Event)

    def delivered(self, body: bytes) -> None:
        pass

    def barrier_reached(self, barrier: str) -> None:
        pass

    def lost(self) -> None:
        self.live.clear()

    def regained(self, *, complete: bool) -> None:
        self.live.set()


@dataclass
class Cluster:
    """What stands for a cluster of two nodes, and workers there."""

    rabbitmq: RabbitMQ
    stack: AsyncExitStack
    log: str = field(default_factory=lambda: f"log_{secrets.token_hex(4)}")

    @property
    def nodes(self) -> list[str]:
        return [
            f"amqp://guest:guest@{host}:{self.rabbitmq.port}/"
            for host in ("127.0.0.1", "localhost")
        ]

    @property
    def queues(self) -> list[str]:
        return [
            f"{self.log}.node.{host}:{self.rabbitmq.port}" for host in ("127.0.0.1", "localhost")
        ]

    async def worker(self) -> AmqpBroker:
        sink = Listener()
        broker = AmqpBroker(
            self.nodes,
            exchange=f"updates_{self.log}",
            log_queue=self.log,
            worker=secrets.token_hex(4),
            retention_seconds=3600,
            retention_bytes=10_000_000,
            limits=DeliveryLimits(),
        )
        await broker.open(sink)
        self.stack.push_async_callback(broker.close)
        async with asyncio.timeout(HANGS):
            await sink.live.wait()
        return broker

    async def watched(self, consumers: int) -> None:
        """Wait until so many workers watch every node."""
        async with asyncio.timeout(HANGS):
            for queue in self.queues:
                while await self._consumers(queue) < consumers:
                    await asyncio.sleep(0.05)

    async def _consumers(self, queue: str) -> int:
        try:
            async with await aiormq.connect(self.rabbitmq.url) as connection:
                channel = await connection.channel()
                return (await channel.queue_declare(queue, passive=True)).consumer_count or 0
        except AMQPError:
            return 0

    async def lose(self, queue: str) -> None:
        async with await aiormq.connect(self.rabbitmq.url) as connection:
            await (await connection.channel()).queue_delete(queue)


@asynccontextmanager
async def _cluster(rabbitmq: RabbitMQ) -> AsyncIterator[Cluster]:
    async with AsyncExitStack() as stack:
        yield Cluster(rabbitmq, stack)


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a busy broker be late."""
    monkeypatch.setattr("chat3_user.updates.amqp.node_losses._TIMEOUT", HANGS)


@pytest.fixture
async def cluster(rabbitmq: RabbitMQ) -> AsyncIterator[Cluster]:
    async with _cluster(rabbitmq) as made:
        yield made


async def gaps(broker: AmqpBroker, since: LogPosition) -> int:
    """Return how many gaps the log has behind a position."""
    return [entry.is_gap async for entry in broker.log.read(since, await broker.log.end())].count(
        True
    )


async def gaps_become(broker: AmqpBroker, since: LogPosition, wanted: int) -> None:
    async with asyncio.timeout(HANGS):
        while await gaps(broker, since) < wanted:
            await asyncio.sleep(0.05)
    assert await gaps(broker, since) == wanted


async def test_a_lost_node_is_a_gap_in_the_log_and_watched_again(cluster: Cluster) -> None:
    worker = await cluster.worker()
    await cluster.watched(1)
    since = await worker.log.end()
    for number in (1, 2):
        await cluster.lose(cluster.queues[1])
        await gaps_become(worker, since, number)
        await cluster.watched(1)


async def test_a_worker_that_comes_later_has_nothing_to_note(cluster: Cluster) -> None:
    worker = await cluster.worker()
    await cluster.watched(1)
    since = await worker.log.end()
    other = await cluster.worker()
    await cluster.watched(2)
    assert await gaps(other, since) == 0


async def test_a_node_that_was_lost_while_nobody_watched_is_a_gap(cluster: Cluster) -> None:
    worker = await cluster.worker()
    await cluster.watched(1)
    since = await worker.log.end()
    await worker.close()
    await cluster.lose(cluster.queues[0])
    again = await cluster.worker()
    await gaps_become(again, since, 1)


@pytest.mark.parametrize("dead", [1, 4])
async def test_a_dead_node_does_not_keep_anybody(rabbitmq: RabbitMQ, dead: int) -> None:
    nodes: Sequence[str] = [f"amqp://guest:guest@127.0.0.1:{free_port()}/" for _ in range(dead)]
    for _ in range(10):
        connection = await connect_any([*nodes, rabbitmq.url], Deliveries(), timeout=HANGS)
        await connection.close()


async def test_a_silent_node_keeps_for_its_share_of_the_time(rabbitmq: RabbitMQ) -> None:
    left = asyncio.Event()

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()
        left.set()

    silent = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    port = silent.sockets[0].getsockname()[1]
    nodes = [f"amqp://guest:guest@127.0.0.1:{port}/", rabbitmq.url]
    async with asyncio.timeout(HANGS):
        while not left.is_set():  # Nodes are tried in random order.
            connection = await connect_any(nodes, Deliveries(), timeout=HANGS)
            await connection.close()
    silent.close()


async def test_without_any_node_the_failure_is_of_a_connection() -> None:
    nodes = [f"amqp://guest:guest@127.0.0.1:{free_port()}/" for _ in range(3)]
    with pytest.raises((AMQPError, OSError)):
        await connect_any(nodes, Deliveries(), timeout=HANGS)


async def test_a_lost_node_is_not_watched_again_before_its_loss_is_noted(
    rabbitmq: RabbitMQ, cluster: Cluster
) -> None:
    """Else a worker that came after the loss would remove the only trace of it."""
    losses = NodeLosses(cluster.nodes, cluster.log, None)
    async with await aiormq.connect(rabbitmq.url) as connection:
        await losses.watch(connection)
        assert not losses.complete
        assert losses.seen.is_set()
        lost = await losses.unnoted(connection)
        assert set(lost) == set(cluster.queues)
        await losses.noted(await connection.channel(), lost)
        await losses.watch(connection)
        assert losses.complete
        assert not await losses.unnoted(connection)


async def test_a_loss_is_one_workers_to_note(
    rabbitmq: RabbitMQ, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(node_losses, "_LOOKS", sys.maxsize)  # however slow the first one is
    first, second = (NodeLosses(cluster.nodes, cluster.log, None) for _ in range(2))
    async with (
        await aiormq.connect(rabbitmq.url) as one,
        await aiormq.connect(rabbitmq.url) as other,
    ):
        lost = await first.unnoted(one)
        waiting = asyncio.create_task(second.unnoted(other))
        await asyncio.sleep(0.1)
        assert not waiting.done()
        await first.noted(await one.channel(), lost)
        assert await waiting == []
