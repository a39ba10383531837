"""Sections of published updates: what the platform says of messages, dialogs, members and users."""

import random
from typing import Any

import fuzz_texts as texts

Sections = dict[str, Any]


def _meta(rng: random.Random) -> Sections:
    values = ("x", "👍", 1, -2.5, True, None, [1, {"a": None}], {"deep": {"er": []}}, "")
    return {f"key{number}": rng.choice(values) for number in range(rng.randrange(4))}


def _time(rng: random.Random) -> Any:
    return rng.choice(("1795424735959.186035", 1795424735959, 1795424735959.5, "0", None))


def some(rng: random.Random, optional: Sections) -> Sections:
    """Return a part of what may be absent."""
    return {key: value for key, value in optional.items() if rng.random() < 0.7}


def _user(rng: random.Random) -> Sections:
    return {"userId": "bob"} | some(
        rng,
        {
            "tenantId": "tnt_default",
            "type": "user",
            "createdAt": _time(rng),
            "meta": _meta(rng),
        },
    )


def _dialog(rng: random.Random) -> Sections:
    return {"dialogId": texts.identifier(rng, "dlg_")} | some(
        rng,
        {
            "tenantId": "tnt_default",
            "createdAt": _time(rng),
            "meta": _meta(rng),
            "stats": {"unreadCount": rng.randrange(2**31)},
        },
    )


def pack(rng: random.Random) -> Sections:
    counters = ("dialogCount", "messageCount", "uniqueMemberCount", "sumMemberCount")
    stats = {
        name: rng.randrange(2**31) for name in (*counters, "uniqueTopicCount", "sumTopicCount")
    }
    return {"packId": texts.identifier(rng, "pck_")} | some(
        rng,
        {
            "tenantId": "tnt_default",
            "createdAt": _time(rng),
            "meta": _meta(rng),
            "stats": stats | {"lastUpdatedAt": _time(rng)},
        },
    )


def _deleted(rng: random.Random) -> Sections:
    return some(rng, {"deleted": rng.random() < 0.3, "deletedAt": _time(rng), "deletedBy": "bob"})


def _topic(rng: random.Random) -> Sections:
    return {"topicId": texts.identifier(rng, "topic_"), "meta": _meta(rng)}


def _written(rng: random.Random) -> Sections:
    return {
        "messageId": texts.identifier(rng, "msg_"),
        "dialogId": texts.identifier(rng, "dlg_"),
        "senderId": "bob",
        "type": "internal.text",
    } | some(
        rng,
        {
            "content": texts.words(rng),
            "meta": _meta(rng),
            "topicId": texts.identifier(rng, "topic_"),
            "topic": _topic(rng),
            "senderInfo": _user(rng),
            "statusMessageMatrix": [{"status": "read", "count": 2, "userType": "user"}],
            **_deleted(rng),
            "edited": rng.random() < 0.5,
            "editedAt": _time(rng),
            "editedBy": "bob",
        },
    )


def message(rng: random.Random) -> Sections:
    return {"dialog": _dialog(rng), "message": _written(rng)}


def deletion(rng: random.Random, *, deleted: bool) -> Sections:
    return {"dialog": _dialog(rng), "message": _written(rng) | {"deleted": deleted}}


def message_status(rng: random.Random) -> Sections:
    names = ("unread", "delivered", "read", "seen", "")
    change = {"userId": "bob", "status": rng.choice(names), "oldStatus": rng.choice(names)}
    return {"dialog": _dialog(rng), "message": _written(rng) | {"statusUpdate": change}}


def message_reaction(rng: random.Random, name: str) -> Sections:
    rows = [{"reaction": "👍", "count": 3, "me": True}] * rng.randrange(3)
    change = {"userId": "bob", name: "👍", "reactionSet": rows}
    return {"dialog": _dialog(rng), "message": _written(rng) | {"reactionUpdate": change}}


def of_dialog(rng: random.Random) -> Sections:
    return {"dialog": _dialog(rng)}


def of_topic(rng: random.Random) -> Sections:
    return {"dialog": _dialog(rng), "topic": _topic(rng)}


def of_pack(rng: random.Random) -> Sections:
    return {"dialog": _dialog(rng), "pack": pack(rng)}


def counters(rng: random.Random) -> Sections:
    unread = {"unreadCount": rng.randrange(2**31)}
    dialog = {"dialogId": texts.identifier(rng, "dlg_"), "stats": unread}
    return {"dialog": dialog, "member": {"userId": "alice", "state": unread}}


def member(rng: random.Random) -> Sections:
    state = some(
        rng,
        {
            "unreadCount": rng.randrange(2**31),
            "lastSeenAt": _time(rng),
            "lastMessageAt": _time(rng),
        },
    )
    member = {"userId": "bob", "state": state} | some(rng, {"meta": _meta(rng)})
    return rng.choice((counters(rng), {"dialog": _dialog(rng), "member": member}))


def typing(rng: random.Random) -> Sections:
    typing = {"userId": "bob"} | some(
        rng, {"expiresInMs": 5000, "timestamp": _time(rng), "userInfo": _user(rng)}
    )
    return {"dialog": _dialog(rng), "typing": typing}


def of_user(rng: random.Random) -> Sections:
    return {"user": _user(rng)}


def user_stats(rng: random.Random) -> Sections:
    rows = [{"fromType": "bot", "countUnread": rng.randrange(100)}] * rng.randrange(3)
    stats = some(
        rng,
        {
            "dialogCount": 3,
            "unreadDialogsCount": 2,
            "totalUnreadCount": 2**31 - 1,
            "totalMessagesCount": 9,
            "statsVersion": 7,
            "lastUpdatedAt": _time(rng),
            "unreadBySenderType": rows,
            "packs.messages.totalUnreadCount": 4,
            "packs.messages.unreadBySenderType": rows,
            "packs.messages.lastUpdatedAt": _time(rng),
        },
    )
    return {"user": _user(rng) | {"stats": stats}}
