"""Times as tenant-api writes them: Unix milliseconds, as a number or as text with a fraction."""

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DECIMALS = 6


def to_datetime(value: str | float) -> datetime:
    """Return the time that ``value`` (Unix milliseconds) means.

    Raises as `to_microseconds` does, and ``OverflowError`` for times that `datetime` cannot hold.
    """
    return _EPOCH + timedelta(microseconds=to_microseconds(value))


def to_microseconds(value: str | float) -> int:
    """Return the Unix time that ``value`` (Unix milliseconds) means, to the nearest microsecond.

    The platform keeps times as doubles and writes them as text of six decimals or as numbers. Both
    forms of one double mean one time here, and a whole microsecond stays the one it was, although
    no double is exactly it.

    Raises ``ValueError`` for text that is no decimal number.
    """
    if isinstance(value, int):
        return value * 1000
    text = value if isinstance(value, str) else f"{value:.6f}"
    whole, _, fraction = text.partition(".")
    digits = whole + fraction
    # `int` alone would take signs, underscores, white space and other scripts' digits.
    if len(fraction) == _DECIMALS and digits.isdigit() and digits.isascii() and whole:
        return (int(digits) + 500) // 1000
    digits = digits.removeprefix("-")
    if not (digits.isascii() and digits.isdigit()):
        raise ValueError("a time that is no decimal number")
    micros = (int(fraction[:_DECIMALS].ljust(_DECIMALS, "0")) + 500) // 1000
    return int(whole) * 1000 + (-micros if whole.startswith("-") else micros)


def to_nanoseconds(value: str | float) -> int:
    """Return the Unix time that ``value`` (Unix milliseconds) means, as the platform writes it.

    Six decimals of a millisecond tell any two of the platform's times apart, and are as good as the
    doubles they came from: what `to_microseconds` rounds away counts where times are compared.

    Raises ``ValueError`` for text that is no decimal number.
    """
    if isinstance(value, int):
        return value * 1_000_000
    text = value if isinstance(value, str) else f"{value:.6f}"
    whole, _, fraction = text.partition(".")
    digits = whole + fraction
    if len(fraction) == _DECIMALS and digits.isdigit() and digits.isascii() and whole:
        return int(digits)
    digits = digits.removeprefix("-")
    if not (digits.isascii() and digits.isdigit()):
        raise ValueError("a time that is no decimal number")
    part = int(fraction[:_DECIMALS].ljust(_DECIMALS, "0"))
    return int(whole) * 1_000_000 + (-part if whole.startswith("-") else part)
