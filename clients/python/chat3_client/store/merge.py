"""The merge rules of the contract: takes an update into a picture, and says what to read again.

One rule holds for everything partial: what is present replaces what is known, what is absent leaves
it. The rules of single kinds stand below and in `merge_messages`; `docs/guarantees.md` has them all
as a table. Merging an update twice changes nothing more, and asks for the same to be read.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

import betterproto2

from chat3_api.chat3.user import v1 as pb
from chat3_client.store import merge_messages
from chat3_client.store.partial import taken
from chat3_client.store.picture import Picture, changed, put_dialog, put_stats
from chat3_client.store.reads import Read, ReadDialog, ReadHistory, ReadMessage


def merge(picture: Picture, update: pb.Update) -> list[Read]:
    """Take an update, in the order of the stream; return what has to be read again."""
    _, payload = betterproto2.which_one_of(update, "payload")
    rule = _RULES.get(type(payload))
    if rule is None:
        return _named(update)
    reads: list[Read] = []
    partial: pb.PartialDialog | None = getattr(payload, "dialog", None)
    if partial is not None and not isinstance(payload, pb.DialogDeleted):
        reads += _dialog(picture, partial)
    reads += rule(picture, payload)
    if isinstance(payload, pb.MessageCreated):
        merge_messages.place(picture, payload, update.create_time)
    return list(dict.fromkeys(reads))


def _named(update: pb.Update) -> list[Read]:
    """Of something unknown, what it is about is read again."""
    if not update.dialog_id:
        return []
    if not update.message_id:
        return [ReadDialog(update.dialog_id)]
    return [ReadMessage(update.dialog_id, update.message_id)]


def _dialog(picture: Picture, partial: pb.PartialDialog) -> list[Read]:
    """Take what is carried of a dialog; one that is not known is read, with its messages."""
    known = picture.dialogs.get(partial.dialog_id)
    if known is None:
        return [ReadDialog(partial.dialog_id), ReadHistory(partial.dialog_id)]
    known = taken(known, partial, "create_time", "meta")
    if partial.meta is not None:
        known = changed(known, title=partial.title)
    picture.dialogs[partial.dialog_id] = known
    return []


def _own_state(picture: Picture, payload: Any) -> list[Read]:
    """Take the receiving user's own state in a dialog; what is said of others is not kept."""
    dialog = picture.dialogs.get(payload.dialog.dialog_id)
    member: pb.PartialMember = payload.member
    if dialog is not None and member.user_id == picture.user_id:
        own = dialog.membership or pb.DialogMembership(user_id=member.user_id)
        own = taken(own, member, "unread_count", "last_seen_time", "last_message_time")
        picture.dialogs[dialog.dialog_id] = changed(dialog, membership=own)
    return []


def _member_changed(picture: Picture, payload: pb.MemberChanged) -> list[Read]:
    """Of counters that came alone it is not known what else has changed."""
    _own_state(picture, payload)
    return _read_dialog(picture, payload) if _of(payload).meta is None else []


def _dialog_read(picture: Picture, payload: pb.DialogRead) -> list[Read]:
    """Read the messages: the user has read them all, which no update of a status tells."""
    return [*_own_state(picture, payload), ReadHistory(_of(payload).dialog_id)]


def _member_added(picture: Picture, payload: pb.MemberAdded) -> list[Read]:
    """Read what was written while the user was no member: it is in no update."""
    dialog_id, member = _of(payload).dialog_id, payload.member
    reads: list[Read] = [ReadDialog(dialog_id)]
    if member is not None and member.user_id == picture.user_id:
        reads.append(ReadHistory(dialog_id))
    return reads


def _read_dialog(_: Picture, payload: Any) -> list[Read]:
    return [ReadDialog(_of(payload).dialog_id)]


def _dialog_deleted(picture: Picture, payload: pb.DialogDeleted) -> list[Read]:
    put_dialog(picture, _of(payload).dialog_id, None)
    return []


def _nothing_more(_: Picture, __: Any) -> list[Read]:
    return []


def _profile(picture: Picture, payload: Any) -> list[Read]:
    user: pb.PartialUser = payload.user
    known = picture.profile or pb.PartialUser(user_id=user.user_id)
    known = taken(known, user, "type", "create_time", "meta")
    if user.meta is not None:
        known = changed(known, display_name=user.display_name)
    picture.profile = known
    return []


def _counters(picture: Picture, payload: pb.UserCountersChanged) -> list[Read]:
    put_stats(picture, payload.stats)
    return []


def _pack(picture: Picture, payload: pb.PackChanged) -> list[Read]:
    if payload.pack is not None:
        pack_id = payload.pack.pack_id
        known = picture.packs.get(pack_id) or pb.PartialPack(pack_id=pack_id)
        picture.packs[pack_id] = taken(known, payload.pack, "create_time", "meta", "stats")
    return []


def _of(payload: Any) -> pb.PartialDialog:
    """Return the dialog that a payload is about."""
    dialog: pb.PartialDialog = payload.dialog
    return dialog


_RULES: Final[Mapping[type, Callable[[Picture, Any], list[Read]]]] = {
    pb.MessageCreated: merge_messages.created,
    pb.MessageEdited: merge_messages.changed_message,
    pb.MessageDeleted: merge_messages.deleted,
    pb.MessageRestored: merge_messages.restored,
    pb.MessageMetaChanged: merge_messages.changed_message,
    pb.MessageTopicChanged: merge_messages.changed_message,
    pb.MessageStatusChanged: merge_messages.status_changed,
    pb.MessageReactionGiven: merge_messages.reaction_given,
    pb.MessageReactionTakenBack: merge_messages.reaction_taken_back,
    pb.DialogCreated: _nothing_more,
    pb.DialogChanged: _nothing_more,
    pb.DialogDeleted: _dialog_deleted,
    pb.DialogRead: _dialog_read,
    pb.DialogCountersChanged: _own_state,
    pb.MemberAdded: _member_added,
    pb.MemberRemoved: _read_dialog,
    pb.MemberChanged: _member_changed,
    pb.TopicCreated: _read_dialog,
    pb.TopicChanged: _nothing_more,
    pb.Typing: _nothing_more,
    pb.UserCreated: _profile,
    pb.UserChanged: _profile,
    pb.UserDeleted: _nothing_more,
    pb.UserCountersChanged: _counters,
    pb.PackChanged: _pack,
}
"""What each kind asks for beside taking what it carries of its dialog."""
