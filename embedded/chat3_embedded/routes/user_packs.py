"""Packs as a user sees them: those with a dialog of the user's, and joining and leaving them."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from chat3_embedded import dialog_writes, pack_views
from chat3_embedded.errors import not_found
from chat3_embedded.paging import capped_page
from chat3_embedded.query import meta_resolver, scope
from chat3_embedded.reading import read_in_pack
from chat3_embedded.routes.call import Answer, Route, listed, ok
from chat3_embedded.routes.fields import USER_TYPE
from chat3_embedded.routes.listing import read_filter
from chat3_embedded.routes.pack_messages import newest_messages
from chat3_embedded.routes.packs import find_pack, listed_links, order_of
from chat3_embedded.sorting import ordered
from chat3_embedded.validation import Field, obj

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chat3_embedded.jsonvalues import JsonObject
    from chat3_embedded.routes.call import Call
    from chat3_embedded.steps import Steps
    from chat3_embedded.store.records import Member, Pack

_JOIN = obj({"type": Field(USER_TYPE)})
_NO_ACCESS = "Pack not found or user has no access (user is not in any dialog of this pack)"


def list_user_packs(call: Call) -> Answer:
    """List the packs that have a dialog of the user's."""
    page = capped_page(call.query)
    places = _places(call)
    packs = {pack.pack_id: pack for pack in call.store.packs.all(call.tenant_id)}
    query = scope(tenantId=call.tenant_id).within(read_filter(call))
    test = query.test(meta_resolver(call.store.meta, call.tenant_id, "pack", "packId"))
    documents = (
        {
            "tenantId": call.tenant_id,
            "packId": pack_id,
            "createdAt": packs[pack_id].created_at,
            "unreadCount": sum(member.unread_count for member in members),
        }
        for pack_id, members in places.items()
    )
    rows = ordered(filter(test, documents), order_of(call))
    shown = [packs[row["packId"]] for row in page.of(rows)]
    items = [_item(call, pack, places[pack.pack_id]) for pack in shown]
    return listed(items, page, len(rows))


def get_user_pack(call: Call) -> Answer:
    """Read a pack with the tenant's counters and with the user's."""
    pack, members = _mine(call)
    item = _item(call, pack, members)
    user_stats = item.pop("stats")
    counted = {"stats": pack_views.stats(call.store, pack), "userStats": user_stats}
    return ok({**item, **counted})


def list_user_pack_dialogs(call: Call) -> Answer:
    """List the user's own dialogs of a pack; an unknown pack has none."""
    pack = call.store.packs.get(call.tenant_id, call.path["packId"])
    links = call.store.packs.links(pack) if pack else []
    own = {member.dialog_id for member in _memberships(call)}
    return listed_links(call, [link for link in links if link.dialog_id in own])


def list_user_pack_messages(call: Call) -> Answer:
    """List the messages of the user's own dialogs of a pack."""
    _, members = _mine(call)
    ids = [member.dialog_id for member in members]
    return newest_messages(call, ids, viewer=call.path["userId"])


def list_packs_of_dialog(call: Call) -> Answer:
    """List the packs that a dialog of the user's is in; a stranger gets 404 here, not 403."""
    where = (call.tenant_id, call.path["dialogId"], call.path["userId"])
    if call.store.members.get(*where) is None:
        raise not_found("Dialog not found or user is not a member")
    found = call.store.packs.links_of_dialogs(call.tenant_id, [where[1]])
    packs = [p for p in call.store.packs.all(call.tenant_id) if p.pack_id in found]
    rows = [
        {
            "packId": view["packId"],
            "addedAt": found[view["packId"]][0].added_at,
            "createdAt": view["createdAt"],
            "meta": view["meta"],
        }
        for view in pack_views.bare(call.store, call.tenant_id, packs)
    ]
    return ok(rows)


