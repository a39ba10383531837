"""Changes that were cut off and are repeated, while others change the same thing."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest
from changes_vocabulary import Scene, scene

from chat3_api.chat3.user import v1 as pb
from chat3_api.google.protobuf import Struct
from chat3_embedded.generations import NEWEST, OLDEST
from support.gateway import TENANT
from support.patience import HANGS

CHANGED_UPDATE = pb.MissingPart.CHANGED_UPDATE


def edit(at: Scene, content: str, key: str = "k") -> pb.EditMessageRequest:
    return pb.EditMessageRequest(
        dialog_id=at.dialog, message_id=at.message, content=content, idempotency_key=key
    )


async def lost(at: Scene, request: Any, done: Callable[[], bool]) -> None:
    """Make a call whose change is done, whose answer is lost, and which cannot find that out."""
    at.lossy.writes = ["after"]
    call = asyncio.create_task(at.alice.fails(request))
    while not done():
        await asyncio.sleep(0)
    at.lossy.reads = [503] * 30
    assert (await call).reason is pb.ErrorReason.IDEMPOTENCY_OUTCOME_UNKNOWN
    at.lossy.reads.clear()


async def versions(at: Scene) -> list[str]:
    listed = await at.alice.call(
        pb.ListMessageVersionsRequest(dialog_id=at.dialog, message_id=at.message)
    )
    return [version.content for version in listed.versions]


async def test_an_edit_that_was_cut_after_its_version_has_one_version() -> None:
    async with scene(NEWEST) as at:
        at.cut.arm(1)
        answer = await at.alice.call(edit(at, "two"))
        assert at.cut.cut == "version row"
        assert len(at.lossy.store.messages.versions(TENANT, at.message, limit=9)) == 2
        assert await versions(at) == ["one"]
        assert (answer.changed, answer.missing_parts) == (True, [])


async def test_a_version_whose_edit_was_never_made_is_not_shown() -> None:
    async with scene(NEWEST) as at:
        at.cut.arm(1)
        await at.alice.hangs_up(edit(at, "two"), lambda: bool(at.cut.cut))
        assert await versions(at) == []


async def test_an_edit_is_made_although_the_text_was_the_same_a_moment_ago() -> None:
    async with scene(NEWEST) as at:
        await at.alice.call(edit(at, "two", "first"))
        at.lossy.writes = ["before"]
        undone = await at.alice.call(edit(at, "one", "undo"))
        assert at.lossy.writes == []
        assert undone.message.content == at.now.content == "one"
        assert await versions(at) == ["two", "one"]


async def test_an_edit_that_was_made_and_replaced_is_not_made_again() -> None:
    async with scene(NEWEST) as at:
        await lost(at, edit(at, "two"), lambda: at.now.content == "two")
        await at.alice.call(edit(at, "three", "other"))
        answer = await at.alice.call(edit(at, "two"))
        assert answer.changed
        assert answer.message.content == at.now.content == "three"
        assert await versions(at) == ["two", "one"]


async def test_a_cut_before_the_time_of_an_edit_is_completed_on_an_old_platform() -> None:
    async with scene(OLDEST) as at:
        at.cut.arm(1)
        answer = await at.alice.call(edit(at, "two"))
        assert at.cut.cut == "edit row"
        assert (answer.changed, answer.message.edited) == (True, True)
        listed = await at.alice.call(
            pb.GetMessageRequest(dialog_id=at.dialog, message_id=at.message)
        )
        assert listed.message == answer.message


async def test_a_deleted_text_is_published_by_no_repetition() -> None:
    async with scene(NEWEST) as at:
        at.cut.arm(1)
        request = pb.DeleteMessageRequest(**at.its_message)
        answer = await at.alice.call(request)
        assert at.cut.cut == "deletion row"
        assert answer.missing_parts == [CHANGED_UPDATE]
        assert await at.published() == []


async def test_an_edit_that_is_cut_again_and_again_has_one_version() -> None:
    async with scene(NEWEST) as at:
        for _ in range(3):
            at.cut.arm(1)
            await at.alice.hangs_up(edit(at, "two"), lambda: bool(at.cut.cut))
        answer = await at.alice.call(edit(at, "two"), timeout=20.0)
        assert answer.changed
        assert await versions(at) == ["one"]


async def test_who_was_added_again_since_a_removal_is_not_removed_again() -> None:
    async with scene(NEWEST) as at:
        remove = pb.RemoveDialogMemberRequest(
            dialog_id=at.dialog, user_id="bob", idempotency_key="k"
        )
        await lost(at, remove, lambda: "bob" not in at.members)
        with at.lossy.store.clock.starting_at(time.time() * 1000 + 10_000):
            at.lossy.store.add_member(TENANT, at.dialog, "bob")
        await at.alice.call(remove)
        assert at.members == ["alice", "carol", "bob"]


async def test_who_joined_a_moment_before_is_not_among_those_that_a_call_added() -> None:
    async with scene(NEWEST) as at:
        at.lossy.store.add_member(TENANT, at.dialog, "eve")
        at.cut.arm(1)
        answer = await at.alice.call(
            pb.AddDialogMembersRequest(
                dialog_id=at.dialog, user_ids=["dora", "eve", "bob"], idempotency_key="k"
            )
        )
        assert at.cut.cut == "member row"
        assert answer.added_user_ids == ["dora"]


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
@pytest.mark.parametrize("step", [1, 2, 3])
async def test_all_messages_are_read_in_the_end_wherever_a_mark_was_cut(
    version: str, step: int
) -> None:
    async with scene(version) as at:
        at.cut.arm(step)
        await at.alice.call(pb.MarkDialogReadRequest(dialog_id=at.dialog, idempotency_key="k"))
        (theirs,) = (
            message.message_id
            for message in at.lossy.store.messages.page({"dialogId": at.dialog})
            if message.sender_id == "bob"
        )
        async with asyncio.timeout(HANGS):
            while _status(at, theirs) != "read":
                await asyncio.sleep(0.01)


async def test_what_arrived_since_a_mark_that_was_cut_stays_unread() -> None:
    async with scene(NEWEST) as at:
        request = pb.MarkDialogReadRequest(dialog_id=at.dialog, idempotency_key="k")
        at.cut.arm(1)
        await lost(at, request, lambda: at.cut.cut == "unread row")
        late = at.lossy.store.add_message(TENANT, at.dialog, "bob", "late").message_id
        answer = await at.alice.call(request)
        assert answer.missing_parts == [CHANGED_UPDATE]
        assert answer.membership.unread_count == 1
        assert answer.membership.join_time is None
        assert _status(at, late) == "unread"


async def test_a_mark_that_never_arrived_takes_what_was_there_when_it_was_asked_for() -> None:
    async with scene(NEWEST) as at:
        await at.alice.call(pb.MarkDialogReadRequest(dialog_id=at.dialog, idempotency_key="first"))
        at.lossy.store.add_message(TENANT, at.dialog, "bob", "new")
        at.lossy.writes = ["before"]
        request = pb.MarkDialogReadRequest(dialog_id=at.dialog, idempotency_key="k")
        answer = await at.alice.call(request)
        assert (answer.membership.unread_count, answer.missing_parts) == (0, [])


async def test_others_keys_stay_when_a_change_of_custom_data_is_repeated() -> None:
    async with scene(NEWEST) as at:
        request = pb.UpdateDialogMetaRequest(
            dialog_id=at.dialog, meta=Struct.from_dict({"a": 1, "b": 2}), idempotency_key="k"
        )
        at.cut.arm(1)
        await at.alice.hangs_up(request, lambda: bool(at.cut.cut))
        at.lossy.store.meta.put(TENANT, "dialog", at.dialog, "c", 3)
        await at.alice.call(request)
        assert at.meta("dialog", at.dialog) == {"old": 1, "older": 1, "a": 1, "b": 2, "c": 3}


def _status(at: Scene, message_id: str) -> str:
    found = at.lossy.store.marks.latest(TENANT, [message_id])[message_id]
    return found.get("alice", (None, ""))[1]
