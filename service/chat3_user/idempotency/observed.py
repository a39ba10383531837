"""A store of idempotency keys whose operations are measured and traced, whichever it is."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from chat3_user.idempotency.store import Attempt, Claim, Store
from chat3_user.metrics.stores import StoreMetrics
from chat3_user.telemetry import OFF, OperationSpan, Tracing


class ObservedStore:
    """A `Store` that has another do the work; ``system`` is that one's name."""

    def __init__(
        self, store: Store, system: str, metrics: StoreMetrics, tracing: Tracing = OFF
    ) -> None:
        self._store = store
        self._system = system
        self._metrics = metrics
        self._tracing = tracing

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
        with self._operation("claim") as span:
            claim = await self._store.claim(attempt)
            span.resulted(type(claim).__name__.lower())
            return claim

    async def renew(self, attempt: Attempt) -> bool:
        """See `Store.renew`."""
        with self._operation("renew"):
            return await self._store.renew(attempt)

    async def finish(self, attempt: Attempt, answer: bytes) -> bool:
        """See `Store.finish`."""
        with self._operation("finish"):
            return await self._store.finish(attempt, answer)

    async def release(self, attempt: Attempt) -> None:
        """See `Store.release`."""
        with self._operation("release"):
            await self._store.release(attempt)

    async def forget(self, attempt: Attempt) -> None:
        """See `Store.forget`."""
        with self._operation("forget"):
            await self._store.forget(attempt)

    async def abandon(self, attempt: Attempt, sent_ago: float) -> None:
        """See `Store.abandon`."""
        with self._operation("abandon"):
            await self._store.abandon(attempt, sent_ago)

    @contextmanager
    def _operation(self, name: str) -> Iterator[OperationSpan]:
        begun, problem = time.perf_counter(), ""
        with self._tracing.operation(self._system, name) as span:
            try:
                yield span
            except BaseException as error:
                problem = type(error).__name__
                raise
            finally:
                seconds = time.perf_counter() - begun
                self._metrics.operated(self._system, name, seconds, problem)
