"""How often a user and an API key may call: token buckets in memory, sliding windows in Redis.

Redis is used through the `limits` package. Its store in memory is not: it walks over all keys at
every call, which takes 2 ms with 20,000 users.
"""

import hashlib
import logging
import math
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, Protocol, get_args

from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute
from limits import RateLimitItemPerSecond as PerSecond
from limits.aio.storage import RedisStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from redis.asyncio import Redis
from redis.exceptions import RedisError

from chat3_user.errors import reasons
from chat3_user.limits.settings import RATE_PATTERN
from chat3_user.logs.words import described
from chat3_user.metrics.admission import RateMetrics, Subject
from chat3_user.metrics.instruments import Instruments
from chat3_user.metrics.stores import StoreMetrics
from chat3_user.shared_redis import Problem, RedisSettings, connection_pool, problem_of
from chat3_user.telemetry import OFF, Tracing
from chat3_user.validation import Identity

log = logging.getLogger(__name__)

Kind = Literal["read", "write", "typing", "subscribe"]
"""A kind of call, by which rates are set."""

KINDS: Final[tuple[Kind, ...]] = get_args(Kind)

_SECONDS: Final = {"second": 1, "minute": 60, "hour": 3600}
_ITEMS: Final[Mapping[str, type[RateLimitItem]]] = {
    "second": PerSecond,
    "minute": RateLimitItemPerMinute,
    "hour": RateLimitItemPerHour,
}
_CONNECTIONS: Final = 256
_BUCKETS: Final = 200_000
_REDIS_PAUSE: Final = 5.0
"""Seconds for which a Redis that failed is not asked again."""

_PREFIX: Final = "chat3:rate"
_CHECK: Final = f"{_PREFIX}:check"
_CHECK_KEPT: Final = 60
"""Seconds."""


@dataclass(frozen=True, slots=True)
class Rate:
    """So many calls in a period."""

    amount: int
    period: str

    @classmethod
    def parse(cls, text: str) -> "Rate | None":
        """Return the rate in ``text``, such as `600/minute`; nothing when it is empty."""
        if not re.fullmatch(RATE_PATTERN, text):
            raise ValueError(f"not a rate: {text!r}")
        amount, _, period = text.partition("/")
        return cls(int(amount), period) if text else None

    def __str__(self) -> str:
        return f"{self.amount}/{self.period}"

    @property
    def seconds(self) -> int:
        """The length of the period."""
        return _SECONDS[self.period]


@dataclass(frozen=True, slots=True)
class Spent:
    """What is left of a rate after a call; ``reset`` seconds until one more may be made."""

    allowed: bool
    remaining: int
    reset: float


class RateStore(Protocol):
    """Counts calls."""

    async def spend(self, rate: Rate, key: str) -> Spent:
        """Count a call, unless it is one too many."""
        ...

    async def close(self) -> None:
        """Close connections."""
        ...


