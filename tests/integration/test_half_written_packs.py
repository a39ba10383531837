"""Packs whose creation or change is cut anywhere, or whose answer is lost: one, whole, or told."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from idempotency_vocabulary import CutOnce, Lossy, lossy_platform, service
from integration_vocabulary import Caller

from chat3_api.chat3.tenant import v1 as pb
from chat3_api.chat3.user.v1 import ErrorReason as Reason
from chat3_api.chat3.user.v1 import MissingPart
from chat3_api.google.protobuf import Struct
from chat3_embedded.generations import NEWEST, OLDEST
from chat3_embedded.settings import Settings
from chat3_embedded.steps import CutAfter
from chat3_embedded.store.records import MetaIndex, Pack, PackLink
from support.gateway import KEY, TENANT
from support.patience import HANGS

REPLAYED = "idempotency-replayed"
KEEPER = "key-that-deletes-nothing"
LONG_AGO = 1_795_424_735_959.186
PACK = "pck_" + "q" * 20
META = {"kind": "support", "n": 1}
# The row, ours and two metas.
STEPS = 4
FAULTS = ("before", "after", 500)


@asynccontextmanager
async def platform(
    cut: Any = None, version: str = NEWEST, key: str = KEY
) -> AsyncIterator[tuple[Lossy, Caller]]:
    how = Settings(platform=version, after_step=cut, keep_updates=True)
    async with lossy_platform(how) as lossy, service(lossy) as client:
        lossy.store.add_key(KEEPER, ("read", "write"))
        yield lossy, client.with_metadata({"x-api-key": key, "x-tenant-id": TENANT})


def creating(key: str = "k", **meta: Any) -> pb.CreatePackRequest:
    return pb.CreatePackRequest(meta=Struct.from_dict(meta or META), idempotency_key=key)


def packs(lossy: Lossy) -> dict[str, dict[str, Any]]:
    """Return the custom data of all packs, without keys of ours."""
    return {
        pack.pack_id: {
            key: value
            for key, value in lossy.store.meta.of(TENANT, "pack", pack.pack_id).items()
            if not key.startswith("chat3_")
        }
        for pack in lossy.store.packs.all(TENANT)
    }


def packed(lossy: Lossy, *dialogs: str, **meta: Any) -> str:
    lossy.store.packs.add(Pack(TENANT, PACK, LONG_AGO))
    for dialog in dialogs:
        lossy.store.packs.link(PackLink(TENANT, PACK, dialog, LONG_AGO))
    lossy.store.meta.put_all(TENANT, "pack", PACK, meta)
    return PACK


def linked(lossy: Lossy) -> list[str]:
    (pack,) = lossy.store.packs.all(TENANT)
    return [link.dialog_id for link in lossy.store.packs.links(pack)]


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
@pytest.mark.parametrize("step", range(1, STEPS + 1))
async def test_a_pack_whose_creation_is_cut_after_any_step_is_one_and_whole(
    version: str, step: int
) -> None:
    async with platform(CutAfter(step), version) as (lossy, caller):
        made = await caller.call(creating())
        assert packs(lossy) == {made.pack.pack_id: META}
        assert made.pack.meta == Struct.from_dict({"kind": "support", "n": 1.0})
        again, trailing = await caller.called(creating())
        assert (again, trailing[REPLAYED]) == (made, "true")
        assert len(packs(lossy)) == 1


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_lost_creation_is_found_or_made_once(fault: Any) -> None:
    async with platform() as (lossy, caller):
        # The proof of the right to write comes first.
        lossy.writes = [0.0, fault]
        made = await caller.call(creating())
        assert packs(lossy) == {made.pack.pack_id: META}


@pytest.mark.parametrize("step", range(1, STEPS + 1))
async def test_a_repair_that_is_cut_itself_is_taken_up_again(step: int) -> None:
    cuts = CutOnce()

    def cut(done: Any) -> None:
        first(done)
        cuts(done)

    first = CutAfter("pack row")
    cuts.arm(step)
    async with platform(cut) as (lossy, caller):
        made = await caller.call(creating())
        assert cuts.cut
        assert packs(lossy) == {made.pack.pack_id: META}


async def test_equal_creations_at_once_are_one_for_one_key_and_as_many_as_keys_else() -> None:
    async with platform() as (lossy, caller):
        one = await asyncio.gather(*(caller.call(creating()) for _ in range(20)))
        assert {answer.pack.pack_id for answer in one} == set(packs(lossy))
        assert len(packs(lossy)) == 1
        keys = ["", "", *(f"k{number}" for number in range(10))]
        many = await asyncio.gather(*(caller.call(creating(key)) for key in keys))
        assert len({answer.pack.pack_id for answer in many}) == len(keys)
        assert len(packs(lossy)) == 1 + len(keys)


async def test_two_keys_that_were_cut_at_once_take_an_orphan_each() -> None:
    class EveryRow:
        left = 2

        def __call__(self, done: Any) -> None:
            if done.name == "pack row" and self.left:
                self.left -= 1
                CutAfter(done.name)(done)

    async with platform(EveryRow()) as (lossy, caller):
        made = await asyncio.gather(*(caller.call(creating(key)) for key in ("a", "b")))
        assert {answer.pack.pack_id for answer in made} == set(packs(lossy))
        assert [*packs(lossy).values()] == [META, META]


async def test_a_pack_that_others_have_begun_to_fill_is_no_orphan() -> None:
    async with platform(CutAfter("nothing")) as (lossy, caller):
        theirs = Pack(TENANT, PACK, lossy.store.clock.now())
        lossy.store.packs.add(theirs)
        dialog = lossy.dialog("alice")
        lossy.store.packs.link(PackLink(TENANT, PACK, dialog, lossy.store.clock.now()))
        lossy.writes = [0.0, "before"]
        made = await caller.call(creating())
        assert made.pack.pack_id != PACK
        assert packs(lossy)[PACK] == {}


@pytest.mark.parametrize(("key", "left"), [(KEY, False), (KEEPER, True)])
async def test_a_refused_pack_that_was_cut_before_it_was_taken_back_is_deleted_or_told(
    key: str, *, left: bool
) -> None:
    async with platform(CutAfter("pack row"), key=key) as (lossy, caller):
        index = MetaIndex(TENANT, "pack", "unique:n", "unique", ("n",), None, "test", 1.0)
        lossy.store.meta_indexes.add(index)
        packed(lossy, n=1)
        refused = await caller.fails(creating())
        assert refused.reason is Reason.META_INDEX_CONFLICT
        assert refused.metadata["code"] == "DUPLICATE_INDEX"
        there = set(packs(lossy)) - {PACK}
        assert there == ({refused.metadata["left_id"]} if left else set())
        lossy.store.meta_indexes.remove(index)
        made = await caller.call(creating())
        assert packs(lossy) == {PACK: {"n": 1}, made.pack.pack_id: META}
        assert not left or made.pack.pack_id in there


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_lost_deletion_is_answered(fault: Any) -> None:
    async with platform() as (lossy, caller):
        request = pb.DeletePackRequest(pack_id=packed(lossy), idempotency_key="k")
        lossy.writes = [0.0, fault]
        await caller.call(request)
        assert packs(lossy) == {}
        again, trailing = await caller.called(request)
        assert (again, trailing[REPLAYED]) == (pb.DeletePackResponse(), "true")
        request.idempotency_key = "other"
        assert (await caller.fails(request)).reason is Reason.PACK_NOT_FOUND


@pytest.mark.parametrize("step", ["pack link row", "pack link event"])
async def test_a_dialog_whose_addition_or_removal_is_cut_is_changed_once_and_told(
    step: str,
) -> None:
    cuts = CutOnce()
    async with platform(cuts) as (lossy, caller):
        dialog = lossy.dialog("alice")
        place = {"pack_id": packed(lossy), "dialog_id": dialog, "idempotency_key": "k"}
        cuts.arm(1 if step == "pack link row" else 2)
        added = await caller.call(pb.AddPackDialogRequest(**place))
        assert cuts.cut == step
        assert (added.added, added.missing_parts) == (True, [MissingPart.CHANGED_UPDATE])
        assert linked(lossy) == [dialog]
        cuts.arm(1 if step == "pack link row" else 2)
        removed = await caller.call(pb.RemovePackDialogRequest(**place))
        assert (removed.removed, removed.missing_parts) == (True, [MissingPart.CHANGED_UPDATE])
        assert linked(lossy) == []


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_lost_addition_and_removal_is_made_once(fault: Any) -> None:
    async with platform() as (lossy, caller):
        dialog = lossy.dialog("alice")
        place = {"pack_id": packed(lossy), "dialog_id": dialog, "idempotency_key": "k"}
        lossy.writes = [0.0, fault]
        assert (await caller.call(pb.AddPackDialogRequest(**place))).added
        assert linked(lossy) == [dialog]
        # The proof still counts: the first write is the removal.
        lossy.writes = [fault]
        assert (await caller.call(pb.RemovePackDialogRequest(**place))).removed
        assert linked(lossy) == []


async def test_a_dialog_that_was_there_before_was_not_added_by_a_lost_attempt() -> None:
    async with platform() as (lossy, caller):
        dialog = lossy.dialog("alice")
        place = {"pack_id": packed(lossy, dialog), "dialog_id": dialog}
        lossy.writes = [0.0, "after"]
        answer = await caller.call(pb.AddPackDialogRequest(**place, idempotency_key="k"))
        assert (answer.added, answer.missing_parts) == (False, [])


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
@pytest.mark.parametrize("step", range(1, 6))
async def test_custom_data_whose_change_is_cut_is_whole_and_told(version: str, step: int) -> None:
    cuts = CutOnce()
    async with platform(cuts, version) as (lossy, caller):
        pack = packed(lossy, lossy.dialog("alice"), old=1, kind="x")
        cuts.arm(step)
        request = pb.UpdatePackMetaRequest(
            pack_id=pack,
            meta=Struct.from_dict(META),
            remove_keys=["old"],
            idempotency_key="k",
        )
        changed = await caller.call(request)
        assert cuts.cut
        assert packs(lossy) == {pack: META}
        assert changed.pack.meta == Struct.from_dict({"kind": "support", "n": 1.0})
        await lossy.relayed()
        bodies = [json.loads(update.body) for update in lossy.store.outgoing.kept()]
        told = [body["data"]["pack"]["meta"] for body in bodies if "pack" in body["data"]]
        assert {key: told[-1].get(key) for key in (*META, "old")} == {**META, "old": None}


@pytest.mark.parametrize("step", range(1, 7))
async def test_a_user_whose_joining_is_cut_is_in_every_dialog_and_told(step: int) -> None:
    cuts = CutOnce()
    async with platform(cuts) as (lossy, caller):
        dialogs = [lossy.dialog("alice") for _ in range(3)]
        place = {"pack_id": packed(lossy, *dialogs), "user_id": "bob"}
        lossy.store.add_user(TENANT, "bob")
        cuts.arm(step)
        joined = await caller.call(pb.AddPackMemberRequest(**place, idempotency_key="k"))
        assert cuts.cut.startswith("member")
        assert joined.joined_dialog_count == 3
        assert joined.missing_parts == [MissingPart.CHANGED_UPDATE]
        there = {member.dialog_id for member in lossy.store.members.of_user(TENANT, "bob")}
        assert there == set(dialogs)


@pytest.mark.parametrize("step", range(1, 7))
async def test_a_user_whose_leaving_is_cut_is_in_no_dialog(step: int) -> None:
    cuts = CutOnce()
    async with platform(cuts) as (lossy, caller):
        dialogs = [lossy.dialog("alice", "bob") for _ in range(3)]
        place = {"pack_id": packed(lossy, *dialogs), "user_id": "bob"}
        cuts.arm(step)
        request = pb.RemovePackMemberRequest(**place, idempotency_key="k")
        await caller.call(request)
        assert cuts.cut.startswith("member")
        assert lossy.store.members.of_user(TENANT, "bob") == []
        again, trailing = await caller.called(request)
        assert (again, trailing[REPLAYED]) == (pb.RemovePackMemberResponse(), "true")


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_lost_mark_of_a_member_is_made(fault: Any) -> None:
    async with platform() as (lossy, caller):
        dialog = lossy.dialog("alice", "bob")
        message = lossy.store.add_message(TENANT, dialog, "alice", "x").message_id
        place = {"pack_id": packed(lossy, dialog), "user_id": "bob"}
        lossy.writes = [0.0, fault]
        read = await caller.call(pb.MarkPackMemberReadRequest(**place, idempotency_key="k"))
        assert read.dialog_count == 1
        async with asyncio.timeout(HANGS):
            while not lossy.store.marks.history_of(TENANT, message, "bob"):
                await asyncio.sleep(0.02)


@pytest.mark.parametrize("fault", [None, *FAULTS])
async def test_a_mark_for_everybody_is_made_and_repeated_while_nothing_has_arrived(
    fault: Any,
) -> None:
    async with platform() as (lossy, caller):
        with lossy.store.clock.starting_at(LONG_AGO):
            dialogs = [lossy.dialog("alice", "bob"), lossy.dialog("bob")]
            message = lossy.store.add_message(TENANT, dialogs[0], "alice", "x").message_id
        request = pb.MarkPackReadRequest(pack_id=packed(lossy, *dialogs), idempotency_key="k")
        lossy.writes = [0.0, fault] if fault else []
        read = await caller.call(request)
        assert (read.user_count, read.dialog_count, read.missing_parts) == (2, 2, [])
        async with asyncio.timeout(HANGS):
            while not lossy.store.marks.history_of(TENANT, message, "bob"):
                await asyncio.sleep(0.02)


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_lost_mark_for_everybody_takes_nothing_that_has_arrived_since(fault: Any) -> None:
    async with platform() as (lossy, caller):
        dialog = lossy.dialog("alice", "bob")
        request = pb.MarkPackReadRequest(pack_id=packed(lossy, dialog), idempotency_key="k")
        lossy.store.add_message(TENANT, dialog, "alice", "unseen")
        marks = "POST /api/packs/" + PACK + "/markAllReadForAllUsers"
        lossy.writes = [0.0, fault]
        read = await caller.call(request)
        assert (read.user_count, read.dialog_count) == (None, None)
        assert read.missing_parts == [MissingPart.CHANGED_UPDATE]
        assert lossy.asked.count(marks) == 1
        again, trailing = await caller.called(request)
        assert (again, trailing[REPLAYED]) == (read, "true")


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_meta_index_whose_creation_or_deletion_is_lost_is_one_and_then_none(
    fault: Any,
) -> None:
    async with platform() as (lossy, caller):
        request = pb.CreateMetaIndexRequest(
            kind=pb.MetaKind.USER,
            mode=pb.MetaIndexMode.UNIQUE,
            keys=["email"],
            idempotency_key="k",
        )
        lossy.writes = [0.0, fault]
        made = (await caller.call(request)).index
        assert len(lossy.store.meta_indexes.of(TENANT, "user")) == 1
        lossy.writes = [fault]
        deletion = pb.DeleteMetaIndexRequest(
            kind=pb.MetaKind.USER, index_id=made.index_id, idempotency_key="k"
        )
        await caller.call(deletion)
        assert lossy.store.meta_indexes.of(TENANT, "user") == []
        again, trailing = await caller.called(deletion)
        assert (again, trailing[REPLAYED]) == (pb.DeleteMetaIndexResponse(), "true")
