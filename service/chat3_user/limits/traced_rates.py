"""Rates in a store that others share, whose operations are traced."""

from chat3_user.limits.rates import Rate, RateStore, Spent
from chat3_user.telemetry import Tracing


class TracedRates:
    """A `RateStore` that puts a span around each operation of another, ``system`` by name."""

    def __init__(self, store: RateStore, tracing: Tracing, system: str) -> None:
        self._store = store
        self._tracing = tracing
        self._system = system

    async def spend(self, rate: Rate, key: str) -> Spent:
        """Count a call, unless it is one too many."""
        with self._tracing.operation(self._system, "spend") as span:
            spent = await self._store.spend(rate, key)
            span.resulted("allowed" if spent.allowed else "refused")
            return spent

    async def close(self) -> None:
        """Close connections."""
        await self._store.close()
