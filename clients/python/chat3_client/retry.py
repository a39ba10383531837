"""Decides how long to wait before a call or a stream is tried again, and when to give up."""

import random
from dataclasses import dataclass
from typing import Final

_DOUBLINGS: Final = 16
"""Enough to get from any first bound to any longest one."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How a call is repeated. The deadline of the call bounds all attempts and pauses together."""

    attempts: int = 100
    """How often a call is tried at most; 1 repeats nothing. Most often its deadline comes first."""
    first: float = 0.2
    """The bound in seconds of the first pause; it doubles from attempt to attempt."""
    longest: float = 5.0
    """The bound in seconds of any pause that the service has not asked for."""
    budget: float = 500.0
    """How many repetitions there may be when everything fails; see `RetryBudget`. One costs none
    after an attempt that sent nothing, and when a connection was lost for the first time."""
    opening: float = 20.0
    """Seconds that a stream has to be opened, each time."""
    wait_for_service: bool = True
    """Whether a service that was never reached is tried again. Its address may be wrong: a program
    that somebody looks at says so at once. A stream that was never open then ends, too, after
    ``attempts`` failures that are not the service's own. One that was open is always opened again.
    """

    def pause(self, failures: int, wanted: float | None) -> float:
        """Return the seconds to wait after so many failures in a row."""
        return pause(failures, wanted, first=self.first, longest=self.longest)


def pause(failures: int, wanted: float | None, *, first: float, longest: float) -> float:
    """Return the seconds to wait after ``failures`` in a row; ``wanted`` is what `RetryInfo` says.

    What the service wants is never undercut, and up to half as long again is added. Without a wish
    the pause is random below a bound that doubles: clients that lost one server together do not
    come back together, not even the first time.
    """
    if wanted:
        return wanted * random.uniform(1.0, 1.5)
    return random.uniform(0.0, min(longest, first * 2.0 ** min(failures - 1, _DOUBLINGS)))


class RetryBudget:
    """Stops repetitions when most calls fail, lest they double the load on it.

    A repetition takes one token, a success gives a tenth back: when nothing succeeds repetitions
    end, and when all goes well again one is possible for every ten calls.
    """

    def __init__(self, tokens: float) -> None:
        self._most = self._tokens = tokens

    def take(self) -> bool:
        """Take a token; return whether there was one."""
        if self._tokens < 1.0:
            return False
        self._tokens -= 1.0
        return True

    def succeeded(self) -> None:
        """Give a part of a token back."""
        self._tokens = min(self._most, self._tokens + 0.1)


@dataclass(slots=True)
class Backoff:
    """Counts the failures of a stream in a row. Any response resets it: the service works."""

    first: float = 0.5
    longest: float = 30.0
    failures: int = 0

    def reset(self) -> None:
        """Begin anew."""
        self.failures = 0

    def next(self, wanted: float | None) -> float:
        """Count a failure; return the seconds to wait."""
        self.failures += 1
        return pause(self.failures, wanted, first=self.first, longest=self.longest)
