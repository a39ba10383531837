"""Publishing to AMQP, by the real aiormq to a real broker."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from typing import Any

import aiormq
import pytest
from aiormq.abc import AbstractChannel

from chat3_embedded import AmqpPublisher, NullPublisher, UnpublishableUpdateError
from support.rabbitmq import RabbitMQ

ARGUMENTS = (b"{}", {"userId": "alice"}, 1_795_424_736_781)
EXCHANGE = "chat3_embedded_test"
KEY = "update.user.user.alice.user"


class Listening:
    """A queue that gets everything of the exchange."""

    def __init__(self, channel: AbstractChannel, queue: str) -> None:
        self._channel = channel
        self._queue = queue

    async def take(self) -> Any:
        """Return the next message."""
        return await self._channel.basic_get(self._queue, no_ack=True)


@pytest.fixture
async def publisher(rabbitmq: RabbitMQ) -> AsyncIterator[AmqpPublisher]:
    made = AmqpPublisher(rabbitmq.url, exchange=EXCHANGE)
    yield made
    await made.close()
    await made.close()


@pytest.fixture
async def listening(rabbitmq: RabbitMQ) -> AsyncIterator[Listening]:
    connection = await aiormq.connect(rabbitmq.url)
    channel = await connection.channel()
    # RabbitMQ refuses to declare an exchange again that is of another type or less durable.
    await channel.exchange_declare(EXCHANGE, exchange_type="topic", durable=True)
    queue = (await channel.queue_declare(exclusive=True)).queue or ""
    await channel.queue_bind(queue, EXCHANGE, "#")
    yield Listening(channel, queue)
    await channel.exchange_delete(EXCHANGE)
    await connection.close()


async def test_an_update_goes_to_a_durable_topic_exchange(
    publisher: AmqpPublisher, listening: Listening
) -> None:
    await publisher.publish(KEY, *ARGUMENTS)
    message = await listening.take()
    properties = message.header.properties
    assert (message.body, message.delivery.routing_key) == (b"{}", KEY)
    assert properties.content_type == "application/json"
    assert properties.delivery_mode == 2
    assert properties.headers == {"userId": "alice"}


async def test_the_timestamp_is_in_milliseconds_on_the_wire(
    publisher: AmqpPublisher, listening: Listening
) -> None:
    await publisher.publish(KEY, *ARGUMENTS)
    properties = (await listening.take()).header.properties
    assert properties.timestamp == dt.datetime.fromtimestamp(ARGUMENTS[2] / 1000, tz=dt.UTC)
    # The same number in seconds would be a year that no clock has: pamqp can tell them apart.
    assert properties.timestamp.microsecond == 781_000


@pytest.mark.parametrize("lost", ["channel", "connection"])
async def test_what_was_lost_is_opened_anew(
    publisher: AmqpPublisher, listening: Listening, lost: str
) -> None:
    await publisher.publish("a", *ARGUMENTS)
    channel = await publisher.connect()
    assert await publisher.connect() is channel
    await (channel if lost == "channel" else channel.connection).close()
    await publisher.publish("b", *ARGUMENTS)
    assert await publisher.connect() is not channel
    assert [(await listening.take()).delivery.routing_key for _ in "ab"] == ["a", "b"]


async def test_a_key_that_amqp_cannot_carry_is_unpublishable(
    publisher: AmqpPublisher, listening: Listening
) -> None:
    await publisher.publish("ц" * 127, *ARGUMENTS)
    with pytest.raises(UnpublishableUpdateError):
        await publisher.publish("ц" * 128, *ARGUMENTS)
    taken = (await listening.take()).delivery
    assert (taken.routing_key, taken.message_count) == ("ц" * 127, 0)


async def test_the_null_publisher_takes_everything() -> None:
    await NullPublisher().publish("k", *ARGUMENTS)
