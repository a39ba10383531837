"""Lines that repeat are not all written: past so many a second, a line a second says how many."""

import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

Kind = TypeVar("Kind", bound=Hashable)
Line = TypeVar("Line")

_SECOND: Final = 1.0


@dataclass(slots=True)
class _Seen(Generic[Line]):
    """One kind of line: how many were written, or passed over, since ``since``."""

    since: float
    written: int = 0
    silent: int = 0
    summarised: bool = False
    last: Line | None = None


class Repeats(Generic[Kind, Line]):
    """Decides which lines are written; the kinds of lines are few and known.

    A kind of which more than ``most`` come in a second is summarised from then on, until a second
    brings no more than that. With 0 nothing is summarised. Not safe for use by several threads.
    """

    def __init__(self, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._clock = clock
        self._seen: dict[Kind, _Seen[Line]] = {}
        self._summarised = 0

    @property
    def waiting(self) -> bool:
        """Whether a kind is being summarised, so that somebody has to ask what is `due`."""
        return self._summarised > 0

    def writes(self, kind: Kind, line: Line) -> bool:
        """Return whether a line is to be written; count it where not."""
        if not self._most:
            return True
        now = self._clock()
        seen = self._seen.get(kind)
        if seen is None:
            seen = self._seen[kind] = _Seen(now)
        if not seen.summarised:
            if now - seen.since >= _SECOND:
                seen.since, seen.written = now, 0
            if seen.written < self._most:
                seen.written += 1
                return True
            seen.summarised, seen.since = True, now
            self._summarised += 1
        seen.silent += 1
        seen.last = line
        return False

    def due(self, *, all_: bool = False) -> list[tuple[Line, int]]:
        """Return what a second has brought of each summarised kind: its last line, and how many.

        ``all_`` asks before the second is over.
        """
        if not self._summarised:
            return []
        now = self._clock()
        found: list[tuple[Line, int]] = []
        for seen in self._seen.values():
            if not seen.summarised or not (all_ or now - seen.since >= _SECOND):
                continue
            if seen.last is not None:
                found.append((seen.last, seen.silent))
            seen.summarised = seen.silent > self._most
            self._summarised -= not seen.summarised
            seen.since, seen.written, seen.silent, seen.last = now, 0, 0, None
        return found
