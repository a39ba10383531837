"""No filter, sort or meta reaches what JavaScript objects inherit: tried on the platform's double.

The double breaks as the platform does: a condition on an inherited name is dropped, and one on
`__proto__` poisons the process.
"""

from collections.abc import Callable

import pytest
from filter_vocabulary import KEYS
from hypothesis import example, given
from hypothesis import strategies as st

from chat3_embedded import filters as upstream
from chat3_embedded.prototype import INHERITED, ObjectPrototype
from chat3_user.errors import CallError
from chat3_user.methods import METHODS, Method
from chat3_user.validation import (
    FilterError,
    check_meta,
    meta_keys,
    parse_dialog_filter,
    parse_dialog_sort,
    parse_message_filter,
    parse_message_sort,
)
from chat3_user.validation.requests import validate
from support.inherited_names import FILTERS, NAMES, PLAIN, SORTS, letter_cases

DIALOG = "dlg_" + "a" * 20


def methods_with(field: str) -> list[Method]:
    """Return the methods of every list that takes the field, those of later versions too."""
    return [method for method in METHODS.values() if field in method.rules]


def refused(method: Method, field: str, text: str) -> str:
    """Return what a request says about a field; the other fields are as they should be."""
    message = method.request(**{field: text})
    if hasattr(message, "dialog_id"):
        message.dialog_id = DIALOG
    with pytest.raises(CallError) as caught:
        validate(message, method.rules)
    (violation,) = caught.value.violations
    assert violation.field == field
    return violation.description


def test_service_double_and_list_know_the_same_names() -> None:
    assert set(NAMES) == meta_keys.INHERITED == INHERITED


@pytest.mark.parametrize("form", PLAIN)
def test_the_double_breaks_on_them_as_the_platform_does(form: str) -> None:
    process = ObjectPrototype()
    node = upstream.parse_filter(form.strip().replace(" ", "").format("__proto__"))
    assert node is not None
    process.seen_by(node)
    assert process.poisoned == (form.strip("( ").startswith("meta") and ",eq," not in form)


@pytest.mark.parametrize("method", methods_with("filter"), ids=lambda method: method.name)
def test_filters_name_none_in_any_form_and_letter_case(method: Method) -> None:
    tried = 0
    for name in NAMES:
        for written in letter_cases(name):
            for form in FILTERS:
                rule = refused(method, "filter", form.format(written))
                assert rule.startswith("position "), form
                tried += 1
            said = refused(method, "filter", f"(meta.{written},gt,1)")
            assert said.endswith(meta_keys.INHERITED_WORDS)
            assert said.startswith("position 2: ")
    assert tried > 6_000
    print(f"{method.name}: {tried} filters on {len(NAMES)} inherited names, all refused")


@pytest.mark.parametrize("method", methods_with("sort"), ids=lambda method: method.name)
def test_sorts_name_none_in_any_form_and_letter_case(method: Method) -> None:
    tried = 0
    for name in NAMES:
        for written in letter_cases(name):
            for form in SORTS:
                assert refused(method, "sort", form.format(written)).startswith("position ")
                tried += 1
    print(f"{method.name}: {tried} sorts on {len(NAMES)} inherited names, all refused")


@pytest.mark.parametrize("name", NAMES)
def test_meta_holds_none_at_any_depth(name: str) -> None:
    for written in letter_cases(name):
        for meta in ({written: 1}, {"o": {written: "x"}}, {"l": [[{"o": {written: [1]}}]]}):
            (violation,) = check_meta(meta, "")
            assert violation.description.endswith(meta_keys.INHERITED_WORDS)


@given(key=st.text(max_size=30) | st.sampled_from(NAMES) | st.from_regex(r"\A\w{1,12}\Z"))
@example(key="chat3_key")
@example(key="id")
@example(key="createdAt")
@example(key="_bsontype")
@example(key="k" * 101)
@example(key="length")
def test_what_can_be_written_can_be_filtered_and_nothing_else(key: str) -> None:
    writable = not check_meta({key: 1}, "")
    try:
        written = parse_message_filter(f"(meta.{key},gt,1)")
        parsed = written == f"(meta.{key},gt,1)&(deleted,ne,true)"
    except FilterError:
        parsed = False
    assert parsed == writable


NAMED = st.sampled_from(NAMES).flatmap(lambda name: st.sampled_from(list(letter_cases(name))))
WORDS = (
    *"()&|,.\"'[]{}: $\u00a0\ufeff",
    *("meta.", "meta", "eq", "ne", "gt", "exists", "in", "true", "x", "1"),
    *("member", "senderId", "unreadCount", "topicId"),
)
TOKENS = st.lists(st.sampled_from(WORDS) | NAMED, max_size=24).map("".join)
FORMED = st.builds(lambda form, name: form.format(name), st.sampled_from(FILTERS), NAMED)
TEXTS = st.text(max_size=60) | TOKENS | FORMED | st.builds("{}&{}".format, FORMED, FORMED)
OPERANDS = st.sampled_from([f"({key},gt,1)" for key in KEYS] + ["(meta.__PROTO,ne,1)"])
PLAUSIBLE = st.lists(OPERANDS | FORMED, min_size=1, max_size=4).flatmap(
    lambda parts: st.sampled_from(["&", "|"]).map(lambda joint: joint.join(parts))
)


@pytest.mark.parametrize("parser", [parse_dialog_filter, parse_message_filter])
@given(text=TEXTS | PLAUSIBLE)
def test_whatever_is_sent_as_a_filter_leaves_the_double_unharmed(
    parser: Callable[[str], str], text: str
) -> None:
    try:
        written = parser(text)
    except FilterError:
        return
    process = ObjectPrototype()
    node = upstream.parse_filter(written)
    assert (node is None) == (written == "")
    if node is not None:
        # Every condition counts; that they select what they say is tested beside this.
        assert process.seen_by(node) == node
    assert not process.poisoned


@pytest.mark.parametrize("parser", [parse_dialog_sort, parse_message_sort])
@given(text=TEXTS | st.builds(lambda form, name: form.format(name), st.sampled_from(SORTS), NAMED))
def test_whatever_is_sent_as_a_sort_is_a_field_of_the_list_or_refused(
    parser: Callable[[str], str], text: str
) -> None:
    try:
        written = parser(text)
    except FilterError:
        return
    assert written == "" or written.strip("()").split(",")[0] not in INHERITED
