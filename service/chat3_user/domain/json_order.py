"""The order in which the platform writes the keys of meta: that of JavaScript's objects."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

_LARGEST_INDEX: Final = 2**32 - 2
_INDEX_DIGITS: Final = 10


def is_index(key: str) -> bool:
    """Tell whether a key is an array index: these come first, in ascending order."""
    return (
        key.isascii()
        and key.isdigit()
        and len(key) <= _INDEX_DIGITS
        and str(int(key)) == key
        and int(key) <= _LARGEST_INDEX
    )


def precede_key(there: Mapping[str, Any], asked: Mapping[str, Any]) -> bool:
    """Tell whether an attempt at ``asked`` that was cut before its key may have left ``there``.

    All of that was asked for, and is written before the key: keys that are array indexes.
    """
    return all(is_index(key) and key in asked and asked[key] == there[key] for key in there)


def in_order(keys: Iterable[str]) -> list[str]:
    """Return an object's keys in the order in which they are written."""
    listed = list(keys)
    indexes = sorted((key for key in listed if is_index(key)), key=int)
    return [*indexes, *(key for key in listed if not is_index(key))]


def unwritten(asked: Mapping[str, Any], there: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of ``asked`` was never written where ``there`` is what an object has of it.

    Keys are written in order, so a key that is missing before one that is there was removed since.
    """
    keys = in_order(asked)
    written = [place for place, key in enumerate(keys) if key in there]
    return {key: asked[key] for key in keys[written[-1] + 1 if written else 0 :]}
