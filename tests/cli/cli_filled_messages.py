"""Makes messages of the contract in which everything is set."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import betterproto2

from chat3_api.google.protobuf import Struct, Value

NOON = datetime(2026, 11, 23, 11, 3, 4, tzinfo=UTC)

# With these set, a list would go on.
_MORE = ("next_page_token", "has_more")

# Deeper than any message of the contract is nested.
_DEEPEST = 6


def filled_message(kind: type[betterproto2.Message], text: str) -> Any:
    """Set every field: texts to `text`, numbers to 7; no page follows."""
    return next(_filled(kind, text, 0))


def _filled(kind: type[betterproto2.Message], text: str, depth: int) -> Iterator[Any]:
    """Give a filled message for each alternative of its oneof; one when it has none."""
    known = kind._betterproto
    fields = known.meta_by_field_name
    chosen = [name for name, field in fields.items() if field.group] or [None]
    for choice in chosen:
        message = kind()
        for name, field in fields.items():
            if name in _MORE or (field.group and name != choice):
                continue
            values = list(_values(known.cls_by_field[name], text, depth))
            if values:
                setattr(message, name, values if field.repeated else values[0])
        yield message


def _values(kind: Any, text: str, depth: int) -> Iterator[Any]:
    simple = {
        str: text,
        bool: True,
        int: 7,
        float: 7.0,
        datetime: NOON,
        timedelta: timedelta(seconds=7),
        Struct: Struct.from_dict({text: text, "list": [text, 7, None]}),
        Value: Value(string_value=text),
    }
    if kind in simple:
        yield simple[kind]
    elif issubclass(kind, betterproto2.Enum):
        yield kind(1)
    elif kind.__name__ == "FieldMask":
        yield kind(paths=["meta", "topic_id"])  # its paths are no free text
    elif depth < _DEEPEST:
        yield from _filled(kind, text, depth + 1)
