"""Published updates of every kind: sound ones, hostile ones that still fit, and broken ones.

A kind of the contract needs an entry in `GENERATORS`: its `updateType`, and a function that returns
the sections of its `data`. The fuzzer fails by the kind's name without one.
"""

import json
import random
from collections.abc import Callable
from typing import Any, Final

import fuzz_texts as texts

from chat3_api.chat3.user import v1 as pb

KINDS: Final = tuple(kind for kind in pb.UpdateKind if kind)
"""The kinds of the contract."""

Sections = dict[str, Any]


def _meta(rng: random.Random) -> Sections:
    values = ("x", "👍", 1, -2.5, True, None, [1, {"a": None}], {"deep": {"er": []}}, "")
    return {f"key{number}": rng.choice(values) for number in range(rng.randrange(4))}


def _time(rng: random.Random) -> Any:
    return rng.choice(("1795424735959.186035", 1795424735959, 1795424735959.5, "0", None))


def _some(rng: random.Random, optional: Sections) -> Sections:
    """Return a part of what may be absent."""
    return {key: value for key, value in optional.items() if rng.random() < 0.7}


def _user(rng: random.Random) -> Sections:
    return {"userId": "bob"} | _some(
        rng,
        {
            "tenantId": "tnt_default",
            "type": "user",
            "createdAt": _time(rng),
            "meta": _meta(rng),
        },
    )


def _dialog(rng: random.Random) -> Sections:
    return {"dialogId": texts.identifier(rng, "dlg_")} | _some(
        rng,
        {
            "tenantId": "tnt_default",
            "createdAt": _time(rng),
            "meta": _meta(rng),
            "stats": {"unreadCount": rng.randrange(2**31)},
        },
    )


def _pack(rng: random.Random) -> Sections:
    counters = ("dialogCount", "messageCount", "uniqueMemberCount", "sumMemberCount")
    stats = {
        name: rng.randrange(2**31) for name in (*counters, "uniqueTopicCount", "sumTopicCount")
    }
    return {"packId": texts.identifier(rng, "pck_")} | _some(
        rng,
        {
            "tenantId": "tnt_default",
            "createdAt": _time(rng),
            "meta": _meta(rng),
            "stats": stats | {"lastUpdatedAt": _time(rng)},
        },
    )


def _deleted(rng: random.Random) -> Sections:
    return _some(rng, {"deleted": rng.random() < 0.3, "deletedAt": _time(rng), "deletedBy": "bob"})


def _quoted(rng: random.Random) -> Sections:
    return {"messageId": texts.identifier(rng, "msg_")} | _some(
        rng,
        {
            "dialogId": texts.identifier(rng, "dlg_"),
            "senderId": "bob",
            "type": "internal.text",
            "content": texts.words(rng),
            "createdAt": _time(rng),
            "meta": _meta(rng),
            "senderInfo": _user(rng),
            **_deleted(rng),
        },
    )


def _topic(rng: random.Random) -> Sections:
    return {"topicId": texts.identifier(rng, "topic_"), "meta": _meta(rng)}


def _written(rng: random.Random) -> Sections:
    return {
        "messageId": texts.identifier(rng, "msg_"),
        "dialogId": texts.identifier(rng, "dlg_"),
        "senderId": "bob",
        "type": "internal.text",
    } | _some(
        rng,
        {
            "content": texts.words(rng),
            "createdAt": _time(rng),
            "meta": _meta(rng),
            "topicId": texts.identifier(rng, "topic_"),
            "topic": _topic(rng),
            "senderInfo": _user(rng),
            "statusMessageMatrix": [{"status": "read", "count": 2, "userType": "user"}],
            "reactionSet": [{"reaction": "👍", "count": 3, "me": True}],
            "quotedMessage": _quoted(rng),
            **_deleted(rng),
            "edited": rng.random() < 0.5,
            "editedAt": _time(rng),
            "editedBy": "bob",
        },
    )


def _message(rng: random.Random) -> Sections:
    return {"dialog": _dialog(rng), "message": _written(rng)}


def _message_status(rng: random.Random) -> Sections:
    names = ("unread", "delivered", "read", "seen", "")
    change = {"userId": "bob", "status": rng.choice(names), "oldStatus": rng.choice(names)}
    return {"dialog": _dialog(rng), "message": _written(rng) | {"statusUpdate": change}}


def _message_reaction(rng: random.Random) -> Sections:
    change = {
        "userId": "bob",
        "reaction": rng.choice(("👍", None)),
        "oldReaction": rng.choice(("👍", None)),
        "reactionSet": [{"reaction": "👍", "count": 3, "me": True}] * rng.randrange(3),
    }
    return {"dialog": _dialog(rng), "message": _written(rng) | {"reactionUpdate": change}}


