"""Whether updates flow: they go to their feeds, and wait while what was missed is filled in."""

import asyncio
from collections.abc import Awaitable, Callable

from chat3_user.updates.broker import Broker, LogError
from chat3_user.updates.chores import Chores
from chat3_user.updates.feed import Feed
from chat3_user.updates.feeds import Feeds
from chat3_user.updates.fences import Fences
from chat3_user.updates.marks import Marks
from chat3_user.updates.responses import gap_reason

_RECOVERY_PAUSE = 1.0


class Flow:
    """What the broker speaks to (`Sink`).

    ``fill`` gives a feed what it missed and returns why that was not all; ``losses`` counts how
    often the broker went away, ``received`` the updates that came, whoever they were for.
    """

    def __init__(
        self,
        broker: Broker,
        feeds: Feeds,
        fences: Fences,
        marks: Marks,
        fill: Callable[[Feed], Awaitable[LogError | None]],
        chores: Chores,
    ) -> None:
        self._broker = broker
        self._feeds = feeds
        self._fences = fences
        self._marks = marks
        self._fill = fill
        self._chores = chores
        self._held: list[bytes] | None = []
        self._hole_open = False
        self._flowing = asyncio.Event()
        self._recovery: asyncio.Task[None] | None = None
        self.losses = 0
        self.received = 0

    @property
    def live(self) -> bool:
        """Whether updates flow."""
        return self._broker.live and self._held is None

    async def wait_live(self) -> None:
        """Wait until updates flow."""
        await self._flowing.wait()

    def delivered(self, body: bytes) -> None:
        """Hand an update to its feed; during a recovery it waits behind what was missed."""
        self.received += 1
        if self._held is not None and self._feeds.concern(body):
            self._held.append(body)
        else:
            self._feeds.dispatch(body)

    def fenced(self, fence: str) -> None:
        """Wake who waits for the fence."""
        self._fences.came(fence)

    def lost(self) -> None:
        """Hold updates back until the hole is known and filled; tell the streams."""
        if self._recovery is not None:
            self._recovery.cancel()
        self.losses += 1
        self._fences.lost()
        self._held = []
        self._flowing.clear()
        self._feeds.nudge()

    def regained(self, *, complete: bool) -> None:
        """Go on; when not all that was published meanwhile comes, fill the hole first."""
        # What was held in a recovery that did not come to its end is gone from the queue.
        if complete and not self._hole_open:
            self._release()
        else:
            self._hole_open = True
            self._recovery = self._chores.start(self._recover(), "updates-recovery")

    async def _recover(self) -> None:
        """Give every feed what the log has and it has not, then what was held meanwhile."""
        filled = await self._fill_holes()
        while not filled:
            await asyncio.sleep(_RECOVERY_PAUSE)
            filled = await self._fill_holes()
        self._hole_open = False
        self._release()

    async def _fill_holes(self) -> bool:
        """Give every feed what it missed, or a gap; return whether that was possible."""
        feeds = [feed for feed in self._feeds if feed.live]
        marks = [feed.mark for feed in feeds]
        errors = await asyncio.gather(*(self._fill(feed) for feed in feeds))
        if not any(errors):
            return True
        # A broker that is going away says nothing about the log.
        if not await self._fences.passes():
            return False
        now = await self._marks.take()
        for feed, mark, error in zip(feeds, marks, errors, strict=True):
            if error is not None:
                feed.go_live(now)
                feed.gap(gap_reason(error), mark.time_ms)
        return True

    def _release(self) -> None:
        held, self._held = self._held or [], None
        for body in held:
            self._feeds.dispatch(body)
        self._flowing.set()
        self._feeds.nudge()
