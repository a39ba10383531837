"""Puts packs together from the store: their meta, their counters, and what one user sees."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chat3_embedded import shapes, views
from chat3_embedded.generations import Capability

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chat3_embedded.jsonvalues import JsonObject
    from chat3_embedded.store import Store
    from chat3_embedded.store.records import Member, Message, Pack


def bare(store: Store, tenant_id: str, found: Sequence[Pack]) -> list[JsonObject]:
    """Return packs with meta."""
    metas = store.meta.of_many(tenant_id, "pack", [pack.pack_id for pack in found])
    return [shapes.pack_json(pack, metas.get(pack.pack_id, {})) for pack in found]


def packs(store: Store, tenant_id: str, found: Sequence[Pack]) -> list[JsonObject]:
    """Return packs with meta and the tenant's counters."""
    views_of = bare(store, tenant_id, found)
    return [
        {**view, "stats": stats(store, pack)} for view, pack in zip(views_of, found, strict=True)
    ]


def stats(store: Store, pack: Pack) -> JsonObject:
    """Count what a pack holds; members and topics once, and once for each dialog."""
    ids = [link.dialog_id for link in store.packs.links(pack)]
    members = store.members.ids_of_dialogs(pack.tenant_id, ids)
    topics = sum(store.dialogs.topic_counts(pack.tenant_id, ids).values())
    return {
        "dialogCount": len(ids),
        "messageCount": sum(store.dialogs.message_counts(pack.tenant_id, ids).values()),
        "uniqueMemberCount": len(set().union(*members.values())),
        "sumMemberCount": sum(map(len, members.values())),
        # A topic is of one dialog only.
        "uniqueTopicCount": topics,
        "sumTopicCount": topics,
    }


def user_stats(store: Store, members: Sequence[Member]) -> JsonObject:
    """Count what a user has not read in those dialogs of a pack that are the user's."""
    first = members[0]
    ids = [member.dialog_id for member in members]
    by_type = store.counters.unread_by_type(first.tenant_id, first.user_key, ids)
    return {
        "unreadCount": sum(member.unread_count for member in members),
        "createdAt": min(member.created_at for member in members),
        "lastUpdatedAt": max(member.last_message_at for member in members),
        "unreadBySenderType": shapes.unread_types(by_type),
        "dialogCount": len(members),
    }


def last_message(store: Store, tenant_id: str, dialog_ids: Sequence[str]) -> JsonObject | None:
    """Return the newest message of some dialogs, with its meta and its matrix."""
    newest: Message | None = max(
        store.messages.last_of(tenant_id, dialog_ids).values(),
        key=lambda message: message.created_at,
        default=None,
    )
    if newest is None:
        return None
    (view,) = views.messages(store, tenant_id, [newest])
    sender = view["senderInfo"]
    known = {"userId": sender["userId"], "meta": sender["meta"]} if sender else None
    shown = {
        **shapes.last_message_json(newest, known),
        "dialogId": newest.dialog_id,
        "meta": view["meta"],
        "statusMessageMatrix": view["statusMessageMatrix"],
    }
    if store.generation.can(Capability.SOFT_DELETE):
        shown["deleted"] = bool(newest.deleted)
    return shown
