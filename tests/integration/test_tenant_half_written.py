"""A back end's creations on a platform that is cut, or whose meta indexes refuse what is asked."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from idempotency_vocabulary import Lossy, lossy_platform, service
from integration_vocabulary import Caller

from chat3_api.chat3.tenant import v1 as pb
from chat3_api.chat3.user.v1 import ErrorReason as Reason
from chat3_api.chat3.user.v1 import MissingPart
from chat3_api.google.protobuf import Struct
from chat3_embedded.generations import NEWEST, OLDEST
from chat3_embedded.settings import Settings
from chat3_embedded.steps import CutAfter
from chat3_embedded.store.records import MetaIndex, When
from support.gateway import TENANT

REPLAYED = "idempotency-replayed"
DELETER, KEEPER = "key-that-deletes", "key-that-deletes-nothing"
MEMBERS = ["zoe", "alice", "bob"]
# The row, ours and two metas, three members and their events, the event.
DIALOG_STEPS = 11
EMPTY_STEPS = 5
TOPIC_STEPS = 5
SET = {"title": "t", "n": 1.0}


@asynccontextmanager
async def back_end(
    cut: CutAfter, version: str = NEWEST, key: str = KEEPER
) -> AsyncIterator[tuple[Lossy, Caller]]:
    platform = Settings(platform=version, after_step=cut)
    async with lossy_platform(platform) as lossy, service(lossy) as client:
        lossy.store.add_key(DELETER, ("read", "write", "delete"))
        lossy.store.add_key(KEEPER, ("read", "write"))
        for name in MEMBERS:
            lossy.store.add_user(TENANT, name)
        yield lossy, client.with_metadata({"x-api-key": key, "x-tenant-id": TENANT})


def creating(*members: str, key: str = "k", **meta: Any) -> pb.CreateDialogRequest:
    return pb.CreateDialogRequest(
        member_ids=[*members], meta=Struct.from_dict(meta or SET), idempotency_key=key
    )


def named(lossy: Lossy) -> list[str]:
    """Return the dialogs that hold any custom data: one without was cut off before its key."""
    rows = lossy.store.dialogs.all(TENANT)
    return [row.dialog_id for row in rows if lossy.store.meta.of(TENANT, "dialog", row.dialog_id)]


def demand(lossy: Lossy, kind: str, mode: str, *keys: str, when: When | None = None) -> MetaIndex:
    index = MetaIndex(TENANT, kind, f"{mode}:{'+'.join(keys)}", mode, keys, when, "test", 1.0)
    lossy.store.meta_indexes.add(index)
    return index


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
@pytest.mark.parametrize("step", range(1, DIALOG_STEPS + 1))
async def test_a_dialog_whose_creation_is_cut_anywhere_is_one_and_whole(
    version: str, step: int
) -> None:
    async with back_end(CutAfter(step), version) as (lossy, caller):
        answer = await caller.call(creating(*MEMBERS))
        (dialog,) = named(lossy)
        assert answer.dialog.dialog_id == dialog
        assert answer.dialog.meta == Struct.from_dict(SET)
        there = lossy.store.members.of_dialog(TENANT, dialog)
        assert [member.user_id for member in there] == MEMBERS
        assert answer.missing_parts in ([], [MissingPart.CREATED_UPDATE])
        again, trailing = await caller.called(creating(*MEMBERS))
        assert (again, trailing[REPLAYED]) == (answer, "true")


@pytest.mark.parametrize("step", range(1, EMPTY_STEPS + 1))
async def test_a_dialog_without_members_is_completed_too(step: int) -> None:
    async with back_end(CutAfter(step)) as (lossy, caller):
        answer = await caller.call(creating())
        (dialog,) = named(lossy)
        assert answer.dialog.dialog_id == dialog
        assert answer.dialog.meta == Struct.from_dict(SET)
        assert answer.missing_parts == []


@pytest.mark.parametrize("step", range(1, TOPIC_STEPS + 1))
async def test_a_topic_whose_creation_is_cut_anywhere_is_one_and_whole(step: int) -> None:
    async with back_end(CutAfter(step)) as (lossy, caller):
        dialog = lossy.dialog("alice")
        request = pb.CreateTopicRequest(
            dialog_id=dialog, meta=Struct.from_dict(SET), idempotency_key="k"
        )
        answer = await caller.call(request)
        (topic,) = lossy.store.dialogs.topics(TENANT, dialog)
        assert answer.topic.topic_id == topic.topic_id
        assert answer.topic.meta == Struct.from_dict(SET)


async def test_equal_creations_at_once_are_one_for_one_key_and_as_many_as_keys_else() -> None:
    async with back_end(CutAfter("nothing")) as (lossy, caller):
        one = await asyncio.gather(*(caller.call(creating("alice")) for _ in range(20)))
        assert {answer.dialog.dialog_id for answer in one} == set(named(lossy))
        assert len(named(lossy)) == 1
        keys = ["", "", *(str(number) for number in range(10))]
        many = await asyncio.gather(*(caller.call(creating("alice", key=key)) for key in keys))
        assert len({answer.dialog.dialog_id for answer in many}) == len(keys)
        assert len(named(lossy)) == 1 + len(keys)


@pytest.mark.parametrize("fault", ["before", "after"])
async def test_a_lost_deletion_is_answered(fault: str) -> None:
    async with back_end(CutAfter("nothing"), key=DELETER) as (lossy, caller):
        request = pb.DeleteDialogRequest(dialog_id=lossy.dialog("alice"), idempotency_key="k")
        # The first write is the proof of the permission.
        lossy.writes = [0.0, fault]
        await caller.call(request)
        assert lossy.store.dialogs.all(TENANT) == []
        again = pb.DeleteDialogRequest(dialog_id=request.dialog_id, idempotency_key="other")
        assert (await caller.fails(again)).reason is Reason.DIALOG_NOT_FOUND


@pytest.mark.parametrize("step", range(1, 5))
async def test_a_deletion_that_is_cut_anywhere_is_completed(step: int) -> None:
    async with back_end(CutAfter(step), key=DELETER) as (lossy, caller):
        dialog = lossy.dialog("alice")
        await caller.call(pb.DeleteDialogRequest(dialog_id=dialog, idempotency_key="k"))
        assert lossy.store.dialogs.all(TENANT) == []
        assert lossy.store.members.of_dialog(TENANT, dialog) == []


@pytest.mark.parametrize("key", ["", "k"])
async def test_a_value_that_must_be_unique_leaves_nothing_where_the_key_may_delete(
    key: str,
) -> None:
    async with back_end(CutAfter("nothing"), key=DELETER) as (lossy, caller):
        index = demand(lossy, "dialog", "unique", "order")
        first = (await caller.call(creating("alice", key="", order="4711"))).dialog
        request = creating("bob", key=key, order="4711", title="t")
        refused = await caller.fails(request)
        assert refused.reason is Reason.META_INDEX_CONFLICT
        assert refused.metadata == {
            "kind": "dialog",
            "code": "DUPLICATE_INDEX",
            "index_id": index.index_id,
        }
        assert [row.dialog_id for row in lossy.store.dialogs.all(TENANT)] == [first.dialog_id]
        lossy.store.meta_indexes.remove(index)
        second = (await caller.call(request)).dialog
        assert second.dialog_id != first.dialog_id
        assert len(lossy.store.dialogs.all(TENANT)) == 2


async def test_what_is_left_of_a_refused_dialog_is_told_and_completed_later() -> None:
    async with back_end(CutAfter("nothing")) as (lossy, caller):
        index = demand(lossy, "dialog", "unique", "order")
        await caller.call(creating("alice", key="", order="4711"))
        request = creating("bob", order="4711")
        left = []
        for _ in range(2):
            refused = await caller.fails(request)
            assert refused.reason is Reason.META_INDEX_CONFLICT
            left.append(refused.metadata["left_id"])
        assert left[0] == left[1]
        lossy.store.meta_indexes.remove(index)
        assert (await caller.call(request)).dialog.dialog_id == left[0]
        there = lossy.store.members.of_dialog(TENANT, left[0])
        assert [member.user_id for member in there] == ["bob"]
        assert len(lossy.store.dialogs.all(TENANT)) == 2


@pytest.mark.parametrize("key", ["", "k"])
async def test_what_is_left_of_a_refused_topic_is_told_and_completed_later(key: str) -> None:
    async with back_end(CutAfter("nothing")) as (lossy, caller):
        index = demand(lossy, "topic", "unique", "subject")
        where = {"dialog_id": lossy.dialog("alice")}
        subject = {"meta": Struct.from_dict({"subject": "s"})}
        await caller.call(pb.CreateTopicRequest(**where, **subject))
        request = pb.CreateTopicRequest(**where, **subject, idempotency_key=key)
        refused = await caller.fails(request)
        assert refused.reason is Reason.META_INDEX_CONFLICT
        left = refused.metadata["left_id"]
        topics = [row.topic_id for row in lossy.store.dialogs.topics(TENANT, where["dialog_id"])]
        assert topics[1:] == [left]
        lossy.store.meta_indexes.remove(index)
        if key:
            assert (await caller.call(request)).topic.topic_id == left


@pytest.mark.parametrize(
    ("mode", "keys", "code", "key"),
    [
        ("allowed", ("chat3_key", "title"), "META_KEY_NOT_ALLOWED", "n"),
        ("required", ("n", "order"), "INDEX_KEYS_REQUIRED", "order"),
    ],
)
@pytest.mark.parametrize("kind", ["dialog", "topic"])
async def test_what_the_request_alone_breaks_is_refused_before_anything_is_written(
    kind: str, mode: str, keys: tuple[str, ...], code: str, key: str
) -> None:
    async with back_end(CutAfter("nothing")) as (lossy, caller):
        dialog = lossy.dialog("alice")
        index = demand(lossy, kind, mode, *keys)
        requests: dict[str, Any] = {
            "dialog": creating("alice"),
            "topic": pb.CreateTopicRequest(dialog_id=dialog, meta=Struct.from_dict(SET)),
        }
        refused = await caller.fails(requests[kind])
        assert refused.reason is Reason.META_INDEX_CONFLICT
        assert refused.metadata == {
            "kind": kind,
            "code": code,
            "index_id": index.index_id,
            "key": key,
        }
        assert len(lossy.store.dialogs.all(TENANT)) == 1
        assert lossy.store.dialogs.topics(TENANT, dialog) == []
        lossy.store.meta_indexes.remove(index)
        assert await caller.call(requests[kind])


@pytest.mark.parametrize(
    ("when", "holds"),
    [
        (When("title", "eq", " T "), True),
        (When("title", "in", ["x", "t"]), True),
        (When("title", "ne", "t"), False),
        (When("other", "exists", value=True), False),
        (When("n", "eq", value=True), False),
    ],
)
async def test_a_demand_holds_for_the_custom_data_that_it_is_about(
    when: When, *, holds: bool
) -> None:
    async with back_end(CutAfter("nothing")) as (lossy, caller):
        demand(lossy, "dialog", "required", "order", when=when)
        if holds:
            refused = await caller.fails(creating("alice"))
            assert refused.metadata["code"] == "INDEX_KEYS_REQUIRED"
        else:
            assert await caller.call(creating("alice"))


async def test_a_change_that_a_meta_index_refuses_is_told_at_once() -> None:
    async with back_end(CutAfter("nothing")) as (lossy, caller):
        demand(lossy, "dialog", "unique", "order")
        demand(lossy, "topic", "unique", "order")
        order = {"meta": Struct.from_dict({"order": "4711"})}
        dialogs = [lossy.dialog("alice") for _ in range(2)]
        topics = [
            (await caller.call(pb.CreateTopicRequest(dialog_id=dialog))).topic.topic_id
            for dialog in dialogs
        ]
        for kind in (
            lambda n: pb.UpdateDialogMetaRequest(dialog_id=dialogs[n], **order),
            lambda n: pb.UpdateTopicRequest(dialog_id=dialogs[n], topic_id=topics[n], **order),
        ):
            await caller.call(kind(0))
            for key in ("", "k"):
                request = kind(1)
                request.idempotency_key = key
                refused = await caller.fails(request)
                assert refused.reason is Reason.META_INDEX_CONFLICT
                assert refused.metadata["code"] == "DUPLICATE_INDEX"
