"""A back end's packs: made, listed, filled, read, deleted; nothing of another tenant."""

import asyncio
from typing import Any

import pytest
from aiohttp import web
from grpclib.const import Status
from integration_vocabulary import DIALOG, Caller, Client, Scripted, written

from chat3_api.chat3.tenant import v1 as pb
from chat3_api.chat3.user.v1 import ErrorReason as Reason
from chat3_api.chat3.user.v1 import GetPackRequest as OwnPackRequest
from chat3_api.chat3.user.v1 import ListPacksRequest as OwnPacksRequest
from chat3_api.google.protobuf import Struct
from chat3_embedded.store.records import Pack, PackLink
from support.gateway import KEY, OTHER_TENANT, READ_KEY, TENANT, Upstream
from support.patience import HANGS

pytestmark = pytest.mark.broker("in_process")

PACK = "pck_" + "q" * 20
THEIRS = "pck_" + "t" * 20
LONG_AGO = 1_795_424_735_959.186

FOREIGN = [
    lambda pack: pb.GetPackRequest(pack_id=pack),
    lambda pack: pb.UpdatePackMetaRequest(pack_id=pack, meta=meta(title="mine")),
    lambda pack: pb.DeletePackRequest(pack_id=pack),
    lambda pack: pb.AddPackDialogRequest(pack_id=pack, dialog_id=DIALOG),
    lambda pack: pb.RemovePackDialogRequest(pack_id=pack, dialog_id=DIALOG),
    lambda pack: pb.ListPackDialogsRequest(pack_id=pack),
    lambda pack: pb.ListPackMessagesRequest(pack_id=pack),
    lambda pack: pb.ListPackMembersRequest(pack_id=pack),
    lambda pack: pb.GetPackMemberRequest(pack_id=pack, user_id="alice"),
    lambda pack: pb.AddPackMemberRequest(pack_id=pack, user_id="alice"),
    lambda pack: pb.RemovePackMemberRequest(pack_id=pack, user_id="alice"),
    lambda pack: pb.MarkPackMemberReadRequest(pack_id=pack, user_id="alice"),
    lambda pack: pb.MarkPackReadRequest(pack_id=pack),
]


@pytest.fixture
def back_end(client: Client) -> Caller:
    return client.with_metadata({"x-api-key": KEY, "x-tenant-id": TENANT})


def meta(**keys: Any) -> Struct:
    return Struct.from_dict(keys)


def packed(
    upstream: Upstream, *dialogs: str, pack: str = PACK, tenant: str = TENANT, **keys: Any
) -> str:
    store = upstream.store
    store.packs.add(Pack(tenant, pack, LONG_AGO))
    for place, dialog in enumerate(dialogs):
        store.packs.link(PackLink(tenant, pack, dialog, LONG_AGO + place))
    store.meta.put_all(tenant, "pack", pack, keys)
    return pack


@pytest.mark.parametrize("whose", ["nobody's", "another tenant's"])
@pytest.mark.parametrize("request_of", FOREIGN)
async def test_a_pack_that_the_tenant_lacks_is_not_found(
    back_end: Caller, upstream: Upstream, request_of: Any, whose: str
) -> None:
    store = upstream.store
    upstream.dialog("alice")
    their_dialog = upstream.dialog("alice", tenant=OTHER_TENANT)
    packed(upstream, their_dialog, pack=THEIRS, tenant=OTHER_TENANT, title="theirs")
    pack = PACK if whose == "nobody's" else THEIRS
    refused = await back_end.fails(request_of(pack))
    assert refused.reason is Reason.PACK_NOT_FOUND
    assert refused.metadata == {"pack_id": pack}
    assert store.meta.of(OTHER_TENANT, "pack", THEIRS) == {"title": "theirs"}
    (left,) = store.packs.all(OTHER_TENANT)
    assert [link.dialog_id for link in store.packs.links(left)] == [their_dialog]
    members = store.members.of_dialog(OTHER_TENANT, their_dialog)
    assert [member.user_id for member in members] == ["alice"]


