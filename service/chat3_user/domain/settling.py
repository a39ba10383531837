"""When what the platform may still be writing can be judged."""

import time
from typing import Any, Final

from chat3_user.idempotency import Earlier, UnsettledError
from chat3_user.tenant_api import models as m
from chat3_user.tenant_api.answers import understood
from chat3_user.tenant_api.route import Route
from chat3_user.times import to_datetime

# How far tenant-api's clock may be from ours. For what carries our key: far less than a key is
# kept. For what does not: no more than clocks that are set by NTP need, for the more it is, the
# sooner something of somebody else's is taken for ours.
CLOCKS_DIFFER: Final = 600.0
ORPHAN_CLOCKS_DIFFER: Final = 10.0

ORPHANS_WITHIN: Final = 3600.0
"""For how long, in seconds after its attempt began, an orphan is looked for."""


class Settling:
    """The looks of one call; it remembers what it has seen.

    ``settle`` is that of `Times`, in seconds.
    """

    def __init__(self, settle: float) -> None:
        self._settle = settle
        self._first_seen: dict[str, float] = {}

    def wait_for(self, thing: str, written: float, earlier: Earlier) -> None:
        """Let the platform have its time with what it began to write at ``written`` (Unix seconds).

        By its own clock, or by ours where the two disagree. Raises `UnsettledError`.
        """
        now = time.monotonic()
        since_seen = now - self._first_seen.setdefault(thing, now)
        age = max(time.time() - written, since_seen)
        if not earlier.settled or age < self._settle:
            raise UnsettledError(max(0.0, self._settle - max(age, 0.0)))


def unix_time(route: Route[Any], value: m.Time | None) -> float:
    """Return a time of an answer of the route in Unix seconds, by the platform's clock.

    Raises `CallError` for one that is none.
    """
    with understood(route):
        if value is None:
            raise ValueError("a thing without its time")
        return to_datetime(value).timestamp()
