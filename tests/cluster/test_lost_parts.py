"""Nodes are killed that have a part of what a worker needs: the updates log, or its queue.

When the node dies that leads the log, updates that are published without confirms reach the
workers' queues for a moment, and not the log. While the node of a queue is away, updates reach the
log, and not the queue. RabbitMQ tells nobody.
"""

import asyncio
import random
import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Final

import pytest
from aiormq.exceptions import AMQPError

from support.faults.checker import judge
from support.faults.client import StreamClient, stopped
from support.faults.cluster import ClusterWorld, cluster_world
from support.faults.history import Address, GapSeen
from support.faults.publisher import Publisher
from support.faults.recording import HOLE, Recording
from support.gateway import KEY, TENANT
from support.patience import HANGS
from support.rabbitmq import RabbitMQ
from support.rabbitmq_cluster import RabbitCluster
from support.redis_sentinel import RedisBehindSentinels

ALICE = Address(TENANT, "alice")

_UNDER_WAY: Final = 200
"""Updates that have been published when the node is killed; more are."""

Engines = tuple[RabbitCluster, RedisBehindSentinels]


def leader(world: ClusterWorld) -> RabbitMQ:
    """Return the node that leads the updates log."""
    for line in (
        world.nodes[0].ctl("list_queues", "--no-table-headers", "name", "leader").split("\n")
    ):
        name, _, node = line.partition("\t")
        if name == world.log:
            return next(each for each in world.nodes if each.name == node)
    raise AssertionError("there is no log")


def home(world: ClusterWorld) -> RabbitMQ:
    """Return the node that has the queue of the only worker."""
    listed = world.nodes[0].ctl("list_queues", "--no-table-headers", "consumers", "name", "pid")
    (pid,) = (
        line.split("\t")[2]
        for line in listed.split("\n")
        if line.startswith("1\t") and ".worker." in line
    )
    return next(node for node in world.nodes if f"<{node.name}." in pid)


async def holes(world: ClusterWorld, node: RabbitMQ) -> int:
    """Return how many holes a worker has noted in the log; none while it cannot be read."""
    with suppress(AMQPError, OSError, TimeoutError):
        logged = await Recording(node.url).logged(world.log)
        return sum(one.update_id == HOLE for one in logged)
    return 0


@asynccontextmanager
async def listening(world: ClusterWorld, name: str, number: int) -> AsyncIterator[StreamClient]:
    history = world.recorder.client(name, ALICE)
    port = world.workers[number % len(world.workers)].grpc_port
    client = StreamClient(world.recorder, history, port, KEY, random.Random(number))
    task = asyncio.create_task(client.run())
    try:
        async with asyncio.timeout(HANGS):
            await client.live.wait()
        yield client
    finally:
        await stopped(task)


@pytest.mark.timeout(600)
async def test_what_the_log_missed_is_told_to_who_resumes(engines: Engines) -> None:
    seed = secrets.randbelow(1_000_000)
    async with (
        cluster_world(*engines, seed, workers=2, confirms=False) as world,
        AsyncExitStack() as stack,
    ):
        world.add_user(ALICE.user)
        dying = leader(world)
        publisher, node = next(
            (publisher, node)
            for publisher, node in zip(world.publishers, world.nodes, strict=True)
            if node is not dying
        )
        for number in range(4):
            await stack.enter_async_context(listening(world, f"stays{number}", number))
        async with listening(world, "resumes", 0) as resuming:
            # Its last token is from before the loss.
            first = await publisher.publish(ALICE, typing=False)
            async with asyncio.timeout(HANGS):
                while first.update_id not in world.recorder.delivered(resuming.history):
                    await world.recorder.changed()

        async def publish() -> None:
            while True:
                await publisher.publish(ALICE, typing=False)
                await asyncio.sleep(0.003)

        before = await holes(world, node)
        publishing = asyncio.create_task(publish())
        while len(world.recorder.publications) < _UNDER_WAY:
            await asyncio.sleep(0.01)
        await asyncio.to_thread(dying.kill)
        async with asyncio.timeout(2 * HANGS):
            while await holes(world, node) <= before:
                await asyncio.sleep(0.1)
        await stopped(publishing)
        task = asyncio.create_task(resuming.run())
        stack.push_async_callback(stopped, task)
        last = await publisher.publish(ALICE, typing=False)
        async with asyncio.timeout(HANGS):
            for history in world.recorder.clients:
                while last.update_id not in world.recorder.delivered(history):
                    await world.recorder.changed()
        verdict = judge(world.recorder.publications, world.recorder.clients)
        assert verdict.kept, list(verdict.findings())
        resumed = next(each for each in world.recorder.clients if each.name == "resumes")
        assert any(isinstance(event, GapSeen) for event in resumed.events)
        await world.heal()


@pytest.mark.timeout(600)
async def test_what_a_queue_missed_while_its_node_was_away_is_in_the_log(engines: Engines) -> None:
    """The worker cannot come back before the node does: two nodes of the log are away."""
    async with cluster_world(*engines, secrets.randbelow(1_000_000), workers=1) as world:
        world.add_user(ALICE.user)
        async with listening(world, "stays", 0) as staying:
            first = home(world)
            second, third = (node for node in world.nodes if node is not first)
            publisher = Publisher("p", third.url, lambda: world.recorder, random.Random(0))
            await publisher.publish(ALICE, typing=False)
            for node in (first, second):
                await asyncio.to_thread(node.kill)
            publishing = asyncio.create_task(publisher.run([ALICE], 0.05))
            await asyncio.gather(*(asyncio.to_thread(node.start) for node in (first, second)))
            await world.heal()
            await stopped(publishing)
            last = await publisher.confirmed(ALICE)
            async with asyncio.timeout(HANGS):
                while last.update_id not in world.recorder.delivered(staying.history):
                    await world.recorder.changed()
            await publisher.close()
        verdict = judge(world.recorder.publications, world.recorder.clients)
        assert verdict.kept, list(verdict.findings())
