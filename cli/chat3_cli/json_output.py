"""Writes contract messages as single lines of proto3 JSON."""

import dataclasses
import json
from typing import Any

import betterproto2

from chat3_api.google.protobuf import FieldMask

# From here on a double no longer holds every integer; such a number keeps its exponent.
_EXACT_INTEGERS = 2.0**53
_GOOGLE = FieldMask.__module__


def line(message: betterproto2.Message) -> str:
    """Give the message in proto3 JSON: camelCase names, zeros, empty lists, custom data as it is.

    Only what the contract can leave out, and has left out, is missing.
    """
    document = message.to_dict(include_default_values=True)
    _complete(message, document)
    return dump(document)


def dump(value: Any) -> str:
    """Give a JSON value as one line of ASCII, which no terminal and no pipe can garble."""
    return json.dumps(_with_integers(value), separators=(",", ":"))


def _complete(message: betterproto2.Message, document: dict[str, Any]) -> None:
    """Take out, in place, what is absent, and put field masks in JSON's own form.

    That is one text, in camelCase. Messages of google.protobuf have forms of their own.
    """
    for field in dataclasses.fields(message):  # type: ignore[arg-type]  # a message is one
        value = getattr(message, field.name)
        name = betterproto2.Casing.CAMEL(field.name).rstrip("_")
        if value is None:
            document.pop(name, None)
        elif isinstance(value, FieldMask):
            document[name] = ",".join(_camel(path) for path in value.paths)
        elif _is_ours(value):
            _complete(value, document[name])
        elif isinstance(value, list) and value and _is_ours(value[0]):
            for item, written in zip(value, document[name], strict=True):
                _complete(item, written)


def _is_ours(value: object) -> bool:
    return isinstance(value, betterproto2.Message) and type(value).__module__ != _GOOGLE


def _camel(path: str) -> str:
    return ".".join(betterproto2.Casing.CAMEL(step) for step in path.split("."))


def _with_integers(value: Any) -> Any:
    # Custom data knows doubles only; 5 should not come out as 5.0, and google's JSON says 5, too.
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
