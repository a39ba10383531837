"""A platform that is cut in the middle of a creation, through the whole service: one, and whole."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from idempotency_vocabulary import Lossy, lossy_platform, service
from integration_vocabulary import Client

from chat3_api.chat3.user import v1 as pb
from chat3_api.google.protobuf import Struct
from chat3_embedded.generations import NEWEST, OLDEST
from chat3_embedded.settings import Settings
from chat3_embedded.steps import CutAfter
from chat3_embedded.store.records import Dialog, Topic
from chat3_user.idempotency import once
from support.gateway import TENANT
from support.patience import HANGS

REPLAYED = "idempotency-replayed"
MEMBERS = ("alice", "bob", "carol")
CREATED_UPDATE = pb.MissingPart.CREATED_UPDATE
# The row, two metas and ours, three members and their events, the event.
DIALOG_STEPS = 11
# The row, two metas and ours, the event.
TOPIC_STEPS = 5
# The row, our meta, two members and their events, the event.
DIRECT_STEPS = 7


@asynccontextmanager
async def cut_platform(
    cut: CutAfter, version: str = NEWEST, **settings: Any
) -> AsyncIterator[tuple[Lossy, Client]]:
    platform = Settings(platform=version, after_step=cut, keep_updates=True)
    async with lossy_platform(platform) as lossy, service(lossy, **settings) as client:
        for name in MEMBERS:
            lossy.store.add_user(TENANT, name)
        yield lossy, client


def creating(key: str = "k") -> pb.CreateDialogRequest:
    meta = Struct.from_dict({"title": "t", "n": 1})
    return pb.CreateDialogRequest(member_ids=["bob", "carol"], meta=meta, idempotency_key=key)


def visible(lossy: Lossy) -> list[Dialog]:
    """Return the dialogs that somebody is in."""
    store = lossy.store
    dialogs = store.dialogs.all(TENANT)
    return [row for row in dialogs if store.members.of_dialog(TENANT, row.dialog_id)]


def members(lossy: Lossy, dialog_id: str) -> list[str]:
    return [member.user_id for member in lossy.store.members.of_dialog(TENANT, dialog_id)]


def open_meta(lossy: Lossy, kind: str, thing: str) -> dict[str, Any]:
    meta = lossy.store.meta.of(TENANT, kind, thing)
    return {key: value for key, value in meta.items() if not key.startswith("chat3_")}


async def told(lossy: Lossy, dialog_id: str, *events: str) -> set[str]:
    """Return who was sent an update of these events of the dialog, or of its topics."""
    await lossy.relayed()
    bodies = [json.loads(update.body) for update in lossy.store.outgoing.kept()]
    return {
        body["userId"]
        for body in bodies
        if body["sourceEventType"] in events
        and body["data"].get("dialog", {}).get("dialogId") == dialog_id
    }


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
@pytest.mark.parametrize("step", range(1, DIALOG_STEPS + 1))
async def test_a_dialog_whose_creation_is_cut_anywhere_is_one_whole_and_announced(
    version: str, step: int
) -> None:
    async with cut_platform(CutAfter(step), version) as (lossy, client):
        alice = client.as_user("alice")
        answer = await alice.call(creating())
        (dialog,) = visible(lossy)
        assert answer.dialog.dialog_id == dialog.dialog_id
        assert answer.dialog.meta == Struct.from_dict({"title": "t", "n": 1})
        assert answer.dialog.member_count == 3
        assert members(lossy, dialog.dialog_id) == list(MEMBERS)
        assert open_meta(lossy, "dialog", dialog.dialog_id) == {"title": "t", "n": 1}
        created = await told(lossy, dialog.dialog_id, "dialog.create")
        if created != set(MEMBERS):
            assert answer.missing_parts == [CREATED_UPDATE]
        announced = await told(lossy, dialog.dialog_id, "dialog.create", "dialog.changed")
        assert announced == set(MEMBERS)
        again, trailing = await alice.called(creating())
        assert (again, trailing[REPLAYED]) == (answer, "true")


async def test_only_the_row_of_a_dialog_is_left_behind_and_nobody_sees_it() -> None:
    async with cut_platform(CutAfter("dialog row")) as (lossy, client):
        answer = await client.as_user("alice").call(creating())
        assert answer.missing_parts == []
        rows = {row.dialog_id for row in lossy.store.dialogs.all(TENANT)}
        (orphan,) = rows - {answer.dialog.dialog_id}
        assert members(lossy, orphan) == []
        assert lossy.store.meta.of(TENANT, "dialog", orphan) == {}


@pytest.mark.parametrize(
    "step", ["dialog meta", "dialog member", "dialog member event", "dialog event", "member row"]
)
async def test_a_dialog_that_is_cut_again_and_again_is_one(step: str) -> None:
    async with cut_platform(CutAfter(step, times=3)) as (lossy, client):
        answer = await client.as_user("alice").call(creating(), timeout=20.0)
        (dialog,) = visible(lossy)
        assert answer.dialog.dialog_id == dialog.dialog_id
        assert members(lossy, dialog.dialog_id) == list(MEMBERS)


async def test_an_answer_that_is_lost_is_found_at_once() -> None:
    async with cut_platform(CutAfter("nothing"), idempotency_settle=30.0) as (lossy, client):
        alice = client.as_user("alice")
        topics = lossy.dialog(*MEMBERS)
        for request in (
            creating(),
            pb.GetOrCreateDirectDialogRequest(user_id="bob"),
            pb.CreateTopicRequest(dialog_id=topics, idempotency_key="k"),
        ):
            lossy.writes = ["after"]
            answer = await alice.call(request, timeout=10.0)
            assert getattr(answer, "missing_parts", [CREATED_UPDATE]) == [CREATED_UPDATE]
            assert getattr(answer, "created", True)
            assert lossy.writes == []


async def test_who_left_before_the_repetition_is_not_added_again() -> None:
    async with cut_platform(CutAfter("nothing")) as (lossy, client):
        alice = client.as_user("alice")
        # The answer is lost, and announcing the dialog anew takes longer than the caller waits.
        lossy.writes = ["after", 3.0]
        await alice.hangs_up(creating(), lambda: len(lossy.writes) == 0)
        (dialog,) = visible(lossy)
        bob = lossy.store.members.get(TENANT, dialog.dialog_id, "bob")
        assert bob is not None
        lossy.store.remove_member(bob)
        lossy.store.meta.remove(TENANT, "dialog", dialog.dialog_id, ["n"])
        await alice.call(creating())
        assert members(lossy, dialog.dialog_id) == ["alice", "carol"]
        assert open_meta(lossy, "dialog", dialog.dialog_id) == {"title": "t"}


def topic_request(dialog_id: str, key: str = "k", **meta: Any) -> pb.CreateTopicRequest:
    return pb.CreateTopicRequest(
        dialog_id=dialog_id, meta=Struct.from_dict(meta), idempotency_key=key
    )


def topics(lossy: Lossy, dialog_id: str) -> list[Topic]:
    return lossy.store.dialogs.topics(TENANT, dialog_id)


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
@pytest.mark.parametrize("meta", [{}, {"subject": "s", "7": 1}])
@pytest.mark.parametrize("step", range(1, TOPIC_STEPS + 1))
async def test_a_topic_whose_creation_is_cut_anywhere_is_one_whole_and_announced(
    version: str, step: int, meta: dict[str, Any]
) -> None:
    async with cut_platform(CutAfter(step), version) as (lossy, client):
        alice = client.as_user("alice")
        dialog = lossy.dialog(*MEMBERS)
        answer = await alice.call(topic_request(dialog, **meta))
        (topic,) = topics(lossy, dialog)
        assert answer.topic.topic_id == topic.topic_id
        assert answer.topic.meta == Struct.from_dict(meta)
        assert answer.topic.create_time is not None
        assert open_meta(lossy, "topic", topic.topic_id) == meta
        created = await told(lossy, dialog, "dialog.topic.create")
        if created != set(MEMBERS):
            assert answer.missing_parts == [CREATED_UPDATE]
        either = await told(lossy, dialog, "dialog.topic.create", "dialog.topic.changed")
        assert either == set(MEMBERS)
        again, trailing = await alice.called(topic_request(dialog, **meta))
        assert (again, trailing[REPLAYED]) == (answer, "true")


async def test_two_keys_never_share_an_orphan_of_a_topic() -> None:
    async with cut_platform(CutAfter("topic row", times=2)) as (lossy, client):
        alice, bob = client.as_user("alice"), client.as_user("bob")
        dialog = lossy.dialog(*MEMBERS)
        one, other = await asyncio.gather(
            alice.call(topic_request(dialog, "one")), bob.call(topic_request(dialog, "other"))
        )
        assert one.topic.topic_id != other.topic.topic_id
        found = {topic.topic_id for topic in topics(lossy, dialog)}
        assert found == {one.topic.topic_id, other.topic.topic_id}


async def test_a_topic_with_a_key_of_its_own_is_nobodys_orphan() -> None:
    async with cut_platform(CutAfter("nothing")) as (lossy, client):
        alice = client.as_user("alice")
        dialog = lossy.dialog(*MEMBERS)
        lossy.writes = ["before"]
        repeated = asyncio.create_task(alice.call(topic_request(dialog)))
        while lossy.writes:
            await asyncio.sleep(0)
        theirs = await client.as_user("bob").call(pb.CreateTopicRequest(dialog_id=dialog))
        mine = await repeated
        assert mine.topic.topic_id != theirs.topic.topic_id


@pytest.mark.parametrize("step", range(1, DIRECT_STEPS + 1))
async def test_a_direct_dialog_whose_creation_is_cut_anywhere_is_one_and_announced(
    step: int,
) -> None:
    async with cut_platform(CutAfter(step)) as (lossy, client):
        alice, bob = client.as_user("alice"), client.as_user("bob")
        mine, theirs = await asyncio.gather(
            alice.call(pb.GetOrCreateDirectDialogRequest(user_id="bob")),
            bob.call(pb.GetOrCreateDirectDialogRequest(user_id="alice")),
        )
        (dialog,) = visible(lossy)
        assert {mine.dialog.dialog_id, theirs.dialog.dialog_id} == {dialog.dialog_id}
        assert mine.created != theirs.created
        assert sorted(members(lossy, dialog.dialog_id)) == ["alice", "bob"]
        announced = await told(lossy, dialog.dialog_id, "dialog.create", "dialog.changed")
        assert announced == {"alice", "bob"}
        assert mine.dialog.membership.user_id == "alice"
        assert theirs.dialog.membership.user_id == "bob"


async def asked_for_direct(client: Client) -> Any:
    return await client.as_user("alice").call(pb.GetOrCreateDirectDialogRequest(user_id="bob"))


@pytest.mark.parametrize("step", ["dialog meta", "dialog member", "member row"])
async def test_a_direct_dialog_that_is_cut_again_and_again_is_one(step: str) -> None:
    async with cut_platform(CutAfter(step, times=3)) as (lossy, client):
        answer = await client.as_user("alice").call(
            pb.GetOrCreateDirectDialogRequest(user_id="bob"), timeout=20.0
        )
        (dialog,) = visible(lossy)
        assert answer.dialog.dialog_id == dialog.dialog_id
        assert sorted(members(lossy, dialog.dialog_id)) == ["alice", "bob"]


@pytest.mark.parametrize("who", ["alice", "bob"])
@pytest.mark.parametrize("settle", [0.5, 30.0])
async def test_who_left_a_direct_dialog_is_in_it_again_at_once(who: str, settle: float) -> None:
    """Be the dialog young, or as old as a creation may still be in the making."""
    async with cut_platform(CutAfter("nothing"), idempotency_settle=settle) as (lossy, client):
        first = await asked_for_direct(client)
        if settle < 1:
            await asyncio.sleep(settle)
        member = lossy.store.members.get(TENANT, first.dialog.dialog_id, who)
        assert member is not None
        lossy.store.remove_member(member)
        again = await asked_for_direct(client)
        assert again.dialog.dialog_id == first.dialog.dialog_id
        assert (first.created, again.created) == (True, False)
        assert sorted(members(lossy, first.dialog.dialog_id)) == ["alice", "bob"]


async def test_a_direct_dialog_that_is_there_is_read_and_nothing_is_written(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # A store that does not say soon whether something is in doubt has it looked for.
    monkeypatch.setattr(once, "_PATIENCE", HANGS)
    async with cut_platform(CutAfter("nothing")) as (lossy, client):
        first = await asked_for_direct(client)
        await asyncio.sleep(0.5)  # until it is older than the settle time of these services
        lossy.asked.clear()
        again = await asked_for_direct(client)
        assert again.dialog == first.dialog
        dialog_id = first.dialog.dialog_id
        assert sorted(lossy.asked) == [
            "GET /api/dialogs",
            f"GET /api/dialogs/{dialog_id}/members",
            "GET /api/users/alice/dialogs",
        ]
