"""What tenant-api answers, as typed models; JSON keys are known here and nowhere deeper.

Source: the recorded contract (`tests/contract/recorded`). Unknown keys are ignored, absent ones are
`None`; a time is text or a number of Unix milliseconds, see `chat3_user.times`.
"""

from typing import Annotated, Any, Final, Generic, TypeVar

import msgspec

Time = str | int | float
Json = dict[str, Any]
Count = Annotated[int, msgspec.Meta(ge=-(2**31), le=2**31 - 1)]
"""A number that the contract has room for."""


EDITED_AT: Final = "editedAt"
"""The key of meta under which older platforms keep when a message was edited."""

_DETAIL_MAX: Final = 200
"""The most characters of a detail in a failure for callers."""

ABSENT = msgspec.Raw(b"null")
"""The text of a part that is not there."""


class Model(msgspec.Struct, frozen=True, rename="camel", gc=False):
    """Base of all models: immutable, snake_case for camelCase keys."""


class UserInfo(Model, frozen=True):
    """A user as it stands beside messages and typing signals."""

    user_id: str
    type: str | None = None
    created_at: Time | None = None
    meta: Json | None = None


class Pagination(Model, frozen=True):
    """Which page an answer holds."""

    page: Count
    limit: Count
    total: Count
    pages: Count


T = TypeVar("T")


class Page(Model, Generic[T], frozen=True):
    """A page of things."""

    data: list[T]
    pagination: Pagination


class Data(Model, Generic[T], frozen=True):
    """One thing in its envelope."""

    data: T


class DialogContext(Model, frozen=True):
    """The asking user's state in a dialog."""

    user_id: str
    unread_count: Count = 0
    last_seen_at: Time | None = None
    last_message_at: Time | None = None
    joined_at: Time | None = None


class DialogStats(Model, frozen=True):
    """Counters of a dialog."""

    topic_count: Count = 0
    member_count: Count = 0
    message_count: Count = 0


class LastMessage(Model, frozen=True):
    """The newest message in a list of dialogs."""

    message_id: str
    sender_id: str
    type: str
    content: str = ""
    created_at: Time | None = None
    sender_info: UserInfo | None = None
    deleted: bool = False
    deleted_at: Time | None = None
    deleted_by: str | None = None


class UserDialog(Model, frozen=True):
    """A dialog in a user's list."""

    dialog_id: str
    context: DialogContext
    members_count: Count = 0
    created_at: Time | None = None
    last_interaction_at: Time | None = None
    meta: Json = {}
    stats: DialogStats = DialogStats()
    last_message: LastMessage | None = None


class Dialog(Model, frozen=True):
    """A dialog of the tenant, without a user's own state."""

    dialog_id: str
    created_at: Time | None = None
    meta: Json = {}
    stats: DialogStats = DialogStats()


class When(Model, frozen=True):
    """For which custom data a meta index holds."""

    key: str
    op: str
    value: Any = None


class MetaIndex(Model, frozen=True):
    """What a tenant demands of the custom data of one kind of thing."""

    mode: str
    keys: list[str]
    index_id: str = ""
    when: When | None = None
    created_at: Time | None = None


class Topic(Model, frozen=True):
    """A topic, beside a message or in a list; ``unread_count`` is in a user's list only."""

    topic_id: str
    meta: Json | None = None
    dialog_id: str = ""
    created_at: Time | None = None
    unread_count: Count | None = None


class StatusCount(Model, frozen=True):
    """One row of a message's status matrix."""

    status: str
    count: Count
    user_type: str | None = None


class Reaction(Model, frozen=True):
    """One row of a message's reaction set."""

    reaction: str
    count: Count
    me: bool = False


class QuotedMessage(Model, frozen=True):
    """The snapshot of a quoted message; ``deleted`` is as of then, absent on older platforms."""

    message_id: str
    dialog_id: str = ""
    sender_id: str = ""
    type: str = ""
    content: str = ""
    created_at: Time | None = None
    meta: Json | None = None
    sender_info: UserInfo | None = None
    deleted: bool | None = None
    deleted_at: Time | None = None
    deleted_by: str | None = None


class Message(Model, frozen=True):
    """A message, in pages and in answers.

    ``edited_at`` is also found as ``editedAt`` in meta, where older platforms write it.
    """

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
    # The same senders and matrices come with message after message: the mapping decodes them,
    # once for each text.
    sender_info: msgspec.Raw = ABSENT
    status_message_matrix: msgspec.Raw = ABSENT
    reaction_set: list[Reaction] = []
    deleted: bool = False
    deleted_at: Time | None = None
    deleted_by: str | None = None
    edited: bool = False
    edited_at: Time | None = None
    edited_by: str | None = None


class Deletion(Model, frozen=True):
    """That a message is deleted, and what is known about it."""

    message_id: str
    deleted: bool = False
    deleted_at: Time | None = None
    deleted_by: str | None = None


class MessageId(Model, frozen=True):
    """The part of a message that proves it exists, and says when it was created."""

    message_id: str
    dialog_id: str
    created_at: Time | None = None