async def test_a_dialog_of_another_tenant_cannot_be_added(
    back_end: Caller, upstream: Upstream
) -> None:
    pack = packed(upstream)
    theirs = upstream.dialog("alice", tenant=OTHER_TENANT)
    for dialog in (theirs, DIALOG):
        refused = await back_end.fails(pb.AddPackDialogRequest(pack_id=pack, dialog_id=dialog))
        assert refused.reason is Reason.DIALOG_NOT_FOUND
        assert refused.metadata == {"dialog_id": dialog}
    assert (await back_end.call(pb.ListPackDialogsRequest(pack_id=pack))).dialogs == []


async def test_a_pack_is_made_filled_seen_and_deleted(
    back_end: Caller, client: Client, upstream: Upstream
) -> None:
    dialogs = [upstream.dialog("alice", "bob"), upstream.dialog("bob")]
    made = (await back_end.call(pb.CreatePackRequest(meta=meta(kind="support")))).pack
    assert made.meta == meta(kind="support")
    assert made.create_time is not None
    place = {"pack_id": made.pack_id}
    for dialog in dialogs:
        request = pb.AddPackDialogRequest(**place, dialog_id=dialog)
        assert (await back_end.call(request)).added
        assert not (await back_end.call(request)).added
    shown = (await back_end.call(pb.GetPackRequest(**place))).pack
    stats = shown.stats
    assert (stats.dialog_count, stats.unique_member_count, stats.member_count) == (2, 2, 3)
    listed = await back_end.call(pb.ListPackDialogsRequest(**place, include_total_size=True))
    assert [row.dialog_id for row in listed.dialogs] == dialogs[::-1]
    assert listed.total_size == 2
    assert all(row.add_time is not None for row in listed.dialogs)
    own = await client.as_user("alice").call(OwnPackRequest(**place))
    assert own.pack.membership.dialog_count == 1
    request = pb.RemovePackDialogRequest(**place, dialog_id=dialogs[0])
    assert (await back_end.call(request)).removed
    assert not (await back_end.call(request)).removed
    await back_end.call(pb.DeletePackRequest(**place))
    assert (await back_end.fails(pb.GetPackRequest(**place))).reason is Reason.PACK_NOT_FOUND
    assert len(upstream.store.dialogs.all(TENANT)) == 2


async def test_custom_data_of_a_pack_is_set_and_removed_without_our_own_keys(
    back_end: Caller, upstream: Upstream
) -> None:
    pack = packed(upstream, old=1, kind="x", chat3_key="ours")
    request = pb.UpdatePackMetaRequest(
        pack_id=pack, meta=meta(kind="y", n=7.0), remove_keys=["old", "none"]
    )
    changed = (await back_end.call(request)).pack
    assert changed.meta == meta(kind="y", n=7.0)
    stored = upstream.store.meta.of(TENANT, "pack", pack)
    assert stored == {"kind": "y", "n": 7, "chat3_key": "ours"}


async def test_removing_keys_needs_a_key_that_may_delete(
    client: Client, upstream: Upstream
) -> None:
    upstream.store.add_key("writer", ("read", "write"))
    pack = packed(upstream, old=1)
    writer = client.with_metadata({"x-api-key": "writer", "x-tenant-id": TENANT})
    refused = await writer.fails(
        pb.UpdatePackMetaRequest(pack_id=pack, meta=meta(n=1.0), remove_keys=["old"])
    )
    assert refused.metadata == {"permission": "delete"}
    assert upstream.store.meta.of(TENANT, "pack", pack) == {"old": 1}


async def test_a_key_that_may_only_read_learns_nothing_by_changes_that_change_nothing(
    client: Client, upstream: Upstream
) -> None:
    pack = packed(upstream, upstream.dialog("alice"), n=1)
    reader = client.with_metadata({"x-api-key": READ_KEY, "x-tenant-id": TENANT})
    place = {"pack_id": pack}
    for request in (
        pb.UpdatePackMetaRequest(**place, meta=meta(n=1.0)),
        pb.RemovePackDialogRequest(**place, dialog_id=DIALOG),
        pb.AddPackMemberRequest(**place, user_id="alice"),
        pb.RemovePackMemberRequest(**place, user_id="nobody"),
    ):
        assert (await reader.fails(request)).reason is Reason.PERMISSION_MISSING


