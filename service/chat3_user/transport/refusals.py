"""Counts what is turned away before it is a call, and logs a sample of it.

A flood of refusals makes a counter grow, not the log: each kind is logged at most once in a while,
with how many went by since.
"""

import logging
import time
from collections.abc import Callable
from typing import Final

log = logging.getLogger(__name__)

_EVERY: Final = 10.0


class Refusals:
    """``count`` is the metric, by kind."""

    def __init__(
        self, count: Callable[[str], None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._count = count
        self._clock = clock
        self._silent_until: dict[str, float] = {}
        self._unlogged: dict[str, int] = {}

    def refused(self, kind: str, peer: str, problem: str = "") -> None:
        """Count a refusal of ``kind``, a name from a fixed list; the rest is for the log alone."""
        self._count(kind)
        now = self._clock()
        if now < self._silent_until.get(kind, 0.0):
            self._unlogged[kind] = self._unlogged.get(kind, 0) + 1
            return
        self._silent_until[kind] = now + _EVERY
        log.warning(
            "refused",
            extra={
                "kind": kind,
                "peer": peer,
                "problem": problem[:200],
                "more_before": self._unlogged.pop(kind, 0),
            },
        )
