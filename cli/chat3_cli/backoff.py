"""Decides how long to wait before a call or a stream is tried again."""

import random

FIRST_SECONDS = 0.5
LONGEST_SECONDS = 30.0


def pause(attempt: int, wanted: float | None) -> float:
    """Give the seconds to wait before the attempt after `attempt`, which counts from 1.

    What the service wants (`RetryInfo`) is never undercut. Jitter keeps clients that lost their
    connection together from coming back together.
    """
    step = min(LONGEST_SECONDS, FIRST_SECONDS * 2.0 ** min(attempt - 1, 10))
    if wanted is None:
        return step * _jitter(0.5, 1.0)
    return wanted + min(wanted, step) * _jitter(0.0, 0.5)


def _jitter(low: float, high: float) -> float:
    return random.uniform(low, high)
