"""The merge rules of `docs/guarantees.md`, rule by rule: a picture, an update, what to read again.

This is the reference that client libraries follow. It knows nothing but the contract: `merge` takes
the updates in the order of the stream, and returns what the update does not carry and the client
has to read. Reading is the client's business; `put_dialog` and `put_messages` take what it read.

A client that breaks off between merging and reading gets the update again when it resumes: merged
twice, an update changes nothing more, and asks for the same to be read.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import betterproto2

from chat3_api.chat3.user import v1 as pb

UNTOLD = frozenset(("create_time", "quoted_message", "status_counts"))
"""What no update tells about a message that it creates."""


@dataclass(frozen=True)
class ReadDialog:
    """Read a dialog, then `put_dialog`."""

    dialog_id: str


@dataclass(frozen=True)
class ReadMessages:
    """Read a dialog's messages, or the one that is named, then `put_messages`."""

    dialog_id: str
    message_id: str = ""


Read = ReadDialog | ReadMessages


@dataclass
class Picture:
    """What one user sees: dialogs and messages by id; ``untold`` names what is not known yet."""

    user_id: str
    dialogs: dict[str, pb.Dialog] = field(default_factory=dict)
    messages: dict[str, pb.Message] = field(default_factory=dict)
    untold: dict[str, frozenset[str]] = field(default_factory=dict)
    packs: dict[str, pb.PartialPack] = field(default_factory=dict)
    profile: pb.PartialUser | None = None
    stats: pb.UserStats | None = None


def merge(picture: Picture, update: pb.Update) -> list[Read]:
    """Merge an update into a picture; return what must be read again."""
    _, payload = betterproto2.which_one_of(update, "payload")
    rule = RULES.get(type(payload))
    if rule is None:
        return _unknown(update)
    dialog: pb.PartialDialog | None = getattr(payload, "dialog", None)
    read = [] if dialog is None or rule is _dialog_deleted else _dialog(picture, dialog)
    return [*read, *(more for more in rule(picture, payload) if more not in read)]


def put_dialog(picture: Picture, dialog_id: str, found: pb.Dialog | None) -> None:
    """Take a dialog as it was read; without one, the user is no member of it any more."""
    if found is not None:
        picture.dialogs[dialog_id] = found
        return
    picture.dialogs.pop(dialog_id, None)
    for message in list(picture.messages.values()):
        if message.dialog_id == dialog_id:
            del picture.messages[message.message_id]
            picture.untold.pop(message.message_id, None)


def put_messages(picture: Picture, found: Iterable[pb.Message]) -> None:
    """Take messages as they were read: whole, whatever was known."""
    for message in found:
        picture.messages[message.message_id] = message
        picture.untold.pop(message.message_id, None)
        _show_last(picture, message)


def _unknown(update: pb.Update) -> list[Read]:
    """Of something unknown, what it is about is read again."""
    if update.dialog_id is None:
        return []
    if update.message_id is None:
        return [ReadDialog(update.dialog_id)]
    return [ReadMessages(update.dialog_id, update.message_id)]


def _take(known: Any, partial: betterproto2.Message, *names: str) -> None:
    """Take what is present, leave what is absent: the one rule of everything partial."""
    for name in names:
        value = getattr(partial, name)
        if value is not None:
            setattr(known, name, value)


def _dialog(picture: Picture, partial: pb.PartialDialog) -> list[Read]:
    """A dialog that is not known is read, with its messages."""
    known = picture.dialogs.get(partial.dialog_id)
    if known is None:
        return [ReadDialog(partial.dialog_id), ReadMessages(partial.dialog_id)]
    _take(known, partial, "create_time", "meta")
    if partial.meta is not None:
        known.title = partial.title
    return []


def _message(picture: Picture, partial: pb.PartialMessage) -> list[Read]:
    """Take what an update carries of a message, if it is known."""
    known = picture.messages.get(partial.message_id)
    if known is None:
        return []
    read: list[Read] = []
    _take(known, partial, "deleted", "delete_time", "deleted_by", "sender")
    if known.deleted:
        known.content, known.meta, known.quoted_message = "", None, None
    elif partial.content_may_be_cut:
        _take(known, partial, "meta")
        read.append(ReadMessages(partial.dialog_id, partial.message_id))
    else:
        _take(known, partial, "content", "meta")
    if partial.edited is not None:
        known.edited, known.edit_time = partial.edited, partial.edit_time
        known.edited_by = partial.edited_by
    if partial.topic_id is not None:
        known.topic_id, known.topic = _topic(partial)
    _show_last(picture, known)
    return read


