"""Which fields a list can be filtered and sorted by, and what each can be compared with.

Fields have the contract's names. The platform's own names are taken as well, for callers who move
over from it; both are written anew in the platform's.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

META: Final = "meta."
MAX_OPERANDS: Final = 12
"""How many operands the platform takes in one group."""
OPERATORS: Final = frozenset(
    ("eq", "ne", "gt", "gte", "lt", "lte", "in", "nin", "all", "regex", "exists")
)
LIST_OPERATORS: Final = frozenset(("in", "nin", "all"))
ORDER_OPERATORS: Final = frozenset(("gt", "gte", "lt", "lte"))


class Kind(Enum):
    """What values a field has, in the words of an error."""

    TEXT = "text"
    COUNT = "a whole number from 0"
    TIME = "an ISO 8601 time, or a number of milliseconds since 1970"
    OPEN = "text, a number, `true` or `false`"


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its values, and the operators that mean something for them.

    ``platform`` is what the platform calls it; empty: what the caller does.
    """

    kind: Kind
    operators: frozenset[str]
    platform: str = ""


@dataclass(frozen=True, slots=True)
class ListFields:
    """What one list knows, by the contract's names and by the platform's.

    ``sortable`` has the platform's name for each. ``only_meta_in_or``: the platform loses other
    conditions of an or. ``only_in_or``: fields, by the platform's names, that it knows only where
    they stand in an or. ``and_max``: how many conditions one and has at most, written out.
    """

    fields: Mapping[str, Field]
    sortable: Mapping[str, str]
    only_meta_in_or: bool
    only_in_or: frozenset[str] = frozenset()
    and_max: int = MAX_OPERANDS


_IDS: Final = frozenset(("eq", "ne", "in", "nin"))

META_FIELD: Final = Field(Kind.OPEN, OPERATORS)


def _id(platform: str, *more: str) -> Field:
    return Field(Kind.TEXT, _IDS | frozenset(more), platform)


def _count(platform: str) -> Field:
    return Field(Kind.COUNT, _IDS | ORDER_OPERATORS, platform)


def _time(platform: str) -> Field:
    # Times are doubles with parts of milliseconds: equality would be a trap.
    return Field(Kind.TIME, ORDER_OPERATORS, platform)


def _named(*fields: tuple[str, Field]) -> dict[str, Field]:
    """Return fields by the contract's names and by the platform's."""
    return dict(fields) | {field.platform: field for _, field in fields}


def _sortable(**names: str) -> dict[str, str]:
    """Return the platform's names of fields, by the contract's names and by the platform's."""
    return names | {platform: platform for platform in names.values()}


DIALOGS: Final = ListFields(
    fields=_named(
        ("dialog_id", _id("dialogId")),
        ("member", _id("member", "all")),
        ("unread_count", _count("unreadCount")),
        ("last_seen_time", _time("lastSeenAt")),
        ("last_message_time", _time("lastMessageAt")),
    ),
    sortable=_sortable(
        last_interaction_time="lastInteractionAt",
        last_seen_time="lastSeenAt",
        unread_count="unreadCount",
    ),
    only_meta_in_or=True,
)

MESSAGES: Final = ListFields(
    fields=_named(
        ("message_id", _id("messageId")),
        ("sender_id", _id("senderId", "regex")),
        ("type", _id("type", "regex")),
        ("content", _id("content", "regex")),
        ("create_time", _time("createdAt")),
        ("topic_id", _id("topicId")),
    ),
    sortable=_sortable(
        create_time="createdAt", sender_id="senderId", type="type", message_id="messageId"
    ),
    only_meta_in_or=False,
    only_in_or=frozenset(("topicId",)),
    # The service adds two: one for the place of a page, one that leaves out deleted messages.
    and_max=MAX_OPERANDS - 2,
)

TENANT_MESSAGES: Final = ListFields(
    fields={**MESSAGES.fields, **_named(("dialog_id", _id("dialogId")))},
    # The platform sorts these lists by one more, the sender, which no place could be found by.
    sortable=_sortable(create_time="createdAt"),
    only_meta_in_or=False,
    only_in_or=MESSAGES.only_in_or,
    and_max=MESSAGES.and_max,
)

PACKS: Final = ListFields(
    fields=_named(("unread_count", _count("unreadCount"))),
    sortable=_sortable(create_time="createdAt", unread_count="unreadCount"),
    only_meta_in_or=True,
)

USERS: Final = ListFields(
    fields=_named(
        ("user_id", _id("userId", "regex")),
        ("type", _id("type", "regex")),
        ("create_time", _time("createdAt")),
    ),
    sortable=_sortable(create_time="createdAt", user_id="userId", type="type"),
    only_meta_in_or=True,
)

TENANT_PACKS: Final = ListFields(
    fields=_named(("pack_id", _id("packId")), ("create_time", _time("createdAt"))),
    sortable=_sortable(create_time="createdAt"),
    only_meta_in_or=True,
)

TENANT_DIALOGS: Final = ListFields(
    fields=_named(
        ("dialog_id", _id("dialogId")),
        ("create_time", _time("createdAt")),
        # Of this list, no other operator is known to work on members.
        ("member", Field(Kind.TEXT, frozenset(("eq",)), "member")),
    ),
    sortable=_sortable(create_time="createdAt"),
    only_meta_in_or=True,
)
