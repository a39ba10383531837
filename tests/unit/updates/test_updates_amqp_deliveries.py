"""In whatever pieces a broker's bytes come: deliveries are taken, aiormq gets the rest."""

import asyncio
import secrets
from typing import Any

import pytest
from aiormq.abc import AbstractConnection
from aiormq.exceptions import AMQPError
from hypothesis import given
from hypothesis import strategies as st
from pamqp import commands
from pamqp.body import ContentBody
from pamqp.frame import marshal
from pamqp.header import ContentHeader
from pamqp.heartbeat import Heartbeat

from chat3_user.updates.amqp.connection import connect
from chat3_user.updates.amqp.deliveries import Deliveries
from chat3_user.updates.amqp.failures import FAILURES
from support.patience import HANGS
from support.rabbitmq import RabbitMQ

OURS, LOGS = 2, 3
CONSUMER = "updates"

PROPERTIES = commands.Basic.Properties(headers={"x-stream-offset": 7}, delivery_mode=2)

Taken = tuple[int, bytes, bytes, bytes]


def content(channel: int, method: Any, bodies: list[bytes]) -> bytes:
    size = sum(map(len, bodies))
    frames = [method, ContentHeader(0, size, PROPERTIES), *map(ContentBody, bodies)]
    return b"".join(marshal(frame, channel) for frame in frames)


names = st.text("aZ9-_.:", max_size=40)
pieces = st.lists(st.binary(min_size=1, max_size=300), max_size=3)


@st.composite
def deliveries(draw: st.DrawFn, channel: int, consumer: str) -> tuple[bytes, Taken]:
    tag, key, bodies = draw(st.integers(1, 2**63 - 1)), draw(names), draw(pieces)
    deliver = commands.Basic.Deliver(consumer, tag, draw(st.booleans()), draw(names), key)
    body = b"".join(bodies)
    properties = ContentHeader(0, len(body), PROPERTIES).marshal()
    return content(channel, deliver, bodies), (tag, key.encode(), properties, body)


others = st.one_of(
    deliveries(LOGS, "ctag3.0").map(lambda made: made[0]),
    deliveries(OURS, f"{CONSUMER}.old").map(lambda made: made[0]),
    st.just(Heartbeat().marshal()),
    st.sampled_from([0, OURS, LOGS]).map(lambda channel: marshal(commands.Queue.BindOk(), channel)),
    pieces.map(lambda bodies: content(OURS, commands.Basic.Return(312, "", "x", "y"), bodies)),
)


@given(
    st.lists(
        st.one_of(deliveries(OURS, CONSUMER), others.map(lambda frames: (frames, None))), max_size=8
    ),
    st.data(),
)
def test_deliveries_are_taken_and_all_else_is_left_as_it_is(
    sent: list[tuple[bytes, Taken | None]], data: st.DataObject
) -> None:
    taken: list[Taken] = []
    split = Deliveries()
    split.take_from(CONSUMER, lambda *delivery: taken.append(delivery))
    stream = b"".join(frames for frames, _ in sent)
    cuts = data.draw(st.lists(st.integers(0, len(stream)), max_size=6).map(sorted))
    begins, ends = [0, *cuts], [*cuts, len(stream)]
    left = [split.split(stream[begin:end]) for begin, end in zip(begins, ends, strict=True)]
    assert taken == [delivery for _, delivery in sent if delivery is not None]
    assert b"".join(left) == b"".join(frames for frames, delivery in sent if delivery is None)
    assert split.rest() == b""


def test_frames_of_other_channels_may_stand_within_a_delivery() -> None:
    taken: list[Taken] = []
    split, other = Deliveries(), marshal(ContentBody(b"of a log entry"), LOGS)
    split.take_from(CONSUMER, lambda *delivery: taken.append(delivery))
    method = commands.Basic.Deliver(CONSUMER, delivery_tag=1, exchange="e", routing_key="k")
    frames = method, ContentHeader(0, 4), ContentBody(b"bo"), ContentBody(b"dy")
    assert split.split(other.join(marshal(frame, OURS) for frame in frames)) == other * 3
    assert taken == [(1, b"k", ContentHeader(0, 4).marshal(), b"body")]


def test_deliveries_are_dropped_until_their_channel_is_closed() -> None:
    split = Deliveries()
    split.take_from(CONSUMER, lambda *_: pytest.fail("taken"))
    split.drop_from(CONSUMER, OURS)
    sent = content(OURS, commands.Basic.Deliver(CONSUMER, 1, exchange="e", routing_key="k"), [b"x"])
    assert split.split(sent) == b""
    other = marshal(commands.Channel.CloseOk(), LOGS)
    assert split.split(other + sent) == other
    for closed in (commands.Channel.CloseOk(), commands.Channel.Close(404, "gone", 0, 0)):
        split.drop_from(CONSUMER, OURS)
        assert split.split(marshal(closed, OURS)) == marshal(closed, OURS)
        assert not split.taking
        assert split.split(sent) == sent