def _of_dialog(rng: random.Random) -> Sections:
    return {"dialog": _dialog(rng)} | _some(rng, {"topic": _topic(rng)})


def _member(rng: random.Random) -> Sections:
    state = _some(
        rng,
        {
            "unreadCount": rng.randrange(2**31),
            "lastSeenAt": _time(rng),
            "lastMessageAt": _time(rng),
        },
    )
    member = {"userId": "bob", "state": state} | _some(rng, {"meta": _meta(rng)})
    return {"dialog": _dialog(rng), "member": member}


def _typing(rng: random.Random) -> Sections:
    typing = {"userId": "bob"} | _some(
        rng, {"expiresInMs": 5000, "timestamp": _time(rng), "userInfo": _user(rng)}
    )
    return {"dialog": _dialog(rng), "typing": typing}


def _of_user(rng: random.Random) -> Sections:
    return {"user": _user(rng)}


def _user_stats(rng: random.Random) -> Sections:
    rows = [{"fromType": "bot", "countUnread": rng.randrange(100)}] * rng.randrange(3)
    stats = _some(
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


Generator = Callable[[random.Random], Sections]
GENERATORS: Final[dict[pb.UpdateKind, tuple[str, Generator]]] = {
    pb.UpdateKind.MESSAGE: ("update.message", _message),
    pb.UpdateKind.MESSAGE_STATUS: ("update.message", _message_status),
    pb.UpdateKind.MESSAGE_REACTION: ("update.message", _message_reaction),
    pb.UpdateKind.DIALOG: ("update.dialog", _of_dialog),
    pb.UpdateKind.MEMBER: ("update.dialog", _member),
    pb.UpdateKind.TYPING: ("update.dialog", _typing),
    pb.UpdateKind.USER: ("update.user", _of_user),
    pb.UpdateKind.USER_STATS: ("update.user", _user_stats),
}


def kind(rng: random.Random) -> pb.UpdateKind:
    """Return a kind that has a generator."""
    return rng.choice(tuple(GENERATORS))


def sound(rng: random.Random, of: pb.UpdateKind) -> dict[str, Any]:
    """Return an update as the platform publishes it."""
    update_type, sections = GENERATORS[of]
    event = f"evt_{rng.randrange(1000)}"
    context = {
        "version": 2,
        "dialogId": texts.identifier(rng, "dlg_"),
        "messageId": texts.identifier(rng, "msg_"),
        "userId": "bob",
        "packId": texts.identifier(rng, "pck_"),
        "entityId": texts.identifier(rng, "msg_"),
        "includedSections": ["dialog", "message.meta"],
        "updatedFields": ["message.content"],
        "uiTarget": "dialog",
    }
    made = {
        "tenantId": "tnt_default",
        "userId": "alice",
        "eventId": event,
        "entityId": texts.identifier(rng, "msg_"),
        "sourceEventType": "message.create",
        "updateType": update_type,
        "createdAt": "1795424735959.186035",
        "published": False,
        "data": {**sections(rng), **_some(rng, {"pack": _pack(rng)}), "context": context},
    }
    if not rng.randrange(4):
        # What this service has never heard of travels on beside the rest.
        rng.choice((made, made["data"], context))["somethingNew"] = {"a": [1, None]}
    return made


def hostile(rng: random.Random, update: dict[str, Any]) -> None:
    """Change leaves of an update to hostile values of their own type."""
    for _ in range(rng.randrange(1, 5)):
        place, key = _leaf(rng, update)
        value = place[key]
        if isinstance(value, str) and key not in ("updateType", "userId", "tenantId"):
            place[key] = texts.hostile(rng)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            place[key] = rng.choice((0, -1, 2**31 - 1, 2**31, 2**63, 1e308, -0.0))


def broken(rng: random.Random, update: dict[str, Any]) -> None:
    """Put something else in the place of parts of an update, at any depth."""
    for _ in range(rng.randrange(1, 4)):
        place, key = _leaf(rng, update)
        place[key] = rng.choice((None, 0, -1.5, "", [], {}, "x" * 99, True, [[{}]], 1e308, "\0"))


def _leaf(rng: random.Random, update: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """Choose a place in an update: nine times of ten in its data, which is what kinds differ by."""
    data = update.get("data")
    place = data if isinstance(data, dict) and data and rng.randrange(10) else update
    while True:
        key = rng.choice([*place])
        if not isinstance(place[key], dict) or not place[key]:
            return place, key
        place = place[key]


def encoded(update: dict[str, Any]) -> bytes:
    """Return an update as it travels."""
    return json.dumps(update).encode()
