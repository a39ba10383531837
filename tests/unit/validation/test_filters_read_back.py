"""Any text is read or refused, and what is written reads as what was read."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from filter_vocabulary import FILTERS, Meaning
from hypothesis import given
from hypothesis import strategies as st

from chat3_user.validation import (
    FilterError,
    parse_dialog_filter,
    parse_dialog_sort,
    parse_message_filter,
    parse_message_sort,
)
from chat3_user.validation.filters.fields import DIALOGS, MESSAGES, Field, Kind, ListFields
from chat3_user.validation.filters.grammar import parse
from chat3_user.validation.filters.hidden import without_deleted
from chat3_user.validation.filters.plan import Plan, planned
from chat3_user.validation.filters.syntax import Condition

Parser = Callable[[str], str]

PARSERS = (parse_dialog_filter, parse_message_filter, parse_dialog_sort, parse_message_sort)
PIECES = st.sampled_from(
    ["(", ")", "&", "|", ",", "[", "]", '"', "meta.a", "unreadCount", "eq", "in", "regex", "1", " "]
)


def plan(text: str, fields: ListFields) -> Plan:
    tree = parse(text, fields)
    assert tree is not None
    return planned(tree, fields)


@pytest.mark.parametrize("parser", PARSERS)
@given(text=st.text(max_size=40) | st.lists(PIECES, max_size=30).map("".join))
def test_any_text_is_read_or_refused_with_a_position_inside_it(parser: Parser, text: str) -> None:
    try:
        parser(text)
    except FilterError as error:
        position = error.position
    else:
        return
    assert 1 <= position <= len(text)


@given(filter_=FILTERS)
def test_what_is_written_reads_as_what_was_read(filter_: tuple[str, Meaning]) -> None:
    text, _ = filter_
    try:
        written = parse_dialog_filter(text)
    except FilterError:
        return
    assert plan(written, DIALOGS) == plan(text, DIALOGS)
    assert parse_dialog_filter(written) == written


# What callers cannot filter by, and the service adds.
MESSAGES_WITH_DELETED = replace(
    MESSAGES, fields={**MESSAGES.fields, "deleted": Field(Kind.OPEN, frozenset(("ne",)))}
)


@given(filter_=FILTERS)
def test_what_is_written_of_messages_reads_so_too_and_leaves_deleted_ones_out(
    filter_: tuple[str, Meaning],
) -> None:
    text, _ = filter_
    try:
        written = parse_message_filter(text)
    except FilterError:
        return
    read = plan(written, MESSAGES_WITH_DELETED)
    assert read == without_deleted(plan(text, MESSAGES))
    assert all(branch[-1] == Condition("deleted", "ne", value=True) for branch in read)