@pytest.mark.parametrize("size", [7, 50, 100])
async def test_all_packs_are_listed_whatever_the_page_size(
    back_end: Caller, client: Client, upstream: Upstream, size: int
) -> None:
    dialog = upstream.dialog("alice")
    made = [packed(upstream, dialog, pack=f"pck_{n:020}", n=n) for n in range(120)]
    packed(upstream, pack=THEIRS, tenant=OTHER_TENANT)
    for caller, kind in (
        (back_end, pb.ListPacksRequest),
        (client.as_user("alice"), OwnPacksRequest),
    ):
        found: list[str] = []
        token = ""
        while True:
            page = await caller.call(kind(page_size=size, page_token=token))
            found += [pack.pack_id for pack in page.packs]
            token = page.next_page_token
            if not token:
                break
        assert sorted(found) == made


async def test_packs_are_found_by_filter_and_sort_and_no_filter_leaves_the_tenant(
    back_end: Caller, upstream: Upstream
) -> None:
    for n in range(4):
        store = upstream.store
        store.packs.add(Pack(TENANT, f"pck_{n:020}", LONG_AGO + n * 1000))
        kind = "odd" if n % 2 else "even"
        store.meta.put_all(TENANT, "pack", f"pck_{n:020}", {"n": n, "kind": kind})
    packed(upstream, pack=THEIRS, tenant=OTHER_TENANT, kind="odd")

    async def listed(filter_: str, sort: str = "") -> list[int]:
        page = await back_end.call(pb.ListPacksRequest(filter=filter_, sort=sort))
        return [int(pack.pack_id.removeprefix("pck_")) for pack in page.packs]

    assert await listed("(meta.kind,eq,odd)") == [3, 1]
    assert await listed("(meta.kind,eq,odd)", "(create_time,asc)") == [1, 3]
    assert await listed("(meta.n,eq,0)|(meta.n,gt,2)") == [3, 0]
    assert await listed(f"(pack_id,in,[pck_{1:020},{THEIRS}])") == [1]
    for filter_ in (f"(tenantId,eq,{OTHER_TENANT})", "(unread_count,gt,0)", "{}"):
        refused = await back_end.fails(pb.ListPacksRequest(filter=filter_))
        assert refused.reason is Reason.INVALID_FIELD


async def test_messages_of_a_pack_are_read_on_without_what_deleted_ones_said(
    back_end: Caller, upstream: Upstream
) -> None:
    dialogs = [upstream.dialog("alice", "bob"), upstream.dialog("bob")]
    pack = packed(upstream, *dialogs)
    sent = [written(upstream, dialogs[n % 2], content=f"text {n}") for n in range(5)]
    written(upstream, upstream.dialog("alice"), content="elsewhere")
    upstream.store.messages.set_deleted(TENANT, sent[3], LONG_AGO, "alice")
    found = []
    token = ""
    while True:
        request = pb.ListPackMessagesRequest(pack_id=pack, page_size=2, page_token=token)
        page = await back_end.call(request)
        found += page.messages
        token = page.next_page_token
        if not token:
            break
    assert [message.message_id for message in found] == sent[::-1]
    assert [message.content for message in found] == ["text 4", "", "text 2", "text 1", "text 0"]
    assert not any(message.mine for message in found)


async def test_members_of_a_pack_are_listed_counted_added_and_removed(
    back_end: Caller, upstream: Upstream
) -> None:
    dialogs = [upstream.dialog("alice", "Zoe"), upstream.dialog("alice"), upstream.dialog("bob")]
    elsewhere = upstream.dialog("carl")
    pack = packed(upstream, *dialogs)
    place = {"pack_id": pack}
    first = await back_end.call(
        pb.ListPackMembersRequest(**place, page_size=2, include_total_size=True)
    )
    assert (first.user_ids, first.total_size) == (["Zoe", "alice"], 3)
    request = pb.ListPackMembersRequest(**place, page_size=2, page_token=first.next_page_token)
    last = await back_end.call(request)
    assert (last.user_ids, last.next_page_token) == (["bob"], "")

    joined = await back_end.call(pb.AddPackMemberRequest(**place, user_id="Carl"))
    assert (joined.joined_dialog_count, joined.missing_parts) == (3, [])
    again = await back_end.call(pb.AddPackMemberRequest(**place, user_id="alice"))
    assert again.joined_dialog_count == 1
    refused = await back_end.fails(pb.AddPackMemberRequest(**place, user_id="nobody"))
    assert refused.reason is Reason.USER_NOT_FOUND
    assert upstream.store.users.get(TENANT, "nobody") is None

    written(upstream, dialogs[0])
    carl = {**place, "user_id": "carl"}
    state = (await back_end.call(pb.GetPackMemberRequest(**carl))).membership
    assert (state.unread_count, state.dialog_count) == (1, 3)
    read = await back_end.call(pb.MarkPackMemberReadRequest(**carl))
    assert (read.dialog_count, read.missing_parts) == (3, [])
    state = (await back_end.call(pb.GetPackMemberRequest(**carl))).membership
    assert state.unread_count == 0

    await back_end.call(pb.RemovePackMemberRequest(**carl))
    refused = await back_end.fails(pb.RemovePackMemberRequest(**carl))
    assert refused.reason is Reason.PACK_NOT_FOUND
    there = upstream.store.members.of_user(TENANT, "carl")
    assert [member.dialog_id for member in there] == [elsewhere]


