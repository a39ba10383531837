"""The workers of one machine, and how each of them is: a few bytes of memory that they share.

A worker writes its status and the time; each can read all. Nobody asks anybody, so a worker that
hangs or is dead holds up no answer: its entry grows old.
"""

import ctypes
import time
from collections.abc import Callable, MutableSequence, Sequence
from dataclasses import dataclass
from enum import StrEnum
from multiprocessing import get_context
from typing import Any, Final

from chat3_user.health.machine import Change, Status

SILENT_AFTER: Final = 5.0
"""Seconds without a word after which a worker counts as silent."""

_CODES: Final = (Status.READY, Status.DEGRADED, Status.NOT_READY)
_FIELDS: Final = 2


class Entry(StrEnum):
    """A worker on the board."""

    READY = "ready"
    DEGRADED = "degraded"
    NOT_READY = "not_ready"
    SILENT = "silent"


class Board:
    """The entries of workers; it is passed to each process when that is started.

    ``cells`` are two for each worker. The monotonic ``clock`` is the machine's: all processes read
    the same.
    """

    def __init__(
        self, cells: MutableSequence[float], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._clock = clock
        self._cells = cells
        for index in range(len(cells) // _FIELDS):
            self.clear(index)

    @classmethod
    def shared(cls, count: int) -> "Board":
        """Return the board of ``count`` processes."""
        cells: Any = get_context("spawn").RawArray(ctypes.c_double, count * _FIELDS)
        return cls(cells)

    @classmethod
    def alone(cls) -> "Board":
        """Return the board of a worker that has no others beside it."""
        return cls([0.0] * _FIELDS)

    def put(self, index: int, status: Status) -> None:
        """Say how worker ``index`` is now."""
        at = index * _FIELDS
        self._cells[at] = _CODES.index(status)
        self._cells[at + 1] = self._clock()

    def clear(self, index: int) -> None:
        """Forget worker ``index``, which is dead."""
        self._cells[index * _FIELDS + 1] = float("-inf")

    def entries(self) -> Sequence[Entry]:
        """Return how each worker is."""
        oldest = self._clock() - SILENT_AFTER
        return [
            Entry(_CODES[int(self._cells[at])]) if self._cells[at + 1] > oldest else Entry.SILENT
            for at in range(0, len(self._cells), _FIELDS)
        ]

    def status(self) -> Status:
        """Return the machine's status.

        It is ready when all its workers are, and not ready when none takes calls. In between it is
        degraded: connections are spread over all workers that listen, and a balancer can only
        turn the whole machine away.
        """
        entries = self.entries()
        if all(entry is Entry.READY for entry in entries):
            return Status.READY
        if any(entry in {Entry.READY, Entry.DEGRADED} for entry in entries):
            return Status.DEGRADED
        return Status.NOT_READY


@dataclass(frozen=True, slots=True)
class Seat:
    """The place of one worker on the board."""

    board: Board
    index: int = 0

    def put(self, status: Status) -> None:
        """Say how this worker is now."""
        self.board.put(self.index, status)

    def changed(self, change: Change) -> None:
        """Say what a change has made of this worker."""
        self.put(change.status)
