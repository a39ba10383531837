"""One attempt that holds its key: finds out what it must, writes, leaves the key in order."""

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any, Final, Generic

from chat3_api.chat3.user.v1 import ErrorReason
from chat3_user.calls import Call
from chat3_user.errors import CallError, reasons
from chat3_user.idempotency.keys import sent_key
from chat3_user.idempotency.mutation import Earlier, Mutation, ResponseT, UnsettledError
from chat3_user.idempotency.settings import Times
from chat3_user.idempotency.store import Attempt, Doubt, Store, StoreUnavailableError
from chat3_user.tenant_api.answers import DuplicateGuardError, OutcomeUnknownError
from chat3_user.wire import encode

log = logging.getLogger(__name__)

Find = Callable[[Earlier], Awaitable[ResponseT | None]]

REPLAYED: Final = "idempotency-replayed"
_FIRST_PAUSE: Final = 0.05
_LONGEST_PAUSE: Final = 1.0
# Before its deadline a call that still cannot know says so, and when to come back.
_LAST_WORD: Final = 0.05


class Endings:
    """Tells the store how attempts ended, also when their callers are gone.

    What the store does not hear, it learns from the end of the lease.
    """

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    async def tell(self, ending: Coroutine[Any, Any, Any]) -> None:
        """Run a step of the store; that it fails does no harm."""
        try:
            await ending
        except StoreUnavailableError as error:
            log.warning("an attempt's end is not recorded", extra={"problem": error})

    def tell_later(self, ending: Coroutine[Any, Any, Any]) -> None:
        """Run a step of the store after the call that causes it."""
        task = asyncio.create_task(self.tell(ending))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def heard(self) -> None:
        """Wait for what is under way."""
        if self._tasks:
            await asyncio.wait(self._tasks)


