"""Time as tenant-api keeps it: Unix milliseconds in a double, never twice the same."""

from __future__ import annotations

import time

# A double near 1.8e12 resolves about 0.00024; half a microsecond is surely a later double.
_STEP = 0.0005


class Clock:
    """Gives strictly growing times, so that sorting by time is sorting by arrival."""

    def __init__(self) -> None:
        self._last = 0.0

    def now(self) -> float:
        """Return Unix milliseconds, with a fraction, later than any time given before."""
        self._last = max(time.time_ns() / 1e6, self._last + _STEP)
        return self._last
