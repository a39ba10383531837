"""What keeps idempotency keys, and what counts rates: both are asked to write."""

from chat3_user.health.finding import WELL, Finding
from chat3_user.health.prober import Probe, outside
from chat3_user.health.settings import HealthSettings
from chat3_user.health.table import IDEMPOTENCY_STORE, RATES
from chat3_user.idempotency import Store, StoreUnavailableError
from chat3_user.limits.rates import RedisRates


def idempotency_store(store: Store, settings: HealthSettings) -> Probe:
    """Return the probe of the idempotency store."""

    async def look() -> Finding:
        try:
            await store.check()
        except StoreUnavailableError as error:
            return Finding(error.reason, str(error))
        return WELL

    return outside(IDEMPOTENCY_STORE, look, "unreachable", settings)


def shared_rates(rates: RedisRates, settings: HealthSettings) -> Probe:
    """Return the probe of the Redis that counts rates."""

    async def look() -> Finding:
        problem = await rates.check()
        return WELL if problem is None else Finding(*problem)

    return outside(RATES, look, "unreachable", settings)
