"""The worker's centre of updates: one broker, a feed for each subscribed user, their streams.

The hub keeps the promises of `docs/guarantees.md` on this worker: it binds a user before it lets a
stream begin, knows the log position behind which a feed is complete, fills the hole after the
broker was away, and lets streams resume from memory or from the log.
"""

import asyncio
import logging
import secrets
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager

from betterproto2_compiled import Encoded
from chat3_user.errors import CallError, reasons
from chat3_user.updates.broker import (
    Broker,
    BrokerUnavailableError,
    LogError,
)
from chat3_user.updates.decoded import Decoder
from chat3_user.updates.feed import Feed, Mark
from chat3_user.updates.feeds import Feeds
from chat3_user.updates.fences import Fences
from chat3_user.updates.replay import Replays
from chat3_user.updates.responses import gap_reason
from chat3_user.updates.resuming import (
    Resumption,
    after_gap,
    fill_hole,
    fresh_start,
    from_log,
    from_memory,
)
from chat3_user.updates.settings import HubSettings
from chat3_user.updates.subscription import Filter, Subscription
from chat3_user.updates.tokens import (
    ForeignTokenError,
    Token,
    TokenError,
    decode_token,
    scope_of,
)

log = logging.getLogger(__name__)

_RECOVERY_PAUSE = 1.0

_PATIENCE = 15.0
"""Seconds for which a stream that wants to begin waits for a broker that is away or blocked."""


