"""Publishing to AMQP, against a stand-in for aiormq's connection."""

from __future__ import annotations

import datetime as dt
from typing import Any

import aiormq
import pytest
from pamqp import decode
from pamqp.commands import Basic

from chat3_embedded import AmqpPublisher, NullPublisher, UnpublishableUpdateError
from support.rabbitmq import RabbitMQ

ARGUMENTS = (b"{}", {"userId": "alice"}, 1_795_424_736_781)


class FakeChannel:
    def __init__(self) -> None:
        self.is_closed = False
        self.declared: list[Any] = []
        self.published: list[Any] = []

    async def exchange_declare(self, exchange: str, **arguments: Any) -> None:
        self.declared.append((exchange, arguments))

    async def basic_publish(self, body: bytes, **arguments: Any) -> None:
        self.published.append((body, arguments))


class FakeConnection:
    def __init__(self) -> None:
        self.channels: list[FakeChannel] = []
        self.closed = False

    async def channel(self) -> FakeChannel:
        self.channels.append(FakeChannel())
        return self.channels[-1]

    async def close(self) -> None:
        self.closed = True


@pytest.fixture
def connections(monkeypatch: pytest.MonkeyPatch) -> list[FakeConnection]:
    opened: list[FakeConnection] = []

    async def connect(_url: str) -> FakeConnection:
        opened.append(FakeConnection())
        return opened[-1]

    monkeypatch.setattr(aiormq, "connect", connect)
    return opened


async def test_an_update_goes_to_a_durable_topic_exchange(
    connections: list[FakeConnection],
) -> None:
    publisher = AmqpPublisher("amqp://x/")
    await publisher.publish("update.user.user.alice.user", *ARGUMENTS)
    ((connection,),) = (connections,)
    (channel,) = connection.channels
    assert channel.declared == [("chat3_updates", {"exchange_type": "topic", "durable": True})]
    ((body, arguments),) = channel.published
    properties = arguments.pop("properties")
    assert body == b"{}"
    assert arguments == {"exchange": "chat3_updates", "routing_key": "update.user.user.alice.user"}
    assert properties.content_type == "application/json"
    assert properties.delivery_mode == 2
    assert properties.headers == {"userId": "alice"}


async def test_the_timestamp_is_in_milliseconds_on_the_wire(
    connections: list[FakeConnection],
) -> None:
    publisher = AmqpPublisher("amqp://x/")
    await publisher.publish("k", *ARGUMENTS)
    properties: Basic.Properties = connections[0].channels[0].published[0][1]["properties"]
    wire = Basic.Properties(timestamp=properties.timestamp).marshal()
    assert int.from_bytes(wire[-8:], "big") == ARGUMENTS[2]
    read = decode.timestamp(wire[-8:])[1]
    assert read == dt.datetime.fromtimestamp(ARGUMENTS[2] / 1000, tz=dt.UTC)


async def test_a_closed_channel_means_a_new_connection(connections: list[FakeConnection]) -> None:
    publisher = AmqpPublisher("amqp://x/")
    await publisher.publish("a", *ARGUMENTS)
    await publisher.publish("b", *ARGUMENTS)
    connections[0].channels[0].is_closed = True
    await publisher.publish("c", *ARGUMENTS)
    assert [len(c.channels[0].published) for c in connections] == [2, 1]
    assert connections[0].closed
    await publisher.close()
    await publisher.close()
    assert connections[1].closed


async def test_a_key_that_amqp_cannot_carry_is_unpublishable(
    connections: list[FakeConnection],
) -> None:
    publisher = AmqpPublisher("amqp://x/")
    await publisher.publish("ц" * 127, *ARGUMENTS)
    with pytest.raises(UnpublishableUpdateError):
        await publisher.publish("ц" * 128, *ARGUMENTS)
    assert len(connections[0].channels[0].published) == 1


async def test_the_null_publisher_takes_everything() -> None:
    await NullPublisher().publish("k", *ARGUMENTS)


async def test_a_real_broker_delivers_what_was_published(rabbitmq: RabbitMQ) -> None:
    url = rabbitmq.url
    publisher = AmqpPublisher(url, exchange="chat3_embedded_test")
    channel = await publisher.connect()
    queue = (await channel.queue_declare(exclusive=True)).queue
    assert queue is not None
    await channel.queue_bind(queue, "chat3_embedded_test", "update.#")
    await publisher.publish("update.user.user.alice.user", *ARGUMENTS)
    message = await channel.basic_get(queue, no_ack=True)
    properties = message.header.properties
    assert message.body == b"{}"
    assert properties.content_type == "application/json"
    assert properties.headers == {"userId": "alice"}
    expected = dt.datetime.fromtimestamp(ARGUMENTS[2] / 1000, tz=dt.UTC)
    assert properties.timestamp == expected
    await channel.exchange_delete("chat3_embedded_test")
    await publisher.close()
