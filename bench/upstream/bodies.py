"""The bodies: tenant-api's recorded answers, repeated to the size of a page.

Shapes and key order are those of `tests/contract/recorded`; texts and meta are what a support chat
writes: a page of 20 messages is about 14.8 kB. Pages come in variants of other ids, numbers and
times, which are equally long, as are the contract's bytes for them.
"""

import json
from typing import Any

DIALOG = "dlg_ydilh8cuh0grd04mctjy"
MESSAGE = "msg_vyhb0nbejfh6iu1w6ao6"
USER = "bob"
TENANT = "tnt_demo"
TOTAL = 1234

_TEXTS = (
    "Hello 👋, is the order 48213 on its way?",
    "Добрый день! Заказ передан курьеру, он приедет сегодня до 18:00.",
    "Thanks",
    "The courier came while nobody was at home. Could you deliver it tomorrow, after six?",
    "Sure, I have changed the delivery to tomorrow between 18:00 and 21:00.",
)
_SENDERS = (
    ("bob", "1795424680058.718750", {"displayName": "Bob B."}),
    ("alice", "1795424679978.554443", {"age": 42, "displayName": "Alice A.", "vip": True}),
    ("carol", "1795424680137.092773", {"displayName": "Carol C."}),
)


def page(size: int, variant: int = 0) -> bytes:
    """Return a page of messages as ``bob`` sees it, the newest first."""
    last = (variant + 1) * size - 1
    messages = [_message(index, last - index) for index in range(size)]
    return _json({"data": messages, "pagination": _paged(size)})


def message() -> bytes:
    """Return one message, as the proof of ownership reads it."""
    return _json({"data": {**_message(0, 0), "messageId": MESSAGE}})


def sent() -> bytes:
    """Return the answer to a sent message."""
    written = _message(0, 0)
    for key in ("context", "statusMessageMatrix", "reactionSet"):
        del written[key]
    return _json({"data": written, "message": "Message created successfully"})


def no_messages() -> bytes:
    """Return a page of messages that has none."""
    return _json({"data": [], "pagination": {"page": 1, "limit": 1, "total": 0, "pages": 0}})


def status_recorded() -> bytes:
    """Return the answer to a recorded status."""
    record = {
        "messageId": MESSAGE,
        "userId": USER,
        "userType": "user",
        "tenantId": TENANT,
        "dialogId": DIALOG,
        "status": "read",
        "createdAt": 1795424792963.2715,
        "_id": "6b040218b474474e0cbe602e",
        "__v": 0,
        "id": "6b040218b474474e0cbe602e",
    }
    return _json({"data": record, "message": "Message status updated successfully"})


def typing_accepted() -> bytes:
    """Return the answer to a typing signal."""
    data = {"dialogId": DIALOG, "userId": USER, "expiresInMs": 5000}
    return _json({"message": "Typing signal accepted", "data": data})


def dialogs(size: int, variant: int = 0) -> bytes:
    """Return a page of dialogs."""
    listed = [_dialog(index, variant * size + index) for index in range(size)]
    return _json({"data": listed, "pagination": _paged(size)})


def user() -> bytes:
    """Return the user."""
    stats = {
        "dialogCount": 6,
        "unreadDialogsCount": 4,
        "totalMessagesCount": 1,
        "totalUnreadCount": 10,
        "unreadBySenderType": [{"fromType": "user", "countUnread": 4}],
        "packs.messages.totalUnreadCount": 0,
        "packs.messages.unreadBySenderType": [{"fromType": "user", "countUnread": 0}],
        "statsVersion": 37,
        "lastUpdatedAt": "1795424960090.661133",
    }
    name, created, meta = _SENDERS[0]
    head = {"userId": name, "tenantId": TENANT, "type": "user", "createdAt": created}
    return _json({"data": {**head, "meta": meta, "stats": stats}})


