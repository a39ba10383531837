"""Where lines go: a file descriptor that a thread of its own writes to, several lines at a time.

Who logs never waits for who reads the log. Lines are lost only when that reader takes nothing for
long: then a line says how many, once it reads again.
"""

import os
import select
import threading
from collections import deque
from collections.abc import Callable
from typing import Final, Protocol

_PAUSE: Final = 0.05
"""Seconds in which lines gather before they are written."""
_TICK: Final = 1.0
"""Seconds between looks for summaries."""
_MOST_WAITING: Final = 50_000
"""Lines that may wait for a reader that takes nothing."""
_AT_ONCE: Final = 4096
"""Bytes in one write. Other processes' lines do not come between: that is what POSIX grants pipes
(PIPE_BUF on Linux)."""
_AT_END: Final = 5.0
"""Seconds that the last lines may take when the process ends."""


class Summaries(Protocol):
    """What has lines to say when some time has passed."""

    @property
    def waiting(self) -> bool:
        """Whether there will be something to say."""
        ...

    def due(self, *, all_: bool) -> list[bytes]:
        """Return the lines that are due, or ``all_``; called by the thread that writes."""
        ...


class Lines:
    """The lines of one process. `write` may be called by any thread; the end of a line is in it.

    ``lost`` makes the line which says that so many were lost.
    """

    def __init__(self, descriptor: int, lost: Callable[[int], bytes]) -> None:
        self._descriptor = descriptor
        self._lost_line = lost
        self._lost = 0
        self._waiting: deque[bytes] = deque()
        self._wake = threading.Event()
        self._closing = threading.Event()
        self._summaries: list[Summaries] = []
        self._thread = threading.Thread(target=self._run, name="logs", daemon=True)
        self._thread.start()

    def summarise(self, summaries: Summaries) -> None:
        """Ask ``summaries`` from now on."""
        self._summaries.append(summaries)

    def write(self, line: bytes) -> None:
        """Have a line written soon."""
        if len(self._waiting) >= _MOST_WAITING:
            self._lost += 1
            return
        self._waiting.append(line)
        self.nudge()

    def nudge(self) -> None:
        """Have summaries looked at."""
        if not self._wake.is_set():
            self._wake.set()

    def close(self) -> None:
        """Write what is left, and all that is summarised; wait for it within reason."""
        self._closing.set()
        self._wake.set()
        self._thread.join(_AT_END)

    def _run(self) -> None:
        while not self._closing.is_set():
            summarising = any(each.waiting for each in self._summaries)
            self._wake.wait(_TICK if summarising else None)
            self._wake.clear()
            self._closing.wait(_PAUSE)
            self._write_out(all_=False)
        self._write_out(all_=True)

    def _write_out(self, *, all_: bool) -> None:
        """Write all that waits; lines are packed, and none is cut in two unless it is too long."""
        for each in self._summaries:
            try:
                self._waiting.extend(each.due(all_=all_))
            except Exception:  # noqa: BLE001 - the other lines are written all the same
                self._lost += 1
        pack: list[bytes] = []
        size = 0
        while self._waiting:
            line = self._waiting.popleft()
            if pack and size + len(line) > _AT_ONCE:
                self._put(b"".join(pack))
                pack, size = [], 0
            pack.append(line)
            size += len(line)
            if self._lost and len(self._waiting) < _MOST_WAITING // 2:
                lost, self._lost = self._lost, 0
                self._waiting.append(self._lost_line(lost))
        if pack:
            self._put(b"".join(pack))

    def _put(self, data: bytes) -> None:
        while data:
            try:
                data = data[os.write(self._descriptor, data) :]
            except BlockingIOError:
                select.select([], [self._descriptor], [], _TICK)
            except OSError:
                return  # nobody reads the log any more; there is nowhere to say so
