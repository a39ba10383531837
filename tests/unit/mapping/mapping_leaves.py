"""Leaves of JSON, and where each arrives in the contract: the tables that hold the mapping whole.

A path names members by `/` and any place of a list by `[]`. ``meta`` is custom data: one leaf.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from chat3_api.google.protobuf import Struct
from chat3_user.times import to_datetime


class Leaf(NamedTuple):
    """One value, the path to it, and its places in the lists on the way."""

    path: str
    value: Any
    places: tuple[int, ...]


def leaves(value: Any, path: str = "", places: tuple[int, ...] = ()) -> Iterator[Leaf]:
    if isinstance(value, dict) and value and not path.endswith("meta"):
        for name, part in value.items():
            yield from leaves(part, f"{path}/{name}" if path else name, places)
    elif isinstance(value, list) and value:
        for place, part in enumerate(value):
            yield from leaves(part, f"{path}[]", (*places, place))
    else:
        yield Leaf(path, value, places)


def found(message: Any, path: str, places: tuple[int, ...]) -> Any:
    """Return what stands at a contract path such as `message.reactions[].count`."""
    left = list(places)
    for step in path.split("."):
        message = getattr(message, step.removesuffix("[]"))
        if step.endswith("[]"):
            message = message[left.pop(0)]
    return message


def same(arrived: Any, recorded: Any) -> bool:
    """Tell whether a value of the contract says what the platform's says."""
    if isinstance(arrived, datetime):
        return arrived == to_datetime(recorded)
    if isinstance(arrived, timedelta):
        return arrived == timedelta(milliseconds=recorded)
    if isinstance(arrived, Struct):
        return bool(arrived.to_dict() == recorded)
    return type(arrived) is type(recorded) and bool(arrived == recorded)


def under(prefix: str, target: str, table: Mapping[str, str]) -> dict[str, str]:
    return {f"{prefix}/{name}": f"{target}.{place}" for name, place in table.items()}


USER = {"userId": "user_id", "type": "type", "createdAt": "create_time", "meta": "meta"}
TOPIC = {"topicId": "topic_id", "meta": "meta"}
DELETION = {"deleted": "deleted", "deletedAt": "delete_time", "deletedBy": "deleted_by"}
QUOTE = {
    "messageId": "message_id",
    "dialogId": "dialog_id",
    "senderId": "sender_id",
    "type": "type",
    "content": "content",
    "meta": "meta",
    "createdAt": "create_time",
    **DELETION,
    **under("senderInfo", "sender", USER),
}
MESSAGE = {
    **QUOTE,
    "topicId": "topic_id",
    "edited": "edited",
    "editedAt": "edit_time",
    "editedBy": "edited_by",
    **under("topic", "topic", TOPIC),
    **under("quotedMessage", "quoted_message", QUOTE),
    "statusMessageMatrix": "status_counts",
    "statusMessageMatrix[]/status": "status_counts[].status_name",
    "statusMessageMatrix[]/userType": "status_counts[].user_type",
    "statusMessageMatrix[]/count": "status_counts[].count",
    "reactionSet": "reactions",
    "reactionSet[]/reaction": "reactions[].reaction",
    "reactionSet[]/count": "reactions[].count",
    "reactionSet[]/me": "reactions[].mine",
}
DIALOG = {
    "dialogId": "dialog_id",
    "createdAt": "create_time",
    "membersCount": "member_count",
    "lastInteractionAt": "last_interaction_time",
    "meta": "meta",
    "context/userId": "membership.user_id",
    "context/unreadCount": "membership.unread_count",
    "context/lastSeenAt": "membership.last_seen_time",
    "context/lastMessageAt": "membership.last_message_time",
    "context/joinedAt": "membership.join_time",
    "stats/topicCount": "stats.topic_count",
    "stats/messageCount": "stats.message_count",
    "lastMessage/messageId": "last_message.message_id",
    "lastMessage/content": "last_message.content",
    "lastMessage/senderId": "last_message.sender_id",
    "lastMessage/type": "last_message.type",
    "lastMessage/createdAt": "last_message.create_time",
    **under("lastMessage", "last_message", DELETION),
    **under("lastMessage/senderInfo", "last_message.sender", USER),
}
STATUS = {
    "messageId": "message_id",
    "dialogId": "dialog_id",
    "userId": "user_id",
    "userType": "user_type",
    "status": "status_name",
    "createdAt": "create_time",
}

