"""Runs a keyed request once: replays, waits, finds out, and only then writes.

What happens to an attempt, and what its key becomes:

- it is answered: the key is finished, and repetitions get the answer;
- it fails and certainly wrote nothing: the key is free again, so that a mended world can succeed;
- nobody knows whether it wrote (cut off, server error, worker died): the key is in doubt, and who
  takes it next looks at tenant-api before writing. "Not there" is believed only when the attempt
  can no longer turn up late.
"""

import asyncio
import logging
import random
import secrets
from collections.abc import Mapping
from enum import Enum, auto
from typing import Final

from chat3_api.chat3.user.v1 import ErrorReason
from chat3_user.calls import Call
from chat3_user.errors import CallError, reasons
from chat3_user.idempotency.keys import (
    alone_digest,
    name_digest,
    request_digest,
    scope_digest,
    sent_key,
)
from chat3_user.idempotency.mutation import Earlier, Keyed, Mutation, ResponseT, UnsettledError
from chat3_user.idempotency.run import REPLAYED, Endings, Run, unknown
from chat3_user.idempotency.settings import Times
from chat3_user.idempotency.store import (
    Attempt,
    Busy,
    Finished,
    Held,
    Reused,
    Store,
    StoreUnavailableError,
)
from chat3_user.metrics.instruments import Instruments
from chat3_user.metrics.stores import IdempotencyMetrics, IdempotencyOutcome
from chat3_user.tenant_api.answers import DuplicateGuardError, OutcomeUnknownError
from chat3_user.wire import decode

log = logging.getLogger(__name__)

_FIRST_PAUSE: Final = 0.01
_LONGEST_PAUSE: Final = 0.25
_PATIENCE: Final = 0.2
"""How long, in seconds, a call waits for what it can do without."""


_OUTCOMES: Final[Mapping[ErrorReason | None, IdempotencyOutcome]] = {
    ErrorReason.IDEMPOTENCY_KEY_REUSED: "key_reused",
    ErrorReason.IDEMPOTENCY_OUTCOME_UNKNOWN: "unknown",
    ErrorReason.IDEMPOTENCY_STORE_UNAVAILABLE: "store_unavailable",
}


class Standing(Enum):
    """What is known of the calls that worked on a thing alone."""

    CLEAR = auto()
    """None left an unknown outcome, as far as the store remembers."""
    OPEN = auto()
    """One is working on it, or its worker has just died."""
    IN_DOUBT = auto()
    """One left an unknown outcome, or the store does not say at once that none did."""


