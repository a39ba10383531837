"""Requests keep the rules or are refused with every broken rule at once."""

from datetime import timedelta
from functools import cache
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

import betterproto2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat3_api.chat3.user.v1 import (
    ErrorReason,
    GetDialogMessagesRequest,
    GetUserDialogsRequest,
    MessageStatus,
    ReactionAction,
    SendMessageRequest,
    SendTypingIndicatorRequest,
    SetMessageReactionRequest,
    SetMessageStatusRequest,
    SubscribeUpdatesRequest,
    UpdateKind,
)
from chat3_api.google.protobuf import ListValue, NullValue, Struct, Value
from chat3_user.errors._failures import CallError
from chat3_user.methods import METHODS, Method
from chat3_user.validation import validate
from chat3_user.validation.custom_data import CustomData
from chat3_user.validation.requests import MAX_REPORTED

DIALOG = "dlg_" + "a1" * 10
MESSAGE = "msg_" + "b2" * 10
TOPIC = "topic_" + "c3" * 10


def checked(request: betterproto2.Message) -> None:
    """Check a request by the rules of its method."""
    (method,) = (each for each in METHODS.values() if each.request is type(request))
    validate(request, method.rules)


def violations(request: betterproto2.Message) -> dict[str, str]:
    """Return the field paths and rules a request is refused with; empty when it is accepted."""
    try:
        checked(request)
    except CallError as caught:
        refusal = caught
    else:
        return {}
    assert refusal.reason is ErrorReason.INVALID_FIELD
    assert refusal.metadata["field_count"] == str(len(refusal.violations))
    return {violation.field: violation.description for violation in refusal.violations}


def test_plain_requests_are_accepted() -> None:
    for request in (
        GetUserDialogsRequest(),
        GetUserDialogsRequest(page=1_000_000, page_size=100, sort="(unread_count,asc)"),
        GetDialogMessagesRequest(dialog_id=DIALOG, filter="(sender_id,eq,bob)"),
        SendMessageRequest(dialog_id=DIALOG, content=" hi "),
        SendMessageRequest(
            dialog_id=DIALOG,
            type="user.order.new",
            quoted_message_id=MESSAGE,
            topic_id=TOPIC,
            idempotency_key="k" * 255,
        ),
        SetMessageStatusRequest(dialog_id=DIALOG, message_id=MESSAGE, status=MessageStatus.READ),
        SetMessageReactionRequest(
            dialog_id=DIALOG, message_id=MESSAGE, reaction="👍🏽", action=ReactionAction.SET
        ),
        SendTypingIndicatorRequest(dialog_id=DIALOG),
        SubscribeUpdatesRequest(
            resume_token="t" * 1024,
            update_kinds=[UpdateKind.MESSAGE_CREATED] * 50,
            dialog_ids=[DIALOG] * 100,
            heartbeat_interval=timedelta(seconds=5),
        ),
    ):
        assert violations(request) == {}


def test_all_broken_rules_are_reported_at_once() -> None:
    request = SetMessageReactionRequest(
        message_id="msg_", reaction="\x00 ", action=ReactionAction(0), idempotency_key="a b"
    )
    assert violations(request) == {
        "dialog_id": "required",
        "message_id": "`msg_` and 20 characters of a-z and 0-9",
        "reaction": "no white space at either end",
        "action": "required",
        "idempotency_key": "visible ASCII",
    }


def test_an_empty_required_field_is_only_said_to_be_required() -> None:
    with pytest.raises(CallError) as caught:
        checked(SendTypingIndicatorRequest())
    assert [violation.description for violation in caught.value.violations] == ["required"]


@pytest.mark.parametrize(("page", "size"), [(-1, 101), (1_000_001, -1)])
def test_pages_have_bounds(page: int, size: int) -> None:
    assert violations(GetUserDialogsRequest(page=page, page_size=size)) == {
        "page": "0 to 1000000",
        "page_size": "0 to 100",
    }


def test_filters_and_sorts_are_refused_with_the_position() -> None:
    request = GetUserDialogsRequest(filter="(unread_count,gt,0)&(tenantId,eq,t)", sort="(foo,asc)")
    assert violations(request) == {
        "filter": "position 22: no such field 'tenantId'",
        "sort": "position 2: cannot sort by 'foo'",
    }


