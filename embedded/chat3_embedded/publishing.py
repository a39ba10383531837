"""Where updates go: the publisher interface, a publisher for AMQP and one that drops everything."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Protocol

import aiormq
from aiormq import spec

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aiormq.abc import AbstractChannel, AbstractConnection

UPDATES_EXCHANGE = "chat3_updates"


class UnpublishableUpdateError(ValueError):
    """The update can never be published (its key does not fit AMQP): retrying is pointless."""


class UpdatePublisher(Protocol):
    """Takes one encoded update; returns when it is handed over, raises when it is not."""

    async def publish(
        self,
        routing_key: str,
        body: bytes,
        headers: Mapping[str, str],
        timestamp_ms: int,
    ) -> None:
        """Publish one update; any exception but UnpublishableUpdateError means "try again"."""
        ...


class NullPublisher:
    """A publisher for servers that nobody listens to."""

    async def publish(
        self,
        routing_key: str,
        body: bytes,
        headers: Mapping[str, str],
        timestamp_ms: int,
    ) -> None:
        """Drop the update."""


class _MillisecondTimestamp(dt.datetime):
    """A moment that AMQP encodes in milliseconds, as tenant-api sends it.

    AMQP timestamps are seconds, and pamqp encodes nothing but ``datetime``, whose years end long
    before a count of milliseconds read as seconds. It encodes ``int(value.timestamp())``, so that
    is the one number changed here. pamqp's decoder takes numbers that large for milliseconds.
    """

    def timestamp(self) -> float:
        """Return milliseconds since 1970."""
        return round(super().timestamp() * 1000)


class AmqpPublisher:
    """Publishes to a durable topic exchange of a RabbitMQ server, over one raw channel.

    Connects at the first publish and again after a failure; the outbox in front of it retries.
    One difference to the recordings remains: aiormq gives every message a ``message_id``.
    """

    def __init__(self, url: str, *, exchange: str = UPDATES_EXCHANGE) -> None:
        self._url = url
        self._exchange = exchange
        self._connection: AbstractConnection | None = None
        self._channel: AbstractChannel | None = None

    async def connect(self) -> AbstractChannel:
        """Open the connection, declare the exchange and return the channel, unless open."""
        if self._channel is not None and not self._channel.is_closed:
            return self._channel
        await self.close()
        self._connection = await aiormq.connect(self._url)
        channel = await self._connection.channel()
        await channel.exchange_declare(self._exchange, exchange_type="topic", durable=True)
        self._channel = channel
        return channel

    async def publish(
        self,
        routing_key: str,
        body: bytes,
        headers: Mapping[str, str],
        timestamp_ms: int,
    ) -> None:
        """Publish one persistent JSON message and wait for the broker's confirmation."""
        if len(routing_key.encode()) > 255:  # noqa: PLR2004 - AMQP's limit of a short string
            msg = f"routing key longer than 255 bytes: {routing_key[:80]}…"
            raise UnpublishableUpdateError(msg)
        channel = await self.connect()
        await channel.basic_publish(
            body,
            exchange=self._exchange,
            routing_key=routing_key,
            properties=spec.Basic.Properties(
                content_type="application/json",
                delivery_mode=2,
                headers=dict(headers),
                timestamp=_MillisecondTimestamp.fromtimestamp(timestamp_ms / 1000, tz=dt.UTC),
            ),
        )

    async def close(self) -> None:
        """Close the connection if there is one."""
        connection, self._connection, self._channel = self._connection, None, None
        if connection is not None:
            await connection.close()
