"""Updates as the platform publishes them, typed; source: recorded messages of `chat3_updates`."""

import msgspec

from chat3_user.tenant_api.models import (
    ABSENT,
    Json,
    Model,
    Reaction,
    Time,
    Topic,
    UserInfo,
)


class DialogSection(Model, frozen=True):
    """The dialog an update is about."""

    dialog_id: str
    created_at: Time | None = None
    meta: Json | None = None
    stats: Json = {}


class StatusChange(Model, frozen=True):
    """Who gave a message which status."""

    user_id: str
    status: str
    old_status: str | None = None


class ReactionChange(Model, frozen=True):
    """Who gave a reaction or took it back; the set's ``me`` is the actor's view."""

    user_id: str
    reaction: str | None = None
    old_reaction: str | None = None
    reaction_set: list[Reaction] = []


class MessageSection(Model, frozen=True):
    """The message an update is about: never with its creation time."""

    message_id: str
    dialog_id: str
    sender_id: str
    type: str
    content: str = ""
    created_at: Time | None = None
    meta: Json | None = None
    topic_id: str | None = None
    topic: Topic | None = None
    sender_info: msgspec.Raw = ABSENT
    status_update: StatusChange | None = None
    status_message_matrix: msgspec.Raw = ABSENT
    reaction_update: ReactionChange | None = None


class MemberState(Model, frozen=True):
    """A member's counters, as far as the update says them."""

    unread_count: int | None = None
    last_seen_at: Time | None = None
    last_message_at: Time | None = None


class MemberSection(Model, frozen=True):
    """The member an update is about."""

    user_id: str
    state: MemberState = MemberState()
    meta: Json | None = None


class TypingSection(Model, frozen=True):
    """Who types."""

    user_id: str
    expires_in_ms: int = 0
    timestamp: Time | None = None
    user_info: UserInfo | None = None


class SenderTypeCount(Model, frozen=True):
    """Unread messages from senders of one type."""

    from_type: str
    count_unread: int


class UserStats(Model, frozen=True):
    """A user's counters."""

    dialog_count: int = 0
    unread_dialogs_count: int = 0
    total_unread_count: int = 0
    total_messages_count: int = 0
    stats_version: int | None = None
    last_updated_at: Time | None = None
    unread_by_sender_type: list[SenderTypeCount] = []
    packs_unread: int = msgspec.field(default=0, name="packs.messages.totalUnreadCount")
    packs_unread_by_sender_type: list[SenderTypeCount] = msgspec.field(
        default_factory=list, name="packs.messages.unreadBySenderType"
    )
    packs_last_updated_at: Time | None = msgspec.field(
        default=None, name="packs.messages.lastUpdatedAt"
    )


class UserSection(UserInfo, frozen=True):
    """The user an update is about: a profile, or counters when ``stats`` are there."""

    stats: UserStats | None = None


class Context(Model, frozen=True):
    """What the platform says about an update itself."""

    version: int = 0
    dialog_id: str | None = None
    message_id: str | None = None
    user_id: str | None = None
    entity_id: str = ""
    included_sections: list[str] = []
    updated_fields: list[str] = []
    ui_target: str = ""


class Data(Model, frozen=True):
    """The sections of an update."""

    dialog: DialogSection | None = None
    message: MessageSection | None = None
    member: MemberSection | None = None
    topic: Topic | None = None
    typing: TypingSection | None = None
    user: UserSection | None = None
    context: Context = Context()


class Envelope(Model, frozen=True):
    """What every update has, whatever its kind."""

    tenant_id: str
    user_id: str
    event_id: str
    update_type: str
    entity_id: str = ""
    source_event_type: str = ""
    created_at: Time | None = None


class PublishedUpdate(Envelope, frozen=True):
    """An update of a kind this service knows."""

    data: Data = Data()


class OpaqueUpdate(Envelope, frozen=True):
    """An update of any kind, its data as plain JSON."""

    data: Json = {}
