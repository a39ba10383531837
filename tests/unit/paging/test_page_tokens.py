"""Page tokens come back as they were; no other list takes them, and nothing touched is taken."""

import base64
import dataclasses
from collections.abc import Callable
from typing import Any, TypeVar

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from chat3_api.chat3.user import v1 as pb
from chat3_user.calls import Call
from chat3_user.errors import CallError
from chat3_user.paging import Cut, CutToken, Tokens, numbered_page, read_cut
from chat3_user.validation import Identity

ALICE = Identity("key", "tnt_one", "alice")
DIALOG = "dlg_0123456789abcdefghij"
REQUEST = pb.GetDialogMessagesRequest(
    dialog_id=DIALOG, page_size=20, filter="(type,eq,internal.text)", sort="(create_time,asc)"
)
T = TypeVar("T")

ID_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"

message_ids = st.text(ID_LETTERS, min_size=20, max_size=20).map("msg_".__add__)
times = st.integers(-(2**53) * 10**6, 2**53 * 10**6)
cuts = st.builds(Cut, times, message_ids, st.booleans())
cut_tokens = st.builds(CutToken, st.booleans(), st.none() | cuts)


def call_of(identity: Identity = ALICE, method: str = "GetDialogMessages") -> Call:
    return Call(method, "request", identity)


def with_token(token: str, **changes: Any) -> pb.GetDialogMessagesRequest:
    return dataclasses.replace(REQUEST, page_token=token, **changes)


def some_token() -> str:
    cut = Cut(1795424735959_186035, "msg_0123456789abcdefghij", above=True)
    return CutToken(newer=True, cut=cut).write(Tokens(REQUEST, call_of()))


def unless_refused(read: Callable[[], T]) -> T | None:
    """Return what is read, None when it is refused as page tokens are."""
    try:
        return read()
    except CallError as error:
        if error.reason != pb.ErrorReason.PAGE_TOKEN_INVALID:
            raise
        return None


def is_refused(request: pb.GetDialogMessagesRequest, call: Call) -> bool:
    return unless_refused(Tokens(request, call).read) is None


@given(cut_tokens)
def test_a_place_comes_back_as_it_was(token: CutToken) -> None:
    text = token.write(Tokens(REQUEST, call_of()))
    found = Tokens(with_token(text), call_of()).read()
    assert found is not None
    assert read_cut(*found) == token
    assert len(text) <= 60


def test_a_request_without_a_token_has_none() -> None:
    assert Tokens(REQUEST, call_of()).read() is None


@pytest.mark.parametrize(
    ("request_changes", "call"),
    [
        ({"dialog_id": "dlg_" + "z" * 20}, call_of()),
        ({"filter": ""}, call_of()),
        ({"filter": "(type,eq,internal.file)"}, call_of()),
        ({"sort": ""}, call_of()),
        ({}, call_of(dataclasses.replace(ALICE, tenant_id="tnt_two"))),
        ({}, call_of(dataclasses.replace(ALICE, user_id="bob"))),
        ({}, call_of(method="ListPackMessages")),
    ],
    ids=["dialog", "no-filter", "filter", "sort", "tenant", "user", "method"],
)
def test_a_token_of_another_list_is_refused(request_changes: dict[str, Any], call: Call) -> None:
    assert not is_refused(with_token(some_token()), call_of())
    assert is_refused(with_token(some_token(), **request_changes), call)


def test_tenant_and_user_are_kept_apart() -> None:
    one = dataclasses.replace(ALICE, tenant_id="ab", user_id="c")
    other = dataclasses.replace(ALICE, tenant_id="a", user_id="bc")
    token = CutToken(newer=False, cut=None).write(Tokens(REQUEST, call_of(one)))
    assert not is_refused(with_token(token), call_of(one))
    assert is_refused(with_token(token), call_of(other))


def test_a_token_does_not_depend_on_how_much_is_asked_for_nor_on_the_api_key() -> None:
    call = call_of(dataclasses.replace(ALICE, api_key="another"))
    for changes in ({"page_size": 3}, {"include_total_size": True}, {"around_message_id": None}):
        assert not is_refused(with_token(some_token(), **changes), call)


@given(st.data())
def test_a_damaged_token_is_refused(data: st.DataObject) -> None:
    token = some_token()
    at = data.draw(st.integers(0, len(token) - 1))
    letter = data.draw(st.characters())
    assume(letter != token[at])
    assert is_refused(with_token(token[:at] + letter + token[at + 1 :]), call_of())
    assert is_refused(with_token(token[:at] or "A"), call_of())


