"""The JSON shapes of answers, before they are sanitised."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chat3_embedded.jsonvalues import number

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterable, Mapping

    from chat3_embedded.jsonvalues import JsonObject
    from chat3_embedded.store.records import (
        Dialog,
        Member,
        Message,
        MetaEntry,
        MetaIndex,
        Pack,
        Reaction,
        Status,
        Tenant,
        Topic,
        User,
        UserStats,
        Version,
    )

# Always listed, in this order, whatever types the users have.
SENDER_TYPES = ("user", "contact", "bot")


def tenant_json(tenant: Tenant, meta: JsonObject) -> JsonObject:
    """Shape a tenant."""
    return {"tenantId": tenant.tenant_id, "createdAt": tenant.created_at, "meta": meta}


def user_json(user: User) -> JsonObject:
    """Shape a user as create and update answer it: no meta, no stats."""
    return {
        "userId": user.user_id,
        "tenantId": user.tenant_id,
        "type": user.type,
        "createdAt": user.created_at,
    }


def stats_json(stats: UserStats) -> JsonObject:
    """Shape a user's counters; the dots are part of the key names."""
    return {
        "dialogCount": stats.dialog_count,
        "unreadDialogsCount": stats.unread_dialogs,
        "totalMessagesCount": stats.total_messages,
        "totalUnreadCount": stats.total_unread,
        "unreadBySenderType": unread_types(dict(stats.unread_by_type)),
        "packs.messages.totalUnreadCount": sum(count for _, count in stats.unread_in_packs),
        "packs.messages.unreadBySenderType": unread_types(dict(stats.unread_in_packs)),
        "statsVersion": stats.version or None,
        "lastUpdatedAt": stats.updated_at,
    }


def unread_types(unread: Mapping[str, int]) -> list[JsonObject]:
    """Shape unread counts by sender type."""
    kinds = dict.fromkeys((*SENDER_TYPES, *(kind for kind, count in unread.items() if count)))
    return [{"fromType": kind, "countUnread": unread.get(kind, 0)} for kind in kinds]


def user_info(user: User, meta: JsonObject) -> JsonObject:
    """Shape a user inside a message (`senderInfo`, `userInfo`)."""
    return {"userId": user.user_id, "createdAt": user.created_at, "meta": meta}


def dialog_json(dialog: Dialog, meta: JsonObject, *, messages: int, topics: int) -> JsonObject:
    """Shape a dialog; members are not part of it."""
    return {
        "tenantId": dialog.tenant_id,
        "dialogId": dialog.dialog_id,
        "createdAt": dialog.created_at,
        "meta": meta,
        "stats": dialog_stats(dialog, messages=messages, topics=topics),
    }


def dialog_stats(dialog: Dialog, *, messages: int, topics: int) -> JsonObject:
    """Shape a dialog's counters."""
    return {
        "topicCount": topics,
        "memberCount": dialog.member_count,
        "messageCount": messages,
    }


def member_json(member: Member, meta: JsonObject) -> JsonObject:
    """Shape a member of a dialog: neither type nor unread."""
    return {
        "userId": member.user_id,
        "tenantId": member.tenant_id,
        "dialogId": member.dialog_id,
        "createdAt": member.created_at,
        "meta": meta,
    }


def member_state(member: Member) -> JsonObject:
    """Shape what a member has seen."""
    return {
        "unreadCount": member.unread_count,
        "lastSeenAt": member.last_seen_at,
        "lastMessageAt": member.last_message_at,
    }


def topic_json(topic: Topic, meta: JsonObject) -> JsonObject:
    """Shape a topic."""
    return {
        "topicId": topic.topic_id,
        "dialogId": topic.dialog_id,
        "tenantId": topic.tenant_id,
        "createdAt": topic.created_at,
        "meta": meta,
    }


def pack_json(pack: Pack, meta: JsonObject) -> JsonObject:
    """Shape a pack."""
    return {
        "packId": pack.pack_id,
        "tenantId": pack.tenant_id,
        "createdAt": pack.created_at,
        "meta": meta,
    }


def message_json(message: Message, meta: JsonObject) -> JsonObject:
    """Shape the part of a message that every answer has."""
    return {
        "tenantId": message.tenant_id,
        "dialogId": message.dialog_id,
        "topicId": message.topic_id,
        "senderId": message.sender_id,
        "content": message.content,
        "type": message.type,
        "quotedMessage": message.quoted,
        "messageId": message.message_id,
        "createdAt": message.created_at,
        "meta": meta,
        **deletion_json(message),
        **edit_json(message),
    }