def test_a_filter_that_is_too_long_is_not_parsed() -> None:
    assert violations(GetUserDialogsRequest(filter="x" * 2001)) == {
        "filter": "at most 2000 characters"
    }


@pytest.mark.parametrize(
    ("content", "accepted"),
    [
        ("x" * 10_000, True),
        ("x" * 10_001, False),
        ("ж" * 10_000, True),
        ("👋" * 5000, True),  # upstream counts UTF-16 units: an emoji is 2
        ("👋" * 5000 + "x", False),
        ("", False),
        ("\ufeff\u00a0\u2003\n", False),  # white space to JavaScript
        ("\x1c", True),  # white space to Python only
        ("\x00", True),
    ],
)
def test_content_is_measured_as_upstream_measures_it(*, content: str, accepted: bool) -> None:
    request = SendMessageRequest(dialog_id=DIALOG, content=content)
    assert set(violations(request)) == (set() if accepted else {"content"})


@pytest.mark.parametrize("type_", ["internal.location", "system.x", "user.a-b_c.d", "message.1"])
def test_other_types_need_no_content(type_: str) -> None:
    assert violations(SendMessageRequest(dialog_id=DIALOG, type=type_)) == {}


@pytest.mark.parametrize(
    "type_",
    [
        "text",
        "internal.system",
        "Internal.text",
        "system.",
        "user.a..b",
        "user.a_",
        "user.A",
        "message." + "a" * 81,
        "system.a\n",
        " internal.text",
    ],
)
def test_types_the_platform_does_not_know_are_refused(type_: str) -> None:
    assert "type" in violations(SendMessageRequest(dialog_id=DIALOG, content="x", type=type_))


def test_optional_ids_are_checked_when_present_even_if_empty() -> None:
    request = SendMessageRequest(
        dialog_id=DIALOG, content="x", quoted_message_id="", topic_id=TOPIC + "\n"
    )
    assert set(violations(request)) == {"quoted_message_id", "topic_id"}


@pytest.mark.parametrize(
    ("reaction", "rule"),
    [
        ("x" * 51, "1 to 50 characters"),
        ("👍" * 26, "1 to 50 characters"),
        ("a\u0085b", "no control characters"),
        ("👍 ", "no white space at either end"),
    ],
)
def test_reactions_the_platform_would_refuse_or_change_are_refused(
    reaction: str, rule: str
) -> None:
    request = SetMessageReactionRequest(
        dialog_id=DIALOG, message_id=MESSAGE, reaction=reaction, action=ReactionAction.SET
    )
    assert violations(request) == {"reaction": rule}


def test_enum_numbers_without_a_name_are_refused() -> None:
    status = SetMessageStatusRequest(dialog_id=DIALOG, message_id=MESSAGE, status=MessageStatus(99))
    assert violations(SetMessageStatusRequest.parse(bytes(status))) == {
        "status": "a status this contract names"
    }
    updates = SubscribeUpdatesRequest(
        update_kinds=[UpdateKind.MESSAGE_CREATED, UpdateKind(0), UpdateKind(99)]
    )
    assert violations(SubscribeUpdatesRequest.parse(bytes(updates))) == {
        "update_kinds[1]": "kinds this contract names",
        "update_kinds[2]": "kinds this contract names",
    }


def test_items_of_lists_are_named_by_their_index() -> None:
    request = SubscribeUpdatesRequest(dialog_ids=[DIALOG, "x"])
    assert violations(request) == {"dialog_ids[1]": "`dlg_` and 20 characters of a-z and 0-9"}


def test_a_list_that_is_too_long_is_reported_once() -> None:
    request = SubscribeUpdatesRequest(
        update_kinds=[UpdateKind.MESSAGE_CREATED] * 51,
        dialog_ids=["x"] * 101,
        resume_token="t" * 1025,
    )
    assert violations(request) == {
        "resume_token": "at most 1024 characters",
        "update_kinds": "at most 50 items",
        "dialog_ids": "at most 100 items",
    }


def test_a_report_stays_small_enough_for_trailers() -> None:
    with pytest.raises(CallError) as caught:
        checked(SubscribeUpdatesRequest(dialog_ids=["x"] * 100))
    assert len(caught.value.violations) == MAX_REPORTED


