"""What a request to send a message must have left at tenant-api, and how far an attempt got."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, Final

import msgspec

from chat3_user.domain.json_order import precede_key
from chat3_user.tenant_api import models as m
from chat3_user.tenant_api.models import EDITED_AT
from chat3_user.tenant_api.sending import SEND_KEY
from chat3_user.validation import Identity
from chat3_user.validation.meta import MEDIA_TYPES
from chat3_user.validation.text import WHITE_SPACE

_DEFAULT_TYPE: Final = "internal.text"
_WITHOUT_STATUSES: Final = "system."

_decode_matrix = msgspec.json.Decoder(list[m.StatusCount] | None).decode


class Statuses(Enum):
    """Which members that should have a first status row have one."""

    ALL = auto()
    SOME = auto()
    NONE = auto()
    NOBODY = auto()
    """None should have one: the platform's later steps leave nothing that can be seen."""


@dataclass(frozen=True, slots=True)
class Request:
    """A message that was to be sent; ``body`` is as `send_message` takes it.

    ``by_back_end`` says in whose name a back end sends it; a user sends in no other.
    """

    identity: Identity
    dialog_id: str
    body: Mapping[str, Any]
    by_back_end: str = ""

    @property
    def sender_id(self) -> str:
        """Return whose message it is, the id in lower case."""
        return self.by_back_end or self.identity.user_id

    @property
    def type(self) -> str:
        """Return the message type."""
        kind: str = self.body.get("type", _DEFAULT_TYPE)
        return kind

    @property
    def has_statuses(self) -> bool:
        """Whether the platform gives other members statuses of such a message."""
        return not self.type.startswith(_WITHOUT_STATUSES)

    def missing_meta(self, message: m.Message) -> dict[str, Any]:
        """Return the custom data that the message lacks, as the platform would have stored it."""
        there = message.meta or {}
        return {
            key: value.strip(WHITE_SPACE)
            if key == "url" and self.type in MEDIA_TYPES and isinstance(value, str)
            else value
            for key, value in self.body.get("meta", {}).items()
            if key not in there
        }

    def lacks_quote(self, message: m.Message) -> bool:
        """Tell whether a quote was asked for and is not there."""
        return "quotedMessageId" in self.body and message.quoted_message is None

    def may_have_left(self, message: m.Message) -> bool:
        """Tell whether an attempt at this request that was cut before its key may be the message.

        Such a message was never touched: no key, no quote, and no meta but what JavaScript puts
        before the key, whatever the order of the request.
        """
        return (
            message.sender_id == self.sender_id
            and message.type == self.type
            and message.content.strip(WHITE_SPACE) == self.body["content"].strip(WHITE_SPACE)
            and message.topic_id == self.body.get("topicId")
            and message.quoted_message is None
            and not message.deleted
            and not was_edited(message)
            and precede_key(message.meta or {}, self.body.get("meta", {}))
        )


def was_edited(message: m.Message) -> bool:
    """Tell whether somebody changed the message's text."""
    return bool(message.edited) or EDITED_AT in (message.meta or {})


def is_in_use(message: m.Message) -> bool:
    """Tell whether people did something with the message that would be lost with it."""
    return was_edited(message) or bool(message.reaction_set)


def carries_key(message: m.Message, key: str) -> bool:
    """Tell whether the message was written, or adopted, as ``key``."""
    return (message.meta or {}).get(SEND_KEY) == key


def first_statuses(message: m.Message, others: int) -> bool:
    """Tell whether the message's status matrix shows that ``others`` members have their first rows.

    A member can also read a message whose later steps were cut off: then no row is `unread`.

    Raises ``ValueError`` for what is no matrix.
    """
    try:
        matrix = _decode_matrix(message.status_message_matrix) or []
    except msgspec.DecodeError as error:
        raise ValueError(f"statusMessageMatrix: {error}") from error
    unread = any(row.status == "unread" and row.count > 0 for row in matrix)
    return unread and sum(row.count for row in matrix) >= others


def statuses_of(
    expected: Collection[str], rows: Collection[m.StatusRecord], sender_id: str
) -> Statuses:
    """Return how far the platform got with the first rows of the ``expected`` members' statuses."""
    if not expected:
        return Statuses.NOBODY
    others = [row for row in rows if row.user_id.lower() != sender_id]
    if all(row.status != "unread" for row in others):
        return Statuses.NONE
    lacking = {user_id.lower() for user_id in expected} - {row.user_id.lower() for row in others}
    return Statuses.SOME if lacking else Statuses.ALL