def _topic(partial: pb.PartialMessage) -> tuple[str | None, pb.Topic | None]:
    topic = partial.topic
    if topic is None:
        return partial.topic_id or None, None
    found = pb.Topic(topic_id=topic.topic_id, meta=topic.meta, dialog_id=partial.dialog_id)
    return partial.topic_id, found


def _changed(picture: Picture, payload: Any) -> list[Read]:
    return _message(picture, payload.message)


def _created(picture: Picture, payload: pb.MessageCreated) -> list[Read]:
    """A new message is added; known already or not, it is the last one of its dialog."""
    partial = payload.message
    assert partial is not None
    read: list[Read] = []
    known = picture.messages.get(partial.message_id)
    if known is None:
        picture.messages[partial.message_id] = pb.Message(
            message_id=partial.message_id,
            dialog_id=partial.dialog_id,
            sender_id=partial.sender_id,
            type=partial.type,
            mine=partial.mine,
            # What there is of a text that may be cut is shown until it is read whole.
            content=partial.content or "",
        )
        picture.untold[partial.message_id] = UNTOLD
        read = _message(picture, partial)
    elif partial.content_may_be_cut and known.content == partial.content:
        # Merged before, and not read since.
        read = [ReadMessages(partial.dialog_id, partial.message_id)]
    dialog = picture.dialogs.get(partial.dialog_id)
    if dialog is not None:
        dialog.last_message = pb.LastMessage(message_id=partial.message_id)
        _show_last(picture, picture.messages[partial.message_id])
    return read


def _deleted(picture: Picture, payload: pb.MessageDeleted) -> list[Read]:
    """What a deleted message said is gone from the messages that quote it, too."""
    assert payload.message is not None
    return [*_message(picture, payload.message), *_quoting(picture, payload.message)]


def _restored(picture: Picture, payload: pb.MessageRestored) -> list[Read]:
    """Brought back: what the deletion took away is in no update."""
    partial = payload.message
    assert partial is not None
    read = _quoting(picture, partial)
    if partial.message_id in picture.messages:
        read.insert(0, ReadMessages(partial.dialog_id, partial.message_id))
    return read


def _quoting(picture: Picture, partial: pb.PartialMessage) -> list[Read]:
    """Messages that quote another are read again: no update says that their quotes change."""
    return [
        ReadMessages(message.dialog_id, message.message_id)
        for message in picture.messages.values()
        if message.quoted_message is not None
        and message.quoted_message.message_id == partial.message_id
    ]


def _show_last(picture: Picture, message: pb.Message) -> None:
    """The last message of a dialog shows what is known of it."""
    dialog = picture.dialogs.get(message.dialog_id)
    if dialog is None or dialog.last_message is None:
        return
    last = dialog.last_message
    if last.message_id == message.message_id:
        last.content, last.sender_id, last.type = message.content, message.sender_id, message.type
        last.deleted = message.deleted
        last.delete_time, last.deleted_by = message.delete_time, message.deleted_by


def _status(picture: Picture, payload: pb.MessageStatusChanged) -> list[Read]:
    assert payload.message is not None
    message_id = payload.message.message_id
    known = picture.messages.get(message_id)
    if known is not None:
        known.status_counts = payload.status_counts
        untold = picture.untold.pop(message_id, frozenset()) - {"status_counts"}
        if untold:
            picture.untold[message_id] = untold
    return []


def _reactions(picture: Picture, payload: Any, *, given: bool) -> list[Read]:
    known = picture.messages.get(payload.message.message_id)
    if known is not None:
        mine = {row.reaction for row in known.reactions if row.mine}
        if payload.user_id == picture.user_id:
            mine = mine | {payload.reaction} if given else mine - {payload.reaction}
        known.reactions = [
            pb.Reaction(reaction=row.reaction, count=row.count, mine=row.reaction in mine)
            for row in payload.reactions
        ]
    return []


def _given(picture: Picture, payload: pb.MessageReactionGiven) -> list[Read]:
    return _reactions(picture, payload, given=True)