@pytest.mark.parametrize(("seconds", "accepted"), [(4.999, False), (300, True), (300.001, False)])
def test_heartbeats_have_bounds(*, seconds: float, accepted: bool) -> None:
    request = SubscribeUpdatesRequest(heartbeat_interval=timedelta(seconds=seconds))
    assert (violations(request) == {}) is accepted


def test_media_messages_need_a_url() -> None:
    request = SendMessageRequest(dialog_id=DIALOG, type="internal.image")
    assert set(violations(request)) == {"meta.url"}
    request.meta = Struct.from_dict({"url": "https://example.org/a.png"})
    assert violations(SendMessageRequest.parse(bytes(request))) == {}


def test_meta_is_reported_by_path() -> None:
    meta = Struct.from_dict({"a": {"b": [1, {"id": 2}]}, "n": None, "ok": [None, "x", True]})
    request = SendMessageRequest(dialog_id=DIALOG, content="x", meta=meta)
    assert set(violations(SendMessageRequest.parse(bytes(request)))) == {"meta.a.b[1].id", "meta.n"}


def test_a_value_without_a_kind_counts_as_null() -> None:
    request = SendMessageRequest(dialog_id=DIALOG, content="x", meta=Struct(fields={"a": Value()}))
    assert set(violations(request)) == {"meta.a"}


def test_meta_of_any_depth_is_refused_and_not_followed() -> None:
    value = Value(string_value="x")
    for _ in range(2000):
        value = Value(
            list_value=ListValue(values=[Value(struct_value=Struct(fields={"k": value}))])
        )
    request = SendMessageRequest(dialog_id=DIALOG, content="x", meta=Struct(fields={"k": value}))
    assert set(violations(request).values()) == {"at most 16 levels deep"}


def test_custom_data_of_things_other_than_messages_needs_no_url() -> None:
    meta = Struct.from_dict({"chat3_key": "x", "ok": {"id": 1}, "good": [1]})
    problems = CustomData().problems(Struct.parse(bytes(meta)), None)
    assert {problem.where for problem in problems} == {".chat3_key", ".ok.id"}
    assert not CustomData().problems(None, None)


VALUES = st.recursive(
    st.one_of(
        st.just(Value()),
        st.just(Value(null_value=NullValue.NULL_VALUE)),
        st.floats().map(lambda number: Value(number_value=number)),
        st.booleans().map(lambda flag: Value(bool_value=flag)),
        st.text(max_size=5).map(lambda text: Value(string_value=text)),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: Value(list_value=ListValue(values=items))),
        st.dictionaries(st.text(max_size=5), inner, max_size=3).map(
            lambda fields: Value(struct_value=Struct(fields=fields))
        ),
    ),
    max_leaves=8,
)
TEXT = st.text(max_size=30) | st.sampled_from([DIALOG, MESSAGE, TOPIC, "internal.image", ""])
META = st.dictionaries(st.text(max_size=5), VALUES, max_size=3).map(
    lambda fields: Struct(fields=fields)
)
BY_TYPE: dict[Any, st.SearchStrategy[Any]] = {
    bool: st.booleans(),
    int: st.integers(-(2**31), 2**31 - 1),
    str: TEXT,
    timedelta: st.timedeltas(),
    Struct: META,
    Value: VALUES,
}


@cache
def any_of(hint: Any) -> st.SearchStrategy[Any]:
    """Return anything that the wire can carry for a field of the type."""
    if isinstance(hint, type) and issubclass(hint, betterproto2.Enum):
        return st.integers(-5, 99).map(hint)
    if get_origin(hint) is list:
        return st.lists(any_of(get_args(hint)[0]), max_size=25)
    if get_origin(hint) is UnionType:
        (within,) = set(get_args(hint)) - {NoneType}
        return st.none() | any_of(within)
    if hint not in BY_TYPE and issubclass(hint, betterproto2.Message):
        fields = get_type_hints(hint).items()
        return st.builds(
            hint, **{name: any_of(kind) for name, kind in fields if not name.startswith("_")}
        )
    return BY_TYPE[hint]


@pytest.mark.parametrize("method", METHODS.values(), ids=lambda method: method.label)
@given(data=st.data())
def test_any_request_is_accepted_or_refused_as_invalid(method: Method, data: st.DataObject) -> None:
    hints = get_type_hints(method.request)
    request = method.request(**{name: data.draw(any_of(hints[name])) for name in method.rules})
    for path in violations(request):
        assert any(path.startswith(name) for name in method.rules)