@given(st.text(min_size=1) | st.binary(min_size=1).map(lambda raw: base64.b64encode(raw).decode()))
def test_invented_text_is_refused(text: str) -> None:
    assert is_refused(with_token(text), call_of())


@given(st.sampled_from((0, 1, 2, 3)), st.sampled_from((1, 5, 31)), st.data())
def test_a_payload_nobody_writes_is_refused_though_its_digest_is_right(
    kind: int, length: int, data: st.DataObject
) -> None:
    """The digest is no secret: what a token says is judged like any other input."""
    payload = data.draw(st.binary(min_size=length, max_size=length))
    text = Tokens(REQUEST, call_of()).write(kind, payload)
    found = Tokens(with_token(text), call_of()).read()
    assert found == (kind, payload)
    token = unless_refused(lambda: read_cut(*found))
    assert token is None or token.write(Tokens(REQUEST, call_of())) == text
    page = unless_refused(lambda: numbered_page(with_token(text), call_of()))
    assert page is None or 1 < page.number < 2**31


@pytest.mark.parametrize("time", [2**53 * 10**6 + 1, -(2**79)])
def test_a_time_that_the_platform_cannot_hold_is_refused(time: int) -> None:
    payload = b"\x01" + time.to_bytes(10, "big", signed=True) + b"a" * 20
    assert unless_refused(lambda: read_cut(2, payload)) is None
    assert unless_refused(lambda: read_cut(2, b"\x01" + b"\0" * 10 + b"a" * 20)) is not None


@pytest.mark.parametrize(
    ("time", "message_id"), [(2**53 * 10**6 + 1, "msg_" + "a" * 20), (0, "msg_short"), (0, "")]
)
def test_no_token_is_written_that_would_be_refused(time: int, message_id: str) -> None:
    token = CutToken(newer=True, cut=Cut(time, message_id, above=True))
    with pytest.raises(ValueError, match="no message can have"):
        token.write(Tokens(REQUEST, call_of()))


@given(st.integers(1, 100), st.integers(1, 2**31 - 1), st.integers(0, 2**31 - 1))
def test_numbered_pages_follow_each_other_up_to_the_last(
    size: int, number: int, total: int
) -> None:
    request = pb.GetUserDialogsRequest(page_size=size, page=number)
    call = call_of(method="GetUserDialogs")
    page = numbered_page(request, call)
    assert (page.number, page.size) == (number, size)
    token = page.next_token(total)
    if number * size >= total:
        assert token == ""
    else:
        following = dataclasses.replace(request, page=0, page_token=token)
        assert numbered_page(following, call).number == number + 1


def test_a_list_begins_with_its_first_page_of_ten() -> None:
    page = numbered_page(pb.GetUserDialogsRequest(), call_of(method="GetUserDialogs"))
    assert (page.number, page.size) == (1, 10)


def test_the_default_size_may_be_said_or_left_out() -> None:
    call = call_of(method="GetUserDialogs")
    token = numbered_page(pb.GetUserDialogsRequest(), call).next_token(11)
    request = pb.GetUserDialogsRequest(page_size=10, page_token=token)
    assert numbered_page(request, call).number == 2


def test_numbered_pages_of_another_size_are_refused() -> None:
    call = call_of(method="GetUserDialogs")
    token = numbered_page(pb.GetUserDialogsRequest(page_size=10), call).next_token(100)
    with pytest.raises(CallError) as failure:
        numbered_page(pb.GetUserDialogsRequest(page_size=20, page_token=token), call)
    assert failure.value.reason == pb.ErrorReason.PAGE_TOKEN_INVALID


def test_a_total_is_told_to_those_who_ask() -> None:
    call = call_of(method="GetUserDialogs")
    assert numbered_page(pb.GetUserDialogsRequest(), call).asked(7) is None
    counted = pb.GetUserDialogsRequest(include_total_size=True)
    assert numbered_page(counted, call).asked(7) == 7


@given(cuts, times, message_ids)
def test_a_cut_divides_all_messages_in_two(cut: Cut, time: int, message_id: str) -> None:
    older = (time, message_id) < (cut.time, cut.message_id)
    same = (time, message_id) == (cut.time, cut.message_id)
    assert cut.is_newer(time, message_id) is not (older or (same and cut.above))
    assert cut.is_newer(cut.time, cut.message_id) is not cut.above
