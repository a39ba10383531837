"""The broker goes away in every way it can: clients stay connected and lose nothing."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from aiormq.abc import AbstractChannel

from support.faults.amqp_proxy import AmqpProxy
from support.faults.archive import Archive
from support.faults.back_end import BackEnd
from support.faults.history import Address, HeartbeatSeen
from support.faults.proxy import Way
from support.faults.scene import ALICE, Listener
from support.faults.stage import Stage
from support.faults.workers import Worker
from support.gateway import OTHER_TENANT

ALICE_ELSEWHERE = Address(OTHER_TENANT, ALICE.user)


def degraded(event: object) -> bool:
    return isinstance(event, HeartbeatSeen) and event.state == "STREAM_STATE_DEGRADED"


async def live_again(listener: Listener) -> None:
    """Wait for the heartbeat that says, after a degraded one, that updates flow."""
    while (
        "STREAM_STATE_LIVE" not in listener.states[listener.states.index("STREAM_STATE_DEGRADED") :]
    ):
        await listener.recorder.changed()


async def test_a_lost_connection_loses_nothing(stage: Stage) -> None:
    worker, amqp = await stage.worker()
    alice = await stage.scene.listener(worker.grpc_port)
    elsewhere = await stage.scene.listener(worker.grpc_port, ALICE_ELSEWHERE)
    await stage.scene.publish(5)
    amqp.proxy.refusing = True
    amqp.proxy.cut()
    await alice.sees(degraded)
    await stage.scene.publish(20)
    await stage.scene.publish(20, ALICE_ELSEWHERE)
    amqp.proxy.flow()
    await live_again(alice)
    await stage.scene.nothing_was_lost()
    assert not alice.ends, "the client stays connected"
    assert not elsewhere.ends


async def test_a_half_closed_connection_loses_nothing(stage: Stage) -> None:
    worker, amqp = await stage.worker()
    alice = await stage.scene.listener(worker.grpc_port)

    live = worker.says("broker session is live")
    amqp.proxy.half_close(Way.DOWN)
    await stage.scene.publish(20)
    await live
    await stage.scene.nothing_was_lost()
    assert not alice.ends


async def test_a_channel_error_loses_nothing(stage: Stage) -> None:
    worker, amqp = await stage.worker()
    alice = await stage.scene.listener(worker.grpc_port)
    live = worker.says("broker session is live")
    assert amqp.break_channel()
    await stage.scene.publish(20)
    await live
    await stage.scene.nothing_was_lost()
    assert not alice.ends


async def test_a_queue_deleted_by_an_operator_loses_nothing(stage: Stage) -> None:
    """The server cancels the consumer; aiormq only drops it."""
    worker, amqp = await stage.worker()
    alice = await stage.scene.listener(worker.grpc_port)
    for _ in range(3):
        live = worker.says("broker session is live")
        await stage.scene.publish(5)
        async with stage.channel() as channel:
            await channel.queue_delete(amqp.queue or "")
        await stage.scene.publish(5)
        await live
    await stage.scene.nothing_was_lost()
    assert not alice.ends


async def test_a_queue_deleted_again_in_the_recovery_loses_nothing(stage: Stage) -> None:
    """What was held in a recovery that is cut short is read from the log by the next one."""
    worker, amqp = await stage.worker()
    alice = await stage.scene.listener(worker.grpc_port)
    for _ in range(5):
        async with stage.channel() as channel:
            await channel.queue_delete(amqp.queue or "")
        live = worker.says("broker session is live")
        await stage.scene.burst(40)
        await live
        amqp.proxy.cut()
        await stage.scene.burst(40)
    await stage.scene.nothing_was_lost()
    assert not alice.ends


async def test_a_queue_declared_by_an_attempt_that_failed_is_not_taken_for_whole(
    stage: Stage,
) -> None:
    """It was declared after the old one was deleted, and bound to nobody."""
    worker, amqp = await stage.worker()
    alice = await stage.scene.listener(worker.grpc_port)
    amqp.cut_at_consume = True
    live = worker.says("broker session is live")
    async with stage.channel() as channel:
        await channel.queue_delete(amqp.queue or "")
    while amqp.cut_at_consume:
        await stage.scene.publish(1)
    await stage.scene.publish(5)
    await live
    await stage.scene.nothing_was_lost()
    assert not alice.ends


async def delete_queue(stage: Stage, amqp: AmqpProxy, channel: AbstractChannel) -> None:
    await channel.queue_delete(amqp.queue or "")


async def delete_log(stage: Stage, amqp: AmqpProxy, channel: AbstractChannel) -> None:
    await channel.queue_delete(stage.log)


async def delete_exchange(stage: Stage, amqp: AmqpProxy, channel: AbstractChannel) -> None:
    await channel.exchange_delete("chat3_updates")
    await channel.exchange_declare("chat3_updates", exchange_type="topic", durable=True)


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("harm", "stride"),
    [
        (delete_queue, 3),
        pytest.param(delete_queue, 1, marks=pytest.mark.slow),
        pytest.param(delete_log, 1, marks=pytest.mark.slow),
        pytest.param(delete_exchange, 1, marks=pytest.mark.slow),
    ],
)
async def test_harm_at_any_moment_of_a_reconnection_loses_nothing(
    stage: Stage,
    harm: Callable[[Stage, AmqpProxy, AbstractChannel], Awaitable[None]],
    stride: int,
) -> None:
    """Before each method, or each third, that a worker sends as it reconnects."""
    worker, amqp = await stage.worker()
    stays = await stage.scene.listener(worker.grpc_port)
    comes = await stage.scene.listener(worker.grpc_port)
    back_end = await stage.scene.listener(worker.grpc_port, kind=BackEnd)
    if harm is delete_queue:
        await stage.scene.listener(worker.grpc_port, kind=Archive)
    held = missed = 0
    async with stage.channel() as channel:
        while missed < 3:  # a session can still be on its way when the link is cut
            await comes.leave()
            amqp.hold_at(held + stride)
            live = worker.says("broker session is live")
            amqp.proxy.cut()
            holding = asyncio.ensure_future(amqp.held.wait())
            await asyncio.wait((live, holding), return_when=asyncio.FIRST_COMPLETED)
            amqp.hold_at(0)
            if not holding.done():
                holding.cancel()
                missed += 1
                continue
            held, missed = held + stride, 0
            await stage.scene.publish(1)
            await harm(stage, amqp, channel)
            await stage.scene.publish(3)
            amqp.proxy.flow()
            await live
            await comes.come()
            await stage.scene.publish(1)
    assert held > 20, "the proxy sees what a worker sends"
    await comes.come()
    back_end.client.restless = False
    verdict = await stage.scene.verdict()
    assert verdict.kept, list(verdict.findings())
    assert not stays.ends
    if harm is delete_queue:
        assert not verdict.gaps, "the log has what a queue loses"


@pytest.mark.timeout(600)
async def test_a_broker_restart_loses_nothing_for_clients_that_stay(stage: Stage) -> None:
    worker, _ = await stage.worker()
    alice = await stage.scene.listener(worker.grpc_port)
    elsewhere = await stage.scene.listener(worker.grpc_port, ALICE_ELSEWHERE)
    await stage.scene.publish(20)
    await asyncio.to_thread(stage.rabbitmq.kill)
    await alice.sees(degraded)
    await worker.becomes_ready(
        lambda status, wrong: status == 200 and "unreachable" in wrong.get("broker", "")
    )
    await asyncio.to_thread(stage.rabbitmq.start)
    # At once, and for as long as the broker's streams take to start.
    for _ in range(20):
        await stage.scene.publish(5)
        await stage.scene.publish(5, ALICE_ELSEWHERE)
    await live_again(alice)
    await stage.scene.nothing_was_lost()
    assert not alice.ends
    assert not elsewhere.ends


@pytest.mark.timeout(600)
async def test_a_broker_restart_is_a_gap_for_who_comes_back_by_the_log(stage: Stage) -> None:
    """Updates the restarting broker confirmed before its streams ran are in no log."""
    worker, _ = await stage.worker()
    second, _ = await stage.worker()
    stays = await stage.scene.listener(worker.grpc_port)
    leaves = await stage.scene.listener(worker.grpc_port)
    await stage.scene.publish(5)
    await leaves.has(*stays.got)
    await leaves.leave()
    live = worker.says("broker session is live"), second.says("broker session is live")
    await asyncio.to_thread(stage.rabbitmq.kill)
    await asyncio.to_thread(stage.rabbitmq.start)
    await stage.scene.publish(50)
    await asyncio.gather(*live)
    leaves.proxy.target = second.grpc_port
    await leaves.come()
    verdict = await stage.scene.verdict()
    assert verdict.kept, list(verdict.findings())
    # RabbitMQ may take longer for its stream than the service waits with what is live.
    assert leaves.gaps
    assert {gap.reason for gap in leaves.gaps} <= {
        "GAP_REASON_LOG_UNREADABLE",
        "GAP_REASON_LOG_UNAVAILABLE",
    }
    assert not stays.gaps


async def test_a_broker_unreachable_at_the_start_is_waited_for(stage: Stage) -> None:
    worker, amqp = await stage.worker(start=False)
    amqp.proxy.refusing = True
    failed = worker.says("broker session ended")
    await worker.start(until="serving")
    await failed
    status, problems = await worker.ready()
    assert (status, "broker" in problems) == (503, True)
    early = await stage.scene.listener(worker.grpc_port, come=False)
    ended = await early.client.stream()
    assert ended is not None
    assert (ended.status, ended.reason) == ("UNAVAILABLE", "UPDATES_UNAVAILABLE")
    live = worker.says("broker session is live")
    amqp.proxy.flow()
    await live
    await early.come()
    await stage.scene.publish(5)
    await stage.scene.nothing_was_lost()


async def test_a_missing_exchange_is_declared(stage: Stage) -> None:
    async with stage.channel() as channel:
        await channel.exchange_delete("chat3_updates")
    worker, _ = await stage.worker()
    await stage.scene.listener(worker.grpc_port)
    await stage.scene.publish(5)
    await stage.scene.nothing_was_lost()


async def one_stays_and_one_leaves(stage: Stage, worker: Worker) -> tuple[Listener, Listener]:
    """Return two listeners that have the same; the second has left."""
    stays = await stage.scene.listener(worker.grpc_port)
    leaves = await stage.scene.listener(worker.grpc_port)
    await stays.has(*await stage.scene.publish(3))
    await leaves.has(*stays.got)
    await leaves.leave()
    return stays, leaves


async def both_have_a_gap(stage: Stage, stays: Listener, leaves: Listener) -> None:
    verdict = await stage.scene.verdict()
    assert verdict.kept, list(verdict.findings())
    assert not stays.ends
    for listener in (stays, leaves):
        assert {gap.reason for gap in listener.gaps} == {"GAP_REASON_LOG_UNREADABLE"}


async def test_an_exchange_deleted_by_an_operator_is_a_gap(stage: Stage) -> None:
    """What is published to an exchange without bindings is dropped by the broker.

    The second worker, which has no stream, finds out when one comes.
    """
    worker, amqp = await stage.worker()
    second, _ = await stage.worker()
    stays, leaves = await one_stays_and_one_leaves(stage, worker)
    live = worker.says("broker session is live")
    async with stage.channel() as channel:
        await delete_exchange(stage, amqp, channel)
    await stage.scene.publish(3)
    await live
    await stage.scene.publish(3)
    leaves.proxy.target = second.grpc_port
    await leaves.come()
    await both_have_a_gap(stage, stays, leaves)


async def test_an_exchange_deleted_while_no_worker_is_connected_is_a_gap(stage: Stage) -> None:
    worker, amqp = await stage.worker()
    stays, leaves = await one_stays_and_one_leaves(stage, worker)
    amqp.proxy.refusing = True
    amqp.proxy.cut()
    await stays.sees(degraded)
    async with stage.channel() as channel:
        await delete_exchange(stage, amqp, channel)
    await stage.scene.publish(3)
    amqp.proxy.flow()
    await live_again(stays)
    await leaves.come()
    await both_have_a_gap(stage, stays, leaves)


async def test_wrong_credentials_are_named_without_a_crash_loop(stage: Stage) -> None:
    worker, _ = await stage.worker(start=False, credentials="guest:wrong")
    await worker.start(until="broker session ended")
    pid = worker.pid
    for _ in range(2):
        await worker.says("broker session ended")
    status, problems = await worker.ready()
    assert (status, "broker" in problems) == (503, True)
    assert worker.running
    assert worker.pid == pid
    pauses = [r["retry_in_s"] for r in worker.log if r["message"] == "broker session ended"]
    assert pauses == sorted(pauses), "every pause is longer than the one before"
    assert any("ACCESS_REFUSED" in r.get("problem", "") for r in worker.log)


async def test_without_the_right_to_declare_a_stream_the_service_runs(stage: Stage) -> None:
    """Live updates flow; resuming says that there is no log; readiness names it."""
    rabbitmq = stage.rabbitmq
    await asyncio.to_thread(rabbitmq.ctl, "add_user", "narrow", "secret")
    await asyncio.to_thread(
        rabbitmq.ctl, "set_permissions", "narrow", r"^chat3_updates(\.worker\..*)?$", ".*", ".*"
    )
    worker, _ = await stage.worker(credentials="narrow:secret")
    await worker.becomes_ready(
        lambda status, wrong: status == 200 and "refused" in wrong.get("updates_log", "")
    )
    alice = await stage.scene.listener(worker.grpc_port)
    missed_none = await stage.scene.publish(5)
    await alice.has(*missed_none)
    await alice.leave()
    second, _ = await stage.worker(credentials="narrow:secret")
    alice.proxy.target = second.grpc_port
    await stage.scene.publish(3)
    await alice.come()
    verdict = await stage.scene.verdict()
    assert verdict.kept, list(verdict.findings())
    assert [gap.reason for gap in alice.gaps] == ["GAP_REASON_LOG_UNAVAILABLE"]


@pytest.mark.timeout(600)
async def test_a_memory_alarm_loses_nothing(stage: Stage) -> None:
    """The broker blocks connections that publish, the service's own among them."""
    worker, _ = await stage.worker()
    alice = await stage.scene.listener(worker.grpc_port)
    await stage.scene.publish(5)
    await asyncio.to_thread(stage.rabbitmq.ctl, "set_vm_memory_high_watermark", "0.00001")
    blocked = asyncio.create_task(stage.scene.publish(10))
    beats = len(alice.states)
    while len(alice.states) < beats + 2:
        await alice.recorder.changed()
    assert not alice.ends, "the client stays connected"
    await asyncio.to_thread(stage.rabbitmq.ctl, "set_vm_memory_high_watermark", "0.4")
    await blocked
    await stage.scene.nothing_was_lost()
    await worker.becomes_ready(lambda status, wrong: status == 200 and "broker" not in wrong)


