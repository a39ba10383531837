"""A connection to RabbitMQ: aiormq's, but for the deliveries that are taken on their way to it."""

import asyncio
import ssl
import time
from typing import Any, Final

import aiormq
from aiormq.abc import AbstractConnection
from aiormq.connection import SSLContextProvider, TransportFactory
from aiormq.exceptions import AMQPConnectionError
from pamqp.heartbeat import Heartbeat
from yarl import URL

from chat3_user.updates.amqp.deliveries import Deliveries

_HEARTBEAT_SECONDS: Final = 10
"""A broker that is silent for three times as long is given up."""

_HEARTBEAT: Final = Heartbeat().marshal()
_SIGN_OF_LIFE_SECONDS: Final = 1.0


async def connect(
    url: str, deliveries: Deliveries, *, timeout: float, tls: ssl.SSLContext | None = None
) -> AbstractConnection:
    """Connect to the broker at ``url``, within ``timeout`` seconds."""
    connection = _Connection(
        _with_heartbeat(url), context=tls, transport_factory=_Transports(deliveries)
    )
    async with asyncio.timeout(timeout):
        await connection.connect()
    return connection


def _with_heartbeat(url: str) -> URL:
    """Return ``url`` with a heartbeat interval, unless it names one."""
    given = URL(url)
    if "heartbeat" in given.query:
        return given
    return given.update_query(heartbeat=_HEARTBEAT_SECONDS)


class _Connection(aiormq.Connection):
    """Tells whoever waits on it when it closes that it is gone.

    aiormq cancels them, or ends them with a bare ``Exception`` where the broker has agreed first.
    """

    async def close(self, exc: Any = None, timeout: float | None = None) -> None:
        if exc in {None, asyncio.CancelledError} or isinstance(exc, asyncio.CancelledError):
            exc = AMQPConnectionError("the connection was closed")
        await super().close(exc, timeout)


class _Transports(TransportFactory):
    """Opens sockets for aiormq, with or without TLS, as the URL says."""

    def __init__(self, deliveries: Deliveries) -> None:
        self._deliveries = deliveries

    async def create(
        self, url: URL, **kwargs: Any
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        loop = asyncio.get_running_loop()
        certificates: SSLContextProvider = kwargs["ssl_context_provider"]
        tls = await certificates.get_context() if url.scheme == "amqps" else None
        reader = _Reader(self._deliveries, loop)
        protocol = asyncio.StreamReaderProtocol(reader, loop=loop)
        try:
            transport, _protocol = await loop.create_connection(
                lambda: protocol, str(url.host), url.port or 0, ssl=tls
            )
        except OSError as error:
            raise AMQPConnectionError(*error.args) from error
        return reader, asyncio.StreamWriter(transport, protocol, reader, loop)


class _Reader(asyncio.StreamReader):
    """What aiormq reads: all frames but those of the deliveries that are taken."""

    def __init__(self, deliveries: Deliveries, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop=loop)
        self._deliveries = deliveries
        self._last_fed = 0.0

    def feed_data(self, data: Any) -> None:
        others = self._deliveries.split(data)
        now = time.monotonic()
        silence = now - self._last_fed
        if not others and self._deliveries.taking and silence > _SIGN_OF_LIFE_SECONDS:
            # A broker that delivers sends no heartbeats, and aiormq would give it up for silent.
            others = _HEARTBEAT
        if others:
            self._last_fed = now
            super().feed_data(others)

    def feed_eof(self) -> None:
        rest = self._deliveries.rest()
        if rest:
            super().feed_data(rest)
        super().feed_eof()
