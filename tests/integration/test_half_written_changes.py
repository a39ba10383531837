"""A platform that is cut in the middle of a change, through the whole service: whole, or told.

Each change is cut after each of the steps of all its writes together. Then the same holds for all:
it was made once, its repetition gets the same answer, and either each member was sent the update
that the change has, or the answer says that it may be missing.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from changes_vocabulary import MEMBERS, Scene, scene

from chat3_api.chat3.tenant import v1 as tenant
from chat3_api.chat3.user import v1 as pb
from chat3_api.google.protobuf import Struct
from chat3_embedded.generations import NEWEST, OLDEST
from support.gateway import TENANT

REPLAYED = "idempotency-replayed"
CHANGED_UPDATE = pb.MissingPart.CHANGED_UPDATE
BOTH, NEW = (OLDEST, NEWEST), (NEWEST,)


@dataclass(frozen=True)
class Change:
    """A change: its request, what holds once it is made, and its update, for these members.

    ``event``: the type and the changed fields of the update; fields are not compared if empty.
    ``shows``: whether an update shows all of the change. ``instead``: the type of the update that
    is published in place of one that may be missing, if one is. ``old_steps``, if they are others:
    how many steps the writes have on the oldest platform.
    ``tells``: whether the answer can tell that the update may be missing; where it cannot, it never
    is, on a platform that was cut but once.
    """

    name: str
    request: Callable[[Scene], Any]
    holds: Callable[[Scene, Any], bool]
    event: str
    fields: tuple[str, ...] = ()
    told: tuple[str, ...] = MEMBERS
    shows: Callable[[dict[str, Any]], bool] = lambda _: True
    instead: str = ""
    steps: int = 2
    old_steps: int = 0
    versions: tuple[str, ...] = BOTH
    tells: bool = True
    before: Callable[[Scene], object] = lambda _: None
    by_back_end: bool = False

    def steps_on(self, version: str) -> int:
        """Return how many steps all its writes have together."""
        return self.old_steps if version == OLDEST and self.old_steps else self.steps


def deleted(at: Scene) -> None:
    at.lossy.store.messages.set_deleted(TENANT, at.message, time.time() * 1000 - 9e6, "alice")


def meta(**keys: Any) -> Struct:
    return Struct.from_dict(keys)


NEW_META = {"title": "t", "n": 2, "old": 3}

CHANGES = (
    Change(
        "edit",
        lambda at: pb.EditMessageRequest(**at.its_message, content="two"),
        lambda at, answer: at.now.content == answer.message.content == "two" and answer.changed,
        "message.changed",
        ("message.content",),
        shows=lambda data: data["message"]["content"] == "two",
        instead="message.changed",
        steps=3,
    ),
    Change(
        "delete",
        lambda at: pb.DeleteMessageRequest(**at.its_message),
        lambda at, answer: bool(at.now.deleted) and answer.message.deleted and answer.changed,
        "message.deleted",
        versions=NEW,
    ),
    Change(
        "restore",
        lambda at: pb.RestoreMessageRequest(**at.its_message),
        lambda at, answer: (
            not at.now.deleted and answer.message.content == "one" and answer.changed
        ),
        "message.deleted",
        versions=NEW,
        before=deleted,
    ),
    Change(
        "move",
        lambda at: pb.SetMessageTopicRequest(**at.its_message, topic_id=at.topics[1]),
        lambda at, answer: (
            at.now.topic_id == answer.message.topic_id == at.topics[1] and answer.changed
        ),
        "message.changed",
        ("message.topicId",),
        steps=4,
    ),
    Change(
        "add",
        lambda at: pb.AddDialogMembersRequest(
            dialog_id=at.dialog, user_ids=["eve", "bob", "dora"], idempotency_key="k"
        ),
        lambda at, answer: (
            sorted(at.members) == [*MEMBERS, "dora", "eve"]
            and answer.added_user_ids == ["eve", "dora"]
        ),
        "dialog.member.add",
        told=(*MEMBERS, "dora", "eve"),
        shows=lambda data: data["member"]["userId"] == "dora",
        instead="dialog.changed",
        steps=4,
    ),
    Change(
        "remove",
        lambda at: pb.RemoveDialogMemberRequest(
            dialog_id=at.dialog, user_id="bob", idempotency_key="k"
        ),
        lambda at, _: at.members == ["alice", "carol"],
        "dialog.member.remove",
        tells=False,
    ),
    Change(
        "leave",
        lambda at: pb.LeaveDialogRequest(dialog_id=at.dialog, idempotency_key="k"),
        lambda at, _: at.members == ["bob", "carol"],
        "dialog.member.remove",
        tells=False,
    ),
    Change(
        "dialog meta",
        lambda at: pb.UpdateDialogMetaRequest(
            dialog_id=at.dialog, meta=meta(**NEW_META), remove_keys=["older"], idempotency_key="k"
        ),
        lambda at, answer: at.meta("dialog", at.dialog) == answer.meta.to_dict() == NEW_META,
        "dialog.changed",
        shows=lambda data: data["dialog"]["meta"] == NEW_META,
        steps=5,
        tells=False,
    ),
    Change(
        "removed meta",
        lambda at: pb.UpdateDialogMetaRequest(
            dialog_id=at.dialog, remove_keys=["older", "old"], idempotency_key="k"
        ),
        lambda at, answer: at.meta("dialog", at.dialog) == answer.meta.to_dict() == {},
        "dialog.changed",
        steps=3,
        tells=False,
    ),
    Change(
        "my meta",
        lambda _: pb.UpdateMyMetaRequest(
            meta=meta(**NEW_META), remove_keys=["older"], idempotency_key="k"
        ),
        lambda at, answer: at.meta("user", "alice") == answer.user.meta.to_dict() == NEW_META,
        "user.changed",
        told=("alice",),
        shows=lambda data: data["user"]["meta"] == NEW_META,
        steps=5,
        tells=False,
    ),
    Change(
        "topic meta",
        lambda at: pb.UpdateTopicRequest(
            dialog_id=at.dialog,
            topic_id=at.topics[0],
            meta=meta(**NEW_META),
            remove_keys=["older"],
            idempotency_key="k",
        ),
        lambda at, answer: (
            at.meta("topic", at.topics[0]) == answer.topic.meta.to_dict() == NEW_META
        ),
        "dialog.topic.changed",
        steps=5,
        tells=False,
    ),
    Change(
        "removed meta of a topic",
        lambda at: pb.UpdateTopicRequest(
            dialog_id=at.dialog,
            topic_id=at.topics[0],
            remove_keys=["older", "old"],
            idempotency_key="k",
        ),
        lambda at, answer: at.meta("topic", at.topics[0]) == answer.topic.meta.to_dict() == {},
        "dialog.topic.changed",
        steps=3,
        tells=False,
    ),
    Change(
        "read",
        lambda at: pb.MarkDialogReadRequest(dialog_id=at.dialog, idempotency_key="k"),
        lambda _, answer: (
            answer.membership.unread_count == 0 and answer.membership.join_time is None
        ),
        "dialog.member.changed",
        told=("alice",),
        steps=3,
        old_steps=4,
        tells=False,
    ),
    Change(
        "edit by a back end",
        lambda at: tenant.EditMessageRequest(**at.any_message, content="two", edited_by="staff"),
        lambda at, answer: at.now.content == answer.message.content == "two" and answer.changed,
        "message.changed",
        ("message.content",),
        shows=lambda data: data["message"]["content"] == "two",
        instead="message.changed",
        steps=3,
        by_back_end=True,
    ),
    Change(
        "delete by a back end",
        lambda at: tenant.DeleteMessageRequest(**at.any_message, deleted_by="staff"),
        lambda at, answer: (
            at.now.deleted_by == answer.message.deleted_by == "staff" and answer.changed
        ),
        "message.deleted",
        versions=NEW,
        by_back_end=True,
    ),
    Change(
        "restore by a back end",
        lambda at: tenant.RestoreMessageRequest(**at.any_message),
        lambda at, answer: (
            not at.now.deleted and answer.message.content == "one" and answer.changed
        ),
        "message.deleted",
        versions=NEW,
        before=deleted,
        by_back_end=True,
    ),
    Change(
        "move by a back end",
        lambda at: tenant.SetMessageTopicRequest(**at.any_message, topic_id=at.topics[1]),
        lambda at, answer: (
            at.now.topic_id == answer.message.topic_id == at.topics[1] and answer.changed
        ),
        "message.changed",
        ("message.topicId",),
        steps=4,
        by_back_end=True,
    ),
)


@pytest.mark.parametrize(
    ("change", "version", "step"),
    [
        pytest.param(change, version, step, id=f"{change.name}-{version}-{step}")
        for change in CHANGES
        for version in change.versions
        for step in range(1, change.steps_on(version) + 2)
    ],
)
async def test_a_change_that_is_cut_anywhere_is_made_once_and_announced_or_told(
    change: Change, version: str, step: int
) -> None:
    async with scene(version) as at:
        change.before(at)
        at.cut.arm(step)
        caller = at.back_end if change.by_back_end else at.alice
        answer = await caller.call(change.request(at))
        again, trailing = await caller.called(change.request(at))
        assert change.holds(at, answer), answer
        assert (again, trailing[REPLAYED]) == (answer, "true")

        bodies = await at.published()
        told = {
            body["userId"]
            for body in bodies
            if body["sourceEventType"] == change.event
            and (not change.fields or body["data"]["context"]["updatedFields"] == [*change.fields])
            and change.shows(body["data"])
        }
        instead = {body["userId"] for body in bodies if body["sourceEventType"] == change.instead}
        missing = getattr(answer, "missing_parts", [])
        assert bool(at.cut.cut) == (step <= change.steps_on(version))
        assert missing in ([], [CHANGED_UPDATE])
        if missing:
            assert change.tells
            assert at.cut.cut
            assert not change.instead or instead == {*change.told}
        else:
            assert told == {*change.told}
