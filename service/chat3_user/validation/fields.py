"""The rules of fields that many requests have."""

from typing import Final

import betterproto2

from chat3_api.chat3.tenant.v1 import MetaIndexMode, MetaKind
from chat3_user.validation import filters
from chat3_user.validation.custom_data import CustomData, MetaKey, NotInMeta
from chat3_user.validation.list_rules import AbsentWith, OnlyByTime, ZeroWith
from chat3_user.validation.meta_indexes import (
    AbsentForAllowed,
    Condition,
    KeysOfMode,
    NoTwoAlike,
)
from chat3_user.validation.rules import Between, Each, Items, Named, Required, Rule
from chat3_user.validation.text_rules import (
    Expression,
    FilterText,
    Id,
    Length,
    NoControlCharacters,
    NoOuterWhiteSpace,
    NotBlank,
    NotOurName,
    SomeText,
    VisibleAscii,
)
from chat3_user.validation.user_ids import UserId
from chat3_user.validation.user_types import MAX_LENGTH, FitsWithUser, TopicWord


def named(enum: type[betterproto2.Enum], words: str) -> Named:
    """Return the rule that a value is one of the enum's, and not its zero."""
    return Named(words, frozenset(int(member) for member in enum if member))


def one_named(enum: type[betterproto2.Enum], words: str) -> tuple[Rule, ...]:
    """Return the rules of a field that has to hold one of the enum's values, and not its zero."""
    return (Required(), named(enum, words))


PAGE_SIZE: Final = (Between(0, 100),)
PAGE_TOKEN: Final = (Length(1024),)
_PAGE: Final = Between(0, 1_000_000)
DIALOGS_PAGE: Final = (_PAGE, ZeroWith(("page_token",)))
MESSAGES_PAGE: Final = (_PAGE, ZeroWith(("page_token", "around_message_id")))

DIALOG: Final = Id("dlg_")
MESSAGE: Final = Id("msg_")
TOPIC: Final = Id("topic_")
TOPIC_ID: Final = (Required(), TOPIC)
PACK_ID: Final = (Required(), Id("pck_"))
DIALOG_ID: Final = (Required(), DIALOG)
MESSAGE_ID: Final = (Required(), MESSAGE)

USER: Final = UserId()
USER_ID: Final = (Required(), USER)
USER_TYPE: Final = (Length(MAX_LENGTH), TopicWord(), FitsWithUser())
MEMBER_IDS: Final = (Items(100), Each(USER))
SOME_USER_IDS: Final = (Required(), *MEMBER_IDS)

META: Final = (CustomData(),)
REMOVE_KEYS: Final = (Items(100), Each(MetaKey()), NotInMeta())
META_KEY: Final = (Required(), MetaKey())
META_TEXT: Final = (Required(), Length(500), NoControlCharacters(), FilterText())
META_KIND: Final = one_named(MetaKind, "a kind this contract names")
META_INDEX_MODE: Final = one_named(MetaIndexMode, "a mode this contract names")
META_INDEX_KEYS: Final = (Required(), KeysOfMode(), Each(MetaKey()), NoTwoAlike())
META_INDEX_CONDITION: Final = (Condition(), AbsentForAllowed())
META_INDEX_ID: Final = (Required(), Length(500), NoControlCharacters())
AROUND_MESSAGE: Final = (MESSAGE, AbsentWith("page_token"), OnlyByTime())

AROUND_ANY_MESSAGE: Final = (MESSAGE, AbsentWith("page_token"))
MODERATOR: Final = (Length(200), NoControlCharacters(), NoOuterWhiteSpace(), NotOurName())
REACTION: Final = (Required(), Length(50, low=1), NoControlCharacters(), NoOuterWhiteSpace())
MESSAGE_TEXT: Final = (Length(10_000), SomeText())
EDITED_TEXT: Final = (Required(), Length(10_000), NotBlank())

IDEMPOTENCY_KEY: Final = (Length(255), VisibleAscii())

_FILTER_LENGTH: Final = Length(filters.MAX_LENGTH)
DIALOG_FILTER: Final = (_FILTER_LENGTH, Expression("filter", filters.parse_dialog_filter))
DIALOG_SORT: Final = (Expression("sort", filters.parse_dialog_sort),)
MESSAGE_FILTER: Final = (_FILTER_LENGTH, Expression("filter", filters.parse_message_filter))
MESSAGE_SORT: Final = (Expression("sort", filters.parse_message_sort),)
PACK_FILTER: Final = (_FILTER_LENGTH, Expression("filter", filters.parse_pack_filter))
PACK_SORT: Final = (Expression("sort", filters.parse_pack_sort),)
USER_FILTER: Final = (_FILTER_LENGTH, Expression("filter", filters.parse_user_filter))
USER_SORT: Final = (Expression("sort", filters.parse_user_sort),)
TENANT_DIALOG_FILTER: Final = (
    _FILTER_LENGTH,
    Expression("filter", filters.parse_tenant_dialog_filter),
)
TENANT_MESSAGE_FILTER: Final = (
    _FILTER_LENGTH,
    Expression("filter", filters.parse_tenant_message_filter),
)
TENANT_MESSAGE_SORT: Final = (Expression("sort", filters.parse_tenant_message_sort),)
TENANT_DIALOG_SORT: Final = (Expression("sort", filters.parse_tenant_dialog_sort),)
TENANT_PACK_FILTER: Final = (
    _FILTER_LENGTH,
    Expression("filter", filters.parse_tenant_pack_filter),
)
TENANT_PACK_SORT: Final = (Expression("sort", filters.parse_tenant_pack_sort),)
