"""When a token ends: read from the token itself, and in words."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any, Final

SOON: Final = timedelta(minutes=5)
"""A token that ends within this time deserves a warning."""

_PARTS_OF_SIGNED = 3
_UNITS = ((86_400, "days"), (3600, "h"), (60, "min"), (1, "s"))


def end_of_signed(token: str) -> datetime | None:
    """Read when a signed token ends; nothing for a sealed one, which only the service can read.

    The signature is not checked: the service does that.
    """
    parts = token.split(".")
    if len(parts) != _PARTS_OF_SIGNED:
        return None
    try:
        claims: Any = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
        return datetime.fromtimestamp(float(claims["exp"]), UTC)
    except (ValueError, TypeError, KeyError, OverflowError, OSError, RecursionError):
        return None


def is_soon(ends: datetime, now: datetime) -> bool:
    """Return whether a token ends so soon that a new one is needed."""
    return ends - now < SOON


def in_words(ends: datetime, now: datetime) -> str:
    """Give the time in the local zone, and how long that is from now."""
    try:
        shown = ends.astimezone()
    except OverflowError:  # it is in the year 10000 here
        shown = ends
    seconds = round((ends - now).total_seconds())
    left = _span(abs(seconds))
    return f"{shown:%Y-%m-%d %H:%M %Z}, {f'in {left}' if seconds >= 0 else f'{left} ago'}"


def _span(seconds: int) -> str:
    """Give a length of time in the largest unit of which it has two."""
    size, unit = next((each for each in _UNITS if seconds >= 2 * each[0]), _UNITS[-1])
    return f"{seconds // size} {unit}"
