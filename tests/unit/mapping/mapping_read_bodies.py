"""Updates of newer platforms, as their sources say: read, not recorded."""

from typing import Any

DIALOG = "dlg_" + "r" * 20
MESSAGE = "msg_" + "r" * 20
PACK = "pck_" + "r" * 20


def _envelope(event: str, data: dict[str, Any], entity: str) -> dict[str, Any]:
    return {
        "tenantId": "tnt_demo",
        "userId": "alice",
        "entityId": entity,
        "eventId": "evt_" + "0" * 32,
        "sourceEventType": event,
        "updateType": "update.message" if entity == MESSAGE else "update.dialog",
        "data": data,
        "published": False,
        "createdAt": "1795424735959.186035",
    }


def _context(fields: list[str], entity: str, sections: list[str]) -> dict[str, Any]:
    about = {"packId": PACK} if "pack" in sections else {"messageId": MESSAGE}
    return {
        "version": 4,
        "dialogId": DIALOG,
        "entityId": entity,
        **about,
        "includedSections": sections,
        "updatedFields": fields,
        "uiTarget": "messages.list" if entity == MESSAGE else "dialogs.list",
    }


def message(event: str, fields: list[str], **more: Any) -> dict[str, Any]:
    """Return an update about a message."""
    section = {
        "messageId": MESSAGE,
        "dialogId": DIALOG,
        "senderId": "bob",
        "type": "internal.text",
        "content": "what it says",
        "meta": {"k": "v"},
        "senderInfo": {"userId": "bob", "createdAt": "1795424679978.554443"},
        **more,
    }
    dialog = {
        "dialogId": DIALOG,
        "tenantId": "tnt_demo",
        "createdAt": "1795424681964.109619",
        "meta": {"title": "General"},
        "stats": {"unreadCount": 1},
    }
    context = _context(fields, MESSAGE, ["dialog", "message"])
    return _envelope(event, {"dialog": dialog, "message": section, "context": context}, MESSAGE)


_DELETION_FIELDS = ["message.deleted", "message.deletedAt", "message.deletedBy"]
DELETED = message(
    "message.deleted", _DELETION_FIELDS, deleted=True, deletedAt=1795424739000.5, deletedBy="carol"
)
BROUGHT_BACK = message("message.deleted", _DELETION_FIELDS, deleted=False)
EDITED = message(
    "message.changed", ["message.content"], edited=True, editedAt=1795424739000.5, editedBy="carol"
)
PACK_CHANGED = _envelope(
    "pack.changed",
    {
        "dialog": {
            "dialogId": DIALOG,
            "tenantId": "tnt_demo",
            "createdAt": "1795424681964.109619",
            "meta": {"title": "General"},
            "stats": {"unreadCount": 1},
        },
        "pack": {
            "packId": PACK,
            "tenantId": "tnt_demo",
            "createdAt": "1795424681964.109619",
            "meta": {"name": "Support"},
            "stats": {
                "dialogCount": 2,
                "messageCount": 3,
                "uniqueMemberCount": 4,
                "sumMemberCount": 5,
                "uniqueTopicCount": 6,
                "sumTopicCount": 7,
                "lastUpdatedAt": "1795424681965.109619",
            },
        },
        "context": _context(["pack.meta"], DIALOG, ["dialog", "pack"]),
    },
    DIALOG,
)
BODIES = {
    "deleted": DELETED,
    "brought back": BROUGHT_BACK,
    "edited": EDITED,
    "pack changed": PACK_CHANGED,
}
