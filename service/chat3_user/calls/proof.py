"""How long a caller's identity is valid, and the failure when it no longer is."""

import asyncio
import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from chat3_api.chat3.user.v1 import ErrorReason
from chat3_user.errors import CallError, token_reasons

_LONGEST_TIMER: Final = 1e8

_LAST_TIME: Final = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
"""The last second that a `google.protobuf.Timestamp` can have."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What proves an identity until ``until`` (Unix seconds): a token, unless it lasts for ever."""

    until: float = math.inf

    @property
    def expire_time(self) -> datetime | None:
        """When a token expires, at most the last second of the year 9999; nothing for a key."""
        if self.until == math.inf:
            return None
        return datetime.fromtimestamp(min(self.until, _LAST_TIME.timestamp()), UTC)

    @contextmanager
    def ending(self, end: Callable[[CallError], None]) -> Iterator[None]:
        """Have a stream ended by ``end`` when the proof ends within the block."""
        if self.until == math.inf:
            yield
            return
        left = max(0.0, min(self.until - time.time(), _LONGEST_TIMER))
        timer = asyncio.get_running_loop().call_later(
            left, lambda: end(token_reasons.token_expired())
        )
        try:
            yield
        finally:
            timer.cancel()

    def told(self, error: CallError) -> CallError:
        """Return the failure for a caller: one with a token does not know the API key."""
        if self.until == math.inf or error.reason is not ErrorReason.API_KEY_INVALID:
            return error
        return replace(token_reasons.token_revoked(), metadata=error.metadata)


LASTING: Final = Proof()
"""The proof by an API key: the platform is asked about it again and again."""
