"""The rules of every request field, and the one function that applies them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import betterproto2

from chat3_api.chat3.user.v1 import (
    GetDialogMessagesRequest,
    GetUserDialogsRequest,
    MessageStatus,
    ReactionAction,
    SendMessageRequest,
    SendTypingIndicatorRequest,
    SetMessageReactionRequest,
    SetMessageStatusRequest,
    SubscribeUpdatesRequest,
    UpdateType,
)
from chat3_api.google.protobuf import Struct, Value
from chat3_user.errors._failures import FieldViolation, invalid_fields
from chat3_user.validation import filters, meta
from chat3_user.validation.rules import (
    KEPT,
    Between,
    Each,
    Items,
    Named,
    Problem,
    Problems,
    Required,
    Rule,
    Seconds,
)
from chat3_user.validation.text_rules import (
    Expression,
    Id,
    Length,
    MessageType,
    NoControlCharacters,
    NoOuterWhiteSpace,
    SomeText,
    VisibleAscii,
)

# A status with its details travels in HTTP/2 trailers, which clients limit to 8 KiB by default.
MAX_REPORTED: Final = 32


@dataclass(frozen=True, slots=True)
class OpenData:
    """The rules of a message's meta, which are checked in one walk."""

    words: str = meta.WORDS
    final: bool = False

    def problems(self, value: Struct | None, request: SendMessageRequest) -> Problems:
        """Return what the value breaks; absent meta is empty meta."""
        if value is None and request.type not in meta.MEDIA_TYPES:
            return KEPT
        found = meta.check_meta({} if value is None else _plain(value), request.type)
        return [Problem(item.field.removeprefix("meta"), item.description) for item in found]


def _plain(value: Struct) -> dict[str, object]:
    """Return a struct as JSON data; what lies deeper than any rule allows comes out empty."""
    return {key: _plain_value(item, 1) for key, item in value.fields.items()}


def _plain_value(value: Value, level: int) -> object:
    if value.string_value is not None:
        return value.string_value
    if value.number_value is not None:
        return value.number_value
    if value.bool_value is not None:
        return value.bool_value
    within = level <= meta.MAX_LEVELS
    if value.struct_value is not None:
        fields = value.struct_value.fields if within else {}
        return {key: _plain_value(item, level + 1) for key, item in fields.items()}
    if value.list_value is not None:
        values = value.list_value.values if within else []
        return [_plain_value(item, level + 1) for item in values]
    return None


def _named(enum: type[betterproto2.Enum], words: str) -> Named:
    return Named(words, frozenset(int(member) for member in enum if member))


_DIALOG: Final = Id("dlg_")
_PAGE: Final = (Between(0, 1_000_000),)
_LIMIT: Final = (Between(0, 100),)
_DIALOG_ID: Final = (Required(), _DIALOG)
_MESSAGE_ID: Final = (Required(), Id("msg_"))
_IDEMPOTENCY_KEY: Final = (Length(255), VisibleAscii())
_FILTER_LENGTH: Final = Length(filters.MAX_LENGTH)

RULES: Final[Mapping[type[betterproto2.Message], Mapping[str, tuple[Rule, ...]]]] = {
    GetUserDialogsRequest: {
        "page": _PAGE,
        "page_size": _LIMIT,
        "filter": (_FILTER_LENGTH, Expression("filter", filters.parse_dialog_filter)),
        "sort": (Expression("sort", filters.parse_dialog_sort),),
    },
    GetDialogMessagesRequest: {
        "dialog_id": _DIALOG_ID,
        "page": _PAGE,
        "page_size": _LIMIT,
        "filter": (_FILTER_LENGTH, Expression("filter", filters.parse_message_filter)),
        "sort": (Expression("sort", filters.parse_message_sort),),
    },
    SendMessageRequest: {
        "dialog_id": _DIALOG_ID,
        "content": (Length(10_000), SomeText()),
        "type": (MessageType(),),
        "meta": (OpenData(),),
        "quoted_message_id": (Id("msg_"),),
        "topic_id": (Id("topic_"),),
        "idempotency_key": _IDEMPOTENCY_KEY,
    },
    SetMessageStatusRequest: {
        "dialog_id": _DIALOG_ID,
        "message_id": _MESSAGE_ID,
        "status": (Required(), _named(MessageStatus, "a status this contract names")),
        "idempotency_key": _IDEMPOTENCY_KEY,
    },
    SetMessageReactionRequest: {
        "dialog_id": _DIALOG_ID,
        "message_id": _MESSAGE_ID,
        "reaction": (Required(), Length(50, low=1), NoControlCharacters(), NoOuterWhiteSpace()),
        "action": (Required(), _named(ReactionAction, "an action this contract names")),
        "idempotency_key": _IDEMPOTENCY_KEY,
    },
    SendTypingIndicatorRequest: {"dialog_id": _DIALOG_ID},
    SubscribeUpdatesRequest: {
        "resume_token": (Length(1024),),
        "update_types": (
            Items(20),
            Each(_named(UpdateType, "types this contract names"), prefix=""),
        ),
        "dialog_ids": (Items(100), Each(_DIALOG)),
        "heartbeat_interval": (Seconds(5, 300),),
    },
}


def _flattened() -> dict[type, tuple[tuple[str, tuple[Rule, ...]], ...]]:
    return {request: tuple(fields.items()) for request, fields in RULES.items()}


_TABLE: Final = _flattened()


def validate(request: Any) -> None:
    """Raise the failure that names every broken field rule of the request, or return."""
    found: list[FieldViolation] | None = None
    for name, rules in _TABLE[type(request)]:
        value = getattr(request, name)
        for rule in rules:
            problems = rule.problems(value, request)
            if problems:
                found = [] if found is None else found
                found.extend(FieldViolation(name + item.where, item.rule) for item in problems)
                if rule.final:
                    break
    if found is not None:
        raise invalid_fields(found[:MAX_REPORTED])
