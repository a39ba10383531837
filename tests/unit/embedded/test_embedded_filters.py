"""The filter parser, on its own: what it makes of any text."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat3_embedded.errors import ApiError
from chat3_embedded.filters import OPERATORS, Condition, FilterError, Group, Node, parse_filter
from chat3_embedded.query import comparison, scope
from chat3_embedded.sorting import Order, ordered

FIELDS = st.from_regex(r"(meta\.)?[a-z]{1,8}", fullmatch=True)
TEXTS = st.text(alphabet="abc XYZ,%'-_", max_size=12)
NUMBERS = st.integers(-(10**9), 10**9)


def written(node: Node) -> str:
    """Write a filter down as a client would."""
    if isinstance(node, Condition):
        return f"({node.field},{node.operator},{written_value(node.value)})"
    inside = (f"({written(o)})" if isinstance(o, Group) else written(o) for o in node.operands)
    return node.joiner.join(inside)


def written_value(value: Any) -> str:
    if isinstance(value, list):
        return f"[{','.join(map(written_value, value))}]"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int) else f'"{value}"'


SCALARS = st.one_of(TEXTS, NUMBERS, st.booleans())
LISTS = st.lists(st.one_of(NUMBERS, st.text(alphabet="abc", min_size=1, max_size=5)), max_size=4)
CONDITIONS = st.one_of(
    st.builds(Condition, FIELDS, st.sampled_from(["eq", "ne", "gt", "lte"]), SCALARS),
    st.builds(Condition, FIELDS, st.sampled_from(["in", "nin", "all"]), LISTS),
)
NODES = st.recursive(
    CONDITIONS,
    lambda inner: st.builds(
        Group, st.sampled_from("&|"), st.lists(inner, min_size=2, max_size=4).map(tuple)
    ),
    max_leaves=8,
)


@given(NODES)
def test_what_is_written_is_read(node: Node) -> None:
    assert parse_filter(written(node)) == node


@given(st.text(alphabet="(),&|[]{}\"':.$aeqin019- ", max_size=60))
def test_any_text_is_a_filter_or_none_or_refused(text: str) -> None:
    with contextlib.suppress(FilterError, ApiError):
        parse_filter(text)


def test_deep_nesting_is_no_filter() -> None:
    assert parse_filter("(" * 5000) is None
    assert parse_filter("(" * 60 + "a,eq,1)") == Condition("(" * 59 + "a", "eq", 1)
    assert isinstance(parse_filter("(" * 20 + "a,eq,1" + ")" * 20), Condition)


def test_nested_groups_are_read_in_linear_time() -> None:
    text = "(a,eq,1)"
    for _ in range(40):
        text = f"((a,eq,1)&{text})"
    assert parse_filter(text) is not None


@pytest.mark.parametrize("operator", OPERATORS)
def test_every_operator_compares(operator: str) -> None:
    value: Any = {"regex": "^a", "exists": True}.get(operator, 1)
    test = comparison(Condition("f", operator, [1] if operator in {"in", "nin", "all"} else value))
    assert isinstance(test(1), bool)
    assert isinstance(test(None), bool)


def test_types_are_strict_and_lists_equal_their_items() -> None:
    equal_one = comparison(Condition("f", "eq", 1))
    assert [equal_one(value) for value in (1, 1.0, "1", True, [0, 1], None)] == [
        True,
        True,
        False,
        False,
        True,
        False,
    ]
    whole = comparison(Condition("f", "eq", [1, 2]))
    assert [whole([1, 2]), whole([2, 1])] == [True, False]


def test_a_filter_overwrites_what_it_names() -> None:
    query = scope(a="1", b="2").within(parse_filter('(a,eq,"3")'))
    assert query.pinned("a", "b", "c") == {"a": "3", "b": "2"}
    assert query.within(parse_filter("(b,gt,5)")).pinned("a", "b") == {"a": "3"}


def test_sorting_puts_missing_values_first_and_types_apart() -> None:
    rows: list[dict[str, Any]] = [{"f": "x"}, {"f": True}, {}, {"f": 2}, {"f": None}, {"f": 1}]
    ascending = [row.get("f") for row in ordered(rows, Order("f", descending=False))]
    assert ascending == [None, None, 1, 2, "x", True]
