"""One suite for both brokers: what is bound is delivered, and the log keeps what was published."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from aiormq.exceptions import ChannelNotFoundEntity, PublishError
from pamqp.commands import Basic
from pamqp.header import ContentHeader

from chat3_embedded.publishing import AmqpPublisher
from chat3_user.updates.amqp.broker import AmqpBroker
from chat3_user.updates.amqp.connection import connect
from chat3_user.updates.amqp.deliveries import Deliveries
from chat3_user.updates.amqp.log_reader import LogReader, offset_of
from chat3_user.updates.amqp.session import AmqpSession
from chat3_user.updates.broker import (
    LogEntry,
    LogExpiredError,
    LogPosition,
    LogReplacedError,
)
from chat3_user.updates.delivery_limits import DeliveryLimits
from chat3_user.updates.memory_broker import MemoryBroker
from chat3_user.updates.routing import UPDATES, probe_key
from support.patience import HANGS
from support.rabbitmq import RabbitMQ


@dataclass
class Listener:
    """A sink that keeps what it is told."""

    bodies: asyncio.Queue[bytes] = field(default_factory=asyncio.Queue)
    barriers: asyncio.Queue[str] = field(default_factory=asyncio.Queue)
    live: asyncio.Event = field(default_factory=asyncio.Event)
    complete: list[bool] = field(default_factory=list)
    carriers: list[Mapping[str, str]] = field(default_factory=list)

    def delivered(self, body: bytes, carrier: Mapping[str, str] = {}) -> None:
        self.bodies.put_nowait(body)
        self.carriers.append(carrier)

    def barrier_reached(self, barrier: str) -> None:
        self.barriers.put_nowait(barrier)

    def lost(self) -> None:
        self.live.clear()

    def regained(self, *, complete: bool) -> None:
        self.complete.append(complete)
        self.live.set()


@dataclass(frozen=True)
class Scene:
    broker: AmqpBroker | MemoryBroker
    publisher: AmqpPublisher | MemoryBroker
    sink: Listener

    async def publish(self, user: str, *bodies: str) -> None:
        for body in bodies:
            await self.publisher.publish(f"update.user.user.{user}.user", body.encode(), {}, 0)

    async def received(self, count: int) -> list[str]:
        async with asyncio.timeout(HANGS):
            return [(await self.sink.bodies.get()).decode() for _ in range(count)]

    async def settled(self) -> None:
        """Wait until all that was published before has been delivered."""
        barrier = secrets.token_hex(4)
        await self.broker.send_barrier(barrier)
        async with asyncio.timeout(HANGS):
            assert await self.sink.barriers.get() == barrier

    async def read(self, after: LogPosition, until: LogPosition) -> list[LogEntry]:
        return [entry async for entry in self.broker.log.read(after, until)]


@pytest.fixture(params=["memory", "rabbitmq"])
async def scene(request: pytest.FixtureRequest, rabbitmq: RabbitMQ) -> AsyncIterator[Scene]:
    sink = Listener()
    if request.param == "memory":
        memory = MemoryBroker("epoch")
        await memory.open(sink)
        yield Scene(memory, memory, sink)
        await memory.close()
        return
    name = secrets.token_hex(4)
    broker = AmqpBroker(
        [rabbitmq.url],
        exchange=f"updates_{name}",
        log_queue=f"log_{name}",
        worker=name,
        retention_seconds=3600,
        retention_bytes=10_000_000,
        limits=DeliveryLimits(),
        traced=True,
    )
    publisher = AmqpPublisher(rabbitmq.url, exchange=f"updates_{name}")
    await broker.open(sink)
    async with asyncio.timeout(HANGS):
        await sink.live.wait()
    yield Scene(broker, publisher, sink)
    await publisher.close()
    await broker.close()


async def test_the_first_session_is_live(scene: Scene) -> None:
    assert scene.broker.live
    assert len(scene.sink.complete) == 1


async def test_all_updates_come_in_order_whatever_the_form_of_their_keys(scene: Scene) -> None:
    keys = (
        "update.user.user.alice.user",
        "update.user.tnt_one.user.alice.user",
        "update.dialog.crm.bot.alice.message",
        "update.dialog.some.tenant.crm.bot.alice.message",
        "update.of.a.form.that.nobody.has.seen.yet",
    )
    for number in range(50):
        await scene.publisher.publish(keys[number % len(keys)], str(number).encode(), {}, 0)
    assert await scene.received(50) == [str(number) for number in range(50)]
    await scene.settled()
    assert scene.sink.bodies.empty()


async def test_the_trace_context_of_an_update_comes_with_it(scene: Scene) -> None:
    headers = {"userId": "alice", "traceparent": f"00-{'a' * 32}-{'b' * 16}-01"}
    await scene.publisher.publish("update.user.user.alice.user", b"traced", headers, 0)
    await scene.publisher.publish("update.user.user.alice.user", b"not", {}, 0)
    assert await scene.received(2) == ["traced", "not"]
    traced, untraced = scene.sink.carriers
    assert dict(traced) == headers
    assert not untraced


async def test_what_is_no_update_does_not_come(scene: Scene) -> None:
    await scene.publisher.publish("event.user.user.alice.user", b"no", {}, 0)
    await scene.publish("alice", "yes")
    assert await scene.received(1) == ["yes"]


async def test_the_log_has_what_was_published(scene: Scene) -> None:
    start = await scene.broker.log.end()
    await scene.publish("alice", "1", "2")
    await scene.publish("bob", "3")
    end = await scene.broker.log.end()
    entries = await scene.read(start, end)
    assert [entry.body for entry in entries if entry.is_update] == [b"1", b"2", b"3"]
    assert all(start.offset < entry.offset <= end.offset for entry in entries)
    assert not any(entry.is_gap for entry in entries)


async def test_the_log_is_read_from_any_position_in_it(scene: Scene) -> None:
    start = await scene.broker.log.end()
    await scene.publish("alice", *map(str, range(10)))
    end = await scene.broker.log.end()
    entries = [entry for entry in await scene.read(start, end) if entry.is_update]
    behind = await scene.read(entries[4].position, end)
    assert [entry.body for entry in behind if entry.is_update] == [b"5", b"6", b"7", b"8", b"9"]


async def test_marks_grow(scene: Scene) -> None:
    first = await scene.broker.log.end()
    await scene.publish("alice", "x")
    second = await scene.broker.log.end()
    assert first.offset < second.offset


async def test_a_read_can_look_back(scene: Scene) -> None:
    await scene.publish("alice", "1", "2")
    position = await scene.broker.log.end()
    await scene.publish("alice", "3")
    end = await scene.broker.log.end()

    async def read(look_back: int) -> list[LogEntry]:
        return [entry async for entry in scene.broker.log.read(position, end, look_back)]

    whole = await read(1_000_000)
    assert [entry.body for entry in whole if entry.is_update] == [b"1", b"2", b"3"]
    for look_back in range(4):
        behind = position.offset - look_back
        assert await read(look_back) == [entry for entry in whole if entry.offset > behind]


async def test_who_follows_the_log_gets_what_is_in_it_and_what_comes(scene: Scene) -> None:
    start = await scene.broker.log.end()
    await scene.publish("alice", "1", "2")
    got: list[LogEntry] = []
    async with asyncio.timeout(HANGS), aclosing(scene.broker.log.follow(start)) as following:
        async for entries in following:
            got += entries
            updates = [entry.body.decode() for entry in got if entry.is_update]
            if updates == ["1", "2"]:
                await scene.publish("bob", "3")
            if updates[2:]:
                break
    assert updates == ["1", "2", "3"]
    assert [entry.offset for entry in got] == sorted({entry.offset for entry in got})
    assert got[0].offset > start.offset
    assert await scene.read(start, got[-1].position) == got


async def test_readers_that_go_away_at_any_moment_leave_the_log_readable(scene: Scene) -> None:
    log, start = scene.broker.log, await scene.broker.log.end()
    await asyncio.gather(*(scene.publish("alice", str(number)) for number in range(500)))
    end = await log.end()
    for step in range(40):
        leaving = asyncio.create_task(scene.read(start, end))
        await asyncio.wait({leaving}, timeout=step / 4000)
        leaving.cancel()
        await asyncio.wait({leaving})
    async with asyncio.timeout(HANGS):
        assert len([entry for entry in await scene.read(start, end) if entry.is_update]) == 500


def test_a_key_that_is_no_text_is_passed_over() -> None:
    reader = LogReader(None, 1)  # type: ignore[arg-type]
    properties = Basic.Properties(headers={"x-stream-offset": 7})
    header = ContentHeader(0, 1, properties).marshal()
    for key in (b"update.\xff", b"\xff"):
        reader.take(1, key, header, b"x")
    assert [entry.is_update for entry in reader._entries] == [True, False]


async def test_who_follows_from_a_position_of_another_log_is_told(scene: Scene) -> None:
    end = await scene.broker.log.end()
    for position in (LogPosition(end.offset, end.checksum ^ 1), LogPosition(end.offset + 99, 0)):
        with pytest.raises(LogReplacedError):
            await anext(scene.broker.log.follow(position))


@pytest.mark.parametrize(
    "headers",
    [
        {"x-stream-offset": 2**40},
        {"a": "\x0fx-stream-offsetl12345678", "x-stream-offset": 2**40, "z": 1},
        {"a": "\x0fx-stream-offsetl", "x-stream-offset": 2**40},
        {"x-stream-offset": 7},
    ],
)
def test_the_offset_is_the_broker_s_whatever_a_publisher_writes(headers: dict[str, Any]) -> None:
    properties = Basic.Properties(headers=headers, delivery_mode=2)
    found = offset_of(ContentHeader(0, 3, properties).marshal())
    assert found == headers["x-stream-offset"]


async def test_a_position_of_another_log_is_told(scene: Scene) -> None:
    start = await scene.broker.log.end()
    await scene.publish("alice", "x")
    end = await scene.broker.log.end()
    with pytest.raises(LogReplacedError):
        await scene.read(replace(start, checksum=start.checksum ^ 1), end)
    with pytest.raises(LogReplacedError):
        await scene.read(LogPosition(end.offset + 100, 1), end)


async def test_a_memory_log_that_forgot_says_so() -> None:
    broker = MemoryBroker("epoch", log_capacity=3)
    start = await broker.log.end()
    for number in range(5):
        await broker.publish("update.user.user.alice.user", str(number).encode(), {}, 0)
    with pytest.raises(LogExpiredError):
        [entry async for entry in broker.log.read(start, await broker.log.end())]


async def test_two_memory_logs_are_not_taken_for_one_another() -> None:
    first, second = MemoryBroker("one"), MemoryBroker("two")
    with pytest.raises(LogReplacedError):
        [entry async for entry in second.log.read(await first.log.end(), await second.log.end())]


async def test_a_closed_memory_broker_is_not_live() -> None:
    broker, sink = MemoryBroker("epoch"), Listener()
    assert not broker.live
    await broker.send_barrier("nobody hears it")
    await broker.open(sink)
    await broker.close()
    await broker.publish("update.user.user.alice.user", b"x", {}, 0)
    assert sink.bodies.empty()


@pytest.fixture
async def session(rabbitmq: RabbitMQ) -> AsyncIterator[AmqpSession]:
    """A session that its broker's cancellation does not reach, and a log beside it."""
    name = secrets.token_hex(4)
    deliveries = Deliveries()
    connection = await connect(rabbitmq.url, deliveries, timeout=HANGS)
    made = AmqpSession(
        connection,
        deliveries,
        exchange=f"updates_{name}",
        log_queue=f"log_{name}",
        sink=Listener(),
        limits=DeliveryLimits(),
    )
    await made.start(f"queue_{name}")
    channel = await connection.channel()
    await channel.queue_declare(f"log_{name}", exclusive=True)
    await channel.queue_bind(f"log_{name}", f"updates_{name}", probe_key(f"log_{name}"))
    yield made
    await made.close()


