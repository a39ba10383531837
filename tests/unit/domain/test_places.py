"""The order of messages is that of the platform's times, to the last digit, and then of ids."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat3_user.domain.places import FIRST, in_order, place_of
from chat3_user.tenant_api import models as m
from chat3_user.times import to_microseconds, to_nanoseconds

# What the platform keeps: doubles of milliseconds, from 1970 on.
stored = st.floats(2.0**33, 2.0**45)
ids = st.text("abc", min_size=3, max_size=3)


def message(time: m.Time | None, message_id: str = "msg_a") -> m.Message:
    return m.Message(message_id, "dlg_a", "alice", "internal.text", created_at=time)


@given(stored, stored)
def test_times_are_told_apart_as_the_platform_does(one: float, other: float) -> None:
    written = [to_nanoseconds(f"{time:.6f}") for time in (one, other)]
    assert (written[0] < written[1], written[0] == written[1]) == (one < other, one == other)


@given(stored)
def test_all_forms_of_a_time_are_one(time: float) -> None:
    assert to_nanoseconds(f"{time:.6f}") == to_nanoseconds(time)
    assert to_nanoseconds(int(time)) == to_nanoseconds(f"{int(time)}.000000")
    assert abs(to_nanoseconds(time) - 1000 * to_microseconds(time)) <= 500


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [("-1.5", -1_500_000), ("-0.000001", -1), ("5", 5_000_000), ("1.1234567", 1_123_456)],
)
def test_unusual_times_are_read_as_well(text: str, nanoseconds: int) -> None:
    assert to_nanoseconds(text) == nanoseconds


@pytest.mark.parametrize("text", ["", ".5", "1e5", "nan", "1_000", " 1", "--1", "\u0661", "1.x"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"decimal number|invalid literal"):
        to_nanoseconds(text)


TIMES: tuple[m.Time | None, ...] = (1, 2, "1.000001", None)


@given(rows=st.lists(st.tuples(st.sampled_from(TIMES), ids), max_size=8), newer=st.booleans())
def test_messages_are_ordered_by_time_and_then_by_id(
    *, rows: list[tuple[m.Time | None, str]], newer: bool
) -> None:
    messages = [message(*row) for row in rows]
    ordered, times = in_order(messages, newer=newer)
    places = [place_of(one) for one in ordered]
    assert places == sorted(set(map(place_of, messages)), reverse=not newer)
    assert times == [place.time for place in places]
    assert [one.created_at for one in ordered if one.created_at is None] == [
        None for time in times if time == FIRST
    ]
