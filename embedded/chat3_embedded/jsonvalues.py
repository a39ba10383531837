"""JSON as tenant-api writes it: times as text, nulls and database keys left out."""

from __future__ import annotations

import re
from typing import Any, TypeAlias

import msgspec

JsonObject: TypeAlias = dict[str, Any]

# These keys hold times at any depth, whatever object they are in: meta objects too.
TIME_KEYS = frozenset(
    {
        "createdAt",
        "lastSeenAt",
        "lastMessageAt",
        "lastInteractionAt",
        "publishedAt",
        "expiresAt",
        "lastUsedAt",
        "readAt",
        "deliveredAt",
        "joinedAt",
        "lastUpdatedAt",
        "lastActivityAt",
        "addedAt",
    }
)
_DATABASE_KEYS = frozenset({"_id", "id", "__v"})
_INDEX = re.compile(r"0|[1-9]\d{0,9}")
_NUMBER = re.compile(r"-?\d+(\.\d+)?")

encode = msgspec.json.encode


def decode(data: bytes | str) -> Any:
    """Parse JSON; a number without a fraction is an int, as JavaScript would print it."""
    return whole_numbers(msgspec.json.decode(data))


def whole_numbers(value: Any) -> Any:
    """Turn 1.0 into 1 at any depth: JavaScript knows one kind of number only."""
    if isinstance(value, float):
        return number(value)
    if isinstance(value, dict):
        return {key: whole_numbers(item) for key, item in value.items()}
    if isinstance(value, list):
        return [whole_numbers(item) for item in value]
    return value


def number(value: float) -> float:
    """Return an int where JavaScript would print no fraction; SQLite gives some as ints already."""
    return int(value) if float(value).is_integer() else value


def time_text(milliseconds: float) -> str:
    """Write a time as the sanitised answers do: milliseconds with six decimals."""
    return f"{milliseconds:.6f}"


def sanitise(value: Any) -> Any:
    """Rewrite a value as the real server does before it answers or publishes."""
    if isinstance(value, dict):
        belongs_to_user = "userId" in value and "tenantId" in value
        return {
            key: _time_or_value(item) if key in TIME_KEYS else sanitise(item)
            for key, item in value.items()
            if item is not None
            and key not in _DATABASE_KEYS
            and not (belongs_to_user and key == "name")
        }
    if isinstance(value, list):
        return [sanitise(item) for item in value]
    return value


def _time_or_value(value: Any) -> Any:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return time_text(value)
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        return time_text(float(value))
    return sanitise(value)


def drop_empty_objects(value: JsonObject) -> JsonObject:
    """Leave out empty objects at any depth, as the real server's database layer does on saving."""
    kept: JsonObject = {}
    for key, item in value.items():
        slim = drop_empty_objects(item) if isinstance(item, dict) else item
        if slim != {}:
            kept[key] = slim
    return kept


def own_keys(value: JsonObject) -> list[str]:
    """Return an object's keys in JavaScript's order: array indexes first, ascending."""
    indexes = [key for key in value if _INDEX.fullmatch(key) and int(key) < 2**32 - 1]
    return [*sorted(indexes, key=int), *(key for key in value if key not in set(indexes))]


def utf16_prefix(text: str, units: int) -> str:
    """Return the first UTF-16 units of a text; half a surrogate pair becomes U+FFFD."""
    return text.encode("utf-16-le", "surrogatepass")[: 2 * units].decode("utf-16-le", "replace")
