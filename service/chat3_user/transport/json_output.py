"""Answers in JSON: functions that are put together once for each type of message.

They give what google protobuf's `json_format` gives, in a fraction of its time: that looks up all
that it has to know of a field every time. Types that are rare in answers are left to it.
"""

import time
from base64 import b64encode
from collections.abc import Callable
from typing import Any, Final

from google.protobuf import json_format
from google.protobuf.descriptor import FieldDescriptor

Convert = Callable[[Any], Any]

_EXACT: Final = 2.0**53
"""From here on a double no longer holds every integer; such a number keeps its exponent."""

_TEXT_OF_INTEGERS: Final = (FieldDescriptor.CPPTYPE_INT64, FieldDescriptor.CPPTYPE_UINT64)


class Printers:
    """Makes the functions of the types of one pool, and keeps them."""

    def __init__(self) -> None:
        self._made: dict[str, Convert] = {}

    def of(self, kind: Any) -> Convert:
        """Return what gives messages of a type, by its descriptor, as JSON values."""
        known = _WELL_KNOWN.get(kind.full_name) or self._made.get(kind.full_name)
        if known is not None:
            return known
        fields: list[FieldDescriptor] = list(kind.fields)
        if kind.file.package == "google.protobuf" or any(map(_is_rare, fields)):
            return json_format.MessageToDict
        # Fields of one type, which may be this one again, are looked up when it is done.
        table: dict[FieldDescriptor, tuple[str, Convert | None]] = {}

        def convert(message: Any) -> dict[str, Any]:
            found: dict[str, Any] = {}
            for field, value in message.ListFields():
                name, converted = table[field]
                found[name] = value if converted is None else converted(value)
            return found

        self._made[kind.full_name] = convert
        for field in fields:
            table[field] = (field.json_name, self._converter(field))
        return convert

    def _converter(self, field: FieldDescriptor) -> Convert | None:
        """Return what converts a field's value; nothing where it is JSON as it is."""
        one = self._of_one(field)
        if not field.is_repeated:
            return one
        if one is None:
            return list
        return lambda values: [one(value) for value in values]

    def _of_one(self, field: FieldDescriptor) -> Convert | None:
        kind = field.cpp_type
        if kind == FieldDescriptor.CPPTYPE_MESSAGE:
            return self.of(field.message_type)
        if kind == FieldDescriptor.CPPTYPE_ENUM:
            return _enum(field)
        if kind in _TEXT_OF_INTEGERS:
            return str
        if kind == FieldDescriptor.CPPTYPE_DOUBLE:
            return _double
        if field.type == FieldDescriptor.TYPE_BYTES:
            return lambda value: b64encode(value).decode()
        return None


def _is_rare(field: FieldDescriptor) -> bool:
    entry = field.message_type
    return field.cpp_type == FieldDescriptor.CPPTYPE_FLOAT or (
        entry is not None and entry.GetOptions().map_entry
    )


def _enum(field: FieldDescriptor) -> Convert:
    kind: Any = field.enum_type
    if kind.full_name == "google.protobuf.NullValue":
        return lambda _: None
    names = {value.number: value.name for value in kind.values}
    return lambda number: names.get(number, number)


def _double(value: float) -> Any:
    if value != value:  # noqa: PLR0124 - NaN is not equal to itself
        return "NaN"
    if value in (float("inf"), float("-inf")):
        return "Infinity" if value > 0 else "-Infinity"
    return _number(value)


def _number(value: float) -> float:
    return int(value) if value.is_integer() and abs(value) < _EXACT else value


def _timestamp(value: Any) -> str:
    year, month, day, hour, minute, second, *_ = time.gmtime(value.seconds)
    text = f"{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}"
    nanos = value.nanos
    if not nanos:
        return f"{text}Z"
    if nanos % 1000:
        return f"{text}.{nanos:09d}Z"
    if nanos % 1_000_000:
        return f"{text}.{nanos // 1000:06d}Z"
    return f"{text}.{nanos // 1_000_000:03d}Z"


def _struct(value: Any) -> dict[str, Any]:
    fields = value.fields
    # The mapping's own `items` would take half as long again.
    return {name: _value(fields[name]) for name in fields}


def _value(value: Any) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "string_value":
        return value.string_value
    if kind == "number_value":
        return _number(value.number_value)
    if kind == "struct_value":
        return _struct(value.struct_value)
    if kind == "list_value":
        return [_value(item) for item in value.list_value.values]
    return value.bool_value if kind == "bool_value" else None


_WELL_KNOWN: Final[dict[str, Convert]] = {
    "google.protobuf.Timestamp": _timestamp,
    "google.protobuf.Struct": _struct,
    "google.protobuf.Value": _value,
    "google.protobuf.ListValue": lambda value: [_value(item) for item in value.values],
}
