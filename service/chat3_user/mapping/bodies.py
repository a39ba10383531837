"""Requests of the contract as the bodies that tenant-api takes."""

from typing import Any

from chat3_api.chat3.tenant import v1 as tenant
from chat3_api.chat3.user import v1 as pb
from chat3_api.google.protobuf import Struct
from chat3_user.wire import plain


def custom_data(meta: Struct | None) -> dict[str, Any]:
    """Return custom data; absent is empty."""
    return {} if meta is None else plain(meta)


def message_body(message: pb.SendMessageRequest | tenant.SendMessageRequest) -> dict[str, Any]:
    """Return a message to be written, without its sender."""
    body: dict[str, Any] = {"content": message.content}
    if message.type:
        body["type"] = message.type
    if message.meta is not None:
        body["meta"] = plain(message.meta)
    if message.quoted_message_id is not None:
        body["quotedMessageId"] = message.quoted_message_id
    if message.topic_id is not None:
        body["topicId"] = message.topic_id
    return body
