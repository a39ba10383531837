"""Makes an example of every message from its fields, in the JSON that grpcurl reads and prints."""

import json
from collections.abc import Mapping
from typing import TypeAlias

from protoc_gen_chat3_docs.model import Api, Field, Message, Rpc

Json: TypeAlias = "str | int | bool | list[Json] | dict[str, Json] | None"
Overrides: TypeAlias = Mapping[str, Json]

# Values by field name; names that are absent here get a value by their type.
_VALUES: Mapping[str, Json] = {
    "action": "REACTION_ACTION_SET",
    "changed": True,
    "connection_id": "7d1f0c5e-2f4b",
    "content": "Hello, Bob!",
    "count": 1,
    "create_time": "2026-11-23T14:04:09.186035Z",
    "dialog_id": "dlg_aaaaaaaaaaaaaaaaaaaa",
    "entity_id": "msg_aaaaaaaaaaaaaaaaaaaa",
    "event_id": "evt_00000000000000000000000000000000",
    "expires_in": "5s",
    "heartbeat_interval": "30s",
    "idempotency_key": "order-4711-confirmation",
    "include_last_message": True,
    "included_sections": ["dialog", "message"],
    "limit": 20,
    "message_id": "msg_aaaaaaaaaaaaaaaaaaaa",
    "mine": True,
    "page": 1,
    "page_count": 1,
    "reaction": "\N{THUMBS UP SIGN}",
    "reason": "GAP_REASON_EXPIRED",
    "reload": ["RELOAD_TARGET_DIALOGS", "RELOAD_TARGET_MESSAGES"],
    "resume_token": "AQAAAAAAAAAA",
    "sender_id": "alice",
    "source_event_type": "message.create",
    "source_update_type": "update.message",
    "status": "MESSAGE_STATUS_READ",
    "status_name": "read",
    "type": "internal.text",
    "ui_target": "messages.list",
    "unread_count": 1,
    "update_id": "9f2c41d07ab35e68",
    "user_id": "alice",
    "version": 2,
}
# Values of one message's fields; None leaves a field out. Alice calls, Bob is the other one.
_OVERRIDES: Mapping[str, Json] = {
    "Update.type": "UPDATE_TYPE_MESSAGE",
    "UserInfo.type": "user",
}
# On a stream: the message is Bob's, and updates carry less than pages.
_STREAM_OVERRIDES: Mapping[str, Json] = {
    **_OVERRIDES,
    "Message.content": "Hello, Alice!",
    "Message.create_time": None,
    "Message.mine": None,
    "Message.reactions": None,
    "Message.sender_id": "bob",
    "Message.status_counts": None,
    "UpdateContext.user_id": None,
    "UserInfo.user_id": "bob",
}
_BY_TYPE: Mapping[str, Json] = {
    "string": "text",
    "bool": False,
    "bytes": "aGVsbG8=",
    "int64": "7",
    "uint64": "7",
    "sint64": "7",
    "fixed64": "7",
    "sfixed64": "7",
    "google.protobuf.Timestamp": "2026-11-23T14:04:09.186035Z",
    "google.protobuf.Duration": "30s",
    "google.protobuf.Struct": {"title": "Support"},
}
# Fields of requests that examples show although they are not required.
_SHOWN_IN_REQUESTS = frozenset({"content", "idempotency_key", "include_last_message", "limit"})
# Fields that are often absent: an example without them is easier to read.
_RARE = frozenset(
    {"edit_time", "old_status_name", "quoted_message", "topic", "topic_id", "updated_fields"},
)
_DEEPEST = 4


class Examples:
    """Makes examples of the messages of one contract."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def request(self, rpc: Rpc) -> str:
        """Give a small request."""
        message = self._api.message(rpc.request)
        if message is None:
            return "{}"
        example = {
            field.json_name: self._value(field, depth=1, overrides=_OVERRIDES)
            for field in message.fields
            if field.required or field.name in _SHOWN_IN_REQUESTS
        }
        return json.dumps(example, indent=2 if example else None, ensure_ascii=False)

    def responses(self, rpc: Rpc) -> list[str]:
        """Give a response; of a stream, one for each alternative of its oneof."""
        message = self._api.message(rpc.response)
        if message is None:
            return []
        overrides = _STREAM_OVERRIDES if rpc.server_streaming else _OVERRIDES
        alternatives = [field.name for field in message.fields if field.oneof]
        chosen = alternatives if rpc.server_streaming and alternatives else [None]
        examples = (
            self._message(message, depth=1, overrides=overrides, alternative=name)
            for name in chosen
        )
        return [json.dumps(example, indent=2, ensure_ascii=False) for example in examples]

    def _message(
        self, message: Message, *, depth: int, overrides: Overrides, alternative: str | None = None
    ) -> dict[str, Json]:
        """Fill a message; of each oneof the named alternative, else the first field."""
        example: dict[str, Json] = {}
        decided: set[str] = set()
        for field in message.fields:
            if field.oneof:
                wanted = field.name == alternative if alternative else field.oneof not in decided
                if not wanted:
                    continue
                decided.add(field.oneof)
            if field.name in _RARE or (depth >= _DEEPEST and self._api.message(_target(field))):
                continue
            value = self._value(field, depth=depth, overrides=overrides)
            if value not in (None, False):  # grpcurl leaves defaults out
                example[field.json_name] = value
        return example

    def _value(self, field: Field, *, depth: int, overrides: Overrides) -> Json:
        owner, _, name = field.full_name.removeprefix(f"{self._api.package}.").rpartition(".")
        if (key := f"{owner}.{name}") in overrides:
            return overrides[key]
        if nested := self._api.message(_target(field)):
            value: Json = self._message(nested, depth=depth + 1, overrides=overrides)
        elif name in _VALUES:
            return _VALUES[name]
        elif enum := self._api.enum(_target(field)):
            value = enum.values[:2][-1].name  # the first is the unspecified one
        elif field.type.target or field.type.label.startswith("map<"):
            value = _BY_TYPE.get(field.type.target or "", {})
        else:
            value = _BY_TYPE.get(field.type.label, 2)
        return [value] if field.repeated else value


def _target(field: Field) -> str:
    return field.type.target or ""
