"""What the cases of the merge rules are made of: proto3 JSON of what is known, and of updates."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

Json = Mapping[str, Any]

ALICE, BOB, CAROL = "alice", "bob", "carol"
DIALOG: Final = "dlg_aaaaaaaaaaaaaaaaaaaa"
OTHER: Final = "dlg_bbbbbbbbbbbbbbbbbbbb"
MESSAGE: Final = "msg_aaaaaaaaaaaaaaaaaaaa"
NEWER: Final = "msg_bbbbbbbbbbbbbbbbbbbb"
UNKNOWN: Final = "msg_cccccccccccccccccccc"
TOPIC: Final = "topic_aaaaaaaaaaaaaaaaaaaa"
PACK: Final = "pack_aaaaaaaaaaaaaaaaaaaa"
TIMES: Final = tuple(f"2026-11-26T10:0{minute}:00.123456Z" for minute in range(10))


@dataclass(frozen=True)
class Case:
    """``rule`` is what docs/guarantees.md says; ``about`` is what a store must keep for it."""

    name: str
    rule: str
    known: Json
    updates: Sequence[Json]
    about: str = "messages"


def state(*messages: Json, dialog: Json | None = None, **more: Any) -> Json:
    """Return what alice knows: a dialog, and messages of it."""
    known: dict[str, Any] = {
        "dialogId": DIALOG,
        "membership": {
            "userId": ALICE,
            "unreadCount": 3,
            "lastSeenTime": TIMES[0],
            "joinTime": TIMES[0],
        },
        "memberCount": 3,
        "meta": {"title": "Team", "colour": "blue"},
        "title": "Team",
        "createTime": TIMES[0],
        "stats": {"topicCount": 1, "messageCount": 2},
    }
    if messages:
        last = messages[-1]
        kept = ("messageId", "content", "senderId", "type", "deleted", "deleteTime", "deletedBy")
        known["lastMessage"] = {name: last[name] for name in kept if name in last}
    return {
        "userId": ALICE,
        "dialogs": [{**known, **(dialog or {})}],
        "messages": list(messages),
        **more,
    }


def message(message_id: str = MESSAGE, **more: Any) -> Json:
    """Return a message of bob's that alice knows."""
    return {
        "messageId": message_id,
        "dialogId": DIALOG,
        "senderId": BOB,
        "type": "internal.text",
        "content": "before",
        "meta": {"kind": "note"},
        "createTime": TIMES[1],
        **more,
    }


def partial(message_id: str = MESSAGE, **more: Any) -> Json:
    """Return what an update carries of a message."""
    return {
        "messageId": message_id,
        "dialogId": DIALOG,
        "senderId": BOB,
        "type": "internal.text",
        **more,
    }


FULL: Final[Json] = {
    "dialogId": DIALOG,
    "createTime": TIMES[0],
    "meta": {"title": "Team", "colour": "blue"},
    "title": "Team",
}
"""What an update carries of a dialog when it carries all."""

COUNTERS: Final[Json] = {"dialogId": DIALOG, "approximateUnreadCount": 9}
"""What it carries when only the counters come."""


def update(kind: str, payload: Json, number: int = 1, **more: Any) -> Json:
    """Return an update to alice; its payload is named like its kind."""
    first, *rest = kind.lower().split("_")
    name = first + "".join(word.capitalize() for word in rest)
    about = payload.get("message", {})
    named = {
        "dialogId": payload.get("dialog", {}).get("dialogId"),
        "messageId": about.get("messageId"),
    }
    return {
        "updateId": f"update-{kind.lower()}-{number}",
        "eventId": f"evt_{number:032x}",
        "kind": f"UPDATE_KIND_{kind}",
        "userId": ALICE,
        **{key: value for key, value in named.items() if value is not None},
        "createTime": TIMES[min(number + 1, 9)],
        name: payload,
        **more,
    }


def about_message(kind: str, number: int = 1, dialog: Json = FULL, **more: Any) -> Json:
    """Return an update of a message."""
    return update(kind, {"dialog": dialog, "message": partial(**more)}, number)


def reaction(kind: str, user: str, rows: Sequence[tuple[str, int]], number: int = 1) -> Json:
    """Return an update of a thumb."""
    snapshot = partial(content="not to be taken", meta={"not": "taken"})
    return update(
        f"MESSAGE_REACTION_{kind}",
        {
            "dialog": FULL,
            "message": snapshot,
            "userId": user,
            "reaction": "👍",
            "reactions": [{"reaction": name, "count": count} for name, count in rows],
        },
        number,
    )


def status(counts: Mapping[str, int], number: int = 1, message_id: str = MESSAGE) -> Json:
    """Return an update of a status."""
    return update(
        "MESSAGE_STATUS_CHANGED",
        {
            "dialog": FULL,
            "message": partial(message_id, content="not to be taken"),
            "userId": CAROL,
            "status": "MESSAGE_STATUS_READ",
            "statusName": "read",
            "oldStatus": "MESSAGE_STATUS_UNREAD",
            "oldStatusName": "unread",
            "statusCounts": [
                {"status": f"MESSAGE_STATUS_{name.upper()}", "statusName": name, "count": count}
                for name, count in counts.items()
            ],
        },
        number,
    )


def own(**more: Any) -> Json:
    """Return what an update carries of alice as a member."""
    return {"userId": ALICE, **more}


def counters(version: int, unread: int, number: int) -> Json:
    """Return an update of alice's counters over all dialogs."""
    stats = {"dialogCount": 1, "totalUnreadCount": unread, "statsVersion": str(version)}
    return update("USER_COUNTERS_CHANGED", {"user": {"userId": ALICE}, "stats": stats}, number)


DELETED: Final = message(content="", deleted=True, deleteTime=TIMES[3], deletedBy=BOB, meta=None)
GONE: Final[dict[str, Any]] = {"deleted": True, "deleteTime": TIMES[3], "deletedBy": BOB}
EDITED: Final[dict[str, Any]] = {"edited": True, "editTime": TIMES[4], "editedBy": BOB}
