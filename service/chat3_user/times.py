"""Times as tenant-api writes them: Unix milliseconds, as a number or as text with a fraction."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@lru_cache(maxsize=8192)  # the same times come again and again: of senders, of dialogs
def to_datetime(value: str | float) -> datetime:
    """Return the time that ``value`` (Unix milliseconds) means; finer than 1 µs is cut off.

    Raises ``ValueError`` for text that is no decimal number and ``OverflowError`` for times that
    `datetime` cannot hold.
    """
    return _EPOCH + timedelta(microseconds=_microseconds(value))


def _microseconds(value: str | float) -> int:
    if isinstance(value, str):
        whole, _, fraction = value.partition(".")
        micros = int(fraction[:3].ljust(3, "0")) if fraction else 0
        return int(whole) * 1000 + (-micros if whole.startswith("-") else micros)
    if isinstance(value, int):
        return value * 1000
    return round(value * 1000)
