"""A filter of messages is narrowed to one side of a time, in what the platform takes in one and."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat3_user.times import to_nanoseconds
from chat3_user.validation.filters import Query, Stop, narrowed, planned_message_filter

TIME = 1795424735959_186035
TEXT = "1795424735959.186"
MS = 1_000_000


def queries(text: str, *, newer: bool, time: int = TIME) -> tuple[Query, ...]:
    return narrowed(planned_message_filter(text), time, newer=newer)


@pytest.mark.parametrize(
    ("text", "older", "newer"),
    [
        ("", f"(createdAt,lte,{TEXT})", f"(createdAt,gte,{TEXT})"),
        (
            "(sender_id,eq,bob)",
            f'(senderId,eq,"bob")&(createdAt,lte,{TEXT})',
            f'(senderId,eq,"bob")&(createdAt,gte,{TEXT})',
        ),
        (
            "(sender_id,eq,a)|(type,eq,t)",
            f'((senderId,eq,"a")&(createdAt,lte,{TEXT}))|((type,eq,"t")&(createdAt,lte,{TEXT}))',
            f'((senderId,eq,"a")&(createdAt,gte,{TEXT}))|((type,eq,"t")&(createdAt,gte,{TEXT}))',
        ),
    ],
)
def test_the_time_is_one_more_condition_of_every_and(text: str, older: str, newer: str) -> None:
    assert queries(text, newer=False) == (Query(older),)
    assert queries(text, newer=True) == (Query(newer),)


@pytest.mark.parametrize(
    ("bound", "written"),
    [
        ("(create_time,lt,5)", "(createdAt,lt,5)"),
        (f"(create_time,lt,{TEXT}035)", f"(createdAt,lt,{TEXT})"),
        ("(create_time,lt,1795424735960)", f"(createdAt,lte,{TEXT})"),
        ("(create_time,lte,1795424735960)", f"(createdAt,lte,{TEXT})"),
    ],
)
def test_of_two_bounds_of_one_side_the_tighter_one_stays(bound: str, written: str) -> None:
    assert queries(bound, newer=False) == (Query(written),)


@pytest.mark.parametrize(
    ("operator", "newer", "inside", "outside"),
    [
        ("gt", False, 6, 5),
        ("gte", False, 5, 4),
        ("lt", True, 4, 5),
        ("lte", True, 5, 6),
    ],
)
def test_a_bound_of_the_other_side_is_where_reading_stops(
    operator: str, *, newer: bool, inside: int, outside: int
) -> None:
    (query,) = queries(f"(create_time,{operator},5)&(type,eq,t)", newer=newer)
    own = "gte" if newer else "lte"
    assert query.filter == f'(type,eq,"t")&(createdAt,{own},{TEXT})'
    assert query.stop is not None
    assert query.stop.admits(inside * MS)
    assert not query.stop.admits(outside * MS)


def test_alternatives_that_stop_elsewhere_are_asked_apart() -> None:
    found = queries(
        "((create_time,gt,5)&(type,eq,t))|((create_time,gt,6)&(type,eq,u))|(sender_id,eq,a)"
        "|((create_time,gt,5)&(type,eq,v))",
        newer=False,
    )
    mine = f"(createdAt,lte,{TEXT})"
    # What was one of several alternatives stays in an or, alone as it is now.
    assert found == (
        Query(
            f'((type,eq,"t")&{mine})|((type,eq,"v")&{mine})',
            Stop(5 * MS, included=False, newer=False),
        ),
        Query("|".join([f'((type,eq,"u")&{mine})'] * 2), Stop(6 * MS, included=False, newer=False)),
        Query("|".join([f'((senderId,eq,"a")&{mine})'] * 2)),
    )


@given(stored=st.floats(0, 2.0**45), newer=st.booleans())
def test_a_message_of_just_that_time_is_selected(*, stored: float, newer: bool) -> None:
    """Its time is known as the platform writes it, rounded."""
    (query,) = queries("", newer=newer, time=to_nanoseconds(f"{stored:.6f}"))
    value = float(query.filter.removesuffix(")").rpartition(",")[2])
    assert value <= stored if newer else value >= stored


def test_a_longest_filter_still_fits_when_it_is_narrowed() -> None:
    alternatives = [f"(sender_id,eq,{'ж' * 80})"] * 12
    text = "|".join(alternatives)
    (query,) = queries(text, newer=True)
    assert query.filter.count("createdAt") == 12
