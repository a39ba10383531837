"""Resuming when the updates log is in order, and when it is not: complete, or an explicit gap."""

import asyncio
from itertools import pairwise

import pytest

from support.faults.history import Address, Established, GapSeen
from support.faults.scene import ALICE
from support.faults.stage import Stage
from support.faults.wire import enum_numbers
from support.gateway import OTHER_TENANT

ALICE_ELSEWHERE = Address(OTHER_TENANT, ALICE.user)


async def test_a_client_resumes_on_another_worker(stage: Stage) -> None:
    ports = [(await stage.worker())[0].grpc_port for _ in range(2)]
    alice = await stage.scene.listener(ports[0])
    for turn in range(6):
        await alice.has(*await stage.scene.publish(10))
        await alice.leave()
        await stage.scene.publish(10)
        await stage.scene.publish(5, ALICE_ELSEWHERE)
        alice.proxy.target = ports[(turn + 1) % 2]
        await alice.come()
    await stage.scene.nothing_was_lost()
    assert alice.outcomes == ["FRESH", *["RESUMED"] * 6]


async def test_a_client_resumes_after_its_worker_was_killed(stage: Stage) -> None:
    worker, _ = await stage.worker()
    alice = await stage.scene.listener(worker.grpc_port)
    await alice.has(*await stage.scene.publish(30))
    await worker.kill()
    await stage.scene.publish(30)
    await worker.start()
    await stage.scene.nothing_was_lost()


async def test_a_client_resumes_from_any_token_it_was_given(stage: Stage) -> None:
    """What follows a token is what followed it on the stream."""
    ports = [(await stage.worker())[0].grpc_port for _ in range(2)]
    alice = await stage.scene.listener(ports[0])
    await stage.scene.burst(120)
    await stage.scene.publish(1)
    await alice.has(*stage.scene.recorder.publications)
    events = [event for event in alice.history.events if not isinstance(event, GapSeen)]
    for place in range(0, len(events), 17):
        again = await stage.scene.listener(ports[1], come=False)
        again.client.token = events[place].token
        rest = [
            update for event in events[place + 1 :] if (update := getattr(event, "update_id", ""))
        ]
        await again.come()
        await again.has(*rest)
        await again.has(*await stage.scene.publish(1))
        await again.leave()
        assert again.got[: len(rest)] == rest
        assert not again.gaps


async def test_a_client_filters_what_it_resumes(stage: Stage) -> None:
    """A stream that skips what it does not want loses none of what it wants."""
    worker, _ = await stage.worker()
    second, _ = await stage.worker()
    alice = await stage.scene.listener(worker.grpc_port)
    await alice.leave()
    await stage.scene.burst(300, typing=True)
    wanted = await stage.scene.publish(3)
    alice.proxy.target = second.grpc_port
    kinds = enum_numbers("UpdateKind")
    typing, unspecified = kinds["UPDATE_KIND_TYPING"], kinds["UPDATE_KIND_UNSPECIFIED"]
    alice.client.update_kinds = tuple({*kinds.values()} - {typing, unspecified})
    await alice.come()
    await alice.has(*wanted)
    assert not alice.gaps
    assert alice.got == wanted


@pytest.mark.timeout(600)
async def test_a_truncated_log_is_a_gap(stage: Stage) -> None:
    worker, _ = await stage.worker(UPDATES_LOG_MAX_BYTES="1000000")
    alice = await stage.scene.listener(worker.grpc_port)
    await alice.has(*await stage.scene.publish(3))
    await alice.leave()
    stage.upstream.store.add_user("tnt_one", "bob")
    while not await stage.oldest_of_the_log():
        await stage.scene.publish(10, Address("tnt_one", "bob"), padding=90_000)
    second, _ = await stage.worker(UPDATES_LOG_MAX_BYTES="1000000")
    alice.proxy.target = second.grpc_port
    await alice.come()
    verdict = await stage.scene.verdict()
    assert verdict.kept, list(verdict.findings())
    assert [gap.reason for gap in alice.gaps] == ["GAP_REASON_EXPIRED"]
    assert alice.outcomes == ["FRESH", "RESUMED_WITH_GAP"]


async def test_a_log_deleted_and_declared_anew_is_a_gap(stage: Stage) -> None:
    """The worker that finds its log gone declares another, which knows nothing of old tokens."""
    worker, _ = await stage.worker()
    alice = await stage.scene.listener(worker.grpc_port)
    stays = await stage.scene.listener(worker.grpc_port)
    await alice.has(*await stage.scene.publish(3))
    await alice.leave()
    live = worker.says("broker session is live")
    async with stage.channel() as channel:
        await channel.queue_delete(stage.log)
    await stage.scene.publish(3)
    await live
    await stage.scene.publish(3)
    second, _ = await stage.worker()
    alice.proxy.target = second.grpc_port
    await alice.come()
    verdict = await stage.scene.verdict()
    assert verdict.kept, list(verdict.findings())
    assert [gap.reason for gap in alice.gaps] == ["GAP_REASON_LOG_REPLACED"]
    assert alice.outcomes == ["FRESH", "RESUMED_WITH_GAP"]
    assert not stays.gaps
    assert not stays.ends


async def test_after_a_gap_the_stream_can_be_resumed_without_one(stage: Stage) -> None:
    worker, _ = await stage.worker()
    alice = await stage.scene.listener(worker.grpc_port)
    await alice.has(*await stage.scene.publish(3))
    await alice.leave()
    await worker.stop()
    async with stage.channel() as channel:
        await channel.queue_delete(stage.log)
    await worker.start()
    await alice.come()
    await alice.sees(lambda event: isinstance(event, GapSeen))
    await alice.has(*await stage.scene.publish(3))
    await alice.leave()
    await worker.kill()
    await stage.scene.publish(3)
    await worker.start()
    await alice.come()
    verdict = await stage.scene.verdict()
    assert verdict.kept, list(verdict.findings())
    assert len(alice.gaps) == 1
    assert alice.outcomes == ["FRESH", "RESUMED_WITH_GAP", "RESUMED"]


async def test_gaps_name_their_bounds(stage: Stage) -> None:
    worker, _ = await stage.worker()
    alice = await stage.scene.listener(worker.grpc_port)
    await alice.has(*await stage.scene.publish(1))
    await alice.leave()
    await worker.stop()
    async with stage.channel() as channel:
        await channel.queue_delete(stage.log)
    await worker.start()
    await alice.come()
    await alice.sees(lambda event: isinstance(event, GapSeen))
    established = [event for event in alice.history.events if isinstance(event, Established)]
    gap = alice.gaps[0]
    assert gap.from_time is not None
    assert gap.from_time <= established[1].at
    assert gap.from_time <= gap.to_time <= gap.at


async def test_a_busy_user_resumes_in_the_middle_of_a_burst(stage: Stage) -> None:
    """A token carries 16 ids; the place among hundreds is found all the same."""
    ports = [(await stage.worker())[0].grpc_port for _ in range(2)]
    alice = await stage.scene.listener(ports[0])
    publishing = asyncio.create_task(stage.scene.burst(800))
    for turn in range(8):
        seen = len(alice.got)
        while len(alice.got) < seen + 20 and not publishing.done():
            await alice.recorder.changed()
        await alice.leave()
        alice.proxy.target = ports[turn % 2]
        await alice.come()
    await publishing
    await stage.scene.nothing_was_lost()
    streams = [e.at for e in alice.history.events if isinstance(e, Established)]
    assert all(one < other for one, other in pairwise(streams))
