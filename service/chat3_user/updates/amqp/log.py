"""The updates log in RabbitMQ: a queue of the type ``stream``, over AMQP 0-9-1.

Such a queue keeps entries after they are read; `x-stream-offset` says where a reader starts. To
find the end, a reader waits there while a marker is published into the log: whatever was published
before the call stands before the marker.
"""

import asyncio
import secrets
import zlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

from aiormq.abc import AbstractChannel, AbstractConnection, DeliveredMessage
from aiormq.exceptions import ChannelNotFoundEntity
from pamqp.commands import Basic

from chat3_user.updates.amqp.failures import FAILURES
from chat3_user.updates.broker import (
    LogEntry,
    LogExpiredError,
    LogPosition,
    LogReplacedError,
    LogUnavailableError,
    LogUnreadableError,
)
from chat3_user.updates.routing import is_update

_PREFETCH = 1000


class AmqpLog:
    """Reads the log in ``queue`` and finds its end; the session lends it a connection.

    ``timeout`` (seconds) bounds every wait for the broker.
    """

    def __init__(self, queue: str, *, timeout: float = 10.0) -> None:
        self._queue = queue
        self._timeout = timeout
        self._connection: AbstractConnection | None = None
        self._lost: Callable[[], None] = lambda: None
        self.entries_read = 0

    def attach(self, connection: AbstractConnection, lost: Callable[[], None]) -> None:
        """Use ``connection`` from now on: the log is declared there.

        ``lost`` is called when the log turns out to be there no more.
        """
        self._connection = connection
        self._lost = lost

    def detach(self) -> None:
        """Use the connection no more: it is gone, or there is no log."""
        self._connection = None

    async def end(self) -> LogPosition:
        """Publish a marker and return its position.

        The reader is there before the marker, at the end of the log as it is then: so the marker
        comes, and little comes before it, however much is being published.
        """
        marker = b"mark " + secrets.token_hex(16).encode()
        try:
            async with (
                asyncio.timeout(self._timeout),
                self._channel() as channel,
                _reading(channel, self._queue, "next", _PREFETCH) as arrivals,
            ):
                await channel.basic_publish(marker, exchange="", routing_key=self._queue)
                while True:
                    entry = _entry(await _next(arrivals))
                    if entry.body == marker:
                        return entry.position
        except ChannelNotFoundEntity as error:
            self._lost()
            raise LogUnreadableError("the log was deleted") from error
        except FAILURES as error:
            raise LogUnreadableError("the end cannot be found") from error

    async def read(self, after: LogPosition, until: LogPosition) -> AsyncGenerator[LogEntry, None]:
        """Read the entries behind ``after``, up to and including ``until``."""
        if after.offset > until.offset:
            raise LogReplacedError
        wanted = until.offset - after.offset + 1
        try:
            async with (
                self._channel() as channel,
                _reading(channel, self._queue, after.offset, wanted) as arrivals,
            ):
                verified = False
                while True:
                    async with asyncio.timeout(self._timeout):
                        entry = _entry(await _next(arrivals))
                    self.entries_read += 1
                    if entry.offset < after.offset:
                        continue
                    if not verified:
                        _verify(entry, after)
                        verified = True
                    elif entry.offset <= until.offset:
                        yield entry
                    if entry.offset >= until.offset:
                        return
        except FAILURES as error:
            raise LogUnreadableError("the log cannot be read") from error

    @asynccontextmanager
    async def _channel(self) -> AsyncIterator[AbstractChannel]:
        if self._connection is None:
            raise LogUnavailableError
        channel = await self._connection.channel()
        try:
            yield channel
        finally:
            with suppress(*FAILURES):
                await channel.close()


_Arrivals = asyncio.Queue[DeliveredMessage | None]
"""What a reader gets; nothing stands for the end of the channel."""


@asynccontextmanager
async def _reading(
    channel: AbstractChannel, queue: str, offset: int | str, wanted: int
) -> AsyncIterator[_Arrivals]:
    """Consume from ``offset`` and acknowledge in batches; a lost channel ends the waiting.

    The broker sends no more than the ``wanted`` entries ahead.
    """
    prefetch = min(wanted, _PREFETCH)
    arrivals: _Arrivals = asyncio.Queue()
    unacknowledged = 0

    async def arrived(message: DeliveredMessage) -> None:
        nonlocal unacknowledged
        arrivals.put_nowait(message)
        unacknowledged += 1
        if unacknowledged * 4 >= prefetch and message.delivery_tag is not None:
            unacknowledged = 0
            await channel.basic_ack(message.delivery_tag, multiple=True, wait=False)

    await channel.basic_qos(prefetch_count=prefetch)
    arguments: dict[str, Any] = {"x-stream-offset": offset}
    consumed = await channel.basic_consume(queue, arrived, arguments=arguments)
    closing = channel.closing
    closing.add_done_callback(lambda _: arrivals.put_nowait(None))
    try:
        yield arrivals
    finally:
        closing.cancel()
        with suppress(*FAILURES):
            await channel.basic_cancel(consumed.consumer_tag or "", timeout=5)


async def _next(arrivals: _Arrivals) -> DeliveredMessage:
    message = await arrivals.get()
    if message is None:
        raise LogUnreadableError("the connection was lost")
    return message


def _verify(entry: LogEntry, after: LogPosition) -> None:
    if entry.offset > after.offset:
        raise LogExpiredError
    if zlib.crc32(entry.body) != after.checksum:
        raise LogReplacedError


def _entry(message: DeliveredMessage) -> LogEntry:
    headers = message.header.properties.headers or {}
    offset = headers["x-stream-offset"]
    routing_key = (
        message.delivery.routing_key if isinstance(message.delivery, Basic.Deliver) else ""
    )
    return LogEntry(int(str(offset)), bytes(message.body), is_update(routing_key or ""))
