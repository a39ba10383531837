"""Two users have one direct dialog, also where nothing keeps their calls apart."""

import asyncio
import random
import time

import pytest
from creations_vocabulary import Workers, earlier, identity
from hypothesis import given, settings
from hypothesis import strategies as st
from scripted_creations import ScriptedCreations, Thing

from chat3_api.chat3.user.v1 import ErrorReason
from chat3_user.domain.direct_dialogs import GIVEN_UP, Pair
from chat3_user.errors import CallError
from chat3_user.idempotency import UnsettledError
from chat3_user.validation import Identity

ALICE = Pair(identity("alice"), "bob")
BOB = Pair(identity("bob"), "alice")
BOTH = {"alice", "bob"}
# The row, its name, two members and their events, the event.
MOST_STEPS = 7


def platform_of(*, ago: float = 30.0, pauses: random.Random | None = None) -> ScriptedCreations:
    return ScriptedCreations("alice", "bob", ago=ago, pauses=pauses)


def named(platform: ScriptedCreations) -> list[Thing]:
    return [row for row in platform.dialogs.values() if row.meta.get("chat3_direct") == ALICE.name]


def test_a_pair_has_one_name_whoever_asks_and_no_other_pair_has_it() -> None:
    assert ALICE.name == BOB.name
    assert ALICE.members == BOB.members
    others = [
        Pair(identity("alice"), "bobb"),
        Pair(identity("ali"), "cebob"),
        Pair(Identity("key", "tnt_two", "alice"), "bob"),
    ]
    assert len({ALICE.name, *(pair.name for pair in others)}) == 4


@given(st.lists(st.integers(0, MOST_STEPS), max_size=8))
async def test_whatever_is_cut_where_it_is_one_with_both_in_it_and_announced(
    cuts: list[int],
) -> None:
    platform = platform_of()
    workers = Workers(platform)
    platform.cuts = list(cuts)
    mine = await workers.direct_dialog(ALICE)
    theirs = await workers.direct_dialog(BOB)
    (dialog,) = platform.visible()
    assert {mine.dialog.dialog_id, theirs.dialog.dialog_id} == {dialog.id}
    assert set(dialog.members) == BOTH
    assert dialog.told_of({"chat3_direct"}, "create", "changed") == BOTH
    assert (mine.created, theirs.created) == (True, False)


@settings(max_examples=300)
@given(st.randoms(use_true_random=False), st.integers(2, 4))
async def test_calls_that_nothing_keeps_apart_end_with_one_dialog(
    draw: random.Random, count: int
) -> None:
    platform = platform_of(ago=0.0, pauses=draw)
    workers = Workers(platform, settle=10.0)
    pairs = [ALICE if number % 2 else BOB for number in range(count)]
    at_once = await asyncio.gather(*(workers.direct.search(pair).write(None) for pair in pairs))
    assert sum(found.created for found in at_once) >= 1
    for row in platform.dialogs.values():
        row.created -= 20.0
    # What was created at the same moment, and not seen by the others, is put right by the next.
    later = [await workers.direct_dialog(pair) for pair in (ALICE, BOB)]
    (dialog,) = platform.visible()
    assert {found.dialog.dialog_id for found in later} == {dialog.id}
    assert set(dialog.members) == BOTH
    assert named(platform) == [dialog]


async def test_what_is_known_is_read_only() -> None:
    platform = platform_of()
    workers = Workers(platform)
    made = await workers.direct_dialog(ALICE)
    before = platform.written()
    known = await workers.direct.known(BOB)
    assert known is not None
    assert known.dialog.dialog_id == made.dialog.dialog_id
    assert not known.created
    assert platform.written() == before


async def test_a_young_dialog_has_to_be_sought() -> None:
    platform = platform_of(ago=2.0)
    await Workers(platform).direct_dialog(ALICE)
    before = platform.written()
    workers = Workers(platform, settle=10.0)
    assert await workers.direct.known(BOB) is None
    sought = await workers.direct.search(BOB).write(None)
    assert not sought.created
    whole = await workers.direct.whole(BOB)
    assert whole is not None
    assert platform.written() == before


@pytest.mark.parametrize("who", ["alice", "bob"])
@pytest.mark.parametrize("settle", [10.0, 60.0])
async def test_who_left_is_in_it_again(who: str, settle: float) -> None:
    platform = platform_of()
    made = await Workers(platform).direct_dialog(ALICE)
    (dialog,) = platform.visible()
    dialog.members.remove(who)
    workers = Workers(platform, settle=settle)
    assert await workers.direct.whole(ALICE) is None
    again = await workers.direct.known(ALICE) or await workers.direct.search(ALICE).write(None)
    assert again.dialog.dialog_id == made.dialog.dialog_id
    assert set(dialog.members) == BOTH


@pytest.mark.parametrize("age", [5.0, None])
async def test_a_half_written_dialog_is_waited_for_where_somebody_may_write_it(
    age: float | None,
) -> None:
    platform = platform_of(ago=2.0)
    platform.cuts = [4]
    with pytest.raises(CallError):
        await Workers(platform).direct.search(ALICE).write(None)
    before = platform.written()
    search = Workers(platform, settle=10.0).direct.search(BOB)
    with pytest.raises(UnsettledError):
        await search.find(earlier(age=age, settled=False))
    if age is not None:
        with pytest.raises(UnsettledError):
            await search.find(earlier(age=age, settled=True))
        assert platform.written() == before
    else:
        # The store may only have forgotten an attempt, and none is under way.
        found = await search.find(earlier(age=None, settled=True))
        assert found is not None
        assert set(platform.visible()[0].members) == BOTH


async def test_an_unknown_user_gets_no_dialog() -> None:
    platform = ScriptedCreations("alice")
    workers = Workers(platform)
    with pytest.raises(CallError) as refused:
        await workers.direct.search(ALICE).ready()
    assert refused.value.reason is ErrorReason.USER_NOT_FOUND


async def test_others_that_people_write_in_stay_and_unused_ones_are_emptied() -> None:
    platform = platform_of()
    workers = Workers(platform)
    made = await workers.direct_dialog(ALICE)
    used, unused, young = (Thing(f"dlg_x{number}", 0.0) for number in range(3))
    for row, age, messages in ((used, 20.0, 1), (unused, 20.0, 0), (young, 1.0, 0)):
        row.created, row.messages = time.time() - age, messages
        row.meta["chat3_direct"] = ALICE.name
        row.members = ["alice", "bob"]
        platform.dialogs[row.id] = row
    workers = Workers(platform, settle=10.0)
    assert await workers.direct.known(ALICE) is None
    found = await workers.direct.search(ALICE).write(None)
    assert found.dialog.dialog_id == made.dialog.dialog_id
    assert (used.members, unused.members, young.members) == (
        ["alice", "bob"],
        [],
        ["alice", "bob"],
    )
    assert unused.meta["chat3_direct"] == GIVEN_UP


async def test_who_created_the_second_at_the_same_moment_empties_it_and_answers_the_first() -> None:
    first = Thing("dlg_first", time.time() - 1.0, {"chat3_direct": ALICE.name}, ["alice", "bob"])

    class Quicker(ScriptedCreations):
        async def _write(self, method: str, parts: list[str], body: object) -> object:
            made = await super()._write(method, parts, body)
            self.dialogs.setdefault(first.id, first)
            return made

    platform = Quicker("alice", "bob", ago=0.0)
    found = await Workers(platform, settle=10.0).direct.search(ALICE).write(None)
    assert (found.dialog.dialog_id, found.created) == (first.id, False)
    assert platform.visible() == [first]
    assert named(platform) == [first]