class Once:
    """Runs mutations against a store of keys; created and closed by the composition root."""

    def __init__(
        self,
        store: Store,
        times: Times,
        *,
        write_without_store: bool = False,
        metrics: IdempotencyMetrics | None = None,
    ) -> None:
        self._metrics = metrics or IdempotencyMetrics(Instruments())
        self._store = store
        self._times = times
        self._write_without_store = write_without_store
        self._endings = Endings()

    async def close(self) -> None:
        """Wait for what cancelled calls still have to tell the store."""
        await self._endings.heard()

    async def run(self, call: Call, request: Keyed, mutation: Mutation[ResponseT]) -> ResponseT:
        """Return the mutation's response: written now, or when the key's request was first run.

        Raises `CallError`.
        """
        if not request.idempotency_key:
            return await _written(mutation, None)
        scope = scope_digest(call.identity, call.method, request.idempotency_key)
        attempt = Attempt(scope, request_digest(request), secrets.token_bytes(8))
        return await self._run(call, attempt, mutation, remembered=True)

    async def alone(self, call: Call, thing: str, mutation: Mutation[ResponseT]) -> ResponseT:
        """Return the mutation's response, written while no other call writes about ``thing``.

        The thing is the tenant's: calls of all its users wait for each other. No answer is kept,
        but the doubt is that an attempt of unknown outcome leaves behind.

        Raises `CallError`.
        """
        return await self._run(call, _alone(call, thing), mutation, remembered=False)

    async def standing(self, call: Call, thing: str) -> Standing:
        """Tell, without waiting, what is known of the calls that worked on ``thing`` alone."""
        attempt = _alone(call, thing)
        try:
            async with asyncio.timeout(_PATIENCE):
                claim = await self._store.claim(attempt)
        except (StoreUnavailableError, TimeoutError):
            return Standing.IN_DOUBT
        finally:
            self._endings.tell_later(self._store.release(attempt))
        if not isinstance(claim, Held):
            return Standing.OPEN
        if claim.doubt is None or claim.doubt.age is None:
            return Standing.CLEAR
        return Standing.IN_DOUBT

    async def _run(
        self, call: Call, attempt: Attempt, mutation: Mutation[ResponseT], *, remembered: bool
    ) -> ResponseT:
        """Run a mutation and count its outcome."""
        outcome: IdempotencyOutcome = "failed"
        try:
            response, outcome = await self._ended(call, attempt, mutation, remembered=remembered)
        except CallError as error:
            outcome = _OUTCOMES.get(error.reason, "failed")
            raise
        except asyncio.CancelledError:
            outcome = "cancelled"
            raise
        finally:
            self._metrics.ended(outcome)
        return response

    async def _ended(
        self, call: Call, attempt: Attempt, mutation: Mutation[ResponseT], *, remembered: bool
    ) -> tuple[ResponseT, IdempotencyOutcome]:
        try:
            held, asked_at = await self._claim(attempt)
        except StoreUnavailableError as error:
            log.warning("idempotency store unavailable", extra={"problem": error})
            if self._write_without_store:
                return await self._without_store(call, attempt, mutation, remembered=remembered)
            raise reasons.idempotency_store_unavailable() from error
        if isinstance(held, Finished):
            # Permission is judged before existence.
            if mutation.prove_key is not None:
                await mutation.prove_key()
            if mutation.prove is not None:
                await mutation.prove()
            call.trailing[REPLAYED] = "true"
            return decode(mutation.response, held.answer), "replayed"
        run = Run(
            self._store,
            self._times,
            self._endings,
            call,
            attempt,
            mutation,
            held.doubt,
            remembered=remembered,
        )
        response = await run.to_its_end(asked_at + self._times.lease)
        return response, "written" if run.wrote else "found"

    async def _claim(self, attempt: Attempt) -> tuple[Held | Finished, float]:
        """Wait until the key is this attempt's or finished; return also when that was asked.

        The caller's deadline ends the wait.
        """
        pause = _FIRST_PAUSE
        clock = asyncio.get_running_loop().time
        try:
            while True:
                asked_at = clock()
                claim = await self._store.claim(attempt)
                if isinstance(claim, Reused):
                    raise reasons.idempotency_key_reused()
                if not isinstance(claim, Busy):
                    return claim, asked_at
                # Jitter only spreads load; nobody gains from guessing it.
                await asyncio.sleep(pause * random.uniform(0.7, 1.3))
                pause = min(2 * pause, _LONGEST_PAUSE)
        except (asyncio.CancelledError, StoreUnavailableError):
            # The store may have given the key to a call that is gone, or that did not hear it.
            self._endings.tell_later(self._store.release(attempt))
            raise

    async def _without_store(
        self, call: Call, attempt: Attempt, mutation: Mutation[ResponseT], *, remembered: bool
    ) -> tuple[ResponseT, IdempotencyOutcome]:
        """Run with what tenant-api alone can say, as the operator chose for a failing store.

        Nothing half done is repaired, because nothing keeps another worker from doing the same.
        """
        name = sent_key(attempt.scope, attempt.request)
        if mutation.find is not None:
            try:
                earlier = Earlier(name, self._times.retention, None, settled=False)
                found = await mutation.find(earlier)
            except UnsettledError as error:
                raise reasons.idempotency_outcome_unknown(self._times.settle) from error
            if found is not None:
                if remembered:
                    if mutation.prove_key is not None:
                        await mutation.prove_key()
                    call.trailing[REPLAYED] = "true"
                return found, "found"
        try:
            return await _written(mutation, name), "written"
        except (OutcomeUnknownError, DuplicateGuardError) as error:
            raise unknown(error, self._times.settle) from error


def _alone(call: Call, thing: str) -> Attempt:
    scope = alone_digest(call.identity, thing)
    return Attempt(scope, name_digest(thing), secrets.token_bytes(8))


async def _written(mutation: Mutation[ResponseT], name: str | None) -> ResponseT:
    if mutation.ready is not None:
        await mutation.ready()
    return await mutation.write(name)
