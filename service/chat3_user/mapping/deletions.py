"""Deleted messages in updates: which ones this worker has heard of, and how they are emptied.

An update of a message that is deleted says so only when the deletion itself is what it is about;
one of a status, a reaction or an edit carries the text as if nothing had happened. So deletions are
remembered for a while, and updates read again from the log are judged by what came after them.
"""

from collections.abc import Callable
from typing import Any, Final

from chat3_user.mapping.basics import OWN_KEYS

_KEPT: Final = 16_384
"""How many messages are remembered; an entry takes about 300 bytes."""

_META: Final = "meta"
_MESSAGE_SECTIONS: Final = frozenset(("message", "lastMessage", "quotedMessage"))
_SHOWN: Final = frozenset(
    (
        *("messageId", "dialogId", "tenantId", "senderId", "senderInfo", "type", "createdAt"),
        *("topicId", "topic", "deleted", "deletedAt", "deletedBy", "edited", "editedAt"),
        *("editedBy", "statusUpdate", "statusMessageMatrix", "reactionUpdate", "reactionSet"),
    )
)
"""What is shown of a deleted message that came in no known form."""


class Deletions:
    """The newest known deletions, and those taken back, by tenant and message."""

    def __init__(self, kept: int = _KEPT) -> None:
        self._kept = kept
        self._known: dict[tuple[str, str], tuple[int, bool]] = {}

    def judge(self, tenant_id: str, message_id: str, *, said: bool | None, at: int) -> bool | None:
        """Return whether a message is deleted; `None` when nobody said.

        ``said`` is what an update made ``at`` (microseconds) says about it. The newest counts.
        """
        key = (tenant_id, message_id)
        known = self._known.get(key)
        if said is None or (known is not None and known[0] > at):
            return said if known is None else known[1]
        if said or known is not None:
            self._known.pop(key, None)
            self._known[key] = (at, said)
            if len(self._known) > self._kept:
                del self._known[next(iter(self._known))]
        return said


def shown_json(value: Any, is_deleted: Callable[[str], bool], name: str = "") -> Any:
    """Return JSON without what deleted messages in it said, and without keys of ours in meta.

    A message is what has a ``messageId`` or stands under a name that messages have. ``is_deleted``
    tells of an id whether the message is known to be deleted.
    """
    if isinstance(value, list):
        return [shown_json(item, is_deleted, name) for item in value]
    if not isinstance(value, dict):
        return value
    message_id = value.get("messageId")
    deleted = (message_id is not None or name in _MESSAGE_SECTIONS) and (
        value.get("deleted") or (isinstance(message_id, str) and is_deleted(message_id))
    )
    return {
        key: shown_json(part, is_deleted, key)
        for key, part in value.items()
        if (key in _SHOWN if deleted else name != _META or not key.startswith(OWN_KEYS))
    }
