"""The dialogs and messages that one user sees, by id, as they were read and merged.

Messages and dialogs that were handed out never change: a change puts another object into its place.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

import betterproto2

from chat3_api.chat3.user.v1 import (
    Dialog,
    LastMessage,
    Message,
    PartialPack,
    PartialUser,
    UserStats,
)

M = TypeVar("M", bound=betterproto2.Message)

_NEVER: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(slots=True)
class Picture:
    """What is known. `merge` and the `put_…` functions change it."""

    user_id: str
    dialogs: dict[str, Dialog] = field(default_factory=dict)
    messages: dict[str, Message] = field(default_factory=dict)
    untold: dict[str, frozenset[str]] = field(default_factory=dict)
    """The fields of messages that no update has carried yet, by message: they are not known."""
    packs: dict[str, PartialPack] = field(default_factory=dict)
    profile: PartialUser | None = None
    stats: UserStats | None = None
    opened: set[str] | None = None
    """The dialogs whose messages are kept; None keeps all."""
    of_dialog: dict[str, set[str]] = field(default_factory=dict)
    """The ids of the known messages of each dialog."""

    def keeps(self, dialog_id: str) -> bool:
        """Say whether messages of a dialog are kept."""
        return self.opened is None or dialog_id in self.opened

    def dialogs_in_order(self) -> list[Dialog]:
        """Return the dialogs, the one with the newest message or interaction first."""
        return sorted(self.dialogs.values(), key=_recency, reverse=True)

    def history(self, dialog_id: str) -> list[Message]:
        """Return the known messages of a dialog, oldest first."""
        found = (self.messages[each] for each in self.of_dialog.get(dialog_id, ()))
        return sorted(found, key=lambda each: (each.create_time or _NEVER, each.message_id))

    def add(self, message: Message) -> None:
        """Keep a message; one with its id is replaced."""
        self.messages[message.message_id] = message
        self.of_dialog.setdefault(message.dialog_id, set()).add(message.message_id)

    def forget_messages(self, dialog_id: str) -> None:
        """Keep none of a dialog's messages."""
        for message_id in self.of_dialog.pop(dialog_id, ()):
            del self.messages[message_id]
            self.untold.pop(message_id, None)


def put_dialog(picture: Picture, dialog_id: str, found: Dialog | None) -> None:
    """Take a dialog as it was read; without one, the user is no member of it any more."""
    if found is not None:
        picture.dialogs[dialog_id] = found
        return
    picture.dialogs.pop(dialog_id, None)
    picture.forget_messages(dialog_id)


def put_dialogs(picture: Picture, found: Iterable[Dialog]) -> None:
    """Take the whole list of dialogs as it was read: what is not in it is gone."""
    read = {dialog.dialog_id: dialog for dialog in found}
    for dialog_id in picture.dialogs.keys() - read.keys():
        put_dialog(picture, dialog_id, None)
    picture.dialogs.update(read)


def put_messages(picture: Picture, found: Iterable[Message]) -> None:
    """Take messages as they were read: whole, whatever was known."""
    for message in found:
        if picture.keeps(message.dialog_id):
            picture.add(message)
            picture.untold.pop(message.message_id, None)
        show_last(picture, message)


def put_stats(picture: Picture, found: UserStats | None) -> None:
    """Take counters, unless the known ones are newer: their version orders them, not the stream."""
    known = picture.stats.stats_version or 0 if picture.stats is not None else 0
    if found is not None and (found.stats_version or 0) >= known:
        picture.stats = found


def show_last(picture: Picture, message: Message) -> None:
    """Show in the list of dialogs what is known of a message, if it is its dialog's last one."""
    dialog = picture.dialogs.get(message.dialog_id)
    last = dialog.last_message if dialog is not None else None
    if dialog is None or last is None or last.message_id != message.message_id:
        return
    names = ("content", "sender_id", "type", "deleted", "delete_time", "deleted_by")
    known = {name: getattr(message, name) for name in names}
    known |= {
        name: value
        for name in ("create_time", "sender")
        if (value := getattr(message, name)) is not None
    }
    picture.dialogs[dialog.dialog_id] = changed(dialog, last_message=changed(last, **known))


def last_message_of(message: Message) -> LastMessage:
    """Return an entry of the list of dialogs that says no more than which message it is."""
    return LastMessage(message_id=message.message_id, dialog_id=message.dialog_id)


def changed(known: M, **values: Any) -> M:
    """Return a copy of a message of the contract with other values."""
    return replace(known, **values)  # type: ignore[type-var]


def _recency(dialog: Dialog) -> tuple[datetime, str]:
    last = dialog.last_message.create_time if dialog.last_message is not None else None
    return max(dialog.last_interaction_time or _NEVER, last or _NEVER), dialog.dialog_id
