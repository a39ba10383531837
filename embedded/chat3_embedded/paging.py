"""Pages: the strict kind with a maximum, and the lenient kind that takes almost anything."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chat3_embedded.validation import Field, integer, obj, validate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chat3_embedded.jsonvalues import JsonObject

_INTEGER = re.compile(r"\s*([+-]?\d+)")

STRICT_FIELDS = {
    "page": Field(integer(minimum=1, convert=True), default=1),
    "limit": Field(integer(minimum=1, maximum=100, convert=True), default=10),
}


@dataclass(frozen=True, slots=True)
class Page:
    """A page number and a page size."""

    number: int
    limit: int

    @property
    def size(self) -> int:
        """The rows to return: the database reads a negative limit as its absolute value."""
        return abs(self.limit)

    @property
    def offset(self) -> int:
        """The rows to skip."""
        return max(0, (self.number - 1) * self.limit)

    def describe(self, total: int) -> JsonObject:
        """Return the `pagination` object."""
        return {
            "page": self.number,
            "limit": self.limit,
            "total": total,
            "pages": math.ceil(total / self.limit),
        }

    def of(self, rows: Sequence[JsonObject]) -> Sequence[JsonObject]:
        """Cut the page out of all rows."""
        return rows[self.offset : self.offset + self.size]


def strict_page(query: Mapping[str, str], extra: Mapping[str, Field] | None = None) -> Page:
    """Read `page` and `limit` (1 to 100, default 10); raise 400 for all that is wrong at once."""
    values = validate(obj({**STRICT_FIELDS, **(extra or {})}), dict(query))
    return Page(values["page"], values["limit"])


def lenient_page(query: Mapping[str, str], default: int = 50) -> Page:
    """Read `page` and `limit` as JavaScript's `parseInt(text) || default` does."""
    return Page(max(1, _integer(query.get("page"), 1)), _integer(query.get("limit"), default))


def capped_page(query: Mapping[str, str]) -> Page:
    """Read `page` and `limit` (default 10) as the lists of packs do: silently 50 at most."""
    page = lenient_page(query, default=10)
    return Page(page.number, min(max(1, page.limit), 50))


def _integer(text: str | None, default: int) -> int:
    match = _INTEGER.match(text or "")
    return (int(match[1]) if match else 0) or default
