"""Which fields a list can be filtered and sorted by, and what each can be compared with."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

META: Final = "meta."
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
    """One field: its values, and the operators that mean something for them."""

    kind: Kind
    operators: frozenset[str]


@dataclass(frozen=True, slots=True)
class ListFields:
    """What one list knows.

    ``only_meta_in_or``: the platform loses other conditions of an or. ``only_in_or``: fields the
    platform knows by this name only where they stand in an or.
    """

    fields: Mapping[str, Field]
    sortable: frozenset[str]
    only_meta_in_or: bool
    only_in_or: frozenset[str]


_ID: Final = Field(Kind.TEXT, frozenset(("eq", "ne", "in", "nin")))
_TEXT: Final = Field(Kind.TEXT, _ID.operators | {"regex"})
_COUNT: Final = Field(Kind.COUNT, _ID.operators | ORDER_OPERATORS)
# Times are doubles with parts of milliseconds: equality would be a trap.
_TIME: Final = Field(Kind.TIME, ORDER_OPERATORS)

META_FIELD: Final = Field(Kind.OPEN, OPERATORS)

DIALOGS: Final = ListFields(
    fields={
        "dialogId": _ID,
        "member": Field(Kind.TEXT, _ID.operators | {"all"}),
        "unreadCount": _COUNT,
        "lastSeenAt": _TIME,
        "lastMessageAt": _TIME,
    },
    sortable=frozenset(("lastInteractionAt", "lastSeenAt", "unreadCount")),
    only_meta_in_or=True,
    only_in_or=frozenset(),
)

MESSAGES: Final = ListFields(
    fields={
        "messageId": _ID,
        "senderId": _TEXT,
        "type": _TEXT,
        "content": _TEXT,
        "createdAt": _TIME,
        "topicId": _ID,
    },
    sortable=frozenset(("createdAt", "senderId", "type", "messageId")),
    only_meta_in_or=False,
    only_in_or=frozenset(("topicId",)),
)
