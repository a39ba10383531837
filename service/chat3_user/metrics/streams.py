"""Metrics of streams of updates: which are open, how they begin, what reaches their clients."""

from collections.abc import Callable, Mapping
from itertools import product
from typing import Final, Literal, get_args

from chat3_api.chat3.user.v1 import GapReason, ResumeOutcome
from chat3_user.metrics.instruments import Instruments
from chat3_user.metrics.tally import Tally

StreamKind = Literal["user", "watch", "tenant"]
"""A stream of one user, of many users, of a whole tenant."""

_STREAMS: Final[tuple[StreamKind, ...]] = get_args(StreamKind)
_OUTCOMES: Final = [str(outcome.name) for outcome in ResumeOutcome if outcome]
_REASONS: Final = [str(reason.name) for reason in GapReason if reason]

_LAG: Final = (
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
)  # fmt: skip


class StreamMetrics:
    """Counts what streams do; what is open is read when scraped."""

    def __init__(self, instruments: Instruments) -> None:
        instruments.about("Streams and updates")
        hub = "the hub"
        self.open = instruments.gauge(
            "chat3_streams_open",
            "Open streams of updates: of one user, of many users (`watch`), of a whole tenant.",
            "stream",
            source=hub,
        )
        self.users = instruments.gauge(
            "chat3_users_subscribed",
            "Users with at least one open stream on this worker, watched users among them.",
            source=hub,
        )
        self.watched_users = instruments.gauge(
            "chat3_watched_users",
            "Users that streams of many users watch; a user on two streams counts twice.",
            source=hub,
        )
        self.behind = instruments.gauge(
            "chat3_tenant_streams_behind",
            "Streams of whole tenants that are behind and read the updates log separately.",
            source=hub,
        )
        self._dropped = instruments.counter(
            "chat3_watched_users_dropped_total",
            "Watched users whom streams of many users dropped, by reason.",
            "error_type",
            source="streams of many users",
        )
        self._begun = instruments.counter(
            "chat3_streams_begun_total",
            "Streams, and users on streams of many, that began, by resume outcome.",
            "stream",
            "outcome",
            source=hub,
            at_zero=product(_STREAMS, _OUTCOMES),
        )
        self._replays = instruments.counter(
            "chat3_replays_total",
            "Streams, and users on streams of many, that got missed updates, from the"
            " worker's `memory` or from the updates `log`.",
            "replayed_from",
            source=hub,
            at_zero=[("memory",), ("log",)],
        )
        self._gaps = instruments.counter(
            "chat3_gaps_total",
            "Gaps that were sent to clients, by reason. `list` is `ListUpdates`.",
            "stream",
            "reason",
            source="streams, ListUpdates",
            at_zero=product((*_STREAMS, "list"), _REASONS),
        )
        delivered = instruments.kept(
            "chat3_updates_delivered_total",
            "Updates that were sent to clients: `live`, or `replayed` after a resume.",
            "stream",
            "path",
            source="streams",
        )
        delivered.read_each(self._delivered)
        self._lag = instruments.tallies(
            "chat3_update_lag_seconds",
            "Time from the creation of an update (`createdAt` of its envelope, by the"
            " platform's clock) to its sending to a client; live updates only. Negative"
            " values, which clock skew can cause, count as 0.",
            "stream",
            source="streams",
            buckets=_LAG,
        )
        self._kinds = {stream: self._counts(stream) for stream in _STREAMS}

    def of(self, stream: StreamKind) -> "StreamCounts":
        """Return what counts for streams of one kind."""
        return self._kinds[stream]

    def _counts(self, stream: StreamKind) -> "StreamCounts":
        return StreamCounts(
            lag=self._lag.of(stream),
            begun=lambda outcome: self._begun.labels(stream, outcome).inc(),
            gap=lambda reason: self._gaps.labels(stream, reason).inc(),
        )

    def user_dropped(self, reason: str) -> None:
        """Count a watched user whom a stream dropped."""
        self._dropped.labels(reason).inc()

    def replayed(self, source: Literal["memory", "log"]) -> None:
        """Count a stream that is given what it missed."""
        self._replays.labels(source).inc()

    def _delivered(self) -> Mapping[tuple[str, ...], float]:
        return {
            (stream, path): number
            for stream, counts in self._kinds.items()
            for path, number in (("live", counts.delivered), ("replayed", counts.replayed))
        }

    def gap_listed(self, reason: str) -> None:
        """Count a gap in a response of `ListUpdates`."""
        self._gaps.labels("list", reason).inc()


class StreamCounts:
    """What all streams of one kind tell their clients.

    ``delivered`` and ``replayed`` are updates, live and missed before; ``begun`` counts a stream
    that began, by the outcome of its resume token; ``gap`` a gap, by its reason.
    """

    __slots__ = ("_lag", "begun", "delivered", "gap", "replayed")

    def __init__(
        self, lag: Tally, begun: Callable[[str], None], gap: Callable[[str], None]
    ) -> None:
        self._lag = lag
        self.delivered = 0
        self.replayed = 0
        self.begun = begun
        self.gap = gap

    def live(self, made_at: float, now: float) -> None:
        """Count an update; both are Unix seconds, the first 0 where the platform does not say."""
        self.delivered += 1
        if made_at:
            self._lag.observe(now - made_at if now > made_at else 0.0)
