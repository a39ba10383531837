"""Writes contract messages as single lines of proto3 JSON."""

import dataclasses
import json
from typing import Any

import betterproto2

from chat3_api.google.protobuf import FieldMask

# From here on a double no longer holds every integer; such a number keeps its exponent.
_EXACT_INTEGERS = 2.0**53


def line(message: betterproto2.Message) -> str:
    """Give the message in proto3 JSON: camelCase names, defaults left out, open data as it is."""
    document = message.to_dict()
    _put_masks(message, document)
    return dump(document)


def dump(value: Any) -> str:
    """Give a JSON value as one line of ASCII, which no terminal and no pipe can garble."""
    return json.dumps(_with_integers(value), separators=(",", ":"))


def _put_masks(message: betterproto2.Message, document: dict[str, Any]) -> None:
    """Put field masks in JSON's own form, in place: one text, in camelCase."""
    for field in dataclasses.fields(message):  # type: ignore[arg-type]  # a message is one
        value = getattr(message, field.name)
        name = betterproto2.Casing.CAMEL(field.name)
        if isinstance(value, FieldMask):
            document[name] = ",".join(_camel(path) for path in value.paths)
        elif isinstance(value, betterproto2.Message) and isinstance(document.get(name), dict):
            _put_masks(value, document[name])
        elif isinstance(value, list) and value and isinstance(value[0], betterproto2.Message):
            for item, written in zip(value, document[name], strict=True):
                _put_masks(item, written)


def _camel(path: str) -> str:
    return ".".join(betterproto2.Casing.CAMEL(step) for step in path.split("."))


def _with_integers(value: Any) -> Any:
    # Open data knows doubles only; 5 should not come out as 5.0, and google's JSON says 5, too.
    match value:
        case float() if value.is_integer() and abs(value) < _EXACT_INTEGERS:
            return int(value)
        case dict():
            return {key: _with_integers(item) for key, item in value.items()}
        case list():
            return [_with_integers(item) for item in value]
        case _:
            return value


def readable(value: Any) -> str:
    """Give a JSON value for people, in the characters it is made of."""
    return json.dumps(_with_integers(value), ensure_ascii=False)
