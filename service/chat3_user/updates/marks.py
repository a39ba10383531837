"""Marks: places in the updates log behind which everything has been delivered to this worker."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from chat3_user.updates.broker import LogError, LogPosition
from chat3_user.updates.fences import Fences
from chat3_user.updates.replay import Replays


@dataclass(frozen=True, slots=True)
class Mark:
    """A log position behind which everything has been delivered.

    ``taken`` (monotonic seconds) and ``time_ms`` (Unix milliseconds) say when its taking began.
    """

    position: LogPosition | None
    taken: float
    time_ms: int


class Marks:
    """Takes marks; ``newest`` is the last one that counts for the whole worker."""

    def __init__(self, replays: Replays, fences: Fences) -> None:
        self._replays = replays
        self._fences = fences
        self.newest = Mark(None, 0.0, 0)

    async def take(self) -> Mark:
        """Return the log's end as it is now; without a position when it cannot be read."""
        taken, now_ms = time.monotonic(), int(time.time() * 1000)
        try:
            return Mark(await self._replays.mark(), taken, now_ms)
        except LogError:
            return Mark(None, taken, now_ms)

    async def renew(self, live: Callable[[], bool]) -> None:
        """Take a new mark; it counts once all that was published before has come."""
        mark = await self.take()
        if mark.position is not None and await self._fences.passes() and live():
            self.newest = mark
