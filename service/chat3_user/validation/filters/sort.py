"""Reads a sort: one field of a short list and a direction."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from chat3_user.validation.filters.errors import FilterError
from chat3_user.validation.text import WHITE_SPACE

_SPACE: Final = f"[{WHITE_SPACE}]*"
_SORT: Final = re.compile(
    rf"{_SPACE}\({_SPACE}([A-Za-z_]+){_SPACE},{_SPACE}([A-Za-z]+){_SPACE}\){_SPACE}"
)


@dataclass(frozen=True, slots=True)
class Sort:
    """An order: the platform's name of a field, and ``asc`` or ``desc``."""

    field: str
    direction: str

    def __str__(self) -> str:
        return f"({self.field},{self.direction})"


def parse_sort(text: str, sortable: Mapping[str, str]) -> Sort | None:
    """Return the sort by the platform's names, None for an empty one; raise ``FilterError``."""
    if not text.strip(WHITE_SPACE):
        return None
    found = _SORT.fullmatch(text)
    if found is None:
        raise FilterError(1, "a sort is `(field,asc)` or `(field,desc)`")
    field, direction = found.groups()
    if field not in sortable:
        raise FilterError(found.start(1) + 1, f"cannot sort by '{field[:40]}'")
    if direction not in ("asc", "desc"):
        raise FilterError(found.start(2) + 1, "a direction is `asc` or `desc`")
    return Sort(sortable[field], direction)
