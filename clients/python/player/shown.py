"""Dialogs and messages as an outcome has them."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from chat3_api.chat3.user.v1 import Dialog, Message
from chat3_client import data
from player.names import Id, Names


def dialog_shown(dialog: Dialog, messages: Iterable[Message], names: Names) -> dict[str, Any]:
    """Return a dialog and its messages as the outcome has them."""
    names.label(dialog.dialog_id, dialog.title or "")
    return {
        "title": dialog.title,
        "meta": data(dialog.meta),
        "members": dialog.member_count,
        "unread": unread_count(dialog),
        "last": Id(dialog.last_message.message_id) if dialog.last_message is not None else None,
        "messages": {Id(each.message_id): message_shown(each, names) for each in messages},
    }


def message_shown(message: Message, names: Names) -> dict[str, Any]:
    """Return a message as the outcome has it."""
    names.label(message.message_id, message.content)
    statuses: Counter[str] = Counter()
    for row in message.status_counts:
        statuses[(row.status.name or "").lower()] += row.count
    quoted = message.quoted_message
    return {
        "sender": message.sender_id,
        "text": message.content,
        "meta": data(message.meta),
        "edited": message.edited,
        "deleted": message.deleted,
        "reactions": {
            row.reaction: {"count": row.count, "mine": row.mine} for row in message.reactions
        },
        "statuses": dict(statuses),
        "quotes": Id(quoted.message_id) if quoted is not None else None,
    }


def unread_count(dialog: Dialog) -> int:
    """Return the user's unread count of a dialog."""
    return dialog.membership.unread_count if dialog.membership is not None else 0


def unread(dialogs: Iterable[Dialog]) -> dict[str, int]:
    """Return the unread counts of dialogs."""
    return {each.dialog_id: unread_count(each) for each in dialogs}