def published(user_id: str, event_id: str, content: str) -> bytes:
    """Return a published update about a new message: about 1 kB."""
    sender, created, meta = _SENDERS[1]
    entity = MESSAGE
    dialog = _dialog(0, 0)
    return _json(
        {
            "tenantId": TENANT,
            "userId": user_id,
            "entityId": entity,
            "eventId": event_id,
            "sourceEventType": "message.create",
            "updateType": "update.message",
            "data": {
                "dialog": {
                    "dialogId": DIALOG,
                    "tenantId": TENANT,
                    "createdAt": "1795424681964.109619",
                    "meta": dialog["meta"],
                    "stats": {"unreadCount": 4},
                },
                "message": {
                    "messageId": entity,
                    "dialogId": DIALOG,
                    "senderId": sender,
                    "type": "internal.text",
                    "content": content,
                    "meta": _meta(7, 7),
                    "senderInfo": {"userId": sender, "createdAt": created, "meta": meta},
                },
                "context": {
                    "version": 4,
                    "dialogId": DIALOG,
                    "entityId": entity,
                    "messageId": entity,
                    "includedSections": ["dialog", "message"],
                    "updatedFields": ["message"],
                    "uiTarget": "messages.list",
                },
            },
            "published": False,
            "createdAt": "1795425163294.036133",
        }
    )


def _message(index: int, number: int) -> dict[str, Any]:
    sender, created, meta = _SENDERS[index % len(_SENDERS)]
    reader, reader_created, reader_meta = _SENDERS[0]
    return {
        "tenantId": TENANT,
        "dialogId": DIALOG,
        "senderId": sender,
        "content": _TEXTS[index % len(_TEXTS)],
        "type": "internal.text",
        "messageId": f"msg_{number:020d}",
        "createdAt": _time(1795424735, number),
        "meta": _meta(index, number),
        "context": {
            "userId": reader,
            "isMine": sender == reader,
            "userInfo": {"userId": reader, "createdAt": reader_created, "meta": reader_meta},
        },
        "statusMessageMatrix": [
            {"count": 1, "userType": "contact", "status": "unread"},
            {"count": 1 + index % 3, "userType": "user", "status": "read"},
        ],
        "reactionSet": [{"reaction": "👍", "count": 2, "me": True}] if index % 5 == 0 else [],
        "senderInfo": {"userId": sender, "createdAt": created, "meta": meta},
    }


def _meta(index: int, number: int) -> dict[str, Any]:
    return {
        "channelType": "whatsapp",
        "n": number,
        "urgent": index % 2 == 0,
        "tags": ["delivery", "courier"],
    }


def _dialog(index: int, number: int) -> dict[str, Any]:
    last = _message(index, number)
    return {
        "dialogId": f"dlg_{number:020d}",
        "context": {
            "userId": USER,
            "unreadCount": index % 8,
            "lastSeenAt": _time(1795424682, number),
            "lastMessageAt": last["createdAt"],
            "joinedAt": _time(1785424682, number),
        },
        "membersCount": 4,
        "lastInteractionAt": last["createdAt"],
        "meta": {
            "arr": [1, "x"],
            "b": True,
            "f": 1.5,
            "n": number,
            "o": {"k": 1},
            "title": f"General {number:05d}",
        },
        "stats": {"topicCount": 0, "memberCount": 4, "messageCount": TOTAL},
        "lastMessage": {
            "messageId": last["messageId"],
            "content": last["content"],
            "senderId": last["senderId"],
            "type": last["type"],
            "createdAt": last["createdAt"],
            "senderInfo": {"userId": last["senderId"], "meta": last["senderInfo"]["meta"]},
        },
    }


def _time(seconds: int, number: int) -> str:
    """Return a time of its own for each number; all are equally long in the contract's bytes."""
    return f"{seconds + 37 * number}{300 + number % 700}.{(186035 + 1234 * number) % 10**6:06d}"


def _paged(limit: int) -> dict[str, int]:
    return {"page": 1, "limit": limit, "total": TOTAL, "pages": -(-TOTAL // limit)}


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
