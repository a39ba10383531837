"""How long a stream lasts, when its caller is proved anew, and where the next one goes on."""

import math
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Final

from chat3_api.chat3.user.v1 import ErrorReason
from chat3_user.errors import CallError, reasons
from chat3_user.updates.fanout.settings import StreamSettings

_NO_VERDICT: Final = frozenset(
    {ErrorReason.UPSTREAM_INVALID_RESPONSE, ErrorReason.UPSTREAM_UNAVAILABLE}
)
"""Failures of a proof that say nothing about the caller."""

_ASK_AGAIN: Final = 30.0
"""Seconds after which a caller whom nobody could judge is proved again, at the latest."""


class Lifetime:
    """The times of one stream: each up to 20 % earlier than set, so that not all end at once.

    ``still_allowed`` proves that the caller may have the stream, where that is not done beside it.
    """

    def __init__(
        self, settings: StreamSettings, still_allowed: Callable[[], Awaitable[None]] | None = None
    ) -> None:
        self._settings = settings
        self._still_allowed = still_allowed
        self._ends_at = _jittered(settings.max_age)
        self._check_at = math.inf
        if still_allowed is not None:
            self._check_at = _jittered(settings.recheck_interval)

    @property
    def due(self) -> float:
        """When `go_on` has something to do, by the monotonic clock."""
        return min(self._ends_at, self._check_at)

    async def go_on(self, now: float) -> None:
        """End the stream when it is old, and prove its caller anew when that is due.

        An outage of the platform ends no stream: all that it ends could not be opened again. Raises
        `CallError`.
        """
        if now >= self._ends_at:
            raise reasons.stream_max_age(retry_after=random.uniform(0.05, 1.0))
        if self._still_allowed is not None and now >= self._check_at:
            judged = await was_judged(self._still_allowed())
            interval = self._settings.recheck_interval
            self._check_at = _jittered(interval if judged else min(interval, _ASK_AGAIN))


async def was_judged(proof: Awaitable[object]) -> bool:
    """Wait for a proof; return whether the platform could be asked.

    Raises `CallError` when it was, and the caller may not have the stream.
    """
    try:
        await proof
    except CallError as error:
        if error.reason not in _NO_VERDICT:
            raise
        return False
    return True


def ended_at(error: CallError, token: str) -> CallError:
    """Return what ends a stream, with the token of the last response that was sent."""
    return replace(error, metadata={**error.metadata, "resume_token": token})


def _jittered(seconds: float) -> float:
    return time.monotonic() + seconds * random.uniform(0.8, 1.0)
