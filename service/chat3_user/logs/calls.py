"""The log of calls: a line for each at its end, fewer where settings or floods of failures want."""

import random
import threading
import time
from collections.abc import Callable
from typing import Final

from chat3_user.finished_call import FinishedCall
from chat3_user.logs.formats import LEVELS, Format
from chat3_user.logs.lines import Lines
from chat3_user.logs.repeats import Repeats
from chat3_user.logs.settings import LogSettings

_NO_FAILURES: Final = ("OK", "CANCELLED")
_FAULTS: Final = {
    "UNKNOWN": "error",
    "INTERNAL": "error",
    "DATA_LOSS": "error",
    "UNAVAILABLE": "warning",
    "DEADLINE_EXCEEDED": "warning",
}
"""Levels by status; what the caller could have known better is information, as success is."""


class CallLog:
    """Writes the lines of finished calls; an `Observer`."""

    def __init__(
        self,
        settings: LogSettings,
        lines: Lines,
        form: Format,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._share = settings.calls_ok_share
        self._slow = settings.calls_slow_seconds
        self._levels = LEVELS[LEVELS.index(settings.level) :]
        self._lines = lines
        self._form = form
        self._chance = chance
        self._repeats: Repeats[tuple[str, str], FinishedCall] = Repeats(
            settings.calls_failed_per_second
        )
        self._lock = threading.Lock()
        lines.summarise(self)

    def __call__(self, call: FinishedCall) -> None:
        """Write the line of a call, if it is to have one."""
        level = _FAULTS.get(call.status, "info")
        if level not in self._levels:
            return
        if call.status in _NO_FAILURES:
            if self._share < 1 and call.seconds < self._slow and self._chance() >= self._share:
                return
        else:
            with self._lock:
                writes = self._repeats.writes((call.status, call.reason), call)
            if not writes:
                self._lines.nudge()
                return
        self._lines.write(self._form.call(time.time(), level, call))

    @property
    def waiting(self) -> bool:
        """Whether failures are being summarised."""
        return self._repeats.waiting

    def due(self, *, all_: bool) -> list[bytes]:
        """Return the lines that say how many calls failed alike; each has the last one's fields."""
        with self._lock:
            found = self._repeats.due(all_=all_)
        now = time.time()
        return [
            self._form.call(now, _FAULTS.get(call.status, "info"), call, count)
            for call, count in found
        ]
