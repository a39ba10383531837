"""The merge rules of `docs/guarantees.md`, rule by rule: a picture, an update, what to read again.

This is the reference that client libraries follow. It knows nothing but the contract: `merge` takes
the updates in the order of the stream, and returns what the update does not carry and the client
has to read. Reading is the client's business; `put_dialog` and `put_messages` take what it read.

A client that breaks off between merging and reading gets the update again when it resumes: merged
twice, an update changes nothing more, and asks for the same to be read.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

import betterproto2

from chat3_api.chat3.user.v1 import (
    Dialog,
    DialogMembership,
    DialogSummary,
    DialogUpdate,
    LastMessage,
    MemberUpdate,
    Message,
    MessageReactionUpdate,
    MessageStatusUpdate,
    MessageUpdate,
    ReactionAction,
    TypingUpdate,
    Update,
    UserInfo,
    UserStats,
    UserStatsUpdate,
    UserUpdate,
)
from chat3_api.google.protobuf import Struct

UNTOLD = frozenset(("create_time", "quoted_message", "status_counts"))
"""What no update tells about a message that it creates."""


@dataclass(frozen=True)
class ReadDialog:
    """Read a dialog: `GetUserDialogs` with `(dialogId,eq,…)`, then `put_dialog`."""

    dialog_id: str


@dataclass(frozen=True)
class ReadMessages:
    """Read a dialog's messages: `GetDialogMessages`, by id if one is named, then `put_messages`."""

    dialog_id: str
    message_id: str = ""


Read = ReadDialog | ReadMessages

_TOPIC = "dialog.topic."


@dataclass
class Picture:
    """What one user sees: dialogs and messages by id; ``untold`` names what is not known yet."""

    user_id: str
    dialogs: dict[str, Dialog] = field(default_factory=dict)
    messages: dict[str, Message] = field(default_factory=dict)
    untold: dict[str, frozenset[str]] = field(default_factory=dict)
    profile: UserInfo | None = None
    stats: UserStats | None = None


def merge(picture: Picture, update: Update) -> list[Read]:
    """Merge an update into a picture; return what must be read again."""
    read: list[Read] = []
    match betterproto2.which_one_of(update, "payload")[1]:
        case MessageUpdate(dialog=summary, message=Message() as message):
            read = _dialog(picture, summary) + _message(picture, update, message)
        case MessageStatusUpdate(dialog=summary, message=Message() as message):
            read = _dialog(picture, summary)
            _statuses(picture, message)
        case MessageReactionUpdate(dialog=summary) as reacted:
            read = _dialog(picture, summary)
            _reactions(picture, reacted)
        case DialogUpdate(dialog=summary):
            read = _dialog(picture, summary, read=update.source_event_type.startswith(_TOPIC))
        case MemberUpdate(dialog=DialogSummary() as summary) as changed:
            read = _member(picture, update.source_event_type, changed, summary)
        case TypingUpdate(dialog=summary):
            read = _dialog(picture, summary)
        case UserUpdate(user=profile):
            picture.profile = profile
        case UserStatsUpdate(stats=UserStats() as stats):
            _stats(picture, stats)
    return read


def put_dialog(picture: Picture, dialog_id: str, found: Dialog | None) -> None:
    """Take a dialog as it was read; without one, the user is no member of it any more."""
    if found is not None:
        picture.dialogs[dialog_id] = found
        return
    picture.dialogs.pop(dialog_id, None)
    for message in list(picture.messages.values()):
        if message.dialog_id == dialog_id:
            del picture.messages[message.message_id]
            picture.untold.pop(message.message_id, None)


def put_messages(picture: Picture, found: Iterable[Message]) -> None:
    """Take messages as they were read: whole, whatever was known."""
    for message in found:
        picture.messages[message.message_id] = message
        picture.untold.pop(message.message_id, None)
        _show_last(picture, message)


def _dialog(picture: Picture, summary: DialogSummary | None, *, read: bool = False) -> list[Read]:
    """A dialog not known is read with its messages; of a known one, a full summary has the meta."""
    if summary is None:
        return []
    known = picture.dialogs.get(summary.dialog_id)
    if known is None:
        return [ReadDialog(summary.dialog_id), ReadMessages(summary.dialog_id)]
    if read:
        return [ReadDialog(summary.dialog_id)]
    if summary.create_time is not None:
        known.meta = summary.meta or Struct()
    return []


