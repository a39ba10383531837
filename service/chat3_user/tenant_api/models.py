"""What tenant-api answers, as typed models; JSON keys are known here and nowhere deeper.

Source: the recorded contract (`tests/contract/recorded`). Unknown keys are ignored, absent ones are
`None`; a time is text or a number of Unix milliseconds, see `chat3_user.times`.
"""

from typing import Annotated, Any, Generic, TypeVar

import msgspec

Time = str | int | float
Json = dict[str, Any]
Count = Annotated[int, msgspec.Meta(ge=-(2**31), le=2**31 - 1)]
"""A number that the contract has room for."""


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


class Topic(Model, frozen=True):
    """A topic beside a message."""

    topic_id: str
    meta: Json | None = None


class StatusCount(Model, frozen=True):
    """One row of a message's status matrix."""

    status: str
    count: Count
    user_type: str | None = None


class Reaction(Model, frozen=True):
    """One row of a message's reaction set."""

    reaction: str
    count: Count
    me: bool | None = None


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
    """A message, in pages, in answers and in updates.

    ``deleted`` and ``edited`` are `None` where an update does not say; in answers, what is absent
    is false. ``edited_at`` is also found as ``editedAt`` in meta, where older platforms write it.
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
    deleted: bool | None = False
    deleted_at: Time | None = None
    deleted_by: str | None = None
    edited: bool | None = False
    edited_at: Time | None = None
    edited_by: str | None = None


class Deletion(Model, frozen=True):
    """That a message is deleted, and what is known about it."""

    message_id: str
    deleted: bool = False
    deleted_at: Time | None = None
    deleted_by: str | None = None


class MessageId(Model, frozen=True):
    """The part of a message that proves it exists."""

    message_id: str
    dialog_id: str


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


class Member(Model, frozen=True):
    """A member of a dialog, its id as the platform holds it, and since when."""

    user_id: str
    created_at: Time | None = None


class User(Model, frozen=True):
    """A user; only what proves that it exists."""

    user_id: str


class Problem(Model, frozen=True):
    """An error answer in JSON; HTML answers have none."""

    error: str = ""
    message: str = ""
