"""Values that make examples read like one conversation: Alice calls, Bob is the other one.

The ids are those of the demo, so that a reader can try an example.

Keys are names of fields, or `Message.field` for the field of one message. A name that is absent
gets a value by what its comment says, or by its type. None leaves a field out.
"""

from collections.abc import Mapping
from typing import TypeAlias

Json: TypeAlias = "str | int | bool | list[Json] | dict[str, Json] | None"
Values: TypeAlias = Mapping[str, Json]

COMMON: Values = {
    "action": "REACTION_ACTION_SET",
    "added_user_ids": ["carl"],
    "changed": True,
    "connection_id": "7d1f0c5e-2f4b",
    "content": "Hello, Bob!",
    "count": 1,
    "created": True,
    "dialog_id": "dlg_demoalicebob00000000",
    "display_name": "Alice",
    "entity_id": "msg_demo0000000000000005",
    "expires_in": "5s",
    "included_sections": ["dialog", "message"],
    "message_id": "msg_demo0000000000000005",
    "mine": True,
    "next_page_token": "AQAAAAAAAAAB",
    "next_resume_token": "AQAAAAAAAAAB",
    "pack_id": "pck_demoteam000000000000",
    "previous_page_token": "AQAAAAAAAAAC",
    "reaction": "\N{THUMBS UP SIGN}",
    "reload": ["RELOAD_TARGET_DIALOGS", "RELOAD_TARGET_MESSAGES"],
    "resume_token": "AQAAAAAAAAAA",
    "sender_id": "alice",
    "sender_type": "user",
    "status": "MESSAGE_STATUS_READ",
    "status_name": "read",
    "stats_version": "7",
    "title": "Support",
    "topic_id": "topic_demowalk000000000000",
    "type": "internal.text",
    "ui_target": "messages.list",
    "unread_count": 1,
    "update_id": "9f2c41d07ab35e68",
    "user_id": "alice",
    "user_type": "user",
    "version": 1,
    "DialogMember.meta": {"role": "owner"},
    "Message.meta": {"order": "4711"},
    "PartialMessage.meta": {"order": "4711"},
    "MessageVersion.edited_by": "alice",
    "Topic.meta": {"subject": "Invoice"},
    "UpdateSource.event_type": "message.create",
    "UpdateSource.update_type": "update.message",
    "UserInfo.meta": {"displayName": "Alice"},
    "UserInfo.type": "user",
}
# The demo's topic is in another dialog.
_WALK = "dlg_demoweekend000000000"
_ON_THE_WALK: Values = {"dialog_id": _WALK, "message_id": "msg_demo0000000000000007"}
IN_REQUESTS: Values = {
    **COMMON,
    "idempotency_key": "order-4711-confirmation",
    "include_last_message": True,
    "member_ids": ["bob"],
    "page_size": 20,
    "user_id": "bob",
    "user_ids": ["bob"],
    "AddDialogMembersRequest.user_ids": ["carl"],
    "CreateTopicRequest.dialog_id": _WALK,
    "CreateTopicRequest.meta": {"subject": "Invoice"},
    "CreateUserRequest.user_id": "dave",
    "ListTopicsRequest.dialog_id": _WALK,
    "RemovePackDialogRequest.dialog_id": _WALK,
    "SendMessageRequest.meta": None,
    "SetMessageTopicRequest.dialog_id": _WALK,
    "SetMessageTopicRequest.message_id": "msg_demo0000000000000007",
    "UpdateMyMetaRequest.meta": {"displayName": "Alice"},
    "UpdateTopicRequest.dialog_id": _WALK,
    "UpdateTopicRequest.meta": {"subject": "Invoice"},
}
_TIME = "2026-11-23T14:04:09.186035Z"
# Updates tell of a message of Bob's, and carry less than pages.
_BOB: Values = {"user_id": "bob", "display_name": "Bob", "UserInfo.meta": {"displayName": "Bob"}}
_IN_UPDATES: Values = {
    "display_name": "Bob",
    "PartialMessage.content": "Hello, Alice!",
    "PartialMessage.mine": None,
    "PartialMessage.sender_id": "bob",
    "UserInfo.meta": {"displayName": "Bob"},
    "UserInfo.user_id": "bob",
}
# What is special in the answer of one method.
IN_ANSWERS: Mapping[str, Values] = {
    "CreateDialog": {"last_message": None},
    "CreateTopic": {**_ON_THE_WALK, "Topic.unread_count": None},
    "DeleteMessage": {
        "content": None,
        "deleted": True,
        "deleted_by": "alice",
        "delete_time": _TIME,
        "Message.meta": None,
    },
    "EditMessage": {"edited": True, "edited_by": "alice", "edit_time": _TIME},
    "GetOrCreateDirectDialog": {"last_message": None},
    "GetUser": _BOB,
    "ListDialogMembers": _BOB,
    "ListUpdates": _IN_UPDATES,
    "MarkDialogRead": {"join_time": None, "unread_count": None},
    "SetMessageTopic": {**_ON_THE_WALK, "Message.topic_id": "topic_demowalk000000000000"},
    "SubscribeUpdates": _IN_UPDATES,
    "UpdateTopic": {**_ON_THE_WALK, "Topic.unread_count": None},
}
BY_TYPE: Values = {
    "string": "text",
    "bool": False,
    "bytes": "aGVsbG8=",
    "int64": "7",
    "uint64": "7",
    "sint64": "7",
    "fixed64": "7",
    "sfixed64": "7",
    "google.protobuf.Duration": "30s",
    "google.protobuf.FieldMask": "content",
    "google.protobuf.Struct": {"title": "Support"},
    "google.protobuf.Timestamp": _TIME,
    "google.protobuf.Value": "text",
}
# Fields of requests that examples show although they are not required.
SHOWN_IN_REQUESTS = frozenset(
    {
        "content",
        "idempotency_key",
        "include_last_message",
        "member_ids",
        "meta",
        "page_size",
        "ListUpdatesRequest.resume_token",
        "SetMessageTopicRequest.topic_id",
    },
)
# Fields that are often absent: an example without them is easier to read.
RARE = frozenset(
    {
        "deleted_by",
        "delete_time",
        "edit_time",
        "edited_by",
        "event_entity_id",
        "missing_parts",
        "old_status_name",
        "quoted_message",
        "total_size",
        "unmapped",
        "updated_fields",
        "ListUpdatesResponse.gap",
        "Message.topic",
        "Message.topic_id",
        "PartialMessage.topic",
        "PartialMessage.topic_id",
    },
)