_DIALOG_IN_UPDATES = {
    "dialogId": "dialog_id",
    "createdAt": "create_time",
    "meta": "meta",
    "stats/unreadCount": "approximate_unread_count",
}
_MESSAGE_IN_UPDATES = {
    "messageId": "message_id",
    "dialogId": "dialog_id",
    "senderId": "sender_id",
    "type": "type",
    "content": "content",
    "meta": "meta",
    "topicId": "topic_id",
    "edited": "edited",
    "editedAt": "edit_time",
    "editedBy": "edited_by",
    **DELETION,
    **under("senderInfo", "sender", USER),
    **under("topic", "topic", TOPIC),
}
_STATS = {
    "dialogCount": "dialog_count",
    "unreadDialogsCount": "unread_dialog_count",
    "totalUnreadCount": "total_unread_count",
    "totalMessagesCount": "total_message_count",
    "statsVersion": "stats_version",
    "lastUpdatedAt": "update_time",
    "unreadBySenderType[]/fromType": "unread_by_sender_type[].sender_type",
    "unreadBySenderType[]/countUnread": "unread_by_sender_type[].unread_count",
    "packs.messages.totalUnreadCount": "pack_unread_count",
    "packs.messages.unreadBySenderType[]/fromType": "pack_unread_by_sender_type[].sender_type",
    "packs.messages.unreadBySenderType[]/countUnread": "pack_unread_by_sender_type[].unread_count",
    "packs.messages.lastUpdatedAt": "pack_update_time",
}
_PACK = {
    "packId": "pack_id",
    "createdAt": "create_time",
    "meta": "meta",
    "stats/dialogCount": "stats.dialog_count",
    "stats/messageCount": "stats.message_count",
    "stats/uniqueMemberCount": "stats.unique_member_count",
    "stats/sumMemberCount": "stats.member_count",
    "stats/uniqueTopicCount": "stats.unique_topic_count",
    "stats/sumTopicCount": "stats.topic_count",
    "stats/lastUpdatedAt": "stats.update_time",
}
# `PAYLOAD` stands for the field of the update's kind.
UPDATE = {
    "userId": "user_id",
    "entityId": "source.entity_id",
    "eventId": "event_id",
    "sourceEventType": "source.event_type",
    "updateType": "source.update_type",
    "createdAt": "create_time",
    "data/context/version": "source.version",
    "data/context/dialogId": "dialog_id",
    "data/context/messageId": "message_id",
    "data/context/userId": "PAYLOAD.member.user_id",
    "data/context/packId": "PAYLOAD.pack.pack_id",
    "data/context/entityId": "source.event_entity_id",
    "data/context/includedSections[]": "source.included_sections[]",
    "data/context/updatedFields": "source.updated_fields",
    "data/context/updatedFields[]": "source.updated_fields[]",
    "data/context/uiTarget": "source.ui_target",
    **under("data/dialog", "PAYLOAD.dialog", _DIALOG_IN_UPDATES),
    **under("data/message", "PAYLOAD.message", _MESSAGE_IN_UPDATES),
    "data/message/statusUpdate/userId": "PAYLOAD.user_id",
    "data/message/statusUpdate/status": "PAYLOAD.status_name",
    "data/message/statusUpdate/oldStatus": "PAYLOAD.old_status_name",
    "data/message/statusMessageMatrix[]/status": "PAYLOAD.status_counts[].status_name",
    "data/message/statusMessageMatrix[]/userType": "PAYLOAD.status_counts[].user_type",
    "data/message/statusMessageMatrix[]/count": "PAYLOAD.status_counts[].count",
    "data/message/reactionUpdate/userId": "PAYLOAD.user_id",
    "data/message/reactionUpdate/reaction": "PAYLOAD.reaction",
    "data/message/reactionUpdate/oldReaction": "PAYLOAD.reaction",
    "data/message/reactionUpdate/reactionSet": "PAYLOAD.reactions",
    "data/message/reactionUpdate/reactionSet[]/reaction": "PAYLOAD.reactions[].reaction",
    "data/message/reactionUpdate/reactionSet[]/count": "PAYLOAD.reactions[].count",
    "data/member/userId": "PAYLOAD.member.user_id",
    "data/member/meta": "PAYLOAD.member.meta",
    "data/member/state/unreadCount": "PAYLOAD.member.unread_count",
    "data/member/state/lastSeenAt": "PAYLOAD.member.last_seen_time",
    "data/member/state/lastMessageAt": "PAYLOAD.member.last_message_time",
    "data/typing/userId": "PAYLOAD.user_id",
    "data/typing/expiresInMs": "PAYLOAD.expires_in",
    "data/typing/timestamp": "PAYLOAD.start_time",
    **under("data/typing/userInfo", "PAYLOAD.user", USER),
    **under("data/topic", "PAYLOAD.topic", TOPIC),
    **under("data/pack", "PAYLOAD.pack", _PACK),
    **under("data/user", "PAYLOAD.user", USER),
    **under("data/user/stats", "PAYLOAD.stats", _STATS),
}

# What is not passed on, and why.
_OWN_TENANT = "the caller's own tenant, named in its metadata"
NOT_IN_UPDATES = {
    "tenantId": _OWN_TENANT,
    "data/dialog/tenantId": _OWN_TENANT,
    "data/pack/tenantId": _OWN_TENANT,
    "data/typing/userInfo/tenantId": _OWN_TENANT,
    "published": "false in every update: how far the platform is with publishing it",
    "data/message/reactionUpdate/reactionSet[]/me": "the actor's view, whoever the update is for",
}
_OWN_PROFILE = "the caller's own profile, the same beside each message"
NOT_IN_MESSAGES = {
    "tenantId": _OWN_TENANT,
    "context/userId": "the caller",
    "context/isMine": "`Message.mine`, which the service finds out itself",
    "context/userInfo/userId": _OWN_PROFILE,
    "context/userInfo/createdAt": _OWN_PROFILE,
    "context/userInfo/meta": _OWN_PROFILE,
}
NOT_IN_DIALOGS = {
    "tenantId": _OWN_TENANT,
    "stats/memberCount": "`Dialog.member_count` says it, from membersCount",
}
_DATABASE = "the database's own name for a row"
NOT_IN_STATUSES = {"_id": _DATABASE, "id": _DATABASE, "__v": _DATABASE, "tenantId": _OWN_TENANT}
