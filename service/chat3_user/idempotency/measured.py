"""Measures a store of idempotency keys, whichever it is."""

import time
from collections.abc import Awaitable
from typing import TypeVar

from chat3_user.idempotency.store import Attempt, Claim, Store
from chat3_user.metrics.stores import StoreMetrics

T = TypeVar("T")


class MeasuredStore:
    """A `Store` that has another do the work; ``system`` is that one's name."""

    def __init__(self, store: Store, system: str, metrics: StoreMetrics) -> None:
        self._store = store
        self._system = system
        self._metrics = metrics

    async def open(self) -> None:
        """See `Store.open`."""
        await self._store.open()

    async def close(self) -> None:
        """See `Store.close`."""
        await self._store.close()

    async def check(self) -> None:
        """See `Store.check`; no call waits for it."""
        await self._store.check()

    async def claim(self, attempt: Attempt) -> Claim:
        """See `Store.claim`."""
        return await self._measured("claim", self._store.claim(attempt))

    async def renew(self, attempt: Attempt) -> bool:
        """See `Store.renew`."""
        return await self._measured("renew", self._store.renew(attempt))

    async def finish(self, attempt: Attempt, answer: bytes) -> bool:
        """See `Store.finish`."""
        return await self._measured("finish", self._store.finish(attempt, answer))

    async def release(self, attempt: Attempt) -> None:
        """See `Store.release`."""
        await self._measured("release", self._store.release(attempt))

    async def forget(self, attempt: Attempt) -> None:
        """See `Store.forget`."""
        await self._measured("forget", self._store.forget(attempt))

    async def abandon(self, attempt: Attempt, sent_ago: float) -> None:
        """See `Store.abandon`."""
        await self._measured("abandon", self._store.abandon(attempt, sent_ago))

    async def _measured(self, operation: str, step: Awaitable[T]) -> T:
        begun, error = time.perf_counter(), ""
        try:
            return await step
        except BaseException as problem:
            error = type(problem).__name__
            raise
        finally:
            seconds = time.perf_counter() - begun
            self._metrics.operated(self._system, operation, seconds, error)
