"""Packs as a tenant sees them: create, list, read, delete; their dialogs, users and messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chat3_embedded import pack_views
from chat3_embedded.errors import ApiError, bad_request, not_found
from chat3_embedded.ids import new_pack_id
from chat3_embedded.jsonvalues import number
from chat3_embedded.meta_writes import coded, write_meta
from chat3_embedded.paging import capped_page
from chat3_embedded.query import meta_resolver, scope
from chat3_embedded.reading import read_in_pack
from chat3_embedded.routes.call import Answer, Route, listed, ok, raw
from chat3_embedded.routes.fields import META
from chat3_embedded.routes.listing import read_filter
from chat3_embedded.routes.pack_messages import newest_messages
from chat3_embedded.sorting import Order, ordered
from chat3_embedded.store.records import Pack, PackLink
from chat3_embedded.validation import Field, obj, string

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chat3_embedded.jsonvalues import JsonObject
    from chat3_embedded.routes.call import Call
    from chat3_embedded.steps import Steps
    from chat3_embedded.store.records import Member

_NEW = obj({"meta": META})
_LINK = obj({"dialogId": Field(string(maximum=100), required=True)})
_MEMBER_TYPES = ("user", "contact", "bot")


def find_pack(call: Call) -> Pack:
    """Return the pack that the URL names, or raise 404."""
    pack = call.store.packs.get(call.tenant_id, call.path["packId"])
    if pack is None:
        raise not_found("Pack not found")
    return pack


def create_pack(call: Call) -> Steps[Answer]:
    """Create a pack: row, metas; nobody is told, and the answer has no message.

    Meta that the tenant's indexes do not allow takes the pack with it.
    """
    body = call.checked_body(_NEW)
    pack = Pack(call.tenant_id, new_pack_id(), call.store.clock.now())
    owner = (call.tenant_id, "pack", pack.pack_id)
    call.store.packs.add(pack)
    yield "pack row"
    try:
        yield from coded(write_meta(call.store, owner, body["meta"]))
    except ApiError:
        _remove(call, pack)
        raise
    return ok(pack_views.bare(call.store, call.tenant_id, [pack])[0], status=201)


def list_packs(call: Call) -> Answer:
    """List the tenant's packs, newest first unless sorted."""
    page = capped_page(call.query)
    query = scope(tenantId=call.tenant_id).within(read_filter(call))
    test = query.test(meta_resolver(call.store.meta, call.tenant_id, "pack", "packId"))
    packs = {pack.pack_id: pack for pack in call.store.packs.all(call.tenant_id)}
    documents = (
        {"tenantId": pack.tenant_id, "packId": pack.pack_id, "createdAt": pack.created_at}
        for pack in packs.values()
    )
    rows = ordered(filter(test, documents), order_of(call))
    shown = [packs[row["packId"]] for row in page.of(rows)]
    return listed(pack_views.packs(call.store, call.tenant_id, shown), page, len(rows))


def order_of(call: Call) -> Order:
    """Read `sort=<field>&sortDirection=asc|desc`; the newest first where nothing is said."""
    descending = call.query.get("sortDirection", "desc") != "asc"
    return Order(call.query.get("sort") or "createdAt", descending=descending)


def get_pack(call: Call) -> Answer:
    """Read a pack with its counters."""
    return ok(pack_views.packs(call.store, call.tenant_id, [find_pack(call)])[0])


def delete_pack(call: Call) -> Steps[Answer]:
    """Delete a pack; its dialogs stay, and nobody is told."""
    pack = find_pack(call)
    _remove(call, pack)
    yield "pack rows"
    return ok({"packId": pack.pack_id}, "Pack deleted")


def _remove(call: Call, pack: Pack) -> None:
    with call.store.transaction():
        call.store.packs.remove(pack)
        call.store.meta.remove_all(call.tenant_id, "pack", pack.pack_id)


def add_dialog(call: Call) -> Steps[Answer]:
    """Put a dialog into a pack; its members get their counters."""
    body = call.checked_body(_LINK)
    pack = find_pack(call)
    dialog = call.store.dialogs.get(call.tenant_id, body["dialogId"])
    if dialog is None:
        raise not_found("Dialog not found")
    link = PackLink(call.tenant_id, pack.pack_id, dialog.dialog_id, call.store.clock.now())
    data: JsonObject = {"packId": pack.pack_id, "dialogId": dialog.dialog_id}
    if not call.store.packs.link(link):
        (old,) = (o for o in call.store.packs.links(pack) if o.dialog_id == dialog.dialog_id)
        data |= {"addedAt": old.added_at, "alreadyInPack": True}
        return ok(data, "Dialog already in pack")
    yield "pack link row"
    _tell_members(call, pack, "pack.dialog.add", dialog.dialog_id)
    yield "pack link event"
    return ok({**data, "addedAt": link.added_at}, status=201)


