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

from aiormq.abc import AbstractChannel, AbstractConnection
from aiormq.exceptions import ChannelNotFoundEntity

from chat3_user.updates.amqp.deliveries import Deliveries
from chat3_user.updates.amqp.failures import FAILURES, end_if_cancelled
from chat3_user.updates.amqp.log_reader import PREFETCH, LogReader, reading
from chat3_user.updates.broker import (
    LogEntry,
    LogExpiredError,
    LogPosition,
    LogReplacedError,
    LogUnavailableError,
    LogUnreadableError,
)


class AmqpLog:
    """Reads the log in ``queue`` and finds its end; the session lends it a connection.

    ``timeout`` (seconds) bounds every wait for the broker.
    """

    def __init__(self, queue: str, *, timeout: float = 10.0) -> None:
        self._queue = queue
        self._timeout = timeout
        self._connection: AbstractConnection | None = None
        self._deliveries = Deliveries()
        self._lost: Callable[[], None] = lambda: None
        self.entries_read = 0

    def attach(
        self, connection: AbstractConnection, deliveries: Deliveries, lost: Callable[[], None]
    ) -> None:
        """Use ``connection`` from now on: the log is declared there.

        ``deliveries`` are those of the connection; ``lost`` is called when the log turns out to be
        there no more.
        """
        self._connection = connection
        self._deliveries = deliveries
        self._lost = lost

    def detach(self) -> None:
        """Use the connection no more: it is gone, or there is no log."""
        self._connection = None

    async def check(self) -> None:
        """Ask whether the log is there.

        Raises `LogError`: `LogUnreadableError` when it was deleted, `LogUnavailableError` when
        nobody can be asked.
        """
        try:
            async with asyncio.timeout(self._timeout), self._channel() as channel:
                await channel.queue_declare(self._queue, passive=True)
        except ChannelNotFoundEntity as error:
            self._lost()
            raise LogUnreadableError(str(error)) from error
        except FAILURES as error:
            raise LogUnavailableError(str(error)) from error

    async def end(self) -> LogPosition:
        """Publish a marker and return its position.

        The reader is there before the marker, at the end of the log as it is then: so the marker
        comes, and little comes before it, however much is being published.
        """
        marker = b"mark " + secrets.token_hex(16).encode()
        try:
            async with (
                asyncio.timeout(self._timeout),
                self._reading("next") as reader,
            ):
                await reader.channel.basic_publish(marker, exchange="", routing_key=self._queue)
                while True:
                    for entry in await reader.next():
                        if entry.body == marker:
                            return entry.position
        except ChannelNotFoundEntity as error:
            self._lost()
            raise LogUnreadableError("the log was deleted") from error
        except FAILURES as error:
            raise LogUnreadableError("the end cannot be found") from error

    async def read(
        self, after: LogPosition, until: LogPosition, look_back: int = 0
    ) -> AsyncGenerator[LogEntry, None]:
        """Read the entries behind ``after``, up to and including ``until``."""
        if after.offset < 0:
            raise LogExpiredError
        if after.offset > until.offset:
            raise LogReplacedError
        begin = after.offset if not look_back else max(0, after.offset + 1 - look_back)
        first = after.offset + 1 if not look_back else begin
        verified = False
        try:
            async with self._reading(begin, until.offset - begin + 1) as reader:
                while True:
                    async with asyncio.timeout(self._timeout):
                        entries = await reader.next()
                    self.entries_read += len(entries)
                    for entry in entries:
                        if not verified and entry.offset >= after.offset:
                            _verify(entry, after)
                            verified = True
                        if first <= entry.offset <= until.offset:
                            yield entry
                        if entry.offset >= until.offset:
                            return
        except FAILURES as error:
            raise LogUnreadableError("the log cannot be read") from error

    async def follow(self, after: LogPosition) -> AsyncGenerator[list[LogEntry], None]:
        """Read the entries behind ``after``, and those that come, until the log fails."""
        # A log that was made anew may not have come as far: nothing would ever be read.
        if after.offset > (await self.end()).offset:
            raise LogReplacedError
        try:
            async with self._reading(after.offset) as reader:
                async with asyncio.timeout(self._timeout):
                    entries: list[LogEntry] = []
                    while not entries:
                        entries = [
                            entry for entry in await reader.next() if entry.offset >= after.offset
                        ]
                _verify(entries.pop(0), after)
                while True:
                    if entries:
                        yield entries
                    end_if_cancelled()
                    entries = await reader.next()
        except ChannelNotFoundEntity as error:
            self._lost()
            raise LogUnreadableError("the log was deleted") from error
        except FAILURES as error:
            raise LogUnreadableError("the log cannot be followed") from error

    @asynccontextmanager
    async def _reading(self, offset: int | str, wanted: int = PREFETCH) -> AsyncIterator[LogReader]:
        async with (
            self._channel() as channel,
            reading(channel, self._deliveries, self._queue, offset, wanted) as reader,
        ):
            yield reader

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
            # What is suppressed there can be a cancellation that aiormq has turned into an error.
            end_if_cancelled()


def _verify(entry: LogEntry, after: LogPosition) -> None:
    if entry.offset > after.offset:
        raise LogExpiredError
    if zlib.crc32(entry.body) != after.checksum:
        raise LogReplacedError
