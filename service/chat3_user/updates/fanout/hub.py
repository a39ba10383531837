"""The worker's centre of updates: one broker, a feed for each subscribed user, their streams.

The hub keeps the promises of `docs/guarantees.md` on this worker: a stream begins when all that was
published before has come by, and resumes from memory or from the log.
"""

import asyncio
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from chat3_user.call_context import apart
from chat3_user.errors import CallError, reasons
from chat3_user.metrics import Metrics
from chat3_user.telemetry import Deliveries
from chat3_user.updates.broker import Broker, BrokerUnavailableError, LogError
from chat3_user.updates.decoded import AddressReader, Decoder
from chat3_user.updates.fanout.background_tasks import BackgroundTasks
from chat3_user.updates.fanout.buffer import Buffer
from chat3_user.updates.fanout.catch_up import CatchUps
from chat3_user.updates.fanout.dispatcher import Dispatcher
from chat3_user.updates.fanout.feed import Feed
from chat3_user.updates.fanout.feeds import Feeds
from chat3_user.updates.fanout.following.streams import TenantStreams
from chat3_user.updates.fanout.items import Filter
from chat3_user.updates.fanout.log_reads import PATIENCE, LogReads
from chat3_user.updates.fanout.resuming import (
    Resumption,
    after_gap,
    catch_up,
    fresh_start,
    from_log,
    from_memory,
)
from chat3_user.updates.fanout.settings import HubSettings
from chat3_user.updates.fanout.state import HubState
from chat3_user.updates.fanout.subscription import Subscription
from chat3_user.updates.fanout.unreadable import Unreadable
from chat3_user.updates.fanout.watch import Watch
from chat3_user.updates.log.barriers import Barriers
from chat3_user.updates.log.replays import Replays
from chat3_user.updates.log.tokens import (
    ForeignTokenError,
    Token,
    TokenError,
    decode_token,
    scope_of,
)
from chat3_user.updates.log.watermarks import Watermarks
from chat3_user.wire import Encoded


