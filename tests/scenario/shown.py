"""Dialogs and messages as an outcome shows them, and the names that stand for ids there."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

Json = Mapping[str, Any]
UnreadCounts = Mapping[str, int]


class DialogId(str):
    """The id of a dialog, to be replaced by its name."""

    __slots__ = ()


class MessageId(str):
    """The id of a message, to be replaced by its name."""

    __slots__ = ()


class Names:
    """Names and ids; what has no name is called by its title or text."""

    def __init__(self) -> None:
        self.bound: dict[str, str] = {}
        self._first: dict[str, str] = {}
        self._labels: dict[str, str] = {}

    def bind(self, name: str, value: str) -> None:
        """Bind a name to an id."""
        self.bound[name] = str(value)
        self._first.setdefault(value, name)

    def id_of(self, text: str) -> str:
        """Return what a step means: `$name` is an id, anything else itself."""
        return self.bound[text[1:]] if text.startswith("$") else text

    def label(self, value: str, text: str) -> None:
        """Note how to call an id that has no name."""
        self._labels[value] = text

    def named(self, value: Any) -> Any:
        """Replace ids by names, in a value and everything in it."""
        match value:
            case DialogId() | MessageId():
                return self._first.get(value) or f"?{self._labels.get(value, '')}"
            case dict():
                return {self.named(key): self.named(each) for key, each in value.items()}
            case list() | tuple():
                return [self.named(each) for each in value]
            case _:
                return value


def message_shown(message: Json, names: Names) -> dict[str, Any]:
    """Return a `model.MessageShown` of a `Message` in proto3 JSON."""
    names.label(message["messageId"], message.get("content", ""))
    statuses: Counter[str] = Counter()
    for row in message.get("statusCounts", ()):
        statuses[row["status"].removeprefix("MESSAGE_STATUS_").lower()] += row.get("count", 0)
    quoted = message.get("quotedMessage")
    return {
        "sender": message.get("senderId", ""),
        "text": message.get("content", ""),
        "meta": dict(message.get("meta") or {}),
        "edited": message.get("edited", False),
        "deleted": message.get("deleted", False),
        "reactions": {
            row["reaction"]: {"count": row.get("count", 0), "mine": row.get("mine", False)}
            for row in message.get("reactions", ())
        },
        "statuses": dict(statuses),
        "quotes": MessageId(quoted["messageId"]) if quoted else None,
    }


def dialog_shown(dialog: Json, messages: Sequence[Json], names: Names) -> dict[str, Any]:
    """Return a `model.DialogShown` of a `Dialog` and its `Message`s in proto3 JSON."""
    title = dialog.get("title")
    names.label(dialog["dialogId"], title or "")
    last = (dialog.get("lastMessage") or {}).get("messageId")
    return {
        "title": title,
        "meta": dict(dialog.get("meta") or {}),
        "members": dialog.get("memberCount", 0),
        "unread": (dialog.get("membership") or {}).get("unreadCount", 0),
        "last": MessageId(last) if last else None,
        "messages": {MessageId(each["messageId"]): message_shown(each, names) for each in messages},
    }
