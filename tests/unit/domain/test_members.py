"""Who joined and who left by an attempt of unknown outcome is told from others' doing."""

from collections.abc import Sequence

import pytest
from scripted_changes import AGE, ALICE, DIALOG, ScriptedChanges, earlier

from chat3_api.chat3.user.v1 import ErrorReason, MissingPart
from chat3_user.domain.members import Added, Adding, Members
from chat3_user.domain.unshown import UnshownChanges
from chat3_user.errors import CallError, reasons
from chat3_user.idempotency import UnsettledError
from chat3_user.tenant_api import TenantApi
from chat3_user.tenant_api.answers import OutcomeUnknownError

CHANGED_UPDATE = (MissingPart.CHANGED_UPDATE,)
LONG_AGO = -9e3
ADD = "POST /api/dialogs/{dialog_id}/members/add"
TELL = "PUT /api/meta/dialog/{dialog_id}/{key}"


def members_at(platform: ScriptedChanges) -> Members:
    return Members(TenantApi(platform), UnshownChanges(lambda _: None))


def adding(platform: ScriptedChanges, *user_ids: str) -> Adding:
    """Return how a call adds users; another worker's call knows nothing of it."""
    return members_at(platform).adding(ALICE, DIALOG, user_ids)


async def test_each_is_added_once_and_in_order() -> None:
    platform = ScriptedChanges()
    added = await adding(platform, "carol", "bob", "dora", "carol").write()
    assert added == Added(["carol", "dora"])
    assert platform.written() == [ADD] * 3


@pytest.mark.parametrize(
    ("there", "added"),
    [
        ({"carol": 1.0, "dora": 2.0}, ["carol", "dora"]),
        ({"carol": 1.0, "dora": LONG_AGO}, ["carol"]),
        ({"carol": LONG_AGO, "dora": -4.0}, ["dora"]),
        ({"carol": LONG_AGO, "dora": -9.0}, []),
    ],
)
async def test_whoever_joined_since_was_added_where_nothing_else_is_known(
    there: dict[str, float], added: Sequence[str]
) -> None:
    platform = ScriptedChanges(members=there)
    found = await adding(platform, "carol", "dora").find(earlier(settled=False))
    assert found is not None
    assert [*found.user_ids] == [*added]
    assert found.missing == (CHANGED_UPDATE if added else ())
    assert platform.written() == ([TELL] if added else [])


async def test_a_call_knows_whom_it_was_told_of_and_whom_it_never_asked_for() -> None:
    # Dora and Eve joined a moment ago by others.
    platform = ScriptedChanges(members={"dora": -1.0, "eve": AGE - 1.0})
    call = adding(platform, "bob", "dora", "carol", "eve")
    platform.cuts = [None, None, True]
    with pytest.raises(OutcomeUnknownError):
        await call.write()
    found = await call.find(earlier(settled=True))
    assert found is not None
    assert found.user_ids == ["bob", "carol"]
    assert set(platform.members) == {"bob", "carol", "dora", "eve"}


async def test_a_call_knows_whom_it_asked_for_to_complete_what_it_had_begun() -> None:
    platform = ScriptedChanges()
    call = adding(platform, "carol", "dora")
    platform.cuts = [True, True]
    for step in (call.write(), call.find(earlier())):
        with pytest.raises(OutcomeUnknownError):
            await step
    found = await call.find(earlier(settled=False))
    assert found is not None
    assert found.user_ids == ["carol", "dora"]


async def test_the_others_are_added_once_the_attempts_are_settled() -> None:
    platform = ScriptedChanges(members={"carol": 1.0})
    call = adding(platform, "dora", "carol", "eve")
    with pytest.raises(UnsettledError):
        await call.find(earlier(settled=False))
    assert platform.written() == []
    found = await call.find(earlier())
    assert found is not None
    assert found.user_ids == ["dora", "carol", "eve"]
    assert platform.written() == [ADD, ADD, TELL]


@pytest.mark.parametrize("settled", [False, True])
async def test_nothing_is_found_where_nobody_was_added(*, settled: bool) -> None:
    platform = ScriptedChanges(members={"carol": LONG_AGO})
    assert await adding(platform, "carol", "dora").find(earlier(settled=settled)) is None


@pytest.mark.parametrize("age", [None, 7200.0])
async def test_an_attempt_of_unknown_time_is_not_looked_for(age: float | None) -> None:
    platform = ScriptedChanges(members={"alice": 0.0, "carol": 1.0})
    assert await adding(platform, "carol").find(earlier(age)) is None
    assert not await members_at(platform).was_removed(ALICE, DIALOG, "dora", earlier(age))
    assert platform.asked == []


@pytest.mark.parametrize("added_before", [0, 1])
async def test_a_failure_after_somebody_was_added_leaves_the_outcome_open(
    added_before: int,
) -> None:
    platform = ScriptedChanges()
    platform.refusals = [*[None] * added_before, reasons.upstream_unavailable()]
    with pytest.raises(CallError) as failed:
        await adding(platform, "carol", "dora").write()
    assert isinstance(failed.value, OutcomeUnknownError) == bool(added_before)


@pytest.mark.parametrize(
    ("joined", "removed"),
    [
        (None, True),
        (LONG_AGO, False),
        # Joined just before, or at about the same time: perhaps never removed.
        (-3.0, False),
        (3.0, False),
        # Removed, and added again.
        (6.0, True),
    ],
)
@pytest.mark.parametrize("spelling", ["zoe", "Zoe"])
async def test_a_removal_is_told_from_one_that_never_was(
    joined: float | None, spelling: str, *, removed: bool
) -> None:
    there = {"alice": LONG_AGO} | ({} if joined is None else {spelling: joined})
    platform = ScriptedChanges(members=there)
    was = await members_at(platform).was_removed(ALICE, DIALOG, "zoe", earlier(settled=False))
    assert was == removed


@pytest.mark.parametrize(
    ("members", "user_id", "reason"),
    [
        (["bob"], "alice", ErrorReason.NOT_A_MEMBER),
        (["alice", "bob"], "carol", ErrorReason.MEMBER_NOT_FOUND),
        (["alice"], "alice", ErrorReason.LAST_MEMBER),
        (["Alice"], "alice", ErrorReason.LAST_MEMBER),
    ],
)
async def test_who_cannot_be_removed_is_refused_before_anything_is_written(
    members: list[str], user_id: str, reason: ErrorReason
) -> None:
    platform = ScriptedChanges(members=dict.fromkeys(members, LONG_AGO))
    with pytest.raises(CallError) as refused:
        await members_at(platform).prove_removable(ALICE, DIALOG, user_id)
    assert refused.value.reason is reason
    assert platform.written() == []


async def test_who_is_gone_since_it_was_proved_is_removed_without_a_write() -> None:
    platform = ScriptedChanges(members=dict.fromkeys(["bob"], LONG_AGO))
    await members_at(platform).remove(ALICE, DIALOG, "alice")
    assert platform.written() == []


async def test_who_is_the_last_since_it_was_proved_stays() -> None:
    platform = ScriptedChanges(members=dict.fromkeys(["alice"], LONG_AGO))
    with pytest.raises(CallError) as refused:
        await members_at(platform).remove(ALICE, DIALOG, "alice")
    assert refused.value.reason is ErrorReason.LAST_MEMBER
    assert platform.written() == []
