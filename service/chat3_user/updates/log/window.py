"""A part of the updates log in memory: what was read of it, by user."""

import zlib
from array import array
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from heapq import merge
from itertools import islice
from typing import Final

from chat3_user.updates.broker import LogEntry, LogPosition, LogReplacedError
from chat3_user.updates.decoded import Address

_ENTRY_BYTES: Final = 200
"""What an entry costs in memory besides its body."""


@dataclass(slots=True)
class Window:
    """A contiguous part of the log: entries behind ``start``, up to ``end``.

    A ``partial`` one has the entries of those users only who were waiting when it was read.
    """

    start: LogPosition
    end: LogPosition
    size: int = 0
    partial: bool = False
    checksums: "array[int]" = field(default_factory=lambda: array("I"))
    by_user: dict[Address, list[LogEntry]] = field(default_factory=dict)
    gaps: list[LogEntry] = field(default_factory=list)
    deletions: dict[Address, list[bytes]] = field(default_factory=dict)

    @property
    def read(self) -> int:
        """The number of entries that were read, whoever they are for."""
        return len(self.checksums)

    def append(self, entry: LogEntry) -> None:
        """Take the next entry of the log."""
        missing = entry.offset - self.start.offset - 1 - len(self.checksums)
        self.checksums.extend([0] * missing)
        self.checksums.append(zlib.crc32(entry.body))
        if entry.is_gap:
            self.gaps.append(entry)

    def keep(self, address: Address, entry: LogEntry) -> None:
        """Keep the entry for its user."""
        self.size += len(entry.body) + _ENTRY_BYTES
        self.by_user.setdefault(address, []).append(entry)
        if entry.is_deletion:
            self.deletions.setdefault(address, []).append(entry.body)

    def join(self, later: "Window") -> None:
        """Take over what a window holds that begins where this one ends.

        Raises `LogReplacedError`.
        """
        if not self.holds(later.start):
            raise LogReplacedError
        self.end = later.end
        self.checksums.extend(later.checksums)
        self.gaps += later.gaps
        for address, entries in later.by_user.items():
            self.by_user.setdefault(address, []).extend(entries)
        for address, bodies in later.deletions.items():
            self.deletions.setdefault(address, []).extend(bodies)

    def holds(self, position: LogPosition) -> bool:
        """Return whether ``position`` is of this log, and all from there to the end is here."""
        index = position.offset - self.start.offset - 1
        if index < -1 or position.offset > self.end.offset:
            return False
        found = self.start.checksum if index < 0 else self.checksums[index]
        return found == position.checksum

    def goes_on_from(self, position: LogPosition) -> bool:
        """Return whether the window has anything behind ``position``."""
        return position.offset < self.end.offset and self.holds(position)

    def new_deletions(self, address: Address) -> Sequence[bytes]:
        """Return the deletions among the user's entries that were not returned before."""
        return self.deletions.pop(address, ())

    def behind(
        self, address: Address, after: LogPosition, limit: int | None = None
    ) -> list[LogEntry]:
        """Return the user's entries behind ``after``, gaps among them; the first ``limit``."""
        own, gaps = (
            _later(entries, after, limit) for entries in (self.by_user.get(address, []), self.gaps)
        )
        if not gaps:
            return own
        return list(islice(merge(own, gaps, key=_offset), limit))


def _offset(entry: LogEntry) -> int:
    return entry.offset


def _later(entries: list[LogEntry], after: LogPosition, limit: int | None) -> list[LogEntry]:
    begin = bisect_right(entries, after.offset, key=_offset)
    return entries[begin : None if limit is None else begin + limit]
