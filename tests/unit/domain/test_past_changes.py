"""What an attempt of unknown outcome did to a message is told from what others did to it."""

import pytest
from scripted_changes import AGE, ALICE, DIALOG, KEY, MESSAGE, ScriptedChanges, earlier

from chat3_api.chat3.user.v1 import ErrorReason, MissingPart
from chat3_user.domain.access import Access
from chat3_user.domain.message_changes import Changed, MessageChanges
from chat3_user.domain.messages import Messages
from chat3_user.domain.past_changes import PastChanges
from chat3_user.domain.unshown import UnshownChanges
from chat3_user.errors import CallError, reasons
from chat3_user.idempotency import Earlier
from chat3_user.tenant_api import TenantApi
from chat3_user.tenant_api.answers import OutcomeUnknownError, in_doubt

CHANGED_UPDATE = (MissingPart.CHANGED_UPDATE,)
META = "PUT /api/meta/message/{message_id}/{key}"
WHERE = (ALICE, DIALOG, MESSAGE)


class Worker:
    def __init__(self, platform: ScriptedChanges) -> None:
        api = TenantApi(platform)
        messages = Messages(api, Access(api))
        self.counted: list[str] = []
        self.past = PastChanges(api, messages, UnshownChanges(self.counted.append))
        self.changes = MessageChanges(api)
        self.messages = messages
        self.own = messages.of_sender(*WHERE)
        self.seen = messages.of_member(*WHERE)


async def edit_found(platform: ScriptedChanges, at: Earlier | None = None) -> Changed | None:
    """Return what a look finds of an attempt to make the text `two`."""
    worker = Worker(platform)
    return await worker.past.edit(worker.own, "two", at or earlier())


@pytest.mark.parametrize(
    ("platform", "changed"),
    [
        # Not yet, not any more.
        (ScriptedChanges("one"), None),
        (ScriptedChanges("one", [("two", -9.0)], edited=-9.0), None),
        # Cut after the version.
        (ScriptedChanges("one", [("one", 1.0)]), None),
        # There; the platform's clock may be behind.
        (ScriptedChanges("two", [("one", 1.0)], edited=1.0), True),
        (ScriptedChanges(" two\n", [("one", -4.0)], edited=-4.0), True),
        # It was so before.
        (ScriptedChanges("two"), False),
        (ScriptedChanges("two", [("one", -9.0)], edited=-9.0), False),
        # It was so since, and was replaced, by whichever clock.
        (ScriptedChanges("three", [("one", 1.0), ("two", 2.0)], edited=2.0), True),
        (ScriptedChanges("three", [("one", -4.0), ("two", 2.0)], edited=2.0), True),
        # Also with the version that a cut left behind.
        (ScriptedChanges("three", [("one", 1.0), ("one", 3.0), ("two", 4.0)], edited=4.0), True),
        # It was so a moment before the attempt, and so the attempt was to make it so again.
        (ScriptedChanges("one", [("two", 1.0)], edited=1.0), None),
        (ScriptedChanges("one", [("zero", -9.0), ("two", -3.0)], edited=-3.0), None),
        (ScriptedChanges("one", [("one", -4.0), ("two", -3.0)], edited=-3.0), None),
    ],
)
async def test_an_edit_is_told_from_others(platform: ScriptedChanges, *, changed: bool) -> None:
    found = await edit_found(platform)
    assert (found and found.changed) == changed


async def test_an_edit_that_is_found_is_announced_anew_by_the_key_of_the_message() -> None:
    platform = ScriptedChanges("two", edited=1.0, message_meta={"chat3_key": "sent as"})
    worker = Worker(platform)
    found = await worker.past.edit(worker.own, "two", earlier(settled=False))
    assert found is not None
    assert (found.missing, worker.counted) == (CHANGED_UPDATE, ["edit"])
    assert platform.written() == [META]
    assert platform.message_meta == {"chat3_key": "sent as"}


async def test_a_message_without_a_key_gets_one() -> None:
    platform = ScriptedChanges("two", edited=1.0)
    await edit_found(platform)
    assert platform.message_meta == {"chat3_key": KEY}


@pytest.mark.parametrize(
    "platform",
    [
        ScriptedChanges("two", edited=1.0, deleted=2.0),
        ScriptedChanges("two", edited=-9.0),
        ScriptedChanges("three", [("one", 1.0), ("two", 2.0)], edited=2.0),
    ],
)
async def test_what_is_deleted_or_needs_no_update_is_not_announced(
    platform: ScriptedChanges,
) -> None:
    assert await edit_found(platform) is not None
    assert platform.written() == []


@pytest.mark.parametrize("edited_at", [None, -9e3])
async def test_where_no_versions_are_kept_a_text_that_is_there_is_the_attempts(
    edited_at: float | None,
) -> None:
    platform = ScriptedChanges("two", keeps_versions=False)
    if edited_at is not None:
        platform.message_meta["editedAt"] = platform.ms(edited_at)
    found = await edit_found(platform)
    assert found is not None
    assert (found.changed, found.missing) == (True, CHANGED_UPDATE)
    # The time of the edit, which the platform writes after the text, is made up for.
    at = platform.message_meta["editedAt"]
    assert platform.ms(AGE - 5) < at < platform.ms(AGE + 5)
    assert found.message.meta == {"editedAt": at}


async def test_where_no_versions_are_kept_a_text_that_was_replaced_cannot_be_told() -> None:
    platform = ScriptedChanges("three", keeps_versions=False)
    assert await edit_found(platform) is None


