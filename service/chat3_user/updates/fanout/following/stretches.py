"""Parts of the log of bounded length, as a stream of one tenant takes them."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import Final
from weakref import WeakValueDictionary

from chat3_user.updates.broker import LogEntry, LogPosition, UpdatesLog
from chat3_user.updates.decoded import AddressReader, Decoder
from chat3_user.updates.fanout.following.entries import Before, before_of
from chat3_user.updates.fanout.following.recent import Nearby

LENGTH: Final = 5000
"""Entries of the log that are read at once."""

_BYTES: Final = 2_097_152
"""Where a part ends whatever its number of entries."""

_READERS: Final = 4
"""Streams that take what they have missed at once; others wait their turn."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """The tenant's ``entries`` up to ``end``, gaps among them, and what stood ``before`` them."""

    before: Iterable[Before | None]
    entries: list[LogEntry]
    end: LogPosition


class Stretches:
    """Takes parts out of memory, or reads them from the log.

    Streams hold ``decoding`` while they decode a little: however many there are, others run after
    each.
    """

    def __init__(self, log: UpdatesLog, decode: Decoder, address_of: AddressReader) -> None:
        self._log = log
        self._decode = decode
        self._address_of = address_of
        self._readers = asyncio.Semaphore(_READERS)
        self.decoding = asyncio.Lock()
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def turn(self, tenant_id: str) -> AsyncIterator[None]:
        """Let one stream of a tenant after the other take what it has missed, and few of all."""
        lock = self._turns.get(tenant_id)
        if lock is None:
            lock = self._turns[tenant_id] = asyncio.Lock()
        async with lock, self._readers:
            yield

    def of(self, nearby: Nearby) -> Stretch:
        """Return the first part of what the tail has passed."""
        before = (passed.before(self._decode) for passed in nearby.before)
        size = 0
        for number, entry in enumerate(nearby.behind, start=1):
            size += len(entry.body)
            if size >= _BYTES:
                return Stretch(before, nearby.behind[:number], entry.position)
        return Stretch(before, nearby.behind, nearby.end)

    async def read(
        self, tenant_id: str, after: LogPosition, until: LogPosition, look_back: int
    ) -> Stretch:
        """Read from ``after`` up to ``until``, or as much as one part may have.

        Raises `LogError`.
        """
        last, size = after, 0
        before: list[LogEntry] = []
        entries: list[LogEntry] = []
        async with aclosing(self._log.read(after, until, look_back)) as found:
            async for entry in found:
                if entry.offset <= after.offset:
                    if self._concerns(entry, tenant_id):
                        before.append(entry)
                    continue
                last = entry.position
                if entry.is_gap or self._concerns(entry, tenant_id):
                    entries.append(entry)
                    size += len(entry.body)
                    if size >= _BYTES:
                        break
        return Stretch((before_of(entry, self._decode) for entry in before), entries, last)

    def _concerns(self, entry: LogEntry, tenant_id: str) -> bool:
        """Return whether an entry is an update of the tenant."""
        if not entry.is_update:
            return False
        address = self._address_of(entry.body)
        return address is not None and address[0] == tenant_id
