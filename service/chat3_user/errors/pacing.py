"""Spreads those who are sent away: the more they are, the later each is asked to come back.

What ends streams or refuses calls for everybody at once (a worker that stops, a broker or platform
that is away, a worker that is full) would otherwise bring everybody back at once.
`docs/reconnect-storms.md` shows what that does, and where the figures here come from.
"""

import random
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from chat3_api.chat3.user.v1 import ErrorReason
from chat3_user.errors._failures import CallError

RETURNS_PER_SECOND: Final = 500.0
"""Of those whom one worker sends away, so many are asked back in a second: half of what one worker
takes back in that time, TLS and all."""

LONGEST: Final = 30.0
"""Most seconds that are added: about as much as a client's own back-off."""

_PACED: Final = frozenset(
    {
        ErrorReason.IDEMPOTENCY_STORE_UNAVAILABLE,
        ErrorReason.OVERLOADED,
        ErrorReason.SHUTTING_DOWN,
        ErrorReason.SLOW_CONSUMER,
        ErrorReason.UPDATES_LOG_UNAVAILABLE,
        ErrorReason.UPDATES_UNAVAILABLE,
        ErrorReason.UPSTREAM_UNAVAILABLE,
    }
)
"""Reasons that many hear at once. The others' delays are about one caller, and stay as they are."""


class RetryPacing:
    """One worker's turns for those it sends away, counted for each reason by itself.

    ``clock`` gives seconds, ``between`` a random number of a range.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        between: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self._clock = clock
        self._between = between
        self._last: dict[ErrorReason, float] = {}

    def paced(self, error: CallError) -> CallError:
        """Return a failure whose delay includes its turn, if its reason has turns."""
        if error.retry_after is None or error.reason not in _PACED:
            return error
        return replace(error, retry_after=error.retry_after + self.turn(error.reason))

    def turn(self, reason: ErrorReason) -> float:
        """Return the seconds until the next free turn, and take it."""
        now = self._clock()
        turn = max(self._last.get(reason, now), now) + 1 / RETURNS_PER_SECOND
        if turn > now + LONGEST:
            # All turns are taken; the last one must not be everybody's.
            return self._between(LONGEST / 2, LONGEST)
        self._last[reason] = turn
        return turn - now
