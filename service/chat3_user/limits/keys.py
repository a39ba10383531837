"""Which API keys the platform has taken lately, and which addresses bring keys it does not take.

Only a proved caller spends the rates of a user or a key; what strangers send is counted by their
address.
"""

import time
from collections.abc import Callable
from typing import Final

from cachetools import TTLCache

from chat3_user.errors import reasons
from chat3_user.limits.rates import Rate
from chat3_user.metrics.admission import RateMetrics
from chat3_user.metrics.instruments import Instruments
from chat3_user.transport.frames import Bucket

_KEYS: Final = 100_000
_ADDRESSES: Final = 100_000
_PROVED_FOR: Final = 300.0
"""Seconds for which a key that the platform took counts as proved; the platform is asked anyway."""


class KnownKeys:
    """``refused`` is how many refused keys one address may bring; nothing for any number."""

    def __init__(
        self,
        refused: Rate | None = None,
        clock: Callable[[], float] = time.monotonic,
        metrics: RateMetrics | None = None,
    ) -> None:
        self._metrics = metrics or RateMetrics(Instruments())
        self._refused = refused
        self._clock = clock
        self._proved: TTLCache[str, bool] = TTLCache(_KEYS, _PROVED_FOR, timer=clock)
        seconds = 0 if refused is None else refused.seconds
        self._addresses: TTLCache[str, Bucket] = TTLCache(_ADDRESSES, seconds or 1, timer=clock)

    def proved(self, key: str) -> bool:
        """Return whether the platform took the key lately."""
        return key in self._proved

    def note_proved(self, key: str) -> None:
        """Note that the platform took the key."""
        self._proved[key] = True

    def note_refused(self, key: str, address: str) -> None:
        """Note that the platform refused the key that came from ``address``."""
        self._proved.pop(key, None)
        if self._refused is None:
            return
        bucket = self._addresses.get(address)
        if bucket is None:
            amount = self._refused.amount
            bucket = Bucket(amount, amount / self._refused.seconds, self._clock)
        bucket.take(1)
        # Stored anew, so that an address which goes on is not forgotten.
        self._addresses[address] = bucket

    def check(self, address: str) -> None:
        """Check that an unproved key from ``address`` may be tried.

        Raises `CallError`.
        """
        if self._refused is None:
            return
        bucket = self._addresses.get(address)
        if bucket is not None and not bucket.has(1):
            self._metrics.refused("address", "refused")
            wait = self._refused.seconds / self._refused.amount
            raise reasons.rate_limited("address", "refused", str(self._refused), max(wait, 1.0))