def remove_dialog(call: Call) -> Steps[Answer]:
    """Take a dialog out of a pack; its members get their counters."""
    pack, dialog_id = find_pack(call), call.path["dialogId"]
    if not call.store.packs.unlink(call.tenant_id, pack.pack_id, dialog_id):
        raise not_found("Dialog not found in pack")
    yield "pack link row"
    _tell_members(call, pack, "pack.dialog.remove", dialog_id)
    yield "pack link event"
    return ok({"packId": pack.pack_id, "dialogId": dialog_id}, "Dialog removed from pack")


def _tell_members(call: Call, pack: Pack, event_type: str, dialog_id: str) -> None:
    members = call.store.members.of_dialog(call.tenant_id, dialog_id)
    call.feed.packs.dialogs_changed(pack, event_type, dialog_id, members)


def list_pack_dialogs(call: Call) -> Answer:
    """List a pack's dialogs, the last added first; the times are numbers here."""
    return listed_links(call, call.store.packs.links(find_pack(call)))


def listed_links(call: Call, links: Sequence[PackLink]) -> Answer:
    """Answer with one page of a pack's dialogs, only the one that the query names if it does."""
    page = capped_page(call.query)
    query = scope(tenantId=call.tenant_id).within(read_filter(call))
    test = query.test(meta_resolver(call.store.meta, call.tenant_id, "dialog", "dialogId"))
    only = call.query.get("dialogId")
    rows = [
        {"dialogId": link.dialog_id, "addedAt": number(link.added_at)}
        for link in links
        if only in {None, link.dialog_id}
        and test({"tenantId": link.tenant_id, "dialogId": link.dialog_id})
    ]
    return Answer(200, {"data": list(page.of(rows)), "pagination": page.describe(len(rows))})


def list_pack_users(call: Call) -> Answer:
    """List everybody who is in a dialog of the pack, on one page."""
    ids = {member.user_id for member in _members(call, find_pack(call))}
    return raw([{"userId": user_id} for user_id in sorted(ids)])


def list_pack_messages(call: Call) -> Answer:
    """List the messages of all dialogs of a pack, newest first, from a cursor on."""
    links = call.store.packs.links(find_pack(call))
    return newest_messages(call, [link.dialog_id for link in links], viewer=None)


def mark_all_read_for_all(call: Call) -> Steps[Answer]:
    """Mark everything in a pack read for everybody, or for everybody of a type."""
    pack = find_pack(call)
    only = call.query.get("memberType")
    if only is not None and only not in _MEMBER_TYPES:
        raise bad_request(f"memberType must be one of: {', '.join(_MEMBER_TYPES)}")
    members = _members(call, pack)
    users = call.store.users.many(call.tenant_id, (member.user_key for member in members))
    chosen = [
        member
        for member in members
        if only is None or (member.user_key in users and users[member.user_key].type == only)
    ]
    processed = 0
    for member in chosen:
        processed += yield from read_in_pack(call.store, call.feed, member)
    data = {
        "packId": pack.pack_id,
        "processedUsersCount": len({member.user_id for member in chosen}),
        "processedDialogsCount": len({member.dialog_id for member in chosen}),
        "totalProcessedMessageCount": processed,
    }
    return ok(data, "Pack marked as read for all users")


def _members(call: Call, pack: Pack) -> list[Member]:
    return [
        member
        for link in call.store.packs.links(pack)
        for member in call.store.members.of_dialog(call.tenant_id, link.dialog_id)
    ]


_PACK = "/api/packs/{packId}"
ROUTES = (
    Route("GET", "/api/packs", list_packs, "read"),
    Route("POST", "/api/packs", create_pack, "write"),
    Route("GET", _PACK, get_pack, "read"),
    Route("DELETE", _PACK, delete_pack, "delete"),
    Route("GET", _PACK + "/dialogs", list_pack_dialogs, "read"),
    Route("POST", _PACK + "/dialogs", add_dialog, "write"),
    Route("DELETE", _PACK + "/dialogs/{dialogId}", remove_dialog, "write"),
    Route("GET", _PACK + "/users", list_pack_users, "read"),
    Route("GET", _PACK + "/messages", list_pack_messages, "read"),
    Route("POST", _PACK + "/markAllReadForAllUsers", mark_all_read_for_all, "write"),
)
