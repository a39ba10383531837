"""The streams of whole tenants on this worker: how many there are, and what they share."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from chat3_api.chat3.user.v1 import ResumeOutcome
from chat3_user.errors import CallError, reasons
from chat3_user.metrics.streams import StreamMetrics
from chat3_user.updates.broker import LogError, UpdatesLog
from chat3_user.updates.decoded import AddressReader, Decoder
from chat3_user.updates.fanout.dispatcher import Dispatcher
from chat3_user.updates.fanout.following.follower import Follower
from chat3_user.updates.fanout.following.stretches import Stretches
from chat3_user.updates.fanout.following.tail import Tail
from chat3_user.updates.fanout.items import Filter
from chat3_user.updates.fanout.log_reads import LogReads
from chat3_user.updates.fanout.settings import HubSettings
from chat3_user.updates.log.replays import Replays
from chat3_user.updates.log.tokens import Token
from chat3_user.wire import Encoded


class TenantStreams:
    """Opens streams of whole tenants; ``tail`` is what they follow once they have caught up."""

    def __init__(
        self,
        log: UpdatesLog,
        replays: Replays,
        log_reads: LogReads,
        dispatcher: Dispatcher,
        decode: Decoder,
        address_of: AddressReader,
        settings: HubSettings,
        metrics: StreamMetrics,
    ) -> None:
        self._log_reads = log_reads
        self._decode = decode
        self._settings = settings
        self._metrics = metrics
        self._counts = metrics.of("tenant")
        self._stretches = Stretches(log, decode, address_of)
        self._open: set[Follower] = set()
        self._ending: Callable[[], CallError] | None = None
        self.tail = Tail(log, replays, dispatcher, decode, address_of)

    def __len__(self) -> int:
        return len(self._open)

    @property
    def behind(self) -> int:
        """The number of streams that read the log by themselves."""
        return sum(not follower.live for follower in self._open)

    @property
    def buffered(self) -> int:
        """The number of bytes that wait for clients."""
        return sum(follower.size for follower in self._open)

    async def close(self) -> None:
        """Stop following the log."""
        await self.tail.close()

    def end(self, problem: Callable[[], CallError]) -> None:
        """End all streams, and every one that begins from now on."""
        self._ending = problem
        for follower in tuple(self._open):
            follower.end(problem())

    @contextmanager
    def follower(
        self,
        tenant_id: str,
        wanted: Filter,
        send_now: Callable[[Encoded], bool] | None = None,
    ) -> Iterator[Follower]:
        """Hold a place for a stream of the tenant; `begin` starts it.

        Raises `CallError` when the tenant, or the worker, has too many of them.
        """
        if self._ending is not None:
            raise self._ending()
        limits = self._settings.follow
        alike = sum(follower.tenant_id == tenant_id for follower in self._open)
        if alike >= limits.per_tenant:
            raise reasons.too_many_streams(limits.per_tenant, "tenant")
        if len(self._open) >= limits.in_all:
            raise reasons.too_many_tenant_streams(limits.in_all)
        follower = Follower(
            tenant_id,
            self.tail,
            self._stretches,
            self._decode,
            wanted,
            self._settings.buffer,
            self._counts,
            send_now,
        )
        self._open.add(follower)
        try:
            yield follower
        finally:
            self._open.discard(follower)
            follower.close()

    async def begin(self, follower: Follower, token: Token | None) -> ResumeOutcome:
        """Start a stream at a token, or at the present; return, and count, where it begins.

        Raises `CallError` when the broker is away, or has no log.
        """

        async def begun() -> bool:
            if token is None:
                await follower.start()
                return True
            return await follower.resume(token)

        found = await self._log_reads.run(begun)
        if isinstance(found, LogError):
            raise reasons.updates_log_unavailable() from found
        outcome = ResumeOutcome.FRESH
        if token is not None:
            outcome = ResumeOutcome.RESUMED if found else ResumeOutcome.RESUMED_WITH_GAP
        self._counts.begun(str(outcome.name))
        if outcome is ResumeOutcome.RESUMED:
            self._metrics.replayed("log")
        return outcome
