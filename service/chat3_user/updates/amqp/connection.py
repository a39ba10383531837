"""A connection to RabbitMQ: aiormq's, but for the deliveries that are taken on their way to it."""

import asyncio
import random
import ssl
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Final

import aiormq
import pamqp.frame
from aiormq.abc import AbstractConnection
from aiormq.connection import SSLContextProvider, TransportFactory
from aiormq.exceptions import AMQPConnectionError, AMQPError, InvalidFrameError
from pamqp.commands import Connection as Commands
from pamqp.exceptions import PAMQPException
from pamqp.heartbeat import Heartbeat
from yarl import URL

from chat3_user.updates.amqp.deliveries import Deliveries
from chat3_user.updates.amqp.failures import VhostRefusedError

_HEARTBEAT_SECONDS: Final = 10
"""A broker that is silent for three times as long is given up."""

_HEARTBEAT: Final = Heartbeat().marshal()
_SIGN_OF_LIFE_SECONDS: Final = 1.0
_CLOSE: Final = b"\x00\x0a\x00\x32"
_CLOSE_AT: Final = 7
"""How a method frame says ``connection.close``, behind its head."""


_NODE_TIMEOUT: Final = 3.0
"""Seconds for one node of several: the next one may be there."""


async def connect_any(
    nodes: Sequence[str],
    deliveries: Deliveries,
    *,
    timeout: float,
    tls: ssl.SSLContext | None = None,
) -> AbstractConnection:
    """Connect to one of a cluster's nodes, tried in random order, within ``timeout`` seconds.

    Raises what `connect` does, for the last node that was tried.
    """
    each = timeout if len(nodes) == 1 else min(timeout, _NODE_TIMEOUT)
    *firsts, last = random.sample(nodes, len(nodes))
    async with asyncio.timeout(timeout):
        for node in firsts:
            with suppress(AMQPError, OSError, TimeoutError):
                return await connect(node, deliveries, timeout=each, tls=tls)
        return await connect(last, deliveries, timeout=each, tls=tls)


async def connect(
    url: str, deliveries: Deliveries, *, timeout: float, tls: ssl.SSLContext | None = None
) -> AbstractConnection:
    """Connect to the broker at ``url``, within ``timeout`` seconds.

    Raises what `failures.problem_of` can tell apart.
    """
    transports = _Transports(deliveries)
    connection = _Connection(_with_heartbeat(url), context=tls, transport_factory=transports)
    try:
        async with asyncio.timeout(timeout):
            await connection.connect()
    except InvalidFrameError as error:
        # aiormq did not expect an answer that is no consent, and keeps its text to itself.
        if transports.refusal:
            raise VhostRefusedError(transports.refusal) from error
        raise
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
        self._reader: _Reader | None = None

    @property
    def refusal(self) -> str:
        """What the broker said when it closed the connection."""
        return "" if self._reader is None else self._reader.refusal

    async def create(
        self, url: URL, **kwargs: Any
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        loop = asyncio.get_running_loop()
        certificates: SSLContextProvider = kwargs["ssl_context_provider"]
        tls = await certificates.get_context() if url.scheme == "amqps" else None
        reader = self._reader = _Reader(self._deliveries, loop)
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
        self.refusal = ""

    def feed_data(self, data: Any) -> None:
        others = self._deliveries.split(data)
        now = time.monotonic()
        silence = now - self._last_fed
        if not others and self._deliveries.taking and silence > _SIGN_OF_LIFE_SECONDS:
            # A broker that delivers sends no heartbeats, and aiormq would give it up for silent.
            others = _HEARTBEAT
        if others:
            self._last_fed = now
            if others.startswith(_CLOSE, _CLOSE_AT):
                self.refusal = _text_of_close(others)
            super().feed_data(others)

    def feed_eof(self) -> None:
        rest = self._deliveries.rest()
        if rest:
            super().feed_data(rest)
        super().feed_eof()


def _text_of_close(data: bytes) -> str:
    """Return the reason in a frame that closes the connection."""
    try:
        _size, _channel, frame = pamqp.frame.unmarshal(data)
    except PAMQPException:
        return ""
    return frame.reply_text if isinstance(frame, Commands.Close) else ""
