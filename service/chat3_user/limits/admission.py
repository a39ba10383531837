"""Who is let in: calls while this worker has room, streams while their API key may have more."""

import hashlib
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from chat3_user.errors import reasons
from chat3_user.limits.rates import MemoryRates, Rates
from chat3_user.validation import Identity


class Admission:
    """Counts open calls and streams of one worker.

    A worker with more calls than it can serve answers all of them late; one that refuses the rest
    at once serves as many as it can.
    """

    def __init__(
        self, *, calls: int = 1000, streams_per_key: int = 5000, rates: Rates | None = None
    ) -> None:
        self._calls_max = calls
        self._streams_max = streams_per_key
        self._calls = 0
        self._streams: Counter[bytes] = Counter()
        self.rates = rates or Rates(MemoryRates(), users={}, keys={})

    @property
    def calls(self) -> int:
        """The number of unary calls under way."""
        return self._calls

    @contextmanager
    def call(self) -> Iterator[None]:
        """Hold a place for a unary call.

        Raises `CallError`.
        """
        if self._calls >= self._calls_max:
            raise reasons.overloaded(random.uniform(0.5, 1.5))
        self._calls += 1
        try:
            yield
        finally:
            self._calls -= 1

    @contextmanager
    def stream(self, identity: Identity) -> Iterator[None]:
        """Hold a place for a stream of the caller's API key.

        Raises `CallError`.
        """
        key = hashlib.blake2b(identity.api_key.encode(), digest_size=16).digest()
        if self._streams[key] >= self._streams_max:
            raise reasons.too_many_streams(self._streams_max, "API key")
        self._streams[key] += 1
        try:
            yield
        finally:
            self._streams[key] -= 1
            if not self._streams[key]:
                del self._streams[key]