async def test_a_tenant_that_refuses_the_key_goes_without_the_announcement() -> None:
    platform = ScriptedChanges("two", edited=1.0)
    platform.refusals = [reasons.upstream_rejected("PUT", 400)]
    found = await edit_found(platform)
    assert found is not None
    assert found.missing == CHANGED_UPDATE


@pytest.mark.parametrize("failure", [reasons.upstream_unavailable(), reasons.api_key_invalid()])
async def test_an_announcement_that_fails_is_no_answer(failure: CallError) -> None:
    platform = ScriptedChanges("two", edited=1.0)
    platform.refusals = [failure]
    with pytest.raises(CallError) as failed:
        await edit_found(platform)
    assert failed.value.reason is failure.reason


@pytest.mark.parametrize("age", [None, 7200.0])
async def test_an_attempt_of_unknown_time_is_not_looked_for(age: float | None) -> None:
    at = earlier(age)
    worker = Worker(ScriptedChanges("two", edited=1.0, deleted=1.0, topic="a"))
    assert await worker.past.edit(worker.own, "two", at) is None
    assert await worker.past.deletion(worker.own, at, deleted=True) is None
    assert await worker.past.move(worker.seen, "a", at) is None


async def test_others_messages_are_refused_whatever_is_found() -> None:
    worker = Worker(ScriptedChanges("two", edited=1.0, deleted=1.0, sender="bob"))
    for look in (
        worker.past.edit(worker.own, "two", earlier()),
        worker.past.deletion(worker.own, earlier(), deleted=True),
    ):
        with pytest.raises(CallError) as refused:
            await look
        assert refused.value.reason is ErrorReason.NOT_THE_SENDER


@pytest.mark.parametrize(
    ("at", "deleted", "changed"),
    [
        (None, True, None),
        (1.0, True, True),
        (-4.0, True, True),
        (-9.0, True, False),
        (1.0, False, None),
        (None, False, True),
    ],
)
async def test_a_deletion_and_its_reverse_are_told_from_others(
    at: float | None, *, deleted: bool, changed: bool | None
) -> None:
    platform = ScriptedChanges(deleted=at)
    worker = Worker(platform)
    found = await worker.past.deletion(worker.own, earlier(), deleted=deleted)
    assert (found and found.changed) == changed
    assert (found.missing if found else ()) == (CHANGED_UPDATE if changed else ())
    assert platform.written() == []


@pytest.mark.parametrize(
    ("there", "wanted", "found"),
    [("a", "a", True), ("a", "b", False), (None, "b", False), (None, None, True)],
)
async def test_a_move_is_found_where_the_message_is(
    there: str | None, wanted: str | None, *, found: bool
) -> None:
    worker = Worker(ScriptedChanges(topic=there))
    moved = await worker.past.move(worker.seen, wanted, earlier())
    assert (moved is not None) == found
    assert moved is None or moved.missing == CHANGED_UPDATE


@pytest.mark.parametrize(
    ("versions", "shown"),
    [
        ([], []),
        ([("one", 1.0)], ["one"]),
        # The last edit was cut before it, one was and was repeated, two at once saw the same text.
        ([("one", 1.0), ("two", 2.0)], ["one"]),
        ([("one", 1.0), ("one", 2.0)], ["one"]),
        ([("zero", 1.0), ("one", 2.0), ("zero", 3.0), ("zero", 4.0)], ["zero", "one", "zero"]),
    ],
)
async def test_versions_that_nothing_replaced_are_left_out(
    versions: list[tuple[str, float]], shown: list[str]
) -> None:
    worker = Worker(ScriptedChanges("two", versions))
    listed = await worker.messages.versions(ALICE, await worker.own.read())
    assert [version.content for version in reversed(listed)] == shown


async def test_of_two_versions_of_one_text_the_later_one_is_the_edits() -> None:
    worker = Worker(ScriptedChanges("two", [("one", 1.0), ("one", 2.0)]))
    listed = await worker.messages.versions(ALICE, await worker.own.read())
    assert [version.version_index for version in listed] == [2]


async def test_a_move_that_fails_after_its_first_step_leaves_the_outcome_open() -> None:
    platform = ScriptedChanges(topic="a")
    platform.refusals = [None, reasons.upstream_unavailable()]
    worker = Worker(platform)
    with pytest.raises(OutcomeUnknownError):
        await worker.changes.move(worker.seen, "b")
    assert platform.topic is None


async def test_a_move_that_fails_before_its_first_step_has_moved_nothing() -> None:
    platform = ScriptedChanges(topic="a")
    platform.refusals = [reasons.upstream_unavailable()]
    worker = Worker(platform)
    with pytest.raises(CallError) as failed:
        await worker.changes.move(worker.seen, "b")
    assert not isinstance(failed.value, OutcomeUnknownError)


async def test_a_move_prevails_over_others_unless_they_never_end() -> None:
    platform = ScriptedChanges(topic="a")
    platform.moved_by_others = [None, "a", "c"]
    worker = Worker(platform)
    moved = await worker.changes.move(worker.seen, "b")
    assert (moved.changed, moved.message.topic_id) == (True, "b")
    platform.moved_by_others = ["a", "c"] * 3
    worker = Worker(platform)
    with pytest.raises(OutcomeUnknownError):
        await worker.changes.move(worker.seen, "d")


async def test_an_edit_whose_answer_is_lost_is_in_doubt() -> None:
    platform = ScriptedChanges()
    platform.refusals = [in_doubt(reasons.upstream_unavailable())]
    worker = Worker(platform)
    with pytest.raises(OutcomeUnknownError):
        await worker.changes.edit(worker.own, "two")
