"""How long a stream lasts, when its caller is proved anew, and where the next one goes on."""

import math
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace

from chat3_user.errors import CallError, reasons
from chat3_user.updates.fanout.settings import StreamSettings


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

        Raises `CallError`.
        """
        if now >= self._ends_at:
            raise reasons.stream_max_age(retry_after=random.uniform(0.05, 1.0))
        if self._still_allowed is not None and now >= self._check_at:
            await self._still_allowed()
            self._check_at = _jittered(self._settings.recheck_interval)


def ended_at(error: CallError, token: str) -> CallError:
    """Return what ends a stream, with the token of the last response that was sent."""
    return replace(error, metadata={**error.metadata, "resume_token": token})


def _jittered(seconds: float) -> float:
    return time.monotonic() + seconds * random.uniform(0.8, 1.0)
