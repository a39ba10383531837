"""Parts that a test holds in its hands move the metrics of their subject."""

import asyncio
import os
import resource
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from chat3_user.errors import CallError
from chat3_user.health import Health
from chat3_user.health.board import Board, Seat
from chat3_user.health.finding import WELL
from chat3_user.health.probes.event_loop import event_loop
from chat3_user.health.table import BROKER
from chat3_user.limits.keys import KnownKeys
from chat3_user.limits.rates import Rate, RedisRates
from chat3_user.mapping.addresses import address_of
from chat3_user.mapping.updates import UpdateDecoder
from chat3_user.metrics import Metrics
from chat3_user.readings import read_process, read_updates
from chat3_user.shared_redis import RedisSettings
from chat3_user.tokens.issuer_keys import IssuerKeys
from chat3_user.updates.amqp.broker import AmqpBroker
from chat3_user.updates.delivery_limits import DeliveryLimits
from chat3_user.updates.fanout.hub import Hub
from chat3_user.updates.fanout.settings import HubSettings
from support.hub import Puppet, Reader
from support.moving import moves, series
from support.patience import HANGS
from support.ports import free_port


def value(metrics: Metrics, name: str) -> float:
    return sum(value for (of, _), value in series(metrics).items() if of == name)


async def test_updates_wait_while_feeds_catch_up() -> None:
    metrics, broker = Metrics(), Puppet()
    hub = Hub(broker, UpdateDecoder().decode, address_of, HubSettings(), metrics)
    read_updates(metrics, hub, broker)
    await hub.open()
    reader = await Reader.open(hub)
    with moves(metrics, "chat3_updates_held"):
        broker.sink.lost()
        await broker.update(1)
    assert value(metrics, "chat3_updates_held") == 1
    broker.sink.regained(complete=True)
    assert value(metrics, "chat3_updates_held") == 0
    await reader.close()
    await hub.close()


async def test_a_gap_is_counted_by_its_reason_when_clients_are_told() -> None:
    metrics, broker = Metrics(), Puppet()
    hub = Hub(broker, UpdateDecoder().decode, address_of, HubSettings(), metrics)
    await hub.open()
    reader = await Reader.open(hub)
    token = reader.token
    await reader.close()
    for number in range(5):
        await broker.update(number)
    broker.log._entries.clear()
    broker.log.append(b"another log", is_update=False)
    hub._feeds.remove(next(iter(hub._feeds)))
    with moves(metrics, "chat3_gaps_total"):
        again = await Reader.open(hub, token)
        async with asyncio.timeout(HANGS):
            while not again.gaps:
                await asyncio.sleep(0)
    (gap,) = (
        (labels, told)
        for (name, labels), told in series(metrics).items()
        if name == "chat3_gaps_total" and told
    )
    assert dict(gap[0])["stream"] == "user"
    assert gap[1] == 1
    await again.close()
    await hub.close()


async def test_a_broker_that_cannot_be_reached_is_counted() -> None:
    metrics = Metrics()
    broker = AmqpBroker(
        f"amqp://127.0.0.1:{free_port()}",
        exchange="x",
        log_queue="l",
        worker="w",
        retention_seconds=60,
        retention_bytes=1_000_000,
        back_off=(0.01, 0.01),
        limits=DeliveryLimits(),
        metrics=metrics.broker,
    )
    await broker.open(Puppet())  # type: ignore[arg-type]  # nothing is ever told
    async with asyncio.timeout(HANGS):
        while not value(metrics, "chat3_broker_sessions_total"):
            await asyncio.sleep(0.01)
    (labels,) = (
        labels
        for (name, labels), counted in series(metrics).items()
        if name == "chat3_broker_sessions_total" and counted
    )
    assert dict(labels) == {"event": "failed"}
    await broker.close()