class Run(Generic[ResponseT]):
    """One attempt, from when it holds its key to when it lets go.

    Its answer is kept for repetitions when it is to be ``remembered``.
    """

    def __init__(
        self,
        store: Store,
        times: Times,
        endings: Endings,
        call: Call,
        attempt: Attempt,
        mutation: Mutation[ResponseT],
        doubt: Doubt | None,
        *,
        remembered: bool,
    ) -> None:
        self._store = store
        self._times = times
        self._endings = endings
        self._call = call
        self._attempt = attempt
        self._mutation = mutation
        self._remembered = remembered
        self._name = sent_key(attempt.scope, attempt.request)
        now = _now()
        self._oldest = now - (doubt.oldest if doubt else 0.0)
        # When the first attempt that is known of began.
        self._began: float | None = now
        if doubt is not None:
            self._began = None if doubt.age is None else now - doubt.age
        # When what is found, or not found, can be believed; None when there is nothing to look for.
        self._settles_at = None if doubt is None else now + doubt.settles_in
        self._doubt_is_old = doubt is not None
        self.wrote = False
        """Whether the response is of a write of this attempt, and was not found."""
        # When this attempt may last have been sent, while nobody knows what came of it.
        self._sent_at: float | None = None

    async def to_its_end(self, lease_ends_at: float) -> ResponseT:
        """Return the response, and leave the key as it has to be."""
        try:
            async with self._lease(lease_ends_at):
                response = await self._find_or_write()
        except asyncio.CancelledError:
            self._endings.tell_later(self._unfinished())
            raise
        except TimeoutError as error:
            await self._endings.tell(self._unfinished())
            raise reasons.idempotency_outcome_unknown(self._times.settle) from error
        except BaseException:
            await self._endings.tell(self._unfinished())
            raise
        ending = self._finished(response)
        try:
            # A store that fails here is no failure of the call: it is written and stays so, and a
            # repetition will look and find.
            await self._endings.tell(ending())
        except asyncio.CancelledError:
            self._endings.tell_later(ending())
            raise
        return response

    def _finished(self, response: ResponseT) -> Callable[[], Coroutine[Any, Any, Any]]:
        if not self._remembered:
            return partial(self._store.forget, self._attempt)
        return partial(self._store.finish, self._attempt, encode(response))

    def _unfinished(self) -> Coroutine[Any, Any, Any]:
        if self._sent_at is None:
            return self._store.release(self._attempt)
        return self._store.abandon(self._attempt, _now() - self._sent_at)

    async def _find_or_write(self) -> ResponseT:
        while True:
            try:
                if self._settles_at is not None and self._mutation.find is not None:
                    found = await self._find(self._mutation.find, self._settles_at)
                    if found is not None:
                        return await self._earned(found)
                    # Nothing was written, and nothing can come any more.
                    self._sent_at = None
                late = await self._prepare()
                if late is not None:
                    return await self._earned(late)
                return await self._write()
            except (OutcomeUnknownError, DuplicateGuardError) as error:
                # The duplicate guard says that an equal request was just taken: of the same key,
                # then, and as much in doubt as one of our own.
                self._sent_at = _now()
                if self._mutation.find is None:
                    raise unknown(error, 1.0) from error
                self._settles_at = self._sent_at + self._times.settle

    async def _prepare(self) -> ResponseT | None:
        """Prove what a write needs; return what an earlier attempt wrote if it shows only now.

        This is apart from the write, so that a caller who leaves here has certainly sent nothing.
        """
        try:
            if self._mutation.prove is not None:
                await self._mutation.prove()
            if self._mutation.ready is not None:
                await self._mutation.ready()
        except CallError:
            # What an earlier attempt did may be what stands in the way: who has left a dialog is no
            # member of it.
            if self._settles_at is None or self._mutation.find is None:
                raise
            with suppress(CallError, UnsettledError):
                late = await self._look(self._mutation.find, settled=True)
                if late is not None:
                    return late
            raise
        return None

    async def _earned(self, found: ResponseT) -> ResponseT:
        """Return what was found; another call's only to an API key that may write."""
        if self._doubt_is_old and self._remembered:
            if self._mutation.prove_key is not None:
                await self._mutation.prove_key()
            self._call.trailing[REPLAYED] = "true"
        return found

    async def _write(self) -> ResponseT:
        self._doubt_is_old = False
        if self._began is None:
            self._began = _now()
        try:
            response = await self._mutation.write(self._name)
            self.wrote = True
        except CallError:
            raise
        except BaseException:
            # A deadline, a caller gone, a lost lease, a bug: sent or not, nobody knows.
            self._sent_at = _now()
            raise
        return response

    async def _find(self, find: Find[ResponseT], settles_at: float) -> ResponseT | None:
        """Return the response of an attempt that wrote, None when certainly none did."""
        pause = _FIRST_PAUSE
        while True:
            settled = _now() >= settles_at
            try:
                found = await self._look(find, settled=settled)
            except UnsettledError as error:
                settles_at = max(settles_at, _now() + max(error.seconds, _FIRST_PAUSE))
            except (OutcomeUnknownError, DuplicateGuardError):
                # A repair, of which nobody knows how far it came.
                self._sent_at = _now()
                settles_at = max(settles_at, self._sent_at + self._times.settle)
            except CallError as error:
                raise unknown(error, max(1.0, settles_at - _now())) from error
            else:
                if found is not None or settled:
                    return found
            now = _now()
            # Jitter only spreads load; nobody gains from guessing it.
            wait = min(pause * random.uniform(0.7, 1.3), max(0.0, settles_at - now))
            if now + wait > self._call.deadline - _LAST_WORD:
                raise reasons.idempotency_outcome_unknown(max(0.1, settles_at - now))
            await asyncio.sleep(wait)
            pause = min(2 * pause, _LONGEST_PAUSE)

    async def _look(self, find: Find[ResponseT], *, settled: bool) -> ResponseT | None:
        try:
            age = None if self._began is None else _now() - self._began
            return await find(Earlier(self._name, _now() - self._oldest, age, settled))
        except (CallError, UnsettledError):
            raise
        except BaseException:
            if settled:
                # It may have been repairing, and its last step may still arrive.
                self._sent_at = _now()
            raise

    @asynccontextmanager
    async def _lease(self, ends_at: float) -> AsyncIterator[None]:
        """Keep the key for the block, or end the block with `TimeoutError` when it is lost.

        So nothing is sent any more once another attempt can hold the key.
        """
        async with asyncio.timeout_at(ends_at) as limit:
            renewing = asyncio.create_task(self._renew(limit))
            try:
                yield
            finally:
                renewing.cancel()
                await asyncio.wait((renewing,))

    async def _renew(self, limit: asyncio.Timeout) -> None:
        while True:
            await asyncio.sleep(self._times.lease / 3)
            asked_at = _now()
            try:
                ours = await self._store.renew(self._attempt)
            except StoreUnavailableError as error:
                log.warning("a lease cannot be renewed", extra={"problem": error})
                continue
            if limit.expired():
                return
            limit.reschedule(asked_at + self._times.lease if ours else asked_at)
            if not ours:
                return


def unknown(error: CallError, retry_after: float) -> CallError:
    """Return the failure for the caller: a refusal, or an unknown outcome for anything else."""
    if error.reason == ErrorReason.UPSTREAM_UNAVAILABLE:
        return reasons.idempotency_outcome_unknown(retry_after)
    return error


def _now() -> float:
    return asyncio.get_running_loop().time()