@pytest.mark.timeout(600)
async def test_a_silent_broker_is_found_out(stage: Stage) -> None:
    """A stalled link carries no heartbeats: the connection is given up and made anew."""
    worker, amqp = await stage.worker(heartbeat=1)
    alice = await stage.scene.listener(worker.grpc_port)
    await stage.scene.publish(5)
    amqp.proxy.stall()
    await stage.scene.publish(20)
    await alice.sees(degraded)
    await live_again(alice)
    await stage.scene.nothing_was_lost()
    assert not alice.ends


async def test_acknowledgements_that_never_arrive_duplicate_nothing(stage: Stage) -> None:
    """The broker sends again what it holds for unacknowledged, and a feed remembers as much."""

    worker, amqp = await stage.worker()
    alice = await stage.scene.listener(worker.grpc_port)
    amqp.proxy.stall(Way.UP)
    ids = await stage.scene.publish(1)
    await stage.scene.burst(1000)
    await alice.has(*ids)
    amqp.proxy.cut()
    await stage.scene.nothing_was_lost()


async def test_the_workers_share_the_broker_with_one_queue_each(stage: Stage) -> None:
    workers = [await stage.worker() for _ in range(2)]
    before = await asyncio.to_thread(stage.queues)
    for number in range(30):
        worker, _ = workers[number % 2]
        await stage.scene.listener(worker.grpc_port, Address(ALICE.tenant, f"user{number}"))
    mine = {amqp.queue for _, amqp in workers}
    queues = await asyncio.to_thread(stage.queues)
    assert mine <= set(queues) <= set(before), "those of workers before these expire"


async def test_a_worker_that_ends_leaves_no_queue(stage: Stage) -> None:
    worker, amqp = await stage.worker()
    await stage.scene.listener(worker.grpc_port)
    assert amqp.queue in await asyncio.to_thread(stage.queues)
    await worker.stop()
    assert amqp.queue not in await asyncio.to_thread(stage.queues)


@pytest.mark.timeout(600)
async def test_the_queue_of_a_killed_worker_expires(stage: Stage) -> None:
    worker, amqp = await stage.worker()
    await stage.scene.listener(worker.grpc_port)
    await worker.kill()
    assert amqp.queue in await asyncio.to_thread(stage.queues)
    while amqp.queue in await asyncio.to_thread(stage.queues):
        await asyncio.sleep(1)
