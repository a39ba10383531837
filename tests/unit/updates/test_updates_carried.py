"""The trace context in the headers of a delivery, as every sender encodes it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pamqp.commands import Basic
from pamqp.header import ContentHeader

from chat3_user.updates.amqp.carried import carrier_in

SAMPLED = f"00-{'a' * 32}-{'b' * 16}-01"
UNSAMPLED = f"00-{'a' * 32}-{'b' * 16}-00"
RECORDED = {
    "userId": "alice",
    "entityId": "dlg_1",
    "updateType": "update.dialog",
    "sourceEventType": "dialog.create",
}


def properties(headers: dict[str, Any] | None) -> bytes:
    """Return the properties as a broker sends them, behind the size of a body."""
    made = Basic.Properties(content_type="application/json", delivery_mode=2, headers=headers)
    return ContentHeader(0, 10, made).marshal()


@pytest.mark.parametrize("headers", [None, {}, RECORDED, {"TraceParent": SAMPLED}])
def test_what_has_none_gives_none(headers: dict[str, Any] | None) -> None:
    assert not carrier_in(properties(headers))


def test_a_sampled_one_comes_with_its_neighbours() -> None:
    headers = {**RECORDED, "traceparent": SAMPLED, "tracestate": "a=b", "count": 3}
    assert carrier_in(properties(headers)) == {
        **RECORDED,
        "traceparent": SAMPLED,
        "tracestate": "a=b",
    }


def test_of_one_that_is_not_sampled_nothing_else_is_read() -> None:
    headers = {**RECORDED, "traceparent": UNSAMPLED, "tracestate": "a=b"}
    assert carrier_in(properties(headers)) == {"traceparent": UNSAMPLED}


def test_text_that_looks_like_a_header_is_none() -> None:
    """A user's id is text of a stranger's choice."""
    faked = f"\x0btraceparentS\x00\x00\x007{SAMPLED}"
    assert "traceparent" not in carrier_in(properties({"userId": faked}))


@pytest.mark.parametrize("value", ["", "short", "x" * 55, "x" * 200, 7, None])
def test_a_header_that_is_no_trace_context_does_no_harm(value: Any) -> None:
    assert carrier_in(properties({"traceparent": value})).get("traceparent", "") in {value, ""}


@given(st.data())
def test_properties_that_are_cut_or_broken_give_nothing_worse(data: st.DataObject) -> None:
    whole = properties({**RECORDED, "traceparent": SAMPLED})
    cut = data.draw(st.integers(0, len(whole)))
    broken = bytearray(whole[:cut])
    if broken:
        broken[data.draw(st.integers(0, len(broken) - 1))] = data.draw(st.integers(0, 255))
    assert all(isinstance(value, str) for value in carrier_in(bytes(broken)).values())