async def test_a_member_in_another_letter_case_is_found(
    back_end: Caller, upstream: Upstream
) -> None:
    dialog = upstream.dialog("Zoe", "alice")
    place = {"pack_id": packed(upstream, dialog), "user_id": "zoe"}
    message = written(upstream, dialog)
    assert (await back_end.call(pb.GetPackMemberRequest(**place))).membership.dialog_count == 1
    await back_end.call(pb.MarkPackMemberReadRequest(**place))
    async with asyncio.timeout(HANGS):
        while not upstream.store.marks.history_of(TENANT, message, "Zoe"):
            await asyncio.sleep(0.02)
    await back_end.call(pb.RemovePackMemberRequest(**place))
    members = upstream.store.members.of_dialog(TENANT, dialog)
    assert [member.user_id for member in members] == ["alice"]


async def test_all_dialogs_of_a_large_pack_are_joined_and_left(
    back_end: Caller, upstream: Upstream
) -> None:
    dialogs = [upstream.dialog("alice") for _ in range(60)]
    place = {"pack_id": packed(upstream, *dialogs), "user_id": "bob"}
    upstream.store.add_user(TENANT, "bob")
    assert (await back_end.call(pb.AddPackMemberRequest(**place))).joined_dialog_count == 60
    await back_end.call(pb.RemovePackMemberRequest(**place))
    assert upstream.store.members.of_user(TENANT, "bob") == []


def old_platform(scripted: Scripted) -> None:
    """Answer as a platform without packs and meta indexes: to all else as to a wrong id."""

    async def answer(request: web.Request) -> web.StreamResponse:
        if request.path.startswith(("/api/packs", "/api/meta/index")):
            return web.Response(text="<html>Cannot GET</html>", status=404)
        return web.json_response({"error": "Bad Request", "message": "no such id"}, status=400)

    scripted.answer = answer


@pytest.mark.parametrize("key", ["", "k"])
@pytest.mark.parametrize(
    "request_of",
    [
        *FOREIGN,
        lambda _: pb.CreatePackRequest(),
        lambda _: pb.ListPacksRequest(),
        lambda _: pb.ListMetaIndexesRequest(kind=pb.MetaKind.USER),
        lambda _: pb.GetMetaIndexRequest(kind=pb.MetaKind.USER, index_id="x"),
        lambda _: pb.DeleteMetaIndexRequest(kind=pb.MetaKind.USER, index_id="x"),
        lambda _: pb.CreateMetaIndexRequest(
            kind=pb.MetaKind.USER, mode=pb.MetaIndexMode.UNIQUE, keys=["x"]
        ),
    ],
)
async def test_a_platform_without_packs_and_meta_indexes_is_told_as_too_old(
    tricked: Caller, scripted: Scripted, request_of: Any, key: str
) -> None:
    old_platform(scripted)
    request = request_of(PACK)
    if hasattr(request, "idempotency_key"):
        request.idempotency_key = key
    refused = await tricked.fails(request)
    assert refused.reason is Reason.PLATFORM_TOO_OLD
    assert refused.status is Status.UNIMPLEMENTED
    assert refused.metadata == {"needs": "0.0.80"}
