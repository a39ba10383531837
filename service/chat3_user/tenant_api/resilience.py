"""What stands between this service and a tenant-api that fails: retries of reads, and a circuit.

Reads are repeated with jitter inside the caller's deadline, as long as the budget lasts, so that an
outage is not amplified. Writes are never repeated here: what to do about them is decided where
their keys are known. When one call after another fails, the circuit opens and calls fail at once,
unsent, until a single probe gets through. Calls that arrive while the probe is under way wait for
its outcome: when the platform is back nobody is refused, and a platform that is down sees one call.
"""

import asyncio
import logging
import random
import time
from collections.abc import Callable
from typing import Protocol, TypeAlias, TypeVar

import stamina
from msgspec.structs import replace

from chat3_api.chat3.user.v1 import ErrorReason
from chat3_user.errors import CallError, reasons
from chat3_user.metrics.instruments import Instruments
from chat3_user.metrics.upstream import UpstreamMetrics
from chat3_user.tenant_api.answers import DuplicateGuardError
from chat3_user.tenant_api.route import Request
from chat3_user.tenant_api.settings import ResilienceSettings

log = logging.getLogger(__name__)

T = TypeVar("T")


class Caller(Protocol):
    """Sends one request to tenant-api; see `transport.Http.call`."""

    async def call(self, request: Request[T]) -> tuple[int, T]:
        """Send one request and return its HTTP status and decoded body."""


class CircuitOpenError(CallError):
    """The call was not sent, because tenant-api seems to be down."""


class RetryBudget:
    """Retries are paid for by calls: each earns a share of one, up to a small reserve."""

    def __init__(self, share: float, reserve: float) -> None:
        self._share = share
        self._reserve = reserve
        self._tokens = reserve

    def earn(self) -> None:
        """Count a call."""
        self._tokens = min(self._reserve, self._tokens + self._share)

    def spend(self) -> bool:
        """Return whether a retry can be afforded, and pay for it."""
        if self._tokens < 1.0:
            return False
        self._tokens -= 1.0
        return True


Probe: TypeAlias = asyncio.Future[None]
"""The call that tries whether the platform is back; done when that is known, or given up."""


