"""Writes contract messages as single lines of proto3 JSON."""

import json
from typing import Any

import betterproto2

# From here on a double no longer holds every integer; such a number keeps its exponent.
_EXACT_INTEGERS = 2.0**53


def line(message: betterproto2.Message) -> str:
    """Give the message in proto3 JSON: camelCase names, defaults left out, open data as it is."""
    return dump(message.to_dict())


def dump(value: Any) -> str:
    """Give a JSON value as one line of ASCII, which no terminal and no pipe can garble."""
    return json.dumps(_with_integers(value), separators=(",", ":"))


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
