"""Says in words what an update of each kind is about: a label, and what happened."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import betterproto2

from chat3_api.chat3.user import v1 as pb
from chat3_api.google.protobuf import Struct
from chat3_cli import json_output
from chat3_cli.render import content_of, counted, deleted_by, status_name
from chat3_cli.style import safe

_LONGEST_UNKNOWN = 300


def described(update: pb.Update) -> tuple[str, str]:
    """Give the label of an update, and what happened."""
    _, payload = betterproto2.which_one_of(update, "payload")
    found = DESCRIBED.get(type(payload))
    if found is None:
        return "unknown", _unknown(update, payload)
    label, describe = found
    return label, describe(payload)


def _said(found: Any, note: str = "") -> str:
    """Give who said what; of a deleted message, that it is deleted."""
    message: pb.PartialMessage | None = found.message
    if message is None:
        return f"without the message{note}"
    if message.deleted:
        return f"{safe(message.sender_id)}: {deleted_by(message.deleted_by)} {_id(message)}"
    text = content_of(message.type, message.content or "")
    goes_on = " (may go on)" if message.content_may_be_cut else ""
    return f"{safe(message.sender_id)}: {text}{note}{goes_on}"


def _moved(found: pb.MessageTopicChanged) -> str:
    topic_id = found.message.topic_id if found.message is not None else None
    return _said(found, f" (moved to {safe(topic_id)})" if topic_id else " (out of its topic)")


def _status(found: pb.MessageStatusChanged) -> str:
    status = status_name(found.status, found.status_name)
    return f"{safe(found.user_id)}: {status} {_id(found.message)}"


def _given(found: pb.MessageReactionGiven) -> str:
    return f"{safe(found.user_id)} gave {safe(found.reaction)} to {_id(found.message)}"


def _taken_back(found: pb.MessageReactionTakenBack) -> str:
    return f"{safe(found.user_id)} took {safe(found.reaction)} back from {_id(found.message)}"


def _unread(found: Any) -> str:
    member: pb.PartialMember | None = found.member
    unread = None if member is None else member.unread_count
    return "" if unread is None else f"{unread} unread"


def _with_unread(text: str, found: Any) -> str:
    return ", ".join(part for part in (text, _unread(found)) if part)


def _member(found: Any, what: str) -> str:
    return f"{'a member' if found.member is None else safe(found.member.user_id)} {what}"


def _topic(found: Any, what: str) -> str:
    return f"{'a topic' if found.topic is None else safe(found.topic.topic_id)} {what}"


def _counters(found: pb.UserCountersChanged) -> str:
    stats = found.stats
    if stats is None:
        return "without the counters"
    unread = counted(stats.total_unread_count, "unread message")
    return f"{unread} in {stats.unread_dialog_count} of {counted(stats.dialog_count, 'dialog')}"


def _profile(found: Any, what: str) -> str:
    return f"{'the user' if found.user is None else safe(found.user.user_id)}: {what}"


def _id(message: pb.PartialMessage | pb.MessageSnapshot | None) -> str:
    return "a message" if message is None else safe(message.message_id)


def _unknown(update: pb.Update, payload: object) -> str:
    source = update.source or pb.UpdateSource()
    name = safe(source.event_type or source.update_type)
    if not isinstance(payload, Struct):
        return f"{name}: no data that this client knows"
    data = json_output.line(payload)
    shown = data if len(data) <= _LONGEST_UNKNOWN else data[:_LONGEST_UNKNOWN] + "..."
    return f"{name}: {shown}"


DESCRIBED: Final[Mapping[type, tuple[str, Callable[[Any], str]]]] = {
    pb.MessageCreated: ("message", _said),
    pb.MessageEdited: ("message", lambda found: _said(found, " (edited)")),
    pb.MessageDeleted: ("message", _said),
    pb.MessageRestored: ("message", lambda found: _said(found, " (restored)")),
    pb.MessageMetaChanged: ("message", lambda found: _said(found, " (custom data changed)")),
    pb.MessageTopicChanged: ("message", _moved),
    pb.MessageStatusChanged: ("status", _status),
    pb.MessageReactionGiven: ("reaction", _given),
    pb.MessageReactionTakenBack: ("reaction", _taken_back),
    pb.DialogCreated: ("dialog", lambda _: "created"),
    pb.DialogChanged: ("dialog", lambda _: "custom data changed"),
    pb.DialogDeleted: ("dialog", lambda _: "deleted"),
    pb.DialogRead: ("read", lambda found: _with_unread("read as a whole", found)),
    pb.DialogCountersChanged: ("unread", lambda found: _unread(found) or "counters changed"),
    pb.MemberAdded: ("member", lambda found: _member(found, "was added")),
    pb.MemberRemoved: ("member", lambda found: _member(found, "is gone")),
    pb.MemberChanged: ("member", lambda found: _with_unread(_member(found, "changed"), found)),
    pb.TopicCreated: ("topic", lambda found: _topic(found, "created")),
    pb.TopicChanged: ("topic", lambda found: _topic(found, "changed")),
    pb.Typing: ("typing", lambda found: f"{safe(found.user_id)} is typing"),
    pb.UserCreated: ("user", lambda found: _profile(found, "created")),
    pb.UserChanged: ("user", lambda found: _profile(found, "profile changed")),
    pb.UserDeleted: ("user", lambda found: _profile(found, "deleted")),
    pb.UserCountersChanged: ("counters", _counters),
    pb.PackChanged: (
        "pack",
        lambda found: f"{safe(found.pack.pack_id) if found.pack else 'a pack'} changed",
    ),
}
"""The label of each kind's payload, and what puts it into words."""
