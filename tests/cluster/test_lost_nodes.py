"""Nodes of RabbitMQ are killed, and Redis fails over, under load: nothing is lost, or it is told.

`CLUSTER_SCHEDULES` says how many schedules there are, `SEED` where they begin. In each a node is
killed and started again, then another; in every third, two are down at the same time.
"""

import asyncio
import os
import random
import secrets
import time
from typing import cast

import pytest

from support.faults.checker import Verdict
from support.faults.cluster import ClusterWorld, cluster_world
from support.faults.generations import Generation
from support.faults.harm import Harm
from support.faults.schedules import Plan, Schedule
from support.keyed_sends import keyed_sends
from support.patience import HANGS
from support.persistent_calls import CallTally
from support.rabbitmq import RabbitMQ
from support.rabbitmq_cluster import RabbitCluster
from support.redis_sentinel import RedisBehindSentinels
from support.web_client import FORMS

SCHEDULES = int(os.environ.get("CLUSTER_SCHEDULES") or 6)
SEED = int(os.environ.get("SEED") or secrets.randbelow(1_000_000))

Engines = tuple[RabbitCluster, RedisBehindSentinels]


async def _away(node: RabbitMQ, seconds: float) -> None:
    await asyncio.to_thread(node.kill)
    await asyncio.sleep(seconds)
    await asyncio.to_thread(node.start)


async def lose_one_node_and_then_another(harm: Harm) -> None:
    world, rng = cast("ClusterWorld", harm._world), harm._rng
    for node in rng.sample(world.nodes, 2):
        await _away(node, rng.uniform(0.5, 6.0))
        await asyncio.sleep(rng.uniform(0.5, 3.0))


async def lose_two_nodes_at_once(harm: Harm) -> None:
    world, rng = cast("ClusterWorld", harm._world), harm._rng
    first, second = rng.sample(world.nodes, 2)
    await asyncio.to_thread(first.kill)
    await asyncio.sleep(rng.uniform(0.0, 4.0))
    await asyncio.to_thread(second.kill)
    await asyncio.sleep(rng.uniform(1.0, 8.0))
    await asyncio.gather(*(asyncio.to_thread(node.start) for node in (first, second)))


async def fail_redis_over(harm: Harm) -> None:
    world = cast("ClusterWorld", harm._world)
    assert world.redis is not None
    async with asyncio.timeout(2 * HANGS):
        while (primary := world.redis.primary()) is None or world.redis.replicas_in_step() < 2:
            await asyncio.sleep(0.2)
    primary.kill()
    async with asyncio.timeout(2 * HANGS):
        while world.redis.primary() is None:
            await asyncio.sleep(0.2)
    primary.start()


def _plan(seed: int) -> Plan:
    lost = lose_two_nodes_at_once if seed % 3 == 0 else lose_one_node_and_then_another
    return Plan(
        exactly=(lost, fail_redis_over),
        length=3.0,
        pause=0.05,
        archives=0.1,
        generations=(Generation.NEW,),
    )


@pytest.mark.timeout(300 + 240 * SCHEDULES)
async def test_nothing_is_lost_when_nodes_are(
    engines: Engines, capsys: pytest.CaptureFixture[str]
) -> None:
    total, calls, failed, doubled = Verdict(), CallTally(), [], list[str]()
    began = time.monotonic()
    async with cluster_world(*engines, SEED) as world:
        rng = random.Random(SEED)
        for seed in range(SEED, SEED + SCHEDULES):
            schedule = Schedule(world, seed, with_broker=False, plan=_plan(seed))
            started = time.monotonic()
            async with keyed_sends(
                world.upstream,
                lambda: rng.choice(world.workers).grpc_port,
                (None, *FORMS),
                users=10,
                pause=0.3,
                seed=seed,
            ) as sends:
                verdict = await schedule.play()
            total.add(verdict)
            calls.add(sends.tally)
            doubled += sends.problems()
            with capsys.disabled():
                took = time.monotonic() - started
                print(f"\nseed {seed} ({took:.0f} s): {verdict}\n    {sends.tally}", end="")
                if not verdict.kept:
                    failed.append(seed)
                    for line in (*schedule.told, *verdict.findings()):
                        print(f"\n    {line}", end="")
    with capsys.disabled():
        print(
            f"\n{SCHEDULES} schedules, seeds from {SEED}, {time.monotonic() - began:.0f} s: {total}"
        )
        print(f"ends of streams: {dict(sorted(total.ends.items()))}")
        print(f"{calls}; messages lost or doubled: {len(doubled)} {doubled[:5]}")
    assert not failed, f"replay with: make test-cluster CLUSTER_SCHEDULES=1 SEED={failed[0]}"
    assert not doubled
    assert not calls.failed