class Hub:
    """Delivers updates to streams; created, opened and closed by the composition root."""

    def __init__(self, broker: Broker, decode: Decoder, settings: HubSettings) -> None:
        self._broker = broker
        self._decode = decode
        self._feeds = Feeds(decode)
        self._fences = Fences(broker)
        self._settings = settings
        self._worker = secrets.token_bytes(4)
        self._replays = Replays(
            broker.log, keep_seconds=settings.replay_keep, keep_bytes=settings.replay_bytes
        )
        self._opening: dict[Feed, asyncio.Task[None]] = {}
        self._held: list[bytes] | None = []
        self._hole_open = False
        self._losses = 0
        self._mark = Mark(None, 0.0, 0)
        self._flowing = asyncio.Event()
        self._ending: Callable[[], CallError] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._recovery: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Start the broker and the hub's own chores."""
        self._start(self._keep_marks(), "hub-marks")
        self._start(self._expire_feeds(), "hub-expiry")
        await self._broker.open(self)

    async def close(self) -> None:
        """Stop the broker and all chores."""
        await self._broker.close()
        await self._replays.close()
        tasks = {*self._tasks, *self._opening.values()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    @property
    def live(self) -> bool:
        """Whether updates flow."""
        return self._broker.live and self._held is None

    async def wait_live(self) -> None:
        """Wait until updates flow."""
        await self._flowing.wait()

    @property
    def stream_count(self) -> int:
        """The number of open streams."""
        return self._feeds.stream_count

    def end_streams(self, problem: Callable[[], CallError]) -> None:
        """End all streams, and every one that begins from now on."""
        self._ending = problem
        for feed in self._feeds:
            for subscription in tuple(feed.subscriptions):
                subscription.end(problem())

    def read_token(self, text: str, tenant_id: str, user_id: str) -> Token | None:
        """Return the token in ``text``; nothing when there is none.

        Raises `CallError`.
        """
        if not text:
            return None
        try:
            return decode_token(text, scope_of(tenant_id, user_id), int(time.time() * 1000))
        except TokenError as error:
            raise reasons.resume_token_invalid(str(error)) from error
        except ForeignTokenError as error:
            raise reasons.resume_token_foreign() from error

    @contextmanager
    def subscription(
        self,
        tenant_id: str,
        user_id: str,
        connection_id: str,
        wanted: Filter,
        send_now: Callable[[Encoded], bool] | None = None,
    ) -> Iterator[tuple[Feed, Subscription]]:
        """Hold a place in the user's feed; what comes is held back until `begin` opens it.

        Raises `CallError` when the user has too many streams or the broker is away.
        """
        if self._ending is not None:
            raise self._ending()
        feed = self._feed(tenant_id, user_id)
        if len(feed.subscriptions) >= self._settings.streams_per_user:
            raise reasons.too_many_streams(self._settings.streams_per_user)
        subscription = Subscription(connection_id, wanted, self._settings.buffer, send_now)
        feed.subscriptions.add(subscription)
        try:
            yield feed, subscription
        finally:
            feed.subscriptions.discard(subscription)
            feed.idle_since = time.monotonic()

    async def begin(
        self, feed: Feed, subscription: Subscription, token: Token | None
    ) -> Resumption:
        """Make the feed live and return what goes before live updates.

        Raises `CallError` when the broker is away.
        """
        was_live = feed.live
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._go_live(feed)
        except TimeoutError as error:
            raise reasons.updates_unavailable() from error
        if token is None:
            return fresh_start(feed)
        remembered = feed.remembered(token) if was_live and self.live else None
        if remembered is not None:
            return from_memory(token, remembered)
        return await self._resume(feed, subscription, token)

    async def _resume(self, feed: Feed, subscription: Subscription, token: Token) -> Resumption:
        """Go on by the log, once everything that the client can have had has come by here.

        The client may have had updates from another worker that are still in this one's queue, or
        in a recovery under way: live, they would come to it again.
        """
        waiting_since = time.monotonic()
        while True:
            try:
                async with asyncio.timeout(waiting_since + _PATIENCE - time.monotonic()):
                    await self.wait_live()
                    if not (await self._fences.next_passes() and self.live):
                        continue
            except TimeoutError as error:
                raise reasons.updates_unavailable() from error
            subscription.forget()
            losses = self._losses
            try:
                return await from_log(feed, token, self._replays, self._decode)
            except LogError as error:
                # A broker that went away meanwhile says nothing about the log.
                if await self._fences.next_passes() and self._losses == losses:
                    return after_gap(feed, token, error)

    def _feed(self, tenant_id: str, user_id: str) -> Feed:
        feed = self._feeds.get(tenant_id, user_id)
        if feed is None:
            if not self._broker.live:
                raise reasons.updates_unavailable()
            feed = Feed(tenant_id, user_id, self._worker, lambda: self._mark, self._settings.tail)
            self._feeds.add(feed)
        return feed

    async def _go_live(self, feed: Feed) -> None:
        if feed.live:
            return
        opening = self._opening.get(feed)
        if opening is None:
            opening = asyncio.create_task(self._bind(feed), name="hub-bind")
            self._opening[feed] = opening
            opening.add_done_callback(lambda _: self._opening.pop(feed, None))
        try:
            await asyncio.shield(opening)
        except BrokerUnavailableError as error:
            raise reasons.updates_unavailable() from error

    async def _bind(self, feed: Feed) -> None:
        try:
            await self._broker.bind(feed.user_id)
            losses = self._losses
            mark = await self._take_mark()
            if mark.position is None:
                if not await self._fences.passes():
                    raise BrokerUnavailableError
                mark = await self._take_mark()
            if not self._broker.live or self._losses != losses:
                raise BrokerUnavailableError
        except BaseException:
            self._feeds.remove(feed)
            raise
        feed.go_live(mark)

    async def _take_mark(self) -> Mark:
        taken, now_ms = time.monotonic(), int(time.time() * 1000)
        try:
            return Mark(await self._replays.mark(), taken, now_ms)
        except LogError:
            return Mark(None, taken, now_ms)

    # What the broker says (`Sink`).

    def delivered(self, body: bytes) -> None:
        """Hand an update to its feed; during a recovery it waits behind what was missed."""
        if self._held is not None:
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
        self._losses += 1
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
            self._recovery = self._start(self._recover(), "hub-recovery")

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
        errors = await asyncio.gather(
            *(fill_hole(feed, self._replays, self._decode) for feed in feeds)
        )
        if not any(errors):
            return True
        # A broker that is going away says nothing about the log.
        if not await self._fences.passes():
            return False
        now = await self._take_mark()
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

    # Chores.

    async def _keep_marks(self) -> None:
        """Take a mark now and then; it counts once all that was published before has come."""
        while True:
            await asyncio.sleep(self._settings.mark_interval)
            if not self._feeds or not self.live:
                continue
            mark = await self._take_mark()
            if mark.position is not None and await self._fences.passes() and self.live:
                self._mark = mark
            self._replays.expire()

    async def _expire_feeds(self) -> None:
        """Forget feeds without streams after the grace period; unbind their users one by one."""
        while True:
            await asyncio.sleep(self._settings.grace / 10)
            idle_before = time.monotonic() - self._settings.grace
            for feed in self._feeds:
                if feed.subscriptions or feed.idle_since > idle_before or feed in self._opening:
                    continue
                if self._feeds.remove(feed):
                    await self._broker.unbind(feed.user_id)

    def _start(self, chore: Coroutine[None, None, None], name: str) -> asyncio.Task[None]:
        task = asyncio.create_task(chore, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._finished)
        return task

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (problem := task.exception()) is not None:
            log.error("a chore of the hub failed", exc_info=problem)
