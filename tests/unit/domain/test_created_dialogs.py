"""A dialog whose creation was cut off is finished: one, whole, announced; what may lack is told."""

import time
from typing import Any

import pytest
from creations_vocabulary import KEY, USERS, Workers, earlier, identity
from hypothesis import given
from hypothesis import strategies as st
from scripted_creations import ScriptedCreations, Thing

from chat3_api.chat3.user.v1 import ErrorReason, MissingPart
from chat3_user.domain.created_dialogs import CreatedDialog, NewDialog
from chat3_user.errors import CallError
from chat3_user.idempotency import UnsettledError

METAS: tuple[dict[str, Any], ...] = ({}, {"b": 1, "a": {"c": [True]}}, {"b": 2, "7": "x", "10": 3})
# The row, three metas and ours, three members and their events, the event.
MOST_STEPS = 12


def wanted_of(meta: dict[str, Any], *others: str) -> NewDialog:
    return NewDialog(identity(), others, meta)


def check(platform: ScriptedCreations, wanted: NewDialog, created: CreatedDialog) -> Thing:
    """Check what the caller was told against what the platform has; return the dialog."""
    (dialog,) = platform.visible()
    assert dialog.id == created.dialog.dialog_id
    assert dialog.members == list(wanted.members)
    assert dialog.meta == {"chat3_key": KEY, **wanted.meta}
    if dialog.told_of(set(), "create") != set(wanted.members):
        assert created.missing == (MissingPart.CREATED_UPDATE,)
    assert dialog.told_of(set(dialog.meta), "create", "changed") == set(wanted.members)
    return dialog


@pytest.mark.parametrize("others", [(), ("bob",), ("bob", "carol")])
@pytest.mark.parametrize("meta", METAS)
async def test_every_cut_is_finished(others: tuple[str, ...], meta: dict[str, Any]) -> None:
    wanted = wanted_of(meta, *others)
    for cut in range(MOST_STEPS + 1):
        platform = ScriptedCreations(*USERS)
        workers = Workers(platform)
        platform.cuts = [cut]
        created = await workers.dialog(wanted)
        check(platform, wanted, created)
        again = await workers.look_for_dialog(wanted, earlier())
        assert again is not None
        assert again.dialog.dialog_id == created.dialog.dialog_id


@given(st.sampled_from(METAS), st.lists(st.integers(0, MOST_STEPS), max_size=8))
async def test_repairs_may_be_cut_at_any_step_too(meta: dict[str, Any], cuts: list[int]) -> None:
    wanted = wanted_of(meta, "bob", "carol")
    platform = ScriptedCreations(*USERS)
    workers = Workers(platform)
    platform.cuts = list(cuts)
    created = await workers.dialog(wanted)
    check(platform, wanted, created)


async def test_without_a_cut_nothing_is_told() -> None:
    wanted = wanted_of({"a": 1}, "bob")
    platform = ScriptedCreations(*USERS)
    workers = Workers(platform)
    created = await workers.dialog(wanted)
    check(platform, wanted, created)
    assert (created.missing, workers.counted) == ((), [])


async def left_by(cut: int, wanted: NewDialog, *, ago: float = 30.0) -> ScriptedCreations:
    """Return a platform that was cut in the middle of a creation."""
    platform = ScriptedCreations(*USERS, ago=ago)
    platform.cuts = [cut]
    with pytest.raises(CallError):
        await Workers(platform).dialogs.search(wanted).write(KEY)
    return platform


@pytest.mark.parametrize("settled", [False, True])
@pytest.mark.parametrize("cut", [2, 3, 4, 6])
async def test_what_may_be_in_the_making_is_left_alone(cut: int, *, settled: bool) -> None:
    wanted = wanted_of({"a": 1}, "bob", "carol")
    platform = await left_by(cut, wanted, ago=2.0)
    before = platform.written()
    with pytest.raises(UnsettledError) as unsettled:
        await Workers(platform, settle=10.0).look_for_dialog(wanted, earlier(settled=settled))
    assert unsettled.value.seconds == pytest.approx(8.0, abs=0.01)
    assert platform.written() == before


async def test_a_dialog_with_all_its_members_is_the_answer_at_once() -> None:
    wanted = wanted_of({"a": 1}, "bob")
    platform = await left_by(6, wanted, ago=0.0)
    created = await Workers(platform, settle=10.0).look_for_dialog(wanted, earlier(settled=False))
    assert created is not None
    check(platform, wanted, created)


async def test_a_row_without_its_key_is_left_and_another_is_written() -> None:
    wanted = wanted_of({"a": 1, "7": 2}, "bob")
    for cut in (1, 2):
        platform = await left_by(cut, wanted)
        assert await Workers(platform).look_for_dialog(wanted, earlier()) is None
        check(platform, wanted, await Workers(platform).dialog(wanted))
        assert len(platform.dialogs) == 2


async def test_who_was_removed_and_what_was_removed_stays_away() -> None:
    wanted = wanted_of({"a": 1, "b": 2}, "bob", "carol")
    platform = await left_by(9, wanted)
    (dialog,) = platform.visible()
    dialog.members.remove("bob")
    del dialog.meta["b"]
    dialog.meta["a"] = "changed"
    await Workers(platform).look_for_dialog(wanted, earlier())
    assert dialog.members == ["alice", "carol"]
    assert dialog.meta == {"chat3_key": KEY, "a": "changed"}


async def test_who_left_the_dialog_is_told_and_not_added_again() -> None:
    wanted = wanted_of({}, "bob")
    platform = await left_by(6, wanted)
    (dialog,) = platform.visible()
    dialog.members.remove("alice")
    before = platform.written()
    with pytest.raises(CallError) as refused:
        await Workers(platform).look_for_dialog(wanted, earlier())
    assert refused.value.reason is ErrorReason.NOT_A_MEMBER
    assert platform.written() == before


async def test_a_dialog_from_before_the_key_was_first_used_is_another() -> None:
    wanted = wanted_of({}, "bob")
    platform = await left_by(6, wanted, ago=90_000.0)
    late = earlier(oldest=86_400.0)
    assert await Workers(platform).look_for_dialog(wanted, late) is None


async def test_of_two_with_one_key_the_older_is_the_answer() -> None:
    wanted = wanted_of({}, "bob")
    platform = await left_by(6, wanted)
    (first,) = platform.visible()
    await Workers(platform).dialogs.search(wanted).write(KEY)
    first.created = time.time() - 20.0
    found = await Workers(platform).look_for_dialog(wanted, earlier())
    assert found is not None
    assert found.dialog.dialog_id != first.id


async def test_keys_are_written_in_one_order_whatever_that_of_the_request() -> None:
    platform = ScriptedCreations(*USERS)
    workers = Workers(platform)
    for number, meta in enumerate(({"x": 1, "y": 2, "3": 3}, {"3": 3, "y": 2, "x": 1})):
        await workers.dialogs.search(wanted_of(meta, "bob")).write(f"key-{number}")
    one, other = (list(dialog.meta) for dialog in platform.dialogs.values())
    assert one == other == ["3", "chat3_key", "x", "y"]
