"""Payloads of updates: for each kind what it carries of a published update, and how it is made."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from operator import attrgetter
from typing import Any, Final

import msgspec

from chat3_api.chat3.user import v1 as pb
from chat3_api.chat3.user.v1 import Update, UpdateKind
from chat3_user.mapping import partials
from chat3_user.mapping import update_models as m
from chat3_user.mapping.basics import time, user_info
from chat3_user.mapping.message_payloads import Fields, reacted, status_changed, written
from chat3_user.mapping.partials import present
from chat3_user.wire import builder

_build_typing = builder(pb.Typing)
_build_counters = builder(pb.UserCountersChanged)
_build_stats = builder(pb.UserStats)
_build_sender_type_count = builder(pb.SenderTypeCount)

FRONT: Final = (
    *("update_id", "event_id", "kind", "user_id", "dialog_id", "message_id", "create_time"),
    *("updated_fields", "source", "unmapped"),
)
"""The fields of an update besides its payload."""

_SECTIONS: Final = ("dialog", "message", "member", "topic", "typing", "user", "pack")

Make = Callable[[m.PublishedUpdate, Fields], Any]


class Payload(msgspec.Struct, frozen=True):
    """The payload of one kind.

    ``field`` is its name in `Update`, and ``build`` builds updates that have it; ``thing`` is what
    `Update.updated_fields` are fields of, see `chat3_user.mapping.update_labels.PATHS`. ``make``
    makes it; it raises ``ValueError`` or ``OverflowError`` for what the contract cannot hold.
    ``others`` reads the sections that it does not carry, beside those that are ``carried``: they
    are ``absent`` in the updates of the known platforms.
    """

    field: str
    build: Callable[..., Update]
    thing: str
    make: Make
    carried: frozenset[str]
    others: Callable[[m.Data], tuple[Any, ...]]
    absent: tuple[None, ...]


def _dialog(kind: type[Any]) -> Make:
    build = builder(kind)
    return lambda published, _: build(dialog=partials.dialog(published.data.dialog))


def _member(kind: type[Any]) -> Make:
    build = builder(kind)

    def made(published: m.PublishedUpdate, fields: Fields) -> Any:
        data = published.data
        return build(
            dialog=partials.dialog(data.dialog),
            member=partials.member(present(data.member), fields),
        )

    return made


def _topic(kind: type[Any]) -> Make:
    build = builder(kind)

    def made(published: m.PublishedUpdate, _: Fields) -> Any:
        data = published.data
        return build(
            dialog=partials.dialog(data.dialog),
            topic=partials.topic(data.topic, data.context.entity_id),
        )

    return made


def _pack(kind: type[Any]) -> Make:
    build = builder(kind)

    def made(published: m.PublishedUpdate, _: Fields) -> Any:
        data = published.data
        return build(dialog=partials.dialog(data.dialog), pack=partials.pack(present(data.pack)))

    return made


def _user(kind: type[Any]) -> Make:
    build = builder(kind)
    return lambda published, _: build(user=partials.user(present(published.data.user), whole=True))


def _typing(published: m.PublishedUpdate, _: Fields) -> pb.Typing:
    data = published.data
    typing = present(data.typing)
    return _build_typing(
        dialog=partials.dialog(data.dialog),
        user_id=typing.user_id,
        expires_in=timedelta(milliseconds=typing.expires_in_ms),
        start_time=time(typing.timestamp),
        user=user_info(typing.user_info),
    )


def _counters(published: m.PublishedUpdate, _: Fields) -> pb.UserCountersChanged:
    user = present(published.data.user)
    stats = present(user.stats)
    return _build_counters(
        user=partials.user(user, whole=False),
        stats=_build_stats(
            dialog_count=stats.dialog_count,
            unread_dialog_count=stats.unread_dialogs_count,
            total_unread_count=stats.total_unread_count,
            total_message_count=stats.total_messages_count,
            unread_by_sender_type=_by_sender_type(stats.unread_by_sender_type),
            pack_unread_count=stats.packs_unread,
            pack_unread_by_sender_type=_by_sender_type(stats.packs_unread_by_sender_type),
            stats_version=stats.stats_version,
            update_time=time(stats.last_updated_at),
            pack_update_time=time(stats.packs_last_updated_at),
        ),
    )


def _by_sender_type(rows: list[m.SenderTypeCount]) -> list[pb.SenderTypeCount]:
    return [
        _build_sender_type_count(sender_type=row.from_type, unread_count=row.count_unread)
        for row in rows
    ]


_MESSAGE: Final = ("dialog", "message")
_MEMBER: Final = ("dialog", "member")
_TOPIC: Final = ("dialog", "topic")

_MADE: Final[Mapping[UpdateKind, tuple[str, tuple[str, ...], Make]]] = {
    UpdateKind.MESSAGE_CREATED: (
        "message",
        _MESSAGE,
        written(pb.MessageCreated, cut=True, with_topic=True),
    ),
    UpdateKind.MESSAGE_EDITED: ("message", _MESSAGE, written(pb.MessageEdited, cut=True)),
    UpdateKind.MESSAGE_DELETED: ("message", _MESSAGE, written(pb.MessageDeleted)),
    UpdateKind.MESSAGE_RESTORED: ("message", _MESSAGE, written(pb.MessageRestored, cut=True)),
    UpdateKind.MESSAGE_META_CHANGED: ("message", _MESSAGE, written(pb.MessageMetaChanged)),
    UpdateKind.MESSAGE_TOPIC_CHANGED: (
        "message",
        _MESSAGE,
        written(pb.MessageTopicChanged, with_topic=True),
    ),
    UpdateKind.MESSAGE_STATUS_CHANGED: ("status", _MESSAGE, status_changed),
    UpdateKind.MESSAGE_REACTION_GIVEN: ("reaction", _MESSAGE, reacted(pb.MessageReactionGiven)),
    UpdateKind.MESSAGE_REACTION_TAKEN_BACK: (
        "reaction",
        _MESSAGE,
        reacted(pb.MessageReactionTakenBack),
    ),
    UpdateKind.DIALOG_CREATED: ("dialog", ("dialog",), _dialog(pb.DialogCreated)),
    UpdateKind.DIALOG_CHANGED: ("dialog", ("dialog",), _dialog(pb.DialogChanged)),
    UpdateKind.DIALOG_DELETED: ("dialog", ("dialog",), _dialog(pb.DialogDeleted)),
    UpdateKind.DIALOG_READ: ("member", _MEMBER, _member(pb.DialogRead)),
    UpdateKind.DIALOG_COUNTERS_CHANGED: ("member", _MEMBER, _member(pb.DialogCountersChanged)),
    UpdateKind.MEMBER_ADDED: ("member", _MEMBER, _member(pb.MemberAdded)),
    UpdateKind.MEMBER_REMOVED: ("member", _MEMBER, _member(pb.MemberRemoved)),
    UpdateKind.MEMBER_CHANGED: ("member", _MEMBER, _member(pb.MemberChanged)),
    UpdateKind.TOPIC_CREATED: ("topic", _TOPIC, _topic(pb.TopicCreated)),
    UpdateKind.TOPIC_CHANGED: ("topic", _TOPIC, _topic(pb.TopicChanged)),
    UpdateKind.TYPING: ("", ("dialog", "typing"), _typing),
    UpdateKind.USER_CREATED: ("user", ("user",), _user(pb.UserCreated)),
    UpdateKind.USER_CHANGED: ("user", ("user",), _user(pb.UserChanged)),
    UpdateKind.USER_DELETED: ("user", ("user",), _user(pb.UserDeleted)),
    UpdateKind.USER_COUNTERS_CHANGED: ("stats", ("user",), _counters),
    UpdateKind.PACK_CHANGED: ("pack", ("dialog", "pack"), _pack(pb.PackChanged)),
}


def _payload(kind: UpdateKind) -> Payload:
    thing, carried, make = _MADE[kind]
    field = str(kind.name).lower()
    others = [name for name in _SECTIONS if name not in carried]
    return Payload(
        field=field,
        build=builder(Update, only=(*FRONT, field)),
        thing=thing,
        make=make,
        carried=frozenset(carried),
        others=attrgetter(*others),
        absent=(None,) * len(others),
    )


PAYLOADS: Final[Mapping[UpdateKind, Payload]] = {kind: _payload(kind) for kind in _MADE}
"""The payload of every kind that an update can have."""