class StatusRecord(Model, frozen=True):
    """An entry of a message's status history."""

    message_id: str
    user_id: str
    status: str
    created_at: Time
    dialog_id: str = ""
    user_type: str | None = None


class OwnReaction(Model, frozen=True):
    """A reaction of the asking user, with its time."""

    reaction: str
    created_at: Time


class OwnReactions(Model, frozen=True):
    """All reactions of the asking user to a message."""

    reactions: list[OwnReaction]


class TypingAccepted(Model, frozen=True):
    """The answer to a typing signal."""

    expires_in_ms: int


class ReadDialog(DialogContext, frozen=True):
    """The state of a user who has just read a dialog."""


class ReadPack(Model, frozen=True):
    """How much of a pack was marked as read."""

    processed_dialogs_count: Count = 0


class ReadPackOfAll(Model, frozen=True):
    """How much of a pack was marked as read by everybody: users and dialogs."""

    processed_users_count: Count = 0
    processed_dialogs_count: Count = 0


class PackDialog(Model, frozen=True):
    """A dialog of a pack, and since when."""

    dialog_id: str
    added_at: Time | None = None


class Member(Model, frozen=True):
    """A member of a dialog, its id as the platform holds it, and since when."""

    user_id: str
    created_at: Time | None = None
    meta: Json = {}


class MessageVersion(Model, frozen=True):
    """A text that a message had before its edit of this number."""

    version_index: Count
    content: str
    created_at: Time
    edited_by: str | None = None


class SenderTypeCount(Model, frozen=True):
    """Unread messages from senders of one type."""

    from_type: str
    count_unread: Count


class UserStats(Model, frozen=True):
    """Counters of a user over all dialogs."""

    dialog_count: Count = 0
    unread_dialogs_count: Count = 0
    total_messages_count: Count = 0
    total_unread_count: Count = 0
    unread_by_sender_type: list[SenderTypeCount] = []
    stats_version: int | None = None
    last_updated_at: Time | None = None
    packs_unread: Count = msgspec.field(default=0, name="packs.messages.totalUnreadCount")
    packs_unread_by_sender_type: list[SenderTypeCount] = msgspec.field(
        default_factory=list, name="packs.messages.unreadBySenderType"
    )
    packs_last_updated_at: Time | None = msgspec.field(
        default=None, name="packs.messages.lastUpdatedAt"
    )


class User(UserInfo, frozen=True):
    """A user, with counters. One that owns custom data only has neither type nor creation time."""

    stats: UserStats = UserStats()

    @property
    def exists(self) -> bool:
        """Whether there is such a user, and not custom data of the id alone."""
        return self.type is not None or self.created_at is not None


class PackStats(Model, frozen=True):
    """Counters of a pack as the tenant sees it."""

    dialog_count: Count = 0
    message_count: Count = 0
    unique_member_count: Count = 0
    sum_member_count: Count = 0
    unique_topic_count: Count = 0
    sum_topic_count: Count = 0
    last_updated_at: Time | None = None


class Pack(Model, frozen=True):
    """A pack of the tenant, without a user's own state."""

    pack_id: str
    created_at: Time | None = None
    meta: Json = {}
    stats: PackStats = PackStats()


class PackUser(Model, frozen=True):
    """A user who is in a dialog of a pack."""

    user_id: str


class UserPackStats(Model, frozen=True):
    """Counters of a user in a pack."""

    unread_count: Count = 0
    unread_by_sender_type: list[SenderTypeCount] = []
    dialog_count: Count | None = None
    last_updated_at: Time | None = None


class PackLastMessage(LastMessage, frozen=True):
    """The newest message in a pack."""

    dialog_id: str = ""


class UserPack(Model, frozen=True):
    """A pack in a user's list: its counters there are the user's own."""

    pack_id: str
    created_at: Time | None = None
    meta: Json = {}
    stats: UserPackStats = UserPackStats()
    last_message: PackLastMessage | None = None
    last_activity_at: Time | None = None


class UserPackDetails(Model, frozen=True):
    """A pack by itself: counters of the pack, and the user's own."""

    pack_id: str
    created_at: Time | None = None
    meta: Json = {}
    stats: PackStats = PackStats()
    user_stats: UserPackStats = UserPackStats()
    last_message: PackLastMessage | None = None
    last_activity_at: Time | None = None


class Cursor(Model, frozen=True):
    """Where the next page begins; null where there is none."""

    next: str | None = None


class Cursored(Model, Generic[T], frozen=True):
    """A page of things that is continued by a cursor."""

    data: list[T]
    cursor: Cursor = Cursor()


class Problem(Model, frozen=True):
    """An error answer in JSON; HTML answers have none."""

    error: str = ""
    message: str = ""
    code: str = ""
    details: Any = None

    def detail(self, name: str) -> str:
        """Return a text of the details, the first where there are several; empty without one."""
        found = self.details.get(name) if isinstance(self.details, dict) else None
        if isinstance(found, list) and found:
            found = found[0]
        return found[:_DETAIL_MAX] if isinstance(found, str) else ""
