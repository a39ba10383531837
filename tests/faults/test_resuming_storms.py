"""What a reconnect costs: nothing from memory, one shared read of the log for everybody else."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
from chat3_user.updates.amqp_broker import AmqpBroker

from support.faults.history import Address
from support.faults.scene import ALICE, Listener, Scene, scene
from support.gateway import TENANT, Gateway, Upstream, run_gateway
from support.rabbitmq import RabbitMQ


@pytest.fixture(name="scene")
async def scene_(upstream: Upstream, rabbitmq: RabbitMQ) -> AsyncIterator[Scene]:
    async with scene(upstream, rabbitmq.url) as made:
        yield made


def port_of(gateway: Gateway) -> int:
    return gateway.running.grpc_port


def entries_read(gateway: Gateway) -> int:
    broker = gateway.running.broker
    assert isinstance(broker, AmqpBroker)
    return broker.log.entries_read


async def test_a_quick_reconnect_is_served_from_memory(gateway: Gateway, scene: Scene) -> None:
    alice = await scene.listener(port_of(gateway))
    for _ in range(5):
        await alice.has(*await scene.publish(5))
        await alice.leave()
        await scene.publish(20)
        await alice.come()
    await scene.nothing_was_lost()
    assert entries_read(gateway) == 0


@pytest.mark.timeout(180)
async def test_a_storm_reads_each_entry_of_the_log_once(
    upstream: Upstream, rabbitmq: RabbitMQ, scene: Scene
) -> None:
    """300 clients of 100 users come back to a worker that knows none of them."""
    addresses = [Address(TENANT, f"user{number}") for number in range(100)]
    log = {"rabbitmq_updates_log": "log_of_the_storm"}
    async with run_gateway(upstream.url, rabbitmq.url, **log) as first:
        storming = [
            await scene.listener(port_of(first), addresses[number % 100]) for number in range(300)
        ]
        for listener in storming:
            await listener.leave()
    for address in addresses:
        await scene.publish(10, address)
    async with run_gateway(upstream.url, rabbitmq.url, **log) as second:
        for listener in storming:
            listener.proxy.target = port_of(second)
        begun = time.monotonic()
        await asyncio.gather(*(listener.come() for listener in storming))
        took = time.monotonic() - begun
        await scene.nothing_was_lost()
        # What was published, and the marks of both workers.
        assert entries_read(second) < 1000 + 200, f"{took:.1f} s"


@pytest.mark.timeout(180)
async def test_live_updates_are_not_delayed_by_a_replay(
    upstream: Upstream, rabbitmq: RabbitMQ, scene: Scene
) -> None:
    """While one client catches up on 10,000 updates, another's arrive as ever."""
    log = {"rabbitmq_updates_log": "log_of_the_replay"}
    bob = Address(TENANT, "bob")
    async with run_gateway(upstream.url, rabbitmq.url, **log) as first:
        behind = await scene.listener(port_of(first))
        await behind.leave()
    for _ in range(20):
        await scene.burst(500)
    async with run_gateway(upstream.url, rabbitmq.url, **log) as second:
        live = await scene.listener(port_of(second), bob)
        behind.proxy.target = port_of(second)
        coming = asyncio.create_task(behind.come())
        delays = []
        while not coming.done() or len(behind.got) < 10_000:
            published = time.monotonic()
            await live.has(*await scene.publish(1, bob))
            delays.append(time.monotonic() - published)
        await coming
        assert len(delays) > 3
        assert max(delays) < 2.0, [f"{delay:.2f}" for delay in delays]
        await scene.nothing_was_lost()


async def test_several_streams_of_a_user_share_the_work(gateway: Gateway, scene: Scene) -> None:
    """One binding and one copy of an update, however many streams."""
    streams: list[Listener] = [await scene.listener(port_of(gateway)) for _ in range(10)]
    await scene.publish(20)
    await scene.nothing_was_lost()
    assert len(gateway.running.hub._feeds) == 1
    assert {len(stream.got) for stream in streams} == {21}


async def test_an_expired_user_is_unbound_and_comes_back_complete(
    upstream: Upstream, rabbitmq: RabbitMQ, scene: Scene
) -> None:
    async with run_gateway(upstream.url, rabbitmq.url, stream_grace=0.2) as made:
        alice = await scene.listener(port_of(made))
        await alice.has(*await scene.publish(5))
        await alice.leave()
        while made.running.hub._feeds:
            await asyncio.sleep(0.05)
        await scene.publish(5)
        await alice.come()
        await scene.nothing_was_lost()
        assert ALICE.user in made.running.broker._users  # type: ignore[attr-defined]
