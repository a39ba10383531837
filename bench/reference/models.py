"""What tenant-api answers and RabbitMQ delivers, as typed msgspec models."""

from typing import Any, Generic, TypeVar

import msgspec

Json = dict[str, Any]
Time = str | int | float
T = TypeVar("T")


class Model(msgspec.Struct, rename="camel", gc=False):
    pass


class UserInfo(Model):
    user_id: str
    type: str | None = None
    created_at: Time | None = None
    meta: Json | None = None


class Pagination(Model):
    page: int
    limit: int
    total: int
    pages: int


class Page(Model, Generic[T]):
    data: list[T]
    pagination: Pagination


class Data(Model, Generic[T]):
    data: T


class DialogContext(Model):
    user_id: str
    unread_count: int = 0
    last_seen_at: Time | None = None
    last_message_at: Time | None = None
    joined_at: Time | None = None


class DialogStats(Model):
    topic_count: int = 0
    member_count: int = 0
    message_count: int = 0


class LastMessage(Model):
    message_id: str
    sender_id: str
    type: str
    content: str = ""
    created_at: Time | None = None
    sender_info: UserInfo | None = None


class UserDialog(Model):
    dialog_id: str
    context: DialogContext
    stats: DialogStats
    members_count: int = 0
    last_interaction_at: Time | None = None
    meta: Json | None = None
    last_message: LastMessage | None = None


class Topic(Model):
    topic_id: str
    meta: Json | None = None


class StatusCount(Model):
    status: str
    count: int
    user_type: str | None = None


class Reaction(Model):
    reaction: str
    count: int
    me: bool | None = None


class QuotedMessage(Model):
    message_id: str
    dialog_id: str = ""
    sender_id: str = ""
    type: str = ""
    content: str = ""
    created_at: Time | None = None
    meta: Json | None = None
    sender_info: UserInfo | None = None


class Message(Model):
    message_id: str
    dialog_id: str
    sender_id: str
    type: str
    content: str = ""
    created_at: Time | None = None
    meta: Json | None = None
    topic_id: str | None = None
    topic: Topic | None = None
    quoted_message: QuotedMessage | None = None
    sender_info: UserInfo | None = None
    status_message_matrix: list[StatusCount] = []
    reaction_set: list[Reaction] = []


class StatusRecord(Model):
    message_id: str
    dialog_id: str
    user_id: str
    status: str
    created_at: Time
    user_type: str | None = None


class TypingAccepted(Model):
    expires_in_ms: int


class UpdateDialogStats(Model):
    unread_count: int | None = None


class UpdateDialog(Model):
    dialog_id: str
    created_at: Time | None = None
    meta: Json | None = None
    stats: UpdateDialogStats | None = None


class UpdateContext(Model):
    version: int = 0
    dialog_id: str | None = None
    message_id: str | None = None
    user_id: str | None = None
    entity_id: str = ""
    included_sections: list[str] = []
    updated_fields: list[str] = []
    ui_target: str = ""


class UpdateData(Model):
    """The sections of a message update: the one kind that the benchmarks publish."""

    dialog: UpdateDialog
    message: Message
    context: UpdateContext


class Update(Model):
    tenant_id: str
    user_id: str
    entity_id: str
    event_id: str
    source_event_type: str
    update_type: str
    created_at: Time
    data: UpdateData
