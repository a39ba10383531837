"""The sort syntax `(field,asc|desc)` and its variants."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from chat3_embedded.errors import bad_request
from chat3_embedded.jsonvalues import decode

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chat3_embedded.jsonvalues import JsonObject

_PAREN = re.compile(r"\(\s*([\w.]+)\s*,\s*(asc|desc|1|-1)\s*\)")
_BARE = re.compile(r"(-?)([\w.]+)")


@dataclass(frozen=True, slots=True)
class Order:
    """A field and a direction."""

    field: str
    descending: bool


def parse_paren(text: str, *, numbers: bool = False) -> Order | None:
    """Parse `(field,asc)`; `numbers`: whether `1` means ascending, or is just not `asc`."""
    match = _PAREN.fullmatch(text.strip())
    if match is None:
        return None
    ascending = {"asc", "1"} if numbers else {"asc"}
    return Order(match[1], descending=match[2] not in ascending)


def parse_bare(text: str) -> Order | None:
    """Parse the database layer's own form, `field` or `-field`."""
    match = _BARE.fullmatch(text.strip())
    return Order(match[2], descending=match[1] == "-") if match else None


def parse_json(text: str) -> Order | None:
    """Parse `{"field":-1}`, the only form that the list of users takes; raise 400 for others.

    `{}` is no order at all: the documents come as they were stored.
    """
    problem = bad_request('Invalid sort format. Expected JSON object (e.g. {"createdAt":-1})')
    try:
        value = decode(text)
    except msgspec.DecodeError:
        raise problem from None
    if not isinstance(value, dict):
        raise problem
    return next((Order(name, descending=value[name] in {-1, "-1", "desc"}) for name in value), None)


def ordered(documents: Iterable[JsonObject], order: Order) -> list[JsonObject]:
    """Sort documents; a stable sort, and a missing value comes first in ascending order."""
    return sorted(
        documents,
        key=lambda document: _key(document.get(order.field)),
        reverse=order.descending,
    )


def _key(value: Any) -> tuple[int, Any]:
    if isinstance(value, bool):
        return (3, value)
    if isinstance(value, int | float):
        return (1, value)
    if isinstance(value, str):
        return (2, value)
    return (0, 0)