async def test_rates_are_counted_by_each_worker_while_redis_is_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("chat3_user.limits.rates._REDIS_PAUSE", HANGS)
    metrics = Metrics()
    settings = RedisSettings(f"redis://127.0.0.1:{free_port()}", 0.2)
    rates = RedisRates(settings, metrics=metrics.rates, stores=metrics.stores)
    with moves(metrics, "chat3_rate_store_failures_total", "db_client_operation_duration_seconds"):
        assert (await rates.spend(Rate(1, "hour"), "k")).allowed
    # It is not asked again for a while, and so does not fail again.
    await rates.spend(Rate(1, "hour"), "k")
    assert value(metrics, "chat3_rate_store_failures_total") == 1
    await rates.close()


def test_an_address_that_brings_refused_keys_is_refused_and_counted() -> None:
    metrics = Metrics()
    keys = KnownKeys(Rate(1, "minute"), metrics=metrics.rates)
    keys.note_refused("bad", "192.0.2.1")
    with moves(metrics, "chat3_rate_decisions_total"), pytest.raises(CallError):
        keys.check("192.0.2.1")


async def test_readings_of_an_issuers_keys_are_counted() -> None:
    async def read() -> bytes:
        raise OSError

    metrics = Metrics()
    keys = IssuerKeys(read, metrics.tokens.issuer_keys)
    with moves(metrics, "chat3_token_issuer_key_reads_total"):
        await keys.open()
    await keys.close()


def test_what_the_process_uses_is_read_of_the_operating_system(tmp_path: Path) -> None:
    metrics = Metrics()
    with moves(metrics, "target_info", "chat3_file_descriptors_limit"):
        read_process(metrics.process, Health(()), Seat(Board.alone()))
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    assert value(metrics, "chat3_file_descriptors_limit") == limit
    used = value(metrics, "process_memory_usage_bytes")
    opened = value(metrics, "process_unix_file_descriptor_count")
    with (
        ExitStack() as files,
        moves(
            metrics,
            "process_memory_usage_bytes",
            "process_unix_file_descriptor_count",
            "process_cpu_time_seconds_total",
            "process_uptime_seconds",
        ),
    ):
        for number in range(10):
            files.enter_context((tmp_path / str(number)).open("w"))
        held = bytearray(os.urandom(1) * 50_000_000)
        begun = time.process_time()
        while time.process_time() - begun < 0.02:
            pass
        assert value(metrics, "process_unix_file_descriptor_count") == opened + 10
        assert value(metrics, "process_memory_usage_bytes") > used + len(held) / 2
    assert value(metrics, "process_cpu_time_seconds_total") == pytest.approx(
        sum(resource.getrusage(resource.RUSAGE_SELF)[:2]), rel=0.1
    )


def test_a_worker_says_how_often_its_parent_restarted_it() -> None:
    metrics, board = Metrics(), Board.alone()
    read_process(metrics.process, Health(()), Seat(board))
    with moves(metrics, "chat3_worker_restarts_total"):
        board.restarted(0, "stalled")
    assert value(metrics, "chat3_worker_restarts_total") == 1


async def test_a_blocked_event_loop_is_late() -> None:
    metrics = Metrics()
    probe = event_loop(1.0, metrics.process.loop_was_late)
    with moves(metrics, "chat3_event_loop_lag_seconds"):
        looking = asyncio.create_task(probe.look())
        await asyncio.sleep(0)
        # Longer than the look takes, so that it is late whatever the machine does.
        time.sleep(0.5)  # noqa: ASYNC251 - blocks on purpose
        await looking
    assert value(metrics, "chat3_event_loop_lag_seconds_sum") > 0.1


def test_what_is_wrong_is_named_and_a_worker_that_is_not_ready_says_so() -> None:
    metrics, health = Metrics(), Health({BROKER})
    read_process(metrics.process, health, Seat(Board.alone()))
    assert value(metrics, "chat3_ready") == 0
    with moves(metrics, "chat3_ready", "chat3_problem"):
        health.observe(BROKER, WELL)
    assert value(metrics, "chat3_ready") == 1
    assert value(metrics, "chat3_problem") == 0
