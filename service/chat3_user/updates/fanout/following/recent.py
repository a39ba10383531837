"""The last entries of the log that the tail has passed, for streams that begin among them.

What a stream has to know of the entries before its place is read out of each of them once, however
many streams begin behind it.
"""

from collections import deque
from dataclasses import dataclass
from typing import Final

from chat3_user.updates.broker import LogEntry, LogPosition
from chat3_user.updates.decoded import Decoder
from chat3_user.updates.fanout.following.entries import Before, before_of

_KEPT: Final = 8000
"""Entries that are kept: a part that is read at once, and more than what stands before it."""

_KEPT_BYTES: Final = 16_777_216
_ENTRY_BYTES: Final = 500
"""What an entry costs in memory besides its body."""


@dataclass(slots=True)
class Passed:
    """An entry that the tail has passed; ``tenant_id`` is empty where it is no update."""

    entry: LogEntry
    tenant_id: str
    _before: Before | None = None
    _is_read: bool = False

    def concerns(self, tenant_id: str) -> bool:
        """Return whether a stream of the tenant gets it."""
        return self.tenant_id == tenant_id or self.entry.is_gap

    def before(self, decode: Decoder) -> Before | None:
        """Return what a stream that begins behind the update has to know of it."""
        if not self._is_read:
            self._before, self._is_read = before_of(self.entry, decode), True
        return self._before


@dataclass(frozen=True, slots=True)
class Nearby:
    """What a tenant has around a place: ``before`` it, and behind it up to ``end``."""

    before: list[Passed]
    behind: list[LogEntry]
    end: LogPosition


class Recent:
    """Holds every entry from some offset up to the tail's place; bounded in number and bytes."""

    def __init__(self) -> None:
        self._since = 0
        self._passed: deque[Passed] = deque()
        self._size = 0

    def begin(self, since: int) -> None:
        """Forget all; every entry from the offset ``since`` on is added next."""
        self._since = since
        self._passed.clear()
        self._size = 0

    def add(self, passed: Passed) -> None:
        """Keep the next entry of the log."""
        self._passed.append(passed)
        self._size += len(passed.entry.body) + _ENTRY_BYTES
        while len(self._passed) > _KEPT or self._size > _KEPT_BYTES:
            oldest = self._passed.popleft().entry
            self._size -= len(oldest.body) + _ENTRY_BYTES
            self._since = oldest.offset + 1

    def around(self, place: LogPosition, tenant_id: str, look_back: int) -> Nearby | None:
        """Return what a tenant has behind ``place``, and the ``look_back`` entries up to there.

        Returns nothing where not all of that is here.
        """
        first = max(0, place.offset + 1 - look_back)
        if first < self._since or not self._passed:
            return None
        behind: list[Passed] = []
        before: list[Passed] = []
        found = False
        for passed in reversed(self._passed):
            offset = passed.entry.offset
            if offset > place.offset:
                behind.append(passed)
                continue
            if offset == place.offset:
                if passed.entry.position != place:
                    return None
                found = True
            if offset < first:
                break
            before.append(passed)
        if not found:
            return None
        return Nearby(
            before=[passed for passed in reversed(before) if passed.tenant_id == tenant_id],
            behind=[passed.entry for passed in reversed(behind) if passed.concerns(tenant_id)],
            end=self._passed[-1].entry.position,
        )