def test_half_a_frame_is_held_back_until_it_is_whole() -> None:
    split, frame = Deliveries(), Heartbeat().marshal()
    assert split.split(frame[:5]) == b""
    assert split.split(frame[5:]) == frame
    assert split.split(frame[:5]) == b""
    assert split.rest() == frame[:5]
    assert split.rest() == b""


def test_a_frame_without_its_end_is_left_to_aiormq() -> None:
    split = Deliveries()
    split.take_from(CONSUMER, lambda *_: pytest.fail("taken"))
    method = commands.Basic.Deliver(CONSUMER, delivery_tag=1, exchange="e", routing_key="k")
    broken = marshal(method, OURS)[:-1] + b"\0"
    assert split.split(broken) == broken


@pytest.mark.parametrize("greeting", [b"AMQP\0\0\x09\x01", b"\1\0\0\0\0\1", b""])
async def test_a_broker_that_hangs_up_is_not_waited_for(greeting: bytes) -> None:
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(8)
        writer.write(greeting)
        writer.close()

    async with await asyncio.start_server(hang_up, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(AMQPError):
            await connect(f"amqp://127.0.0.1:{port}/", Deliveries(), timeout=HANGS)


async def test_a_greeting_may_come_in_pieces(rabbitmq: RabbitMQ) -> None:
    async def dawdle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        away, back = await asyncio.open_connection("127.0.0.1", rabbitmq.port)
        back.write(await reader.readexactly(8))
        writer.write(await away.readexactly(5))
        await asyncio.sleep(1.1)
        await asyncio.gather(forward(away, writer), forward(reader, back))

    async def forward(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        while byte := await source.read(1):
            sink.write(byte)
        sink.close()

    async with await asyncio.start_server(dawdle, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        url = f"amqp://guest:guest@127.0.0.1:{port}/"
        connection = await connect(url, Deliveries(), timeout=HANGS)
        assert (await connection.channel()).number == 1
        await connection.close()


async def test_who_waits_on_a_connection_that_closes_hears_of_it(rabbitmq: RabbitMQ) -> None:
    """Not cancelled, not by a bare `Exception`: nobody could tell these from a fault of ours."""
    for moment in range(20):
        connection = await connect(rabbitmq.url, Deliveries(), timeout=HANGS)

        async def after(steps: int, connection: AbstractConnection = connection) -> None:
            for _ in range(steps):
                await asyncio.sleep(0)
            while True:
                await connection.channel()

        waits = [asyncio.create_task(after(steps)) for steps in (0, moment, 5 * moment)]
        for _ in range(moment):
            await asyncio.sleep(0.0005)
        await connection.close()
        ends = await asyncio.gather(*waits, return_exceptions=True)
        assert [end for end in ends if not isinstance(end, FAILURES)] == []


async def test_a_broker_that_only_delivers_is_not_taken_for_silent(
    rabbitmq: RabbitMQ, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A broker that delivers sends no heartbeats; aiormq waits for them, here for 3 seconds."""
    monkeypatch.setattr("aiormq.connection.Connection.HEARTBEAT_GRACE_MULTIPLIER", 0.6)
    monkeypatch.setattr("chat3_user.updates.amqp.connection._SIGN_OF_LIFE_SECONDS", 0.1)
    name = f"busy_{secrets.token_hex(4)}"
    deliveries = Deliveries()
    taken = 0

    def take(*_: object) -> None:
        nonlocal taken
        taken += 1

    publisher = await connect(rabbitmq.url, Deliveries(), timeout=HANGS)
    consumer = await connect(f"{rabbitmq.url}?heartbeat=4", deliveries, timeout=HANGS)
    channel, published = await consumer.channel(), await publisher.channel()
    await channel.queue_declare(name, exclusive=True)
    deliveries.take_from(CONSUMER, take)
    await channel.basic_consume(name, _never, no_ack=True, consumer_tag=CONSUMER)
    for _ in range(50):
        await published.basic_publish(b"x", routing_key=name)
        await asyncio.sleep(0.1)
    async with asyncio.timeout(HANGS):
        while taken < 50:
            await asyncio.sleep(0.01)
    assert not consumer.is_closed
    await publisher.close()
    await consumer.close()


async def _never(message: Any) -> None:
    pytest.fail(f"aiormq got {message}")
