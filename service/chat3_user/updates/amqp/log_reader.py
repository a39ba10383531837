"""One consumer of the updates log: its deliveries are taken before aiormq gets them."""

import asyncio
import secrets
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

from aiormq.abc import AbstractChannel, DeliveredMessage
from pamqp.header import ContentHeader

from chat3_user.updates.amqp.deliveries import Deliveries
from chat3_user.updates.amqp.failures import FAILURES
from chat3_user.updates.broker import LogEntry, LogUnreadableError
from chat3_user.updates.routing import is_update

PREFETCH: Final = 1000
"""Entries that the broker sends ahead of their acknowledgement."""

_AT_ONCE: Final = 128
"""Entries that are handed on without letting others run."""

_OFFSET_NAME: Final = b"x-stream-offset"
_OFFSET_HEADER: Final = bytes([len(_OFFSET_NAME)]) + _OFFSET_NAME + b"l"
"""The offset in encoded headers: its name, and the type of a 64-bit number."""

_OFFSET: Final = struct.Struct(">q")


class LogReader:
    """Holds what arrived until it is taken; only then may the broker send more."""

    def __init__(self, channel: AbstractChannel, prefetch: int) -> None:
        self.channel = channel
        self._prefetch = prefetch
        self._entries: list[LogEntry] = []
        self._taken = 0
        self._unacknowledged = 0
        self._ended = False
        self._news = asyncio.Event()

    def take(self, _tag: int, routing_key: bytes, properties: bytes, body: bytes) -> None:
        """Take what was delivered."""
        try:
            # Whatever a publisher writes into its keys: an entry that is never passed ends the log.
            update = is_update(routing_key.decode(errors="replace"))
            self._entries.append(LogEntry(offset_of(properties), body, update))
        except (ValueError, KeyError):
            self.end()
        self._news.set()

    def end(self) -> None:
        """Learn that nothing more comes."""
        self._ended = True
        self._news.set()

    async def next(self) -> list[LogEntry]:
        """Return what has arrived since, at least one entry; others run between two calls.

        Raises `LogUnreadableError`.
        """
        if self._entries:
            await asyncio.sleep(0)
        while not self._entries:
            if self._ended:
                raise LogUnreadableError("the consumer has ended")
            self._news.clear()
            await self._news.wait()
        entries, self._entries = self._entries[:_AT_ONCE], self._entries[_AT_ONCE:]
        self._taken += len(entries)
        self._unacknowledged += len(entries)
        if self._unacknowledged * 4 >= self._prefetch:
            self._unacknowledged = 0
            # The channel has this one consumer: its delivery tags count from 1.
            await self.channel.basic_ack(self._taken, multiple=True, wait=False)
        return entries


@asynccontextmanager
async def reading(
    channel: AbstractChannel, deliveries: Deliveries, queue: str, offset: int | str, wanted: int
) -> AsyncIterator[LogReader]:
    """Consume from ``offset``; the broker sends no more than ``wanted`` entries ahead."""
    reader = LogReader(channel, min(wanted, PREFETCH))
    tag = f"log.{secrets.token_hex(8)}"
    await channel.basic_qos(prefetch_count=min(wanted, PREFETCH))
    channel.on_consumer_cancel_callbacks.add(lambda _: reader.end())
    closing = channel.closing
    closing.add_done_callback(lambda _: reader.end())
    deliveries.take_from(tag, reader.take)
    arguments: dict[str, Any] = {"x-stream-offset": offset}
    cancelled = False
    try:
        await channel.basic_consume(queue, _ignore, arguments=arguments, consumer_tag=tag)
        try:
            yield reader
        finally:
            with suppress(*FAILURES):
                await channel.basic_cancel(tag, timeout=5)
                cancelled = True
    finally:
        closing.cancel()
        if cancelled:
            deliveries.release(tag)
        else:
            deliveries.drop_from(tag, channel.number)


def offset_of(properties: bytes) -> int:
    """Return the offset that the broker has put into the headers of an entry.

    Raises ``ValueError``, ``KeyError``.
    """
    place = properties.find(_OFFSET_HEADER)
    if place >= 0 and properties.find(_OFFSET_NAME, place + len(_OFFSET_HEADER)) < 0:
        return int(_OFFSET.unpack_from(properties, place + len(_OFFSET_HEADER))[0])
    # A publisher has used the name too: the headers have to be read.
    header = ContentHeader()
    header.unmarshal(properties)
    headers = header.properties.headers or {}
    return int(str(headers["x-stream-offset"]))


async def _ignore(_: DeliveredMessage) -> None:
    """Stand in for aiormq's callback; what it would be called with is taken before."""
