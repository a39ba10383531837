"""What a reconnect costs: nothing from memory, one shared read of the log for everybody else."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from faults_services import most_read, progress_meanwhile, read_of_the_log, service

from chat3_user.app import Running
from support.faults.history import Address
from support.faults.scene import Listener, Scene
from support.faults.stage import Stage
from support.gateway import TENANT


@pytest.fixture(name="scene")
def scene_(stage: Stage) -> Scene:
    return stage.scene


@pytest.fixture
async def gateway(stage: Stage) -> AsyncIterator[Running]:
    async with service(stage) as made:
        yield made


async def test_a_quick_reconnect_is_served_from_memory(gateway: Running, scene: Scene) -> None:
    alice = await scene.listener(gateway.grpc_port)
    for _ in range(5):
        await alice.has(*await scene.publish(5))
        await alice.leave()
        await scene.publish(20)
        await alice.come()
    await scene.nothing_was_lost()
    assert read_of_the_log(gateway) == 0


@pytest.mark.timeout(600)
async def test_a_storm_reads_each_entry_of_the_log_once(stage: Stage, scene: Scene) -> None:
    """300 clients of 100 users come back to a worker that knows none of them."""
    addresses = [Address(TENANT, f"user{number}") for number in range(100)]
    async with service(stage) as first:
        storming = [
            await scene.listener(first.grpc_port, addresses[number % 100]) for number in range(300)
        ]
        for listener in storming:
            await listener.leave()
    await asyncio.gather(*(scene.publish(10, address) for address in addresses))
    async with service(stage) as second:
        for listener in storming:
            listener.proxy.target = second.grpc_port
        await asyncio.gather(*(listener.come() for listener in storming))
        read = read_of_the_log(second)
        assert 1000 <= read <= await most_read(second, 1000)
        await scene.nothing_was_lost()


@pytest.mark.timeout(600)
async def test_live_updates_are_not_delayed_by_a_replay(stage: Stage, scene: Scene) -> None:
    """While one client catches up on 10,000 updates, another's arrive as ever."""
    bob, missed = Address(TENANT, "bob"), 10_000
    async with service(stage) as first:
        behind = await scene.listener(first.grpc_port)
        await behind.leave()
    for _ in range(missed // 500):
        await scene.burst(500)
    async with service(stage) as second:
        live = await scene.listener(second.grpc_port, bob)
        behind.proxy.target = second.grpc_port
        coming = asyncio.create_task(behind.come())
        meanwhile = await progress_meanwhile(
            lambda: read_of_the_log(second) + len(behind.got),
            lambda: coming.done() and len(behind.got) >= missed,
            scene,
            live,
        )
        await coming
        # Delayed updates would come with the end of the replay, or one by one behind its parts.
        assert max(meanwhile) < missed / 4, meanwhile
        await scene.nothing_was_lost()


async def test_several_streams_of_a_user_share_the_work(gateway: Running, scene: Scene) -> None:
    """One feed and one copy of an update, however many streams."""
    streams: list[Listener] = [await scene.listener(gateway.grpc_port) for _ in range(10)]
    await scene.publish(20)
    await scene.nothing_was_lost()
    assert len(gateway.hub._feeds) == 1
    assert {len(stream.got) for stream in streams} == {21}


async def test_a_user_whose_feed_expired_comes_back_complete(stage: Stage, scene: Scene) -> None:
    async with service(stage, stream_grace=0.2) as made:
        alice = await scene.listener(made.grpc_port)
        await alice.has(*await scene.publish(5))
        await alice.leave()
        while made.hub._feeds:
            await asyncio.sleep(0.05)
        await scene.publish(5)
        await alice.come()
        await scene.nothing_was_lost()
