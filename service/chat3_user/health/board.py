"""The workers of one machine, and how each of them is: a few bytes of memory that they share.

A worker writes its status and, every second, the time; each can read all. Nobody asks anybody, so a
worker that hangs or is dead holds up no answer: its entry grows old. Their parent, which restarts
them, writes how often it did.
"""

import ctypes
import time
from collections.abc import Callable, Mapping, MutableSequence, Sequence
from dataclasses import dataclass
from enum import StrEnum
from multiprocessing import get_context
from typing import Any, Final, Literal, get_args

from chat3_user.health.machine import Change, Status

SILENT_AFTER: Final = 5.0
"""Seconds without a word after which a worker counts as silent."""

_CODES: Final = (Status.READY, Status.DEGRADED, Status.NOT_READY)

Cause = Literal["exited", "stalled"]
"""Why a worker was restarted: its process had ended, or gave no sign of life."""

CAUSES: Final[tuple[Cause, ...]] = get_args(Cause)
_FIELDS: Final = 2 + len(CAUSES)
_STATUS, _BEAT, _RESTARTS = range(3)
_NEVER: Final = float("-inf")


class Entry(StrEnum):
    """A worker on the board."""

    READY = "ready"
    DEGRADED = "degraded"
    NOT_READY = "not_ready"
    SILENT = "silent"


class Board:
    """The entries of workers; it is passed to each process when that is started.

    The monotonic ``clock`` is the machine's: all processes read the same.
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
    def alone(cls, count: int = 1, clock: Callable[[], float] = time.monotonic) -> "Board":
        """Return a board that no other process sees, as that of a worker without others."""
        return cls([0.0] * _FIELDS * count, clock)

    def put(self, index: int, status: Status) -> None:
        """Say how worker ``index`` is now."""
        self._cells[index * _FIELDS + _STATUS] = _CODES.index(status)
        self.beat(index)

    def beat(self, index: int) -> None:
        """Say that worker ``index`` lives."""
        self._cells[index * _FIELDS + _BEAT] = self._clock()

    def last_beat(self, index: int) -> float | None:
        """Return when worker ``index`` last gave a sign of life; None before its first."""
        beat = self._cells[index * _FIELDS + _BEAT]
        return None if beat == _NEVER else beat

    def clear(self, index: int) -> None:
        """Forget how worker ``index`` was, which is dead or about to start."""
        at = index * _FIELDS
        self._cells[at + _STATUS] = _CODES.index(Status.NOT_READY)
        self._cells[at + _BEAT] = _NEVER

    def restarted(self, index: int, cause: Cause) -> None:
        """Count a restart of worker ``index``."""
        self._cells[index * _FIELDS + _RESTARTS + CAUSES.index(cause)] += 1

    def restarts(self, index: int) -> Mapping[Cause, int]:
        """Return how often worker ``index`` was restarted."""
        at = index * _FIELDS + _RESTARTS
        return {cause: int(self._cells[at + number]) for number, cause in enumerate(CAUSES)}

    def entries(self) -> Sequence[Entry]:
        """Return how each worker is."""
        oldest = self._clock() - SILENT_AFTER
        return [
            Entry(_CODES[int(self._cells[at + _STATUS])])
            if self._cells[at + _BEAT] > oldest
            else Entry.SILENT
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

    def beat(self) -> None:
        """Say that this worker lives."""
        self.board.beat(self.index)

    def restarts(self) -> Mapping[Cause, int]:
        """Return how often this worker was restarted."""
        return self.board.restarts(self.index)

    def changed(self, change: Change) -> None:
        """Say what a change has made of this worker."""
        self.put(change.status)