def deletion_json(message: Message) -> JsonObject:
    """Shape whether a message is deleted: nothing where an older platform wrote it.

    These times are numbers in every answer: their keys are not among the time keys.
    """
    if message.deleted is None:
        return {}
    moment = None if message.deleted_at is None else number(message.deleted_at)
    return {"deleted": message.deleted, "deletedAt": moment, "deletedBy": message.deleted_by}


def edit_json(message: Message) -> JsonObject:
    """Shape whether a message was edited: nothing where an older platform wrote it."""
    if message.edited is None:
        return {}
    moment = None if message.edited_at is None else number(message.edited_at)
    return {"edited": message.edited, "editedAt": moment, "editedBy": message.edited_by}


def version_json(version: Version) -> JsonObject:
    """Shape a text that an edit replaced."""
    return {
        "messageId": version.message_id,
        "tenantId": version.tenant_id,
        "versionIndex": version.index,
        "content": version.content,
        "editedBy": version.edited_by,
        "createdAt": version.created_at,
    }


def quoted_json(message: Message, meta: JsonObject, sender: JsonObject | None) -> JsonObject:
    """Shape the snapshot that a quoting message keeps."""
    return {
        "messageId": message.message_id,
        "dialogId": message.dialog_id,
        "senderId": message.sender_id,
        "content": message.content,
        "type": message.type,
        "createdAt": message.created_at,
        "meta": meta,
        **deletion_json(message),
        "senderInfo": sender,
    }


def last_message_json(message: Message, sender: JsonObject | None) -> JsonObject:
    """Shape a dialog's last message."""
    return {
        "messageId": message.message_id,
        "content": message.content,
        "senderId": message.sender_id,
        "type": message.type,
        "createdAt": message.created_at,
        **deletion_json(message),
        "senderInfo": sender,
    }


def matrix_json(matrix: Counter[tuple[str | None, str]]) -> list[JsonObject]:
    """Shape a status matrix: by user type (the unknown one first), then by status."""
    return [
        {"count": matrix[user_type, status], "userType": user_type, "status": status}
        for user_type, status in sorted(matrix, key=lambda mark: (mark[0] or "", mark[1]))
    ]


def reaction_set(reactions: Iterable[Reaction], viewer: str | None) -> list[JsonObject]:
    """Shape reaction totals; `me` is the viewer's, and false when nobody views."""
    users: dict[str, set[str]] = {}
    for reaction in reactions:
        users.setdefault(reaction.reaction, set()).add(reaction.user_id)
    most_first = sorted(users, key=lambda reaction: (-len(users[reaction]), reaction))
    return [{"reaction": r, "count": len(users[r]), "me": viewer in users[r]} for r in most_first]


def status_json(status: Status) -> JsonObject:
    """Shape a line of the status history; not sanitised."""
    return {
        "_id": status.object_id,
        "messageId": status.message_id,
        "userId": status.user_id,
        "userType": status.user_type,
        "tenantId": status.tenant_id,
        "status": status.status,
        "createdAt": number(status.created_at),
    }


def status_set_json(status: Status, dialog_id: str) -> JsonObject:
    """Shape the answer to setting a status; not sanitised."""
    leaked = {"dialogId": dialog_id, "__v": 0, "id": status.object_id}
    return {**status_json(status), **leaked}


def reaction_json(reaction: Reaction) -> JsonObject:
    """Shape a reaction in a list; not sanitised."""
    return {
        "_id": reaction.object_id,
        "tenantId": reaction.tenant_id,
        "messageId": reaction.message_id,
        "userId": reaction.user_id,
        "reaction": reaction.reaction,
        "createdAt": number(reaction.created_at),
    }


def meta_index_json(index: MetaIndex) -> JsonObject:
    """Shape the definition of a meta index."""
    when = index.when
    shown = None
    if when is not None:
        value = {} if when.value is None else {"value": when.value}
        shown = {"key": when.key, "op": when.op, **value}
    return {
        "tenantId": index.tenant_id,
        "entityType": index.entity_type,
        "indexId": index.index_id,
        "keys": list(index.keys),
        "mode": index.mode,
        "when": shown,
        "createdBy": index.created_by,
        "createdAt": index.created_at,
    }


def meta_entry_json(entry: MetaEntry) -> JsonObject:
    """Shape the answer to setting one key of meta; not sanitised."""
    return {
        "_id": entry.object_id,
        "entityId": entry.entity_id,
        "entityType": entry.entity_type,
        "key": entry.key,
        "tenantId": entry.tenant_id,
        "__v": 0,
        "createdAt": number(entry.created_at),
        "createdBy": entry.created_by,
        "dataType": entry.data_type,
        "value": entry.value,
    }