async def _deleted(session: AmqpSession, what: str) -> None:
    channel = await session.connection.channel()
    if what == "queue":
        await channel.queue_delete(session.queue)
    else:
        await channel.exchange_delete(session._exchange)
        await channel.exchange_declare(session._exchange, exchange_type="topic", durable=True)
        # Another worker has found out already.
        await channel.queue_declare("another", exclusive=True)
        await channel.queue_bind("another", session._exchange, UPDATES)
    await channel.close()


@pytest.mark.parametrize("what", ["queue", "exchange"])
async def test_a_deleted_queue_is_told_from_a_deleted_exchange(
    session: AmqpSession, what: str
) -> None:
    """Without its bindings the exchange drops updates; without our queue the log still has them."""
    await _deleted(session, what)
    with pytest.raises((ChannelNotFoundEntity, PublishError)):
        await session.send_barrier("x")
    assert session.unbound is (what == "exchange")


@pytest.mark.parametrize(
    "unfit",
    [
        {"acknowledge_every": 201},
        {"acknowledge_every": 0},
        {"remembered": 799},
        {"prefetch": 1001},
        {"log_patience": 29.5},
        {"queue_expires": 12.0},
    ],
)
def test_limits_that_do_not_fit_together_are_refused(unfit: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=":"):
        DeliveryLimits(**unfit)
