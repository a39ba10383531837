"""Random filters of the contract, as text, and what they mean to an evaluator of its own."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from hypothesis import strategies as st

Document = Mapping[str, Any]
Meaning = Callable[[Document], bool]

KEYS = ("meta.a", "meta.b", "meta.c")
ITEMS = st.sampled_from(["x", "y z", "Ж", 0, 1, 2.5, True, False])
SCALARS = ITEMS | st.sampled_from(["1", "true", "null", "x,y", "", 'q"q', "[x]", " x "])


def kind(value: Any) -> type:
    """Return what a value is compared as: booleans are no numbers, whole or not does not matter."""
    return float if isinstance(value, int | float) and not isinstance(value, bool) else type(value)


def equal(value: Any, wanted: Any) -> bool:
    return kind(value) is kind(wanted) and bool(value == wanted)


def meaning(name: str, operator: str, wanted: Any) -> Meaning:
    """Return what a condition on meta selects: only documents that have the key."""

    def holds(value: Any) -> bool:
        if operator in ("gt", "gte", "lt", "lte"):
            if kind(value) is not kind(wanted):
                return False
            return {
                "gt": value > wanted,
                "gte": value >= wanted,
                "lt": value < wanted,
                "lte": value <= wanted,
            }[operator]
        return {
            "eq": lambda: equal(value, wanted),
            "ne": lambda: not equal(value, wanted),
            "in": lambda: any(equal(value, item) for item in wanted),
            "nin": lambda: not any(equal(value, item) for item in wanted),
            "all": lambda: all(equal(value, item) for item in wanted),
            "exists": lambda: True,
            "regex": lambda: (
                isinstance(value, str) and re.search(wanted, value, re.IGNORECASE) is not None
            ),
        }[operator]()

    return lambda document: name in document and holds(document[name])


def written(value: Any, *, quoted: bool = True) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value}"' if quoted else value
    return str(value)


@st.composite
def conditions(draw: st.DrawFn) -> tuple[str, Meaning]:
    name = draw(st.sampled_from(KEYS))
    operator = draw(
        st.sampled_from(
            ["eq", "ne", "gt", "gte", "lt", "lte", "in", "nin", "all", "exists", "regex"]
        )
    )
    wanted: Any
    if operator in ("in", "nin", "all"):
        wanted = draw(st.lists(ITEMS, min_size=1, max_size=3))
        text = "[" + ",".join(written(item, quoted=False) for item in wanted) + "]"
    elif operator == "exists":
        wanted, text = True, "true"
    else:
        values = SCALARS
        if operator == "regex":
            values = st.sampled_from(["^x", "y.z?", "[xж]", "q.*q$"])
        elif operator not in ("eq", "ne"):
            values = SCALARS.filter(lambda value: not isinstance(value, bool))
        wanted = draw(values)
        text = written(wanted)
    return f"({name},{operator},{text})", meaning(name, operator, wanted)


def joined(operands: list[tuple[str, Meaning]], joint: str) -> tuple[str, Meaning]:
    text = joint.join(text for text, _ in operands)
    meanings = [meaning for _, meaning in operands]
    join = all if joint == "&" else any
    return f"({text})", lambda document: join(meaning(document) for meaning in meanings)


FILTERS: st.SearchStrategy[tuple[str, Meaning]] = st.recursive(
    conditions(),
    lambda inner: st.builds(
        joined, st.lists(inner, min_size=2, max_size=3), st.sampled_from(["&", "|"])
    ),
    max_leaves=5,
)
DOCUMENTS = st.dictionaries(st.sampled_from(KEYS), SCALARS, max_size=3)
