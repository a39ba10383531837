"""Custom data is changed with one update, and what an attempt did is found again."""

from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted_changes import ALICE, DIALOG, KEY, ScriptedChanges, earlier

from chat3_user.domain.custom_data import Change, CustomDataChanges, Kind, same
from chat3_user.errors import CallError
from chat3_user.tenant_api import TenantApi
from chat3_user.tenant_api.creating import TOLD_KEY

KINDS = get_args(Kind)
SET, SET_ONE = "PUT /api/meta/{kind}/{entity_id}", "PUT /api/meta/{kind}/{entity_id}/{key}"
REMOVE = "DELETE /api/meta/{kind}/{entity_id}"
REMOVE_ONE = "DELETE /api/meta/{kind}/{entity_id}/{key}"
TOPIC = "PATCH /api/dialogs/{dialog_id}/topics/{topic_id}"
TELL = "PUT /api/meta/dialog/{dialog_id}/{key}"


def change(kind: Kind = "dialog", removed: tuple[str, ...] = (), **keys: Any) -> Change:
    return Change(kind, DIALOG if kind == "dialog" else "thing", keys, removed, DIALOG)


async def make(platform: ScriptedChanges, wanted: Change) -> list[str]:
    """Make a change; return what was written for it."""
    await CustomDataChanges(TenantApi(platform)).make(ALICE, wanted)
    return platform.written()


async def find(platform: ScriptedChanges, wanted: Change, age: float | None = 60.0) -> bool:
    changes = CustomDataChanges(TenantApi(platform))
    return await changes.find(ALICE, wanted, earlier(age, settled=False))


@pytest.mark.parametrize(
    ("wanted", "written"),
    [
        (change(a=1), [SET_ONE]),
        (change(a=1, b=2, c=3), [SET, SET_ONE]),
        (change(a=1, old=1), [SET_ONE]),
        (change(old=1), []),
        (change(removed=("old",), a=1), [REMOVE, SET_ONE]),
        (change(removed=("old", "older", "never")), [REMOVE, REMOVE_ONE]),
        (change("user", removed=("old", "older")), [REMOVE]),
        (change("topic", a=1, b=2), [TOPIC]),
        (change("topic", removed=("old",)), [REMOVE_ONE]),
    ],
)
async def test_the_last_write_of_a_change_tells_of_all(wanted: Change, written: list[str]) -> None:
    platform = ScriptedChanges(meta={"old": 1, "older": 1})
    assert await make(platform, wanted) == written
    assert wanted.is_made(platform.meta)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("made", [{"a": 1}, {"a": 1, "b": 3}, {"a": 1, "b": 2, "old": 1}])
async def test_what_is_not_as_asked_for_was_not_made(kind: Kind, made: dict[str, Any]) -> None:
    platform = ScriptedChanges(meta=made)
    assert not await find(platform, change(kind, removed=("old",), a=1, b=2))
    assert platform.written() == []


@pytest.mark.parametrize(
    ("wanted", "written"),
    [
        (change(removed=("old",), a=1, b=2), [SET_ONE]),
        (change(removed=("old",)), [TELL]),
        (change("user", a=1, b=2), [SET_ONE]),
        (change("user", removed=("old",)), []),
        (change("topic", a=1, b=2), [TOPIC]),
        (change("topic", removed=("old",)), [TOPIC]),
    ],
)
async def test_what_was_made_is_announced_anew(wanted: Change, written: list[str]) -> None:
    platform = ScriptedChanges(meta={"a": 1, "b": 2, "other": 3})
    assert await find(platform, wanted)
    assert platform.written() == written
    assert platform.meta == {"a": 1, "b": 2, "other": 3} | (
        {TOLD_KEY: KEY} if written == [TELL] else {}
    )


@pytest.mark.parametrize("age", [None, 7200.0])
async def test_an_attempt_of_unknown_time_is_not_looked_for(age: float | None) -> None:
    platform = ScriptedChanges(meta={"a": 1})
    assert not await find(platform, change(a=1), age)
    assert platform.asked == []


@given(
    st.sampled_from(KINDS),
    st.lists(st.sampled_from([None, False, True]), max_size=6),
    st.dictionaries(st.sampled_from("abc"), st.integers(), max_size=3),
)
async def test_a_change_may_be_cut_at_any_write_and_is_made_in_the_end(
    kind: Kind, cuts: list[bool | None], keys: dict[str, int]
) -> None:
    wanted = change(kind, removed=("old", "older"), **keys)
    platform = ScriptedChanges(meta={"old": 1, "older": 1, "other": 3}, cuts=list(cuts))
    changes = CustomDataChanges(TenantApi(platform))
    for _ in range(20):
        try:
            if not await changes.find(ALICE, wanted, earlier()):
                await changes.make(ALICE, wanted)
        except CallError:
            continue
        break
    assert {**keys, "other": 3} == {k: v for k, v in platform.meta.items() if k != TOLD_KEY}


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        (1, 1.0, True),
        (1, True, False),
        (0, False, False),
        ("1", 1, False),
        ([1, {"a": True}], [1.0, {"a": True}], True),
        ([1, {"a": True}], [1, {"a": 1}], False),
        ({"a": 1}, {"a": 1, "b": 2}, False),
        ([1], [1, 2], False),
    ],
)
def test_values_are_equal_as_json_is(one: Any, other: Any, *, equal: bool) -> None:
    assert same(one, other) == equal
