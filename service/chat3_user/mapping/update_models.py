"""Updates as the platform publishes them, typed; source: recorded messages of `chat3_updates`.

These models refuse members they do not know, so that the decoder itself notices what is new: that
costs nothing while nothing is. Every member that the known platforms send stands here, passed on or
not; `chat3_user.mapping.unmapped` takes the others out.
"""

from typing import Annotated, Any

import msgspec

from chat3_user.tenant_api import models
from chat3_user.tenant_api.models import ABSENT, Count, Json, Model, Time


class Section(Model, frozen=True, forbid_unknown_fields=True):
    """Base of all parts of an update: refuses members it does not know."""


class UserInfo(models.UserInfo, frozen=True, forbid_unknown_fields=True):
    """A user beside a message or a typing signal."""

    tenant_id: str = ""


class Topic(Section, frozen=True):
    """A topic beside a message."""

    topic_id: str
    meta: Json | None = None


class Reaction(Section, frozen=True):
    """One row of a message's reaction set; ``me`` is the actor's view, whoever reads it."""

    reaction: str
    count: Count
    me: bool | None = None


class StatusCount(models.StatusCount, frozen=True, forbid_unknown_fields=True):
    """One row of a message's status matrix."""


class DialogCounters(Section, frozen=True):
    """The recipient's counters of a dialog."""

    unread_count: int | None = None


class DialogSection(Section, frozen=True):
    """The dialog an update is about; without ``created_at`` in updates of counters."""

    dialog_id: str
    tenant_id: str = ""
    created_at: Time | None = None
    # Custom data, decoded once for each text it comes as: see `chat3_user.mapping.repeated`.
    meta: msgspec.Raw = ABSENT
    stats: DialogCounters = DialogCounters()


class StatusChange(Section, frozen=True):
    """Who gave a message which status."""

    user_id: str
    status: str
    old_status: str | None = None


class ReactionChange(Section, frozen=True):
    """Who gave a reaction (``reaction``) or took it back (``old_reaction``), and all there are."""

    user_id: str
    reaction: str | None = None
    old_reaction: str | None = None
    reaction_set: list[Reaction] = []


SenderInfo = Annotated[msgspec.Raw, msgspec.Meta(extra={"holds": UserInfo})]
StatusMatrix = Annotated[msgspec.Raw, msgspec.Meta(extra={"holds": list[StatusCount]})]


class MessageSection(Section, frozen=True):
    """The message an update is about: never with its creation time, nor with what it quotes.

    ``deleted`` and ``edited`` are absent where the update does not say.
    """

    message_id: str
    dialog_id: str
    sender_id: str
    type: str
    content: str = ""
    meta: Json | None = None
    topic_id: str | None = None
    topic: Topic | None = None
    # Decoded once for each text they come as: see `chat3_user.mapping.repeated`.
    sender_info: SenderInfo = ABSENT
    status_message_matrix: StatusMatrix = ABSENT
    deleted: bool | None = None
    deleted_at: Time | None = None
    deleted_by: str | None = None
    edited: bool | None = None
    edited_at: Time | None = None
    edited_by: str | None = None
    status_update: StatusChange | None = None
    reaction_update: ReactionChange | None = None


class MemberState(Section, frozen=True):
    """A member's counters, as far as the update says them."""

    unread_count: int | None = None
    last_seen_at: Time | None = None
    last_message_at: Time | None = None


class MemberSection(Section, frozen=True):
    """The member an update is about."""

    user_id: str
    state: MemberState = MemberState()
    meta: Json | None = None


class TypingSection(Section, frozen=True):
    """Who types."""

    user_id: str
    expires_in_ms: int = 0
    timestamp: Time | None = None
    user_info: UserInfo | None = None


class SenderTypeCount(Section, frozen=True):
    """Unread messages from senders of one type."""

    from_type: str
    count_unread: int


class UserStats(Section, frozen=True):
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


class PackStats(Section, frozen=True):
    """A pack's counters."""

    dialog_count: int = 0
    message_count: int = 0
    unique_member_count: int = 0
    sum_member_count: int = 0
    unique_topic_count: int = 0
    sum_topic_count: int = 0
    last_updated_at: Time | None = None


class PackSection(Section, frozen=True):
    """The pack an update is about."""

    pack_id: str
    tenant_id: str = ""
    created_at: Time | None = None
    meta: Json | None = None
    stats: PackStats | None = None


class UserSection(UserInfo, frozen=True):
    """The user an update is about: a profile, or counters when ``stats`` are there."""

    stats: UserStats | None = None


class Context(Section, frozen=True):
    """What the platform says about an update itself.

    The lists hold strings, and are the same in update after update: see
    `chat3_user.mapping.update_labels`.
    """

    version: int = 0
    dialog_id: str | None = None
    message_id: str | None = None
    user_id: str | None = None
    pack_id: str | None = None
    entity_id: str = ""
    included_sections: msgspec.Raw = ABSENT
    updated_fields: msgspec.Raw = ABSENT
    ui_target: str = ""


class Data(Section, frozen=True):
    """The sections of an update."""

    dialog: DialogSection | None = None
    message: MessageSection | None = None
    member: MemberSection | None = None
    topic: Topic | None = None
    typing: TypingSection | None = None
    user: UserSection | None = None
    pack: PackSection | None = None
    context: Context = Context()


class Envelope(Section, frozen=True):
    """What every update has, whatever its kind."""

    tenant_id: str
    user_id: str
    event_id: str
    update_type: str
    entity_id: str = ""
    source_event_type: str = ""
    created_at: Time | None = None
    published: Any = None


class PublishedUpdate(Envelope, frozen=True):
    """An update of a kind this service knows."""

    data: Data = Data()


class OpaqueUpdate(Envelope, frozen=True, forbid_unknown_fields=False):
    """An update of any kind, its data as plain JSON."""

    data: Json = {}