def _taken_back(picture: Picture, payload: pb.MessageReactionTakenBack) -> list[Read]:
    return _reactions(picture, payload, given=False)


def _member(picture: Picture, dialog_id: str, partial: pb.PartialMember) -> None:
    """Take what an update carries of the user's own state; what it says of others is not kept."""
    dialog = picture.dialogs.get(dialog_id)
    if partial.user_id == picture.user_id and dialog is not None:
        own = dialog.membership or pb.DialogMembership(user_id=partial.user_id)
        _take(own, partial, "unread_count", "last_seen_time", "last_message_time")
        dialog.membership = own


def _own_counters(picture: Picture, payload: Any) -> list[Read]:
    _member(picture, payload.dialog.dialog_id, payload.member)
    return []


def _member_changed(picture: Picture, payload: pb.MemberChanged) -> list[Read]:
    """Of counters that came alone it is not known what else has changed."""
    dialog = payload.dialog
    assert dialog is not None
    _own_counters(picture, payload)
    return [ReadDialog(dialog.dialog_id)] if dialog.meta is None else []


def _read_whole(picture: Picture, payload: pb.DialogRead) -> list[Read]:
    """The user has read all messages, which no update of a status tells."""
    assert payload.dialog is not None
    return [*_own_counters(picture, payload), ReadMessages(payload.dialog.dialog_id)]


def _added(picture: Picture, payload: pb.MemberAdded) -> list[Read]:
    """What was written while the user was no member is in no update."""
    dialog, member = payload.dialog, payload.member
    assert dialog is not None
    assert member is not None
    read: list[Read] = [ReadDialog(dialog.dialog_id)]
    return [*read, ReadMessages(dialog.dialog_id)] if member.user_id == picture.user_id else read


def _read_dialog(_: Picture, payload: Any) -> list[Read]:
    return [ReadDialog(payload.dialog.dialog_id)]


def _dialog_deleted(picture: Picture, payload: pb.DialogDeleted) -> list[Read]:
    assert payload.dialog is not None
    put_dialog(picture, payload.dialog.dialog_id, None)
    return []


def _no_more(_: Picture, __: Any) -> list[Read]:
    return []


def _profile(picture: Picture, payload: Any) -> list[Read]:
    known = picture.profile or pb.PartialUser(user_id=payload.user.user_id)
    _take(known, payload.user, "type", "create_time", "meta")
    if payload.user.meta is not None:
        known.display_name = payload.user.display_name
    picture.profile = known
    return []


def _counters(picture: Picture, payload: pb.UserCountersChanged) -> list[Read]:
    known, stats = picture.stats, payload.stats
    if stats is not None and (
        known is None or (stats.stats_version or 0) >= (known.stats_version or 0)
    ):
        picture.stats = stats
    return []


def _pack(picture: Picture, payload: pb.PackChanged) -> list[Read]:
    assert payload.pack is not None
    pack_id = payload.pack.pack_id
    known = picture.packs.setdefault(pack_id, pb.PartialPack(pack_id=pack_id))
    _take(known, payload.pack, "create_time", "meta", "stats")
    return []


Rule = Callable[[Picture, Any], list[Read]]
RULES: Final[Mapping[type, Rule]] = {
    pb.MessageCreated: _created,
    pb.MessageEdited: _changed,
    pb.MessageDeleted: _deleted,
    pb.MessageRestored: _restored,
    pb.MessageMetaChanged: _changed,
    pb.MessageTopicChanged: _changed,
    pb.MessageStatusChanged: _status,
    pb.MessageReactionGiven: _given,
    pb.MessageReactionTakenBack: _taken_back,
    pb.DialogCreated: _no_more,
    pb.DialogChanged: _no_more,
    pb.DialogDeleted: _dialog_deleted,
    pb.DialogRead: _read_whole,
    pb.DialogCountersChanged: _own_counters,
    pb.MemberAdded: _added,
    pb.MemberRemoved: _read_dialog,
    pb.MemberChanged: _member_changed,
    pb.TopicCreated: _read_dialog,
    pb.TopicChanged: _no_more,
    pb.Typing: _no_more,
    pb.UserCreated: _profile,
    pb.UserChanged: _profile,
    pb.UserDeleted: _no_more,
    pb.UserCountersChanged: _counters,
    pb.PackChanged: _pack,
}
"""What each kind asks for besides taking what it carries of its dialog."""