class MemoryRates:
    """Token buckets of this worker: a bucket is the time at which it will be full again."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._full_at: dict[str, float] = {}

    async def spend(self, rate: Rate, key: str) -> Spent:
        """Count a call, unless it is one too many."""
        now = self._clock()
        each = rate.seconds / rate.amount
        full_at = max(now, self._full_at.get(key, now))
        left = (now + rate.seconds - full_at) / each
        # A hair less than a token is one: times are rounded.
        if left < 1 - 1e-6:
            return Spent(allowed=False, remaining=0, reset=(1 - left) * each)
        if key not in self._full_at and len(self._full_at) >= _BUCKETS:
            self._forget(now)
        self._full_at[key] = full_at + each
        return Spent(
            allowed=True, remaining=max(0, int(left - 1 + 1e-6)), reset=full_at + each - now
        )

    def _forget(self, now: float) -> None:
        """Forget buckets that are full, and the oldest tenth when that is not enough."""
        kept = [(key, at) for key, at in self._full_at.items() if at > now]
        self._full_at = dict(kept[max(0, len(kept) - _BUCKETS * 9 // 10) :])

    async def close(self) -> None:
        """Have nothing to close."""


class RedisRates:
    """Sliding windows in Redis, shared by all workers; in memory while Redis is away."""

    def __init__(
        self,
        settings: RedisSettings,
        ca_file: str = "",
        metrics: RateMetrics | None = None,
        stores: StoreMetrics | None = None,
        tracing: Tracing = OFF,
    ) -> None:
        self._tracing = tracing
        self._metrics = metrics or RateMetrics(Instruments())
        self._stores = stores or StoreMetrics(Instruments())
        self._pool = connection_pool(settings, connections=_CONNECTIONS, ca_file=ca_file)
        # The pool knows where Redis is: its own reading of the URL would not take all forms of it.
        storage = RedisStorage(
            "async+redis://",
            implementation="redispy",
            key_prefix=_PREFIX,
            connection_pool=self._pool,  # type: ignore[arg-type]  # passed on to redis
        )
        self._windows = SlidingWindowCounterRateLimiter(storage)
        self._memory = MemoryRates()
        self._back_at = -math.inf

    async def spend(self, rate: Rate, key: str) -> Spent:
        """Count a call, unless it is one too many."""
        if time.monotonic() < self._back_at:
            return await self._memory.spend(rate, key)
        begun, problem = time.perf_counter(), ""
        try:
            return await self._ask(rate, key)
        except (RedisError, OSError, TimeoutError) as error:
            problem = type(error).__name__
            self._back_at = time.monotonic() + _REDIS_PAUSE
            self._metrics.store_failed()
            log.warning("rates are counted by each worker", extra={"problem": error})
            return await self._memory.spend(rate, key)
        finally:
            self._stores.operated("redis", "spend", time.perf_counter() - begun, problem)

    async def _ask(self, rate: Rate, key: str) -> Spent:
        """Count a call in Redis; the span of that fails with it, and there is none without it."""
        item = _ITEMS[rate.period](rate.amount)
        with self._tracing.operation("redis", "spend") as span:
            allowed = await self._windows.hit(item, key)
            reset, remaining = await self._windows.get_window_stats(item, key)
            span.resulted("allowed" if allowed else "refused")
        return Spent(allowed, remaining if allowed else 0, max(0.0, reset - time.time()))

    async def check(self) -> tuple[Problem, str] | None:
        """Write something that means nothing; return why Redis does not take it, in words."""
        try:
            await Redis(connection_pool=self._pool).set(_CHECK, b"", ex=_CHECK_KEPT)
        except (RedisError, OSError, TimeoutError) as error:
            return problem_of(error), described(error)
        return None

    async def close(self) -> None:
        """Close the connections."""
        await self._pool.aclose()


class Rates:
    """Holds users and API keys to their rates; without any it costs nothing."""

    def __init__(
        self,
        store: RateStore,
        *,
        users: Mapping[Kind, Rate | None],
        keys: Mapping[Kind, Rate | None],
        metrics: RateMetrics | None = None,
    ) -> None:
        self._metrics = metrics or RateMetrics(Instruments())
        self._store = store
        self._users = {kind: rate for kind, rate in users.items() if rate is not None}
        self._keys = {kind: rate for kind, rate in keys.items() if rate is not None}

    @property
    def limited(self) -> bool:
        """Whether any rate is set."""
        return bool(self._users or self._keys)

    async def spend(self, kind: Kind, identity: Identity, trailing: dict[str, str]) -> None:
        """Count a call; what is left goes into ``trailing``.

        The user's limit comes first: who alone calls too often takes nothing from others. A back
        end, which acts for no user, spends its key's alone.

        Raises `CallError`.
        """
        rate = self._users.get(kind)
        if rate is not None and identity.user_id:
            user = _digest(f"{identity.tenant_id}\0{identity.user_id}")
            await self._take("user", "user", kind, rate, f"u:{kind}:{user}", trailing)
        rate = self._keys.get(kind)
        if rate is not None:
            key = _digest(identity.api_key)
            await self._take("key", "API key", kind, rate, f"k:{kind}:{key}", trailing)

    async def _take(
        self, subject: Subject, name: str, kind: str, rate: Rate, key: str, trailing: dict[str, str]
    ) -> None:
        spent = await self._store.spend(rate, key)
        remaining = trailing.get("ratelimit-remaining")
        if remaining is None or not spent.allowed or spent.remaining < int(remaining):
            trailing["ratelimit-limit"] = str(rate.amount)
            trailing["ratelimit-remaining"] = str(spent.remaining)
            trailing["ratelimit-reset"] = str(math.ceil(spent.reset))
        if not spent.allowed:
            self._metrics.refused(subject, kind)
            raise reasons.rate_limited(name, kind, str(rate), max(spent.reset, 0.001))
        self._metrics.allowed(subject, kind)

    async def close(self) -> None:
        """Close the store."""
        await self._store.close()


def _digest(text: str) -> str:
    """Return what stands for a secret or a name in a store that others can read."""
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
