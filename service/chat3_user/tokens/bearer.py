"""What a bearer token proves, and until when."""

from dataclasses import dataclass
from typing import Final

from chat3_user.errors import token_reasons
from chat3_user.validation import Identity

LONGEST: Final = 4096
"""Characters of the longest token that is looked at."""

LEEWAY: Final = 30.0
"""Seconds by which the clock that a token was created by may be ahead of this machine's.

There is none for the end: a token is never accepted after its time.
"""


@dataclass(frozen=True, slots=True)
class Bearer:
    """The caller that a token proves, until ``expires_at`` (Unix seconds)."""

    identity: Identity
    expires_at: float


def check_times(now: float, *, begins_at: float, expires_at: float) -> None:
    """Check that a token's time has come and is not over; all in Unix seconds.

    Raises `CallError`.
    """
    if now >= expires_at:
        raise token_reasons.token_expired()
    if begins_at > now + LEEWAY:
        raise token_reasons.token_not_yet_valid()