def _message(picture: Picture, update: Update, message: Message) -> list[Read]:
    known = picture.messages.get(message.message_id)
    if update.source_event_type == "message.create":
        return _created(picture, known, message)
    if known is None:
        return []
    if message.deleted is False and known.deleted:
        # Brought back: what was hidden is in no update.
        return [ReadMessages(message.dialog_id, message.message_id)]
    read: list[Read] = []
    if message.deleted:
        known.content, known.meta, known.quoted_message = "", None, None
        known.deleted = True
        known.delete_time = message.delete_time or known.delete_time
        known.deleted_by = message.deleted_by or known.deleted_by
    elif not known.deleted:
        if message.content_may_be_cut:
            read.append(ReadMessages(message.dialog_id, message.message_id))
        else:
            known.content = message.content
        known.meta = message.meta or Struct()
    if message.edited is not None:
        known.edited, known.edit_time = message.edited, message.edit_time
        known.edited_by = message.edited_by
    fields = update.context.updated_fields if update.context is not None else []
    if message.topic_id is not None or "message.topicId" in fields:
        known.topic_id, known.topic = message.topic_id, message.topic
    _show_last(picture, known)
    return read


def _created(picture: Picture, known: Message | None, message: Message) -> list[Read]:
    """A new message is added; known already or not, it is the last one of its dialog."""
    if known is None:
        message.meta = None if message.deleted else message.meta or Struct()
        message.deleted = message.deleted or False
        message.edited = message.edited or False
        picture.messages[message.message_id] = known = message
        picture.untold[message.message_id] = UNTOLD
    dialog = picture.dialogs.get(message.dialog_id)
    if dialog is not None:
        dialog.last_message = LastMessage(message_id=message.message_id)
        _show_last(picture, known)
    if known.content_may_be_cut:
        return [ReadMessages(message.dialog_id, message.message_id)]
    return []


def _show_last(picture: Picture, message: Message) -> None:
    """The last message of a dialog shows what is known of it."""
    dialog = picture.dialogs.get(message.dialog_id)
    if dialog is None or dialog.last_message is None:
        return
    last = dialog.last_message
    if last.message_id == message.message_id:
        last.content, last.sender_id, last.type = message.content, message.sender_id, message.type
        last.deleted = bool(message.deleted)
        last.delete_time, last.deleted_by = message.delete_time, message.deleted_by


def _statuses(picture: Picture, message: Message) -> None:
    known = picture.messages.get(message.message_id)
    if known is not None:
        known.status_counts = message.status_counts
        untold = picture.untold.pop(message.message_id, frozenset()) - {"status_counts"}
        if untold:
            picture.untold[message.message_id] = untold


def _reactions(picture: Picture, reacted: MessageReactionUpdate) -> None:
    message = reacted.message
    known = None if message is None else picture.messages.get(message.message_id)
    if message is None or known is None:
        return
    mine = {row.reaction for row in known.reactions if row.mine}
    if reacted.user_id == picture.user_id:
        given = reacted.action is ReactionAction.SET
        mine = mine | {reacted.reaction} if given else mine - {reacted.reaction}
    known.reactions = message.reactions
    for row in known.reactions:
        row.mine = row.reaction in mine


def _member(
    picture: Picture, event: str, changed: MemberUpdate, summary: DialogSummary
) -> list[Read]:
    read = _dialog(picture, summary, read=event in ("dialog.member.add", "dialog.member.remove"))
    if event == "dialog.member.add" and changed.user_id == picture.user_id:
        # What was written while the user was no member is in no update.
        return [ReadDialog(summary.dialog_id), ReadMessages(summary.dialog_id)]
    if read or changed.user_id != picture.user_id:
        return read
    dialog = picture.dialogs[summary.dialog_id]
    own = dialog.membership or DialogMembership()
    if changed.unread_count is not None:
        own.unread_count = changed.unread_count
    own.last_seen_time = changed.last_seen_time or own.last_seen_time
    own.last_message_time = changed.last_message_time or own.last_message_time
    dialog.membership = own
    if event == "dialog.messages.bulk_read":
        # The user has read them all, which no status update tells.
        return [ReadMessages(summary.dialog_id)]
    return []


def _stats(picture: Picture, stats: UserStats) -> None:
    known = picture.stats
    if known is None or (stats.stats_version or 0) >= (known.stats_version or 0):
        picture.stats = stats