class Circuit:
    """Closed while calls succeed; open, and refusing, while they fail; half open for a probe."""

    def __init__(
        self,
        settings: ResilienceSettings,
        metrics: UpstreamMetrics,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._metrics = metrics
        self._settings = settings
        self._clock = clock
        self._failures = 0
        self._open_for = settings.open_first
        self._probe_at: float | None = None
        self._probe: Probe | None = None
        self._probe_sent = 0.0

    @property
    def open(self) -> bool:
        """Whether calls are refused."""
        return self._probe_at is not None

    @property
    def refusing(self) -> bool:
        """Whether the next call is refused: the circuit is open, and no probe is due."""
        return self._probe_at is not None and self._probe_at > self._clock()

    @property
    def blocking(self) -> bool:
        """Whether the next call is refused, or has to wait for a probe under way.

        An open circuit whose probe is due blocks nobody: the next call is the probe.
        """
        return self.refusing or self._probe is not None

    async def enter(self) -> Probe | None:
        """Let a call pass, as the probe or, with None, as one of many; wait for another's probe.

        The wait ends with the probe, or ``probe_wait`` seconds after the probe or the call began.
        Raises `CircuitOpenError`.
        """
        arrived = self._clock()
        while self._probe_at is not None:
            wait = self._probe_at - self._clock()
            if wait > 0:
                raise self._refusal(max(wait, self._settings.open_first))
            if self._probe is None:
                self._probe = asyncio.get_running_loop().create_future()
                self._probe_sent = self._clock()
                return self._probe
            probe = self._probe
            begun = min(arrived, self._probe_sent)
            left = begun + self._settings.probe_wait - self._clock()
            done, _ = await asyncio.wait((probe,), timeout=max(left, 0.0))
            if not done:
                if probe is self._probe and begun == self._probe_sent:
                    self._probe_failed()
                raise self._refusal(self._settings.open_first)
            # Where nobody learnt, because the probe's caller gave up, this call may be the next.
        return None

    def leave(self, probe: Probe | None, *, failed: bool | None) -> None:
        """Note how a call ended that `enter` let pass; ``failed`` is None when nobody learnt."""
        probing = probe is not None and probe is self._probe
        if failed is False:
            if self.open:
                log.info("upstream is back")
            self._failures, self._probe_at = 0, None
            self._open_for = self._settings.open_first
        elif failed:
            self._failures += 1
            if probing:
                self._probe_failed()
            elif not self.open and 0 < self._settings.failures <= self._failures:
                self._refuse()
        if probe is not None and not probe.done():
            probe.set_result(None)
        if probing:
            self._probe = None

    def _probe_failed(self) -> None:
        self._open_for = min(2 * self._open_for, self._settings.open_longest)
        self._refuse()
        if self._probe is not None and not self._probe.done():
            self._probe.set_result(None)
        self._probe = None

    def _refuse(self) -> None:
        """Open the circuit for a while."""
        self._metrics.circuit_opened()
        log.warning("upstream fails, calls are refused", extra={"seconds": self._open_for})
        # Jitter only spreads probes; nobody gains from guessing it.
        self._probe_at = self._clock() + self._open_for * random.uniform(0.8, 1.2)

    def _refusal(self, retry_after: float) -> CircuitOpenError:
        """Return what a call gets that is not sent."""
        self._metrics.circuit_refused()
        refusal = reasons.upstream_unavailable(retry_after)
        return CircuitOpenError(refusal.reason, refusal.message, retry_after=refusal.retry_after)


class Resilient:
    """A `Caller` that retries reads and fails fast; everything else is the caller's within."""

    def __init__(
        self,
        http: Caller,
        settings: ResilienceSettings,
        *,
        clock: Callable[[], float] = time.monotonic,
        metrics: UpstreamMetrics | None = None,
    ) -> None:
        self._http = http
        self._metrics = metrics or UpstreamMetrics(Instruments())
        self._budget = RetryBudget(settings.budget, settings.burst)
        self._circuit = Circuit(settings, self._metrics, clock=clock)
        self._retrying = stamina.AsyncRetryingCaller(
            attempts=settings.attempts,
            timeout=None,  # the caller's deadline ends it
            wait_initial=settings.wait_first,
            wait_max=settings.wait_longest,
            wait_jitter=settings.wait_first,
        ).on(self._worth_retrying)

    @property
    def circuit_open(self) -> bool:
        """Whether calls are refused, or wait for the probe that decides on that."""
        return self._circuit.blocking

    @property
    def refusing(self) -> bool:
        """Whether the next call is refused, because those before it failed."""
        return self._circuit.refusing

    async def call(self, request: Request[T]) -> tuple[int, T]:
        """Send a request as `transport.Http.call` does, a read several times if need be.

        Raises what that raises, or `CircuitOpenError`.
        """
        sent = request

        # Without parameters, so that no log of a retry can hold an API key.
        async def send() -> tuple[int, T]:
            probe = await self._circuit.enter()
            failed: bool | None = None
            try:
                answer = await self._http.call(sent)
                failed = False
            except CallError as error:
                failed = _is_outage(error)
                raise
            finally:
                self._circuit.leave(probe, failed=failed)
            return answer

        if not request.route.reads:
            return await send()
        self._budget.earn()
        try:
            return await send()
        except CallError as error:
            failed_first = [error]

            # What nearly always succeeds at once does not pay for the machinery of retries.
            async def again() -> tuple[int, T]:
                nonlocal sent
                if failed_first:
                    raise failed_first.pop()
                sent = replace(sent, resend=sent.resend + 1)
                self._metrics.retried()
                return await send()

            return await self._retrying(again)

    def _worth_retrying(self, error: Exception) -> bool:
        if (
            not isinstance(error, CallError)
            or isinstance(error, CircuitOpenError)
            or error.reason != ErrorReason.UPSTREAM_UNAVAILABLE
        ):
            return False
        if self._budget.spend():
            return True
        self._metrics.over_budget()
        return False


def _is_outage(error: CallError) -> bool:
    return error.reason == ErrorReason.UPSTREAM_UNAVAILABLE and not isinstance(
        error, DuplicateGuardError
    )
