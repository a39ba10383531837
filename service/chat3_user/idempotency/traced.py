"""A store of idempotency keys whose operations are traced."""

from chat3_user.idempotency.store import Attempt, Claim, Store
from chat3_user.telemetry import Tracing


class TracedStore:
    """A `Store` that puts a span around each operation of another, ``system`` by name."""

    def __init__(self, store: Store, tracing: Tracing, system: str) -> None:
        self._store = store
        self._tracing = tracing
        self._system = system

    async def open(self) -> None:
        """Make the store usable."""
        await self._store.open()

    async def close(self) -> None:
        """Let go of what `open` took."""
        await self._store.close()

    async def check(self) -> None:
        """See `Store.check`; no call waits for it."""
        await self._store.check()

    async def claim(self, attempt: Attempt) -> Claim:
        """Take the key for an attempt, if it is free."""
        with self._tracing.operation(self._system, "claim") as span:
            claim = await self._store.claim(attempt)
            span.resulted(type(claim).__name__.lower())
            return claim

    async def renew(self, attempt: Attempt) -> bool:
        """Begin the lease anew."""
        with self._tracing.operation(self._system, "renew"):
            return await self._store.renew(attempt)

    async def finish(self, attempt: Attempt, answer: bytes) -> bool:
        """Keep the answer for the retention."""
        with self._tracing.operation(self._system, "finish"):
            return await self._store.finish(attempt, answer)

    async def release(self, attempt: Attempt) -> None:
        """End an attempt that wrote nothing."""
        with self._tracing.operation(self._system, "release"):
            await self._store.release(attempt)

    async def forget(self, attempt: Attempt) -> None:
        """End an attempt after which nothing is in doubt."""
        with self._tracing.operation(self._system, "forget"):
            await self._store.forget(attempt)

    async def abandon(self, attempt: Attempt, sent_ago: float) -> None:
        """End an attempt with unknown outcome."""
        with self._tracing.operation(self._system, "abandon"):
            await self._store.abandon(attempt, sent_ago)
