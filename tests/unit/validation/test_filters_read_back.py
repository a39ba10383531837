"""Any text is read or refused, and what is written reads as what was read."""

from collections.abc import Callable

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
from chat3_user.validation.filters.fields import DIALOGS, MESSAGES, ListFields
from chat3_user.validation.filters.grammar import parse
from chat3_user.validation.filters.plan import Plan, planned

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


@pytest.mark.parametrize(
    ("parser", "fields"), [(parse_dialog_filter, DIALOGS), (parse_message_filter, MESSAGES)]
)
@given(filter_=FILTERS)
def test_what_is_written_reads_as_what_was_read(
    parser: Parser, fields: ListFields, filter_: tuple[str, Meaning]
) -> None:
    text, _ = filter_
    try:
        written = parser(text)
    except FilterError:
        return
    assert plan(written, fields) == plan(text, fields)
    assert parser(written) == written