class Hub:
    """Delivers updates to streams; created, opened and closed by the composition root.

    ``catch_ups`` answers clients that hold no stream; ``watches`` are the streams of many users,
    ``tenants`` those of whole tenants. ``state`` is for operators. ``traces`` are told of what is
    delivered to users' streams.
    """

    def __init__(
        self,
        broker: Broker,
        decode: Decoder,
        address_of: AddressReader,
        settings: HubSettings,
        metrics: Metrics | None = None,
        traces: Deliveries | None = None,
    ) -> None:
        self._traces = traces
        metrics = metrics or Metrics()
        self._metrics = metrics.streams
        self._user_counts = metrics.streams.of("user")
        self._watch_counts = metrics.streams.of("watch")
        self._broker = broker
        self._decode = decode
        self._settings = settings
        self._feeds = Feeds(
            decode, address_of, remembered=settings.deliveries.remembered, traces=traces
        )
        self._barriers = Barriers(broker)
        self._replays = Replays(
            broker.log,
            address_of,
            decode,
            keep_seconds=settings.replay_keep,
            keep_bytes=settings.replay_bytes,
            time_read=metrics.broker.log_read,
        )
        self._watermarks = Watermarks(self._replays, self._barriers)
        self._background = BackgroundTasks()
        self._dispatcher = Dispatcher(
            broker,
            self._feeds,
            self._barriers,
            self._watermarks,
            partial(catch_up, replays=self._replays, decode=decode),
            self._background,
        )
        self._log_reads = LogReads(self._dispatcher, self._barriers)
        self.catch_ups = CatchUps(
            self._feeds, self._replays, self._log_reads, decode, self._metrics
        )
        self.tenants = TenantStreams(
            broker.log,
            self._replays,
            self._log_reads,
            self._dispatcher,
            decode,
            address_of,
            settings,
            self._metrics,
        )
        self._subscriptions: set[Subscription] = set()
        self.watches: set[Watch] = set()
        self.state = HubState(
            self._subscriptions,
            self.watches,
            self.tenants,
            self._feeds,
            self._dispatcher,
            self._replays,
        )
        self._opening: dict[Feed, asyncio.Task[None]] = {}
        self._ending: Callable[[], CallError] | None = None

    async def open(self) -> None:
        """Start the broker and the hub's own background tasks."""
        self._background.start(self._keep_watermarks(), "updates-watermarks")
        self._background.start(self._expire_feeds(), "updates-expiry")
        await self._broker.open(self._dispatcher)

    async def close(self) -> None:
        """Stop the broker and all background tasks."""
        await self.tenants.close()
        await self._broker.close()
        await self._replays.close()
        await self._background.close()
        opening = tuple(self._opening.values())
        for task in opening:
            task.cancel()
        await asyncio.gather(*opening, return_exceptions=True)

    @property
    def live(self) -> bool:
        """Whether updates flow."""
        return self._dispatcher.live

    async def wait_live(self) -> None:
        """Wait until updates flow."""
        await self._dispatcher.wait_live()

    @property
    def stream_count(self) -> int:
        """The number of open streams: of one user, of many, of a tenant."""
        return sum(self.state.streams.values())

    @property
    def received(self) -> int:
        """The number of updates that came, whoever they were for."""
        return self._dispatcher.received

    @property
    def unreadable(self) -> Unreadable:
        """The updates among them that could not be read."""
        return self._feeds.unreadable

    def end_streams(self, problem: Callable[[], CallError]) -> None:
        """End all streams, and every one that begins from now on."""
        self._ending = problem
        self.tenants.end(problem)
        for watch in tuple(self.watches):
            watch.end(problem())
        for feed in self._feeds:
            for buffer in tuple(feed.subscriptions):
                buffer.end(problem())

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
        subscription = Subscription(
            connection_id, wanted, self._settings.buffer, self._user_counts, send_now
        )
        feed = self.join(tenant_id, user_id, subscription)
        self._subscriptions.add(subscription)
        try:
            yield feed, subscription
        finally:
            self._subscriptions.discard(subscription)
            self.leave(feed, subscription)

    def join(self, tenant_id: str, user_id: str, buffer: Buffer) -> Feed:
        """Give ``buffer`` a place in the user's feed until it leaves.

        Raises `CallError` when the user has too many of its kind or the broker is away.
        """
        if self._ending is not None:
            raise self._ending()
        feed = self._feed(tenant_id, user_id)
        alike = sum(isinstance(other, type(buffer)) for other in feed.subscriptions)
        if alike >= self._settings.streams_per_user:
            raise reasons.too_many_streams(self._settings.streams_per_user)
        if self._traces is not None:
            buffer.opened_in = self._traces.stream
        feed.subscriptions.add(buffer)
        return feed

    def leave(self, feed: Feed, buffer: Buffer) -> None:
        """Undo `join`."""
        feed.subscriptions.discard(buffer)
        feed.idle_since = time.monotonic()

    def watch(self, send_now: Callable[[Encoded], bool] | None = None, owner: str = "") -> Watch:
        """Return a stream of many users, which watches none yet; see `WatchedUsers`.

        ``owner`` is the API key, whose streams together are bounded. Raises `CallError` when
        streams are being ended.
        """
        if self._ending is not None:
            raise self._ending()
        watch = Watch(
            self._settings.buffer, self._settings.watch, self._watch_counts, send_now, owner
        )
        self.watches.add(watch)
        return watch

    def make_room(self, watch: Watch, more: int) -> None:
        """Find out whether a stream may watch so many more users.

        Raises `CallError`.
        """
        limits = self._settings.watch
        if len(watch.users) + more > limits.users:
            raise reasons.too_many_watched(limits.users, "stream")
        watched = sum(len(each.users) for each in self.watches if each.owner == watch.owner)
        if watched + more > limits.users_per_key:
            raise reasons.too_many_watched(limits.users_per_key, "API key")

    async def begin(self, feed: Feed, subscription: Buffer, token: Token | None) -> Resumption:
        """Make the feed live and return what goes before live updates.

        Raises `CallError` when the broker is away.
        """
        was_live = feed.live
        try:
            async with asyncio.timeout(PATIENCE):
                await self._go_live(feed)
        except TimeoutError as error:
            raise reasons.updates_unavailable() from error
        if token is None:
            # What has come so far was published before the stream begins, as were the gaps in it.
            subscription.forget()
            return fresh_start(feed)
        remembered = feed.remembered(token) if was_live and self.live else None
        if remembered is not None:
            self._metrics.replayed("memory")
            return from_memory(token, remembered)
        return await self._resume(feed, subscription, token)

    async def _resume(self, feed: Feed, subscription: Buffer, token: Token) -> Resumption:
        async def resumed() -> Resumption:
            subscription.forget()
            return await from_log(feed, token, self._replays, self._decode)

        outcome = await self._log_reads.run(resumed)
        if isinstance(outcome, LogError):
            return after_gap(feed, token, outcome)
        self._metrics.replayed("log")
        return outcome

    def _feed(self, tenant_id: str, user_id: str) -> Feed:
        feed = self._feeds.get(tenant_id, user_id)
        if feed is None:
            if not self._broker.live:
                raise reasons.updates_unavailable()
            feed = Feed(
                tenant_id,
                user_id,
                secrets.token_bytes(4),
                lambda: self._watermarks.newest,
                self._settings.tail,
            )
            self._feeds.add(feed)
        return feed

    async def _go_live(self, feed: Feed) -> None:
        if feed.live:
            return
        opening = self._opening.get(feed)
        if opening is None:
            opening = asyncio.create_task(self._start(feed), name="updates-feed", context=apart())
            self._opening[feed] = opening
            opening.add_done_callback(lambda _: self._opening.pop(feed, None))
        try:
            await asyncio.shield(opening)
        except BrokerUnavailableError as error:
            raise reasons.updates_unavailable() from error

    async def _start(self, feed: Feed) -> None:
        """Let a feed go live at a watermark, once all that was published before it has come by."""
        try:
            await self._dispatcher.wait_live()
            losses = self._dispatcher.losses
            watermark = await self._watermarks.take()
            if not await self._barriers.next_passes() or self._dispatcher.losses != losses:
                raise BrokerUnavailableError
        except BaseException:
            self._feeds.remove(feed)
            raise
        feed.go_live(watermark)

    async def _keep_watermarks(self) -> None:
        """Take a watermark now and then; it counts once all that was published before has come."""
        while True:
            await asyncio.sleep(self._settings.watermark_interval)
            self._replays.expire()
            if self._feeds and self.live:
                await self._watermarks.renew(lambda: self.live)

    async def _expire_feeds(self) -> None:
        """Forget feeds without streams after the grace period."""
        while True:
            await asyncio.sleep(self._settings.grace / 10)
            idle_before = time.monotonic() - self._settings.grace
            for feed in self._feeds:
                if (
                    not feed.subscriptions
                    and feed.idle_since <= idle_before
                    and (feed not in self._opening)
                ):
                    self._feeds.remove(feed)
