"""What tells whether an update that was published is that of a change, or stands for it."""

from collections.abc import Callable
from typing import Any, Final

import mutation_changes as kinds
from mutation_changes import Change

Update = dict[str, Any]
Shows = Callable[[Update], bool]

EVENTS: Final = frozenset(
    {
        *("message.changed", "message.deleted", "dialog.changed", "dialog.topic.changed"),
        *("dialog.member.add", "dialog.member.remove", "dialog.member.changed", "user.changed"),
        *("user.remove", "pack.changed"),
    }
)
"""The events that changes have."""


def shows(case: Change) -> Shows:
    """Return what tells whether an update is that of a change; of several members, the first."""
    return _SHOWN[case.kind.name](case)


def instead(case: Change) -> Shows | None:
    """Return what tells whether an update was published in place of one that may be missing."""
    found = _INSTEAD.get(case.kind.name)
    return found and found(case)


def adds(user: str) -> Shows:
    """Return what tells whether an update says that a user joined."""
    return _of("dialog.member.add", lambda data: _section(data, "member").get("userId") == user)


def open_meta(meta: dict[str, Any]) -> dict[str, Any]:
    """Return meta without the service's own keys."""
    return {key: value for key, value in meta.items() if not key.startswith("chat3_")}


def _of(event: str, holds: Callable[[Any], bool] = lambda _: True, *fields: str) -> Shows:
    return lambda update: (
        update["sourceEventType"] == event
        and (not fields or update["data"]["context"]["updatedFields"] == [*fields])
        and holds(update["data"])
    )


def _section(data: Any, name: str) -> dict[str, Any]:
    found: dict[str, Any] = data.get(name, {})
    return found


def _text(case: Change, *fields: str) -> Shows:
    return _of(
        "message.changed", lambda data: _section(data, "message")["content"] == case.key, *fields
    )


def _edited(case: Change) -> Shows:
    return _text(case, "message.content")


def _deleted(_: Change) -> Shows:
    return _of("message.deleted")


def _moved(case: Change) -> Shows:
    def there(data: Any) -> bool:
        return _section(data, "message").get("topicId") == case.topics[1]

    return _of("message.changed", there, "message.topicId")


def _added(case: Change) -> Shows:
    return adds(case.users[0])


def _removed(_: Change) -> Shows:
    return _of("dialog.member.remove")


def _dialog_changed(_: Change) -> Shows:
    return _of("dialog.changed")


def _dialog_meta(case: Change) -> Shows:
    def has_all(data: Any) -> bool:
        return open_meta(_section(data, "dialog").get("meta", {})) == case.meta

    return _of("dialog.changed", has_all)


def _topic_changed(_: Change) -> Shows:
    return _of("dialog.topic.changed")


def _my_meta(case: Change) -> Shows:
    key, value = next(iter(case.meta.items()))
    return _of(
        "user.changed", lambda data: _section(data, "user").get("meta", {}).get(key) == value
    )


def _pack_meta(case: Change) -> Shows:
    def has_all(data: Any) -> bool:
        return open_meta(_section(data, "pack").get("meta", {})) == case.meta

    return _of("pack.changed", has_all)


def _user_changed(case: Change) -> Shows:
    return _of(
        "user.changed",
        lambda data: (
            _section(data, "user").get("meta") == case.meta
            and _section(data, "user")["type"] == kinds.NEW_TYPE
        ),
    )


def _user_removed(_: Change) -> Shows:
    return _of("user.remove")


def _seen(_: Change) -> Shows:
    return _of("dialog.member.changed")


_SHOWN: Final[dict[str, Callable[[Change], Shows]]] = {
    kinds.EDIT.name: _edited,
    kinds.RIVAL_EDITS.name: _edited,
    kinds.DELETE.name: _deleted,
    kinds.RESTORE.name: _deleted,
    kinds.MOVE.name: _moved,
    kinds.ADD.name: _added,
    kinds.RIVAL_ADDS.name: _added,
    kinds.REMOVE.name: _removed,
    kinds.LEAVE.name: _removed,
    kinds.DIALOG_META.name: _dialog_meta,
    kinds.MY_META.name: _my_meta,
    kinds.TOPIC_META.name: _topic_changed,
    kinds.READ.name: _seen,
    kinds.PACK_META.name: _pack_meta,
    kinds.JOIN_PACK.name: _added,
    kinds.LEAVE_PACK.name: _removed,
    kinds.BACK_END_ADD.name: _added,
    kinds.BACK_END_REMOVE.name: _removed,
    kinds.DELETE_USER.name: _user_removed,
    kinds.UPSERT_USER.name: _user_changed,
    kinds.UPDATE_USER.name: _user_changed,
}
_INSTEAD: Final[dict[str, Callable[[Change], Shows]]] = {
    kinds.EDIT.name: _text,
    kinds.RIVAL_EDITS.name: _text,
    kinds.ADD.name: _dialog_changed,
    kinds.RIVAL_ADDS.name: _dialog_changed,
    kinds.JOIN_PACK.name: _dialog_changed,
    kinds.BACK_END_ADD.name: _dialog_changed,
}
