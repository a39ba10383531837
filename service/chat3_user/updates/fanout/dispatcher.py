"""What the broker delivers goes to the feeds, and waits while they catch up after a loss."""

import asyncio
from collections.abc import Awaitable, Callable

from chat3_user.telemetry import NO_CARRIER, Carrier
from chat3_user.updates.broker import Broker, LogError
from chat3_user.updates.fanout.background_tasks import BackgroundTasks
from chat3_user.updates.fanout.feed import Feed
from chat3_user.updates.fanout.feeds import Feeds
from chat3_user.updates.fanout.responses import gap_reason
from chat3_user.updates.log.barriers import Barriers
from chat3_user.updates.log.watermarks import Watermarks

_RECOVERY_PAUSE = 1.0


class Dispatcher:
    """Hands deliveries to the feeds; the broker's `Sink`.

    ``catch_up`` gives a feed what it missed and returns why that was not all; ``losses`` counts how
    often the broker went away, ``received`` the updates that came, whoever they were for.
    """

    def __init__(
        self,
        broker: Broker,
        feeds: Feeds,
        barriers: Barriers,
        watermarks: Watermarks,
        catch_up: Callable[[Feed], Awaitable[LogError | None]],
        background: BackgroundTasks,
    ) -> None:
        self._broker = broker
        self._feeds = feeds
        self._barriers = barriers
        self._watermarks = watermarks
        self._catch_up = catch_up
        self._background = background
        self._held: list[tuple[bytes, Carrier]] | None = []
        self._gap_open = False
        self._flowing = asyncio.Event()
        self._recovery: asyncio.Task[None] | None = None
        self.losses = 0
        self.received = 0

    @property
    def live(self) -> bool:
        """Whether updates flow."""
        return self._broker.live and self._held is None

    @property
    def held(self) -> int:
        """The number of updates that wait behind what was missed."""
        return len(self._held or ())

    async def wait_live(self) -> None:
        """Wait until updates flow."""
        await self._flowing.wait()

    def delivered(self, body: bytes, carrier: Carrier = NO_CARRIER) -> None:
        """Hand an update to its feed; during a recovery it waits behind what was missed."""
        self.received += 1
        if self._held is not None and self._feeds.concern(body):
            self._held.append((body, carrier))
        else:
            self._feeds.dispatch(body, carrier)

    def barrier_reached(self, barrier: str) -> None:
        """Wake who waits for the barrier."""
        self._barriers.came(barrier)

    def lost(self) -> None:
        """Hold updates back until it is known what is missing; tell the streams."""
        if self._recovery is not None:
            self._recovery.cancel()
        self.losses += 1
        self._barriers.lost()
        self._held = []
        self._flowing.clear()
        self._feeds.nudge()

    def regained(self, *, complete: bool) -> None:
        """Go on; when not all that was published meanwhile comes, the feeds catch up first."""
        # What was held in a recovery that did not come to its end is gone from the queue.
        if complete and not self._gap_open:
            self._release()
        else:
            self._gap_open = True
            self._recovery = self._background.start(self._recover(), "updates-recovery")

    async def _recover(self) -> None:
        """Give every feed what the log has and it has not, then what was held meanwhile."""
        filled = await self._all_catch_up()
        while not filled:
            await asyncio.sleep(_RECOVERY_PAUSE)
            filled = await self._all_catch_up()
        self._gap_open = False
        self._release()

    async def _all_catch_up(self) -> bool:
        """Give every feed what it missed, or a gap; return whether that was possible."""
        feeds = [feed for feed in self._feeds if feed.live]
        watermarks = [feed.watermark for feed in feeds]
        errors = await asyncio.gather(*(self._catch_up(feed) for feed in feeds))
        if not any(errors):
            return True
        # A broker that is going away says nothing about the log.
        if not await self._barriers.passes():
            return False
        now = await self._watermarks.take()
        for feed, watermark, error in zip(feeds, watermarks, errors, strict=True):
            if error is not None:
                feed.go_live(now)
                feed.gap(gap_reason(error), watermark.time_ms)
        return True

    def _release(self) -> None:
        held, self._held = self._held or [], None
        for body, carrier in held:
            self._feeds.dispatch(body, carrier)
        self._flowing.set()
        self._feeds.nudge()
