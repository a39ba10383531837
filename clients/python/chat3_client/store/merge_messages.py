"""The merge rules of messages: written, changed, given a status or a reaction."""

from datetime import datetime
from typing import Any, Final

from chat3_api.chat3.user import v1 as pb
from chat3_client.store.partial import taken
from chat3_client.store.picture import Picture, changed, last_message_of, show_last
from chat3_client.store.reads import Read, ReadMessage

_UNTOLD: Final = frozenset(("create_time", "quoted_message", "status_counts"))
"""What no update tells about a message that it creates."""


def created(picture: Picture, payload: pb.MessageCreated) -> list[Read]:
    """Add a message that is not known; one that is stays as it is. Either is its dialog's last."""
    partial = payload.message
    if partial is None:
        return []
    known = picture.messages.get(partial.message_id)
    reads: list[Read] = []
    if known is None:
        fresh = pb.Message(
            message_id=partial.message_id,
            dialog_id=partial.dialog_id,
            sender_id=partial.sender_id,
            type=partial.type,
            mine=partial.mine,
            content=partial.content or "",  # shown, even if it is cut, until it is read whole
        )
        known = _merged(fresh, partial)
        if picture.keeps(partial.dialog_id):
            picture.add(known)
            picture.untold[partial.message_id] = _UNTOLD
        if partial.content_may_be_cut and not known.deleted:
            reads.append(_again(partial))
    elif partial.content_may_be_cut and known.content == partial.content:
        reads.append(_again(partial))  # merged before, and not read since
    dialog = picture.dialogs.get(partial.dialog_id)
    if dialog is not None:
        last = last_message_of(known)
        picture.dialogs[partial.dialog_id] = changed(dialog, last_message=last)
        show_last(picture, known)
    return reads


def place(picture: Picture, payload: pb.MessageCreated, time: datetime | None) -> None:
    """Give a new message the time of its update, which puts it into its place until it is read."""
    partial = payload.message
    known = picture.messages.get(partial.message_id) if partial is not None else None
    if known is not None and known.create_time is None and time is not None:
        known = changed(known, create_time=time)
        picture.messages[known.message_id] = known
        show_last(picture, known)


def changed_message(picture: Picture, payload: Any) -> list[Read]:
    """Take what is carried of a message that is known."""
    partial: pb.PartialMessage = payload.message
    known = picture.messages.get(partial.message_id)
    if known is None:
        return _show_unknown_last(picture, partial)
    known = _merged(known, partial)
    picture.messages[partial.message_id] = known
    show_last(picture, known)
    return [_again(partial)] if partial.content_may_be_cut and not known.deleted else []


def deleted(picture: Picture, payload: pb.MessageDeleted) -> list[Read]:
    """Empty the message, if it is known; read those that quote it: their quotes show it no more."""
    quoting = [] if payload.message is None else _quoting(picture, payload.message)
    return [*changed_message(picture, payload), *quoting]


def restored(picture: Picture, payload: pb.MessageRestored) -> list[Read]:
    """Read the message and those that quote it: what a deletion took away is in no update."""
    partial = payload.message
    if partial is None:
        return []
    dialog = picture.dialogs.get(partial.dialog_id)
    last = dialog.last_message if dialog is not None else None
    shown = last is not None and last.message_id == partial.message_id
    shown = shown and not picture.keeps(partial.dialog_id)
    itself = [_again(partial)] if shown or partial.message_id in picture.messages else []
    return [*itself, *_quoting(picture, partial)]


def status_changed(picture: Picture, payload: pb.MessageStatusChanged) -> list[Read]:
    """Take the counts of all statuses."""
    message_id = payload.message.message_id if payload.message is not None else ""
    known = picture.messages.get(message_id)
    if known is not None:
        picture.messages[message_id] = changed(known, status_counts=payload.status_counts)
        left = picture.untold.pop(message_id, frozenset()) - {"status_counts"}
        if left:
            picture.untold[message_id] = left
    return []


def reaction_given(picture: Picture, payload: pb.MessageReactionGiven) -> list[Read]:
    """Take the counts of all reactions; the user's own is one of them when the user acted."""
    return _reactions(picture, payload, given=True)


def reaction_taken_back(picture: Picture, payload: pb.MessageReactionTakenBack) -> list[Read]:
    """Take the counts of all reactions."""
    return _reactions(picture, payload, given=False)


def _reactions(picture: Picture, payload: Any, *, given: bool) -> list[Read]:
    known = picture.messages.get(payload.message.message_id)
    if known is not None:
        mine = {row.reaction for row in known.reactions if row.mine}
        if payload.user_id == picture.user_id:
            mine = mine | {payload.reaction} if given else mine - {payload.reaction}
        rows = [
            pb.Reaction(reaction=row.reaction, count=row.count, mine=row.reaction in mine)
            for row in payload.reactions
        ]
        picture.messages[known.message_id] = changed(known, reactions=rows)
    return []


def _merged(known: pb.Message, partial: pb.PartialMessage) -> pb.Message:
    """Return a message with what an update carries of it; one that is deleted says nothing."""
    known = taken(known, partial, "deleted", "delete_time", "deleted_by", "sender")
    if known.deleted:
        known = changed(known, content="", meta=None, quoted_message=None)
    elif partial.content_may_be_cut:
        known = taken(known, partial, "meta")
    else:
        known = taken(known, partial, "content", "meta")
    if partial.edited is not None:
        edit = {"edited": partial.edited, "edit_time": partial.edit_time}
        known = changed(known, **edit, edited_by=partial.edited_by)
    if partial.topic_id is not None:
        known = changed(known, topic_id=partial.topic_id or None, topic=_topic(partial))
    return known


def _topic(partial: pb.PartialMessage) -> pb.Topic | None:
    topic = partial.topic
    if topic is None or not partial.topic_id:
        return None
    return pb.Topic(topic_id=topic.topic_id, meta=topic.meta, dialog_id=partial.dialog_id)


def _show_unknown_last(picture: Picture, partial: pb.PartialMessage) -> list[Read]:
    """Of a message that is not kept, the list of dialogs shows what an update carries."""
    dialog = picture.dialogs.get(partial.dialog_id)
    last = dialog.last_message if dialog is not None else None
    if picture.keeps(partial.dialog_id) or dialog is None or last is None:
        return []
    if last.message_id != partial.message_id:
        return []
    last = taken(last, partial, "deleted", "delete_time", "deleted_by", "sender")
    if last.deleted:
        last = changed(last, content="")
    elif not partial.content_may_be_cut:
        last = taken(last, partial, "content")
    picture.dialogs[partial.dialog_id] = changed(dialog, last_message=last)
    return [_again(partial)] if partial.content_may_be_cut and not last.deleted else []


def _quoting(picture: Picture, partial: pb.PartialMessage) -> list[Read]:
    return [
        ReadMessage(message.dialog_id, message.message_id)
        for message in picture.messages.values()
        if message.quoted_message is not None
        and message.quoted_message.message_id == partial.message_id
    ]


def _again(partial: pb.PartialMessage) -> Read:
    return ReadMessage(partial.dialog_id, partial.message_id)
