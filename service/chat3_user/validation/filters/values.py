"""Reads the value of a condition: numbers, booleans, times, text and lists of them."""

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from chat3_user.validation.filters.errors import FilterError
from chat3_user.validation.filters.fields import META, ORDER_OPERATORS, Field, Kind
from chat3_user.validation.filters.patterns import check_pattern
from chat3_user.validation.filters.syntax import Scalar
from chat3_user.validation.text import WHITE_SPACE

MAX_NUMBER: Final = 2**53 - 1
MAX_DIGITS: Final = 30
MAX_ITEMS: Final = 100

_NUMBER: Final = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
_TIME: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
    r"(?:T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?(?:Z|[+-][0-9]{2}:[0-9]{2}))?"
)
_DATE_LIKE: Final = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T.*)?")
# The platform turns date-like text into milliseconds where a field's name holds one of these.
_TIME_NAMES: Final = re.compile(
    "createdAt|updatedAt|lastSeenAt|lastMessageAt|publishedAt|readAt|deliveredAt|statusTime"
    "|reactionTime|joinedAt|expiresAt|lastUsedAt"
)
_QUOTED: Final = re.compile('"(.*)"')
_LIST_SYNTAX: Final = re.compile(r"[\[\]{}\"]")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_WORDS: Final = {"true": True, "false": False}


def scalar_value(raw: str, field: Field, operator: str, position: int) -> Scalar:
    """Return the value of an operator that takes one; ``raw`` is trimmed and not empty."""
    if operator == "exists":
        if raw != "true":
            # exists,false selects nothing on the platform, whatever there is.
            raise FilterError(position, "`exists` takes `true`")
        return True
    value = _scalar(raw, field, position)
    if operator == "regex":
        if not isinstance(value, str):
            raise FilterError(position, "`regex` takes text; quote what looks like a number")
        check_pattern(value, position)
    elif operator in ORDER_OPERATORS and isinstance(value, bool):
        raise FilterError(position, f"`{operator}` takes text or a number")
    return value


def list_value(raw: str, field: Field, name: str, position: int) -> tuple[Scalar, ...]:
    """Return the items of a list such as ``[a,b]``; ``raw`` is trimmed and not empty."""
    if not (raw.startswith("[") and raw.endswith("]")):
        raise FilterError(position, "a list such as `[a,b]` is expected")
    items: list[Scalar] = []
    at = position + 1
    for part in raw[1:-1].split(","):
        item = part.strip(WHITE_SPACE)
        start = at + len(part) - len(part.lstrip(WHITE_SPACE))
        at += len(part) + 1
        if len(items) == MAX_ITEMS:
            raise FilterError(start, f"a list has at most {MAX_ITEMS} items")
        if not item:
            # A blank item between brackets begins at most at the closing bracket.
            raise FilterError(min(start, position + len(raw) - 1), "a list item is missing")
        value = _scalar(item, field, start)
        if isinstance(value, str) and not is_listable(value, name):
            raise FilterError(
                start,
                "text in a list is not empty, looks like no number, `true`, `false`, `null` or "
                "time, begins with no quotation mark, and holds no bracket, brace, comma or "
                'quotation mark `"`',
            )
        items.append(value)
    return tuple(items)


def is_listable(value: Scalar, name: str) -> bool:
    """Tell whether the platform reads the value in a list as what it is.

    Lists are written without quotation marks, so text must not look like anything else.
    """
    if not isinstance(value, str):
        return True
    return not (
        not value
        or value in ("true", "false", "null")
        or "," in value
        or value[0] == "'"
        or value.strip(WHITE_SPACE) != value
        or _LIST_SYNTAX.search(value)
        or _NUMBER.fullmatch(value)
        or (_TIME_NAMES.search(name.removeprefix(META)) and _DATE_LIKE.fullmatch(value))
    )


def _scalar(raw: str, field: Field, position: int) -> Scalar:
    value = _typed(raw, position)
    if field.kind is Kind.TIME:
        if isinstance(value, str):
            value = _milliseconds(raw, position)
        fits = not isinstance(value, bool)
    elif field.kind is Kind.COUNT:
        fits = isinstance(value, int) and not isinstance(value, bool) and value >= 0
    elif field.kind is Kind.TEXT:
        fits = isinstance(value, str)
        if value == "":
            raise FilterError(position, "this field is never empty")
    else:
        fits = True
    if not fits:
        hint = "; quote what looks like a number" if field.kind is Kind.TEXT else ""
        raise FilterError(position, f"{field.kind.value} is expected{hint}")
    return value


def _typed(raw: str, position: int) -> Scalar:
    """Return the value by its form alone."""
    if raw in _WORDS:
        return _WORDS[raw]
    if raw == "null":
        raise FilterError(position, 'nothing compares with `null`; `"null"` is text')
    if _NUMBER.fullmatch(raw):
        return _number(raw, position)
    if raw[0] in "\"'":
        if not _QUOTED.fullmatch(raw):
            raise FilterError(position, 'quoted text begins and ends with `"`')
        raw = raw[1:-1]
    elif raw[0] == "[":
        raise FilterError(position, 'no list here; text that begins with `[` is quoted with `"`')
    if raw.startswith("{"):
        raise FilterError(position, "text cannot begin with `{`")
    return raw


def _number(raw: str, position: int) -> int | float:
    if len(raw) > MAX_DIGITS or abs(float(raw)) > MAX_NUMBER:
        raise FilterError(
            position, f"a number has at most {MAX_DIGITS} characters and is at most {MAX_NUMBER}"
        )
    value = float(raw)
    return int(value) if value.is_integer() else value


def _milliseconds(raw: str, position: int) -> int | float:
    if not _TIME.fullmatch(raw):
        raise FilterError(
            position,
            "a time is `2026-01-31`, `2026-01-31T12:00:00Z` or has an offset like `+02:00`",
        )
    try:
        moment = datetime.fromisoformat(raw)
    except ValueError as error:
        raise FilterError(position, "there is no such time") from error
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    whole, part = divmod((moment - _EPOCH) // _MICROSECOND, 1000)
    return whole + part / 1000 if part else whole