def mark_pack_read(call: Call) -> Steps[Answer]:
    """Mark everything in the user's dialogs of a pack read."""
    pack, members = _mine(call)
    processed = 0
    for member in members:
        processed += yield from read_in_pack(call.store, call.feed, member)
    data = {
        "packId": pack.pack_id,
        "unreadCount": 0,
        "processedDialogsCount": len(members),
        "totalProcessedMessageCount": processed,
    }
    return ok(data, "Pack marked as read")


def join_pack(call: Call) -> Steps[Answer]:
    """Make the user a member of every dialog of a pack; an unknown user is created."""
    body = call.checked_body(_JOIN)
    pack = find_pack(call)
    links = call.store.packs.links(pack)
    joined = 0
    for link in reversed(links):
        dialog = call.store.dialogs.get(call.tenant_id, link.dialog_id)
        if dialog is not None:
            who = (call.path["userId"], body["type"])
            added = yield from dialog_writes.add_member(call.store, call.feed, dialog, *who)
            joined += added is not None
    data = {
        "packId": pack.pack_id,
        "joinedDialogsCount": joined,
        "alreadyMemberCount": len(links) - joined,
    }
    return ok(data, "User joined pack" if links else "User joined pack (no dialogs in pack)")


def leave_pack(call: Call) -> Steps[Answer]:
    """Remove the user from every dialog of a pack."""
    pack = find_pack(call)
    members = _places(call).get(pack.pack_id, [])
    for member in members:
        dialog = call.store.dialogs.get(call.tenant_id, member.dialog_id)
        if dialog is not None:
            yield from dialog_writes.remove_member(call.store, call.feed, dialog, member)
    data = {"packId": pack.pack_id, "leftDialogsCount": len(members)}
    return ok(data, "User left pack" if members else "User is not in any dialog of this pack")


def _memberships(call: Call) -> list[Member]:
    return call.store.members.of_user(call.tenant_id, call.path["userId"])


def _places(call: Call) -> dict[str, list[Member]]:
    """Return the user's memberships by the packs that the dialogs are in."""
    members = {member.dialog_id: member for member in _memberships(call)}
    links = call.store.packs.links_of_dialogs(call.tenant_id, members)
    places: defaultdict[str, list[Member]] = defaultdict(list)
    for pack_id, found in links.items():
        places[pack_id] = [members[link.dialog_id] for link in found]
    return places


def _mine(call: Call) -> tuple[Pack, list[Member]]:
    """Return the URL's pack and the user's memberships in it, or raise 404 where there is none."""
    pack = call.store.packs.get(call.tenant_id, call.path["packId"])
    members = _places(call).get(call.path["packId"], [])
    if pack is None or not members:
        raise not_found(_NO_ACCESS)
    return pack, members


def _item(call: Call, pack: Pack, members: Sequence[Member]) -> JsonObject:
    (view,) = pack_views.bare(call.store, call.tenant_id, [pack])
    ids = [member.dialog_id for member in members]
    last = pack_views.last_message(call.store, call.tenant_id, ids)
    return {
        **view,
        "stats": pack_views.user_stats(call.store, members),
        "lastMessage": last,
        "lastActivityAt": last and last["createdAt"],
    }


_PACKS = "/api/users/{userId}/packs"
_PACK = _PACKS + "/{packId}"
_DIALOG_PACKS = "/api/users/{userId}/dialogs/{dialogId}/packs"
ROUTES = (
    Route("GET", _PACKS, list_user_packs, "read"),
    Route("GET", _PACK, get_user_pack, "read"),
    Route("GET", _PACK + "/dialogs", list_user_pack_dialogs, "read"),
    Route("GET", _PACK + "/messages", list_user_pack_messages, "read"),
    Route("GET", _DIALOG_PACKS, list_packs_of_dialog, "read"),
    Route("POST", _PACK + "/markAllRead", mark_pack_read, "write"),
    Route("POST", _PACK + "/join", join_pack, "write"),
    Route("POST", _PACK + "/leave", leave_pack, "write"),
)
