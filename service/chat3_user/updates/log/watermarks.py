"""Watermarks: log positions up to which this worker has been given everything."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from chat3_user.updates.broker import LogError, LogPosition
from chat3_user.updates.log.barriers import Barriers
from chat3_user.updates.log.replays import Replays


@dataclass(frozen=True, slots=True)
class Watermark:
    """A log position: what was published before it has been delivered.

    ``taken`` (monotonic seconds) and ``time_ms`` (Unix milliseconds) say when its taking began.
    """

    position: LogPosition | None
    taken: float
    time_ms: int


class Watermarks:
    """Takes watermarks; ``newest`` is the last one that counts for the whole worker."""

    def __init__(self, replays: Replays, barriers: Barriers) -> None:
        self._replays = replays
        self._barriers = barriers
        self.newest = Watermark(None, 0.0, 0)

    async def take(self) -> Watermark:
        """Return the log's end as it is now; without a position when it cannot be read."""
        taken, now_ms = time.monotonic(), int(time.time() * 1000)
        try:
            return Watermark(await self._replays.end(), taken, now_ms)
        except LogError:
            return Watermark(None, taken, now_ms)

    async def renew(self, live: Callable[[], bool]) -> None:
        """Take a new watermark; it counts once all that was published before has come."""
        watermark = await self.take()
        if watermark.position is not None and await self._barriers.passes() and live():
            self.newest = watermark
