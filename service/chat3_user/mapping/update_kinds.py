"""Which kind an update is: by its event, its sections and the fields that it names as changed.

An update is of a kind only when it has what that kind carries. Everything else is of no kind, so
that a client never takes one thing for another. Sections that a kind does not carry do not change
it.

Counters are published under the event that changed them. For `dialog.member.*` the platform's two
workers race for one update of the member concerned: in full, or the counters alone. Both are of the
member's kind.
"""

from collections.abc import Callable, Mapping
from typing import Final

from chat3_api.chat3.user.v1 import UpdateKind
from chat3_user.mapping import update_models as m
from chat3_user.mapping.update_labels import Labels
from chat3_user.tenant_api.models import ABSENT

Rule = Callable[[m.PublishedUpdate, m.Data, Labels], UpdateKind]

_NONE: Final = UpdateKind.UNSPECIFIED
_ABSENT: Final = bytes(ABSENT)


def kind_of(published: m.PublishedUpdate, labels: Labels) -> UpdateKind:
    """Return the kind of an update that is called by ``labels``; unspecified for no kind."""
    rule = _RULES.get(published.update_type)
    return _NONE if rule is None else rule(published, published.data, labels)


def _of_message(published: m.PublishedUpdate, data: m.Data, labels: Labels) -> UpdateKind:
    message = data.message
    if message is None:
        return _NONE
    event = published.source_event_type
    if message.status_update is not None or message.reaction_update is not None:
        return _of_mark(event, message)
    if event == "message.create":
        return UpdateKind.MESSAGE_CREATED
    if event == "message.changed":
        return _CHANGED.get(labels.fields, _NONE)
    if event == "message.deleted" and message.deleted is not None:
        return UpdateKind.MESSAGE_DELETED if message.deleted else UpdateKind.MESSAGE_RESTORED
    return _NONE


def _of_mark(event: str, message: m.MessageSection) -> UpdateKind:
    reacted = message.reaction_update
    if reacted is None:
        changed = event == "message.status.changed"
        return UpdateKind.MESSAGE_STATUS_CHANGED if changed else _NONE
    if event != "message.reaction.changed" or message.status_update is not None:
        return _NONE
    if (reacted.reaction is None) is (reacted.old_reaction is None):
        return _NONE
    if reacted.reaction is None:
        return UpdateKind.MESSAGE_REACTION_TAKEN_BACK
    return UpdateKind.MESSAGE_REACTION_GIVEN


_CHANGED: Final[Mapping[tuple[str, ...], UpdateKind]] = {
    ("message.content",): UpdateKind.MESSAGE_EDITED,
    ("message.meta",): UpdateKind.MESSAGE_META_CHANGED,
    ("message.topicId",): UpdateKind.MESSAGE_TOPIC_CHANGED,
}


def _of_dialog(published: m.PublishedUpdate, data: m.Data, _: Labels) -> UpdateKind:
    if data.dialog is None:
        return _NONE
    event, member = published.source_event_type, data.member
    if member is not None:
        kind = _MEMBER.get(event)
        if kind is not None:
            return kind
        if member.user_id == published.user_id and member.state.unread_count is not None:
            if event == "dialog.messages.bulk_read":
                return UpdateKind.DIALOG_READ
            if _are_counters_alone(data.dialog, member):
                return UpdateKind.DIALOG_COUNTERS_CHANGED
    kind, carried = _DIALOG.get(event, _NO_DIALOG)
    return kind if carried(data) else _NONE


def _are_counters_alone(dialog: m.DialogSection, member: m.MemberSection) -> bool:
    state = member.state
    return (
        state.last_seen_at is None
        and state.last_message_at is None
        and member.meta is None
        and dialog.created_at is None
        and bytes(dialog.meta) == _ABSENT
    )


def _names_topic(data: m.Data) -> bool:
    """Return whether it is known which topic; its section is announced and never sent."""
    return data.topic is not None or data.context.entity_id.startswith("topic_")


_MEMBER: Final[Mapping[str, UpdateKind]] = {
    "dialog.member.add": UpdateKind.MEMBER_ADDED,
    "dialog.member.remove": UpdateKind.MEMBER_REMOVED,
    "dialog.member.changed": UpdateKind.MEMBER_CHANGED,
}
Carried = Callable[[m.Data], bool]
_NO_DIALOG: Final[tuple[UpdateKind, Carried]] = (_NONE, lambda _: False)
_DIALOG: Final[Mapping[str, tuple[UpdateKind, Carried]]] = {
    "dialog.typing": (UpdateKind.TYPING, lambda data: data.typing is not None),
    "dialog.create": (UpdateKind.DIALOG_CREATED, lambda _: True),
    "dialog.changed": (UpdateKind.DIALOG_CHANGED, lambda _: True),
    "dialog.delete": (UpdateKind.DIALOG_DELETED, lambda _: True),
    "dialog.topic.create": (UpdateKind.TOPIC_CREATED, _names_topic),
    "dialog.topic.changed": (UpdateKind.TOPIC_CHANGED, _names_topic),
    "pack.changed": (UpdateKind.PACK_CHANGED, lambda data: data.pack is not None),
}
"""Updates of dialogs, and whether one carries what its kind needs besides the dialog."""


def _of_user(published: m.PublishedUpdate, data: m.Data, labels: Labels) -> UpdateKind:
    user = data.user
    if user is None:
        return _NONE
    if user.stats is None:
        return _USER.get(published.source_event_type, _NONE)
    return UpdateKind.USER_COUNTERS_CHANGED if labels.counters_only else _NONE


_USER: Final[Mapping[str, UpdateKind]] = {
    "user.add": UpdateKind.USER_CREATED,
    "user.changed": UpdateKind.USER_CHANGED,
    "user.remove": UpdateKind.USER_DELETED,
}
_RULES: Final[Mapping[str, Rule]] = {
    "update.message": _of_message,
    "update.dialog": _of_dialog,
    "update.user": _of_user,
}
