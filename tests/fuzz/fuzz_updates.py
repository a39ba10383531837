"""Published updates of every kind: sound ones, hostile ones that still fit, and broken ones.

A kind of the contract needs an entry in `GENERATORS`: how the platform calls it, and what makes the
sections of its `data`. The fuzzer fails by the kind's name without one.
"""

import json
import random
from collections.abc import Callable
from functools import partial
from typing import Any, Final

import fuzz_sections as sections
import fuzz_texts as texts

from chat3_api.chat3.user import v1 as pb

Kind = pb.UpdateKind
KINDS: Final = tuple(kind for kind in Kind if kind)
"""The kinds of the contract."""

Generator = Callable[[random.Random], sections.Sections]
_MESSAGE, _DIALOG, _USER = "update.message", "update.dialog", "update.user"
_GIVEN = partial(sections.message_reaction, name="reaction")
_TAKEN_BACK = partial(sections.message_reaction, name="oldReaction")
GENERATORS: Final[dict[pb.UpdateKind, tuple[str, str, str, Generator]]] = {
    Kind.MESSAGE_CREATED: (_MESSAGE, "message.create", "message", sections.message),
    Kind.MESSAGE_EDITED: (_MESSAGE, "message.changed", "message.content", sections.message),
    Kind.MESSAGE_DELETED: (
        _MESSAGE,
        "message.deleted",
        "message.deleted",
        partial(sections.deletion, deleted=True),
    ),
    Kind.MESSAGE_RESTORED: (
        _MESSAGE,
        "message.deleted",
        "message.deleted",
        partial(sections.deletion, deleted=False),
    ),
    Kind.MESSAGE_META_CHANGED: (_MESSAGE, "message.changed", "message.meta", sections.message),
    Kind.MESSAGE_TOPIC_CHANGED: (_MESSAGE, "message.changed", "message.topicId", sections.message),
    Kind.MESSAGE_STATUS_CHANGED: (
        _MESSAGE,
        "message.status.changed",
        "message.status",
        sections.message_status,
    ),
    Kind.MESSAGE_REACTION_GIVEN: (
        _MESSAGE,
        "message.reaction.changed",
        "message.reaction",
        _GIVEN,
    ),
    Kind.MESSAGE_REACTION_TAKEN_BACK: (
        _MESSAGE,
        "message.reaction.changed",
        "message.reaction",
        _TAKEN_BACK,
    ),
    Kind.DIALOG_CREATED: (_DIALOG, "dialog.create", "dialog", sections.of_dialog),
    Kind.DIALOG_CHANGED: (_DIALOG, "dialog.changed", "dialog.meta", sections.of_dialog),
    Kind.DIALOG_DELETED: (_DIALOG, "dialog.delete", "dialog", sections.of_dialog),
    Kind.DIALOG_READ: (
        _DIALOG,
        "dialog.messages.bulk_read",
        "member.state.unreadCount",
        sections.counters,
    ),
    Kind.DIALOG_COUNTERS_CHANGED: (
        _DIALOG,
        "message.create",
        "member.state.unreadCount",
        sections.counters,
    ),
    Kind.MEMBER_ADDED: (_DIALOG, "dialog.member.add", "member", sections.member),
    Kind.MEMBER_REMOVED: (_DIALOG, "dialog.member.remove", "member", sections.member),
    Kind.MEMBER_CHANGED: (_DIALOG, "dialog.member.changed", "member.meta", sections.member),
    Kind.TOPIC_CREATED: (_DIALOG, "dialog.topic.create", "topic", sections.of_topic),
    Kind.TOPIC_CHANGED: (_DIALOG, "dialog.topic.changed", "topic.meta", sections.of_topic),
    Kind.TYPING: (_DIALOG, "dialog.typing", "typing", sections.typing),
    Kind.USER_CREATED: (_USER, "user.add", "user", sections.of_user),
    Kind.USER_CHANGED: (_USER, "user.changed", "user.meta", sections.of_user),
    Kind.USER_DELETED: (_USER, "user.remove", "user", sections.of_user),
    Kind.USER_COUNTERS_CHANGED: (
        _USER,
        "message.create",
        "user.stats.totalUnreadCount",
        sections.user_stats,
    ),
    Kind.PACK_CHANGED: (_DIALOG, "pack.changed", "pack.meta", sections.of_pack),
}
"""Of each kind: how the platform calls the update, the event, what changed, and its sections."""


def kind(rng: random.Random) -> pb.UpdateKind:
    """Return a kind that has a generator."""
    return rng.choice(tuple(GENERATORS))


def sound(rng: random.Random, of: pb.UpdateKind) -> dict[str, Any]:
    """Return an update as the platform publishes it."""
    update_type, event, changed, make = GENERATORS[of]
    data = make(rng)
    context = {
        "version": 2,
        "dialogId": texts.identifier(rng, "dlg_"),
        "messageId": texts.identifier(rng, "msg_"),
        "userId": "bob",
        "packId": texts.identifier(rng, "pck_"),
        "entityId": texts.identifier(rng, "msg_"),
        "includedSections": [*data],
        "updatedFields": [changed],
        "uiTarget": "dialog",
    }
    if rng.randrange(2):
        # Most updates name in their context what their sections are about.
        del context["packId"], context["userId"]
        context["dialogId"] = data.get("dialog", context)["dialogId"]
        context["messageId"] = data.get("message", context)["messageId"]
    made = {
        "tenantId": "tnt_default",
        "userId": "alice",
        "eventId": f"evt_{rng.randrange(1000)}",
        "entityId": texts.identifier(rng, "msg_"),
        "sourceEventType": event,
        "updateType": update_type,
        "createdAt": "1795424735959.186035",
        "published": False,
        "data": {**data, "context": context},
    }
    if not rng.randrange(4):
        # What this service has never heard of travels on beside the rest.
        rng.choice((made, made["data"], context))["somethingNew"] = {"a": [1, None]}
    if not rng.randrange(4) and of is not Kind.PACK_CHANGED:
        # So does what its kind does not carry.
        made["data"]["pack"] = sections.pack(rng)
    return made


_ADDRESSED: Final = ("updateType", "sourceEventType", "userId", "tenantId")
"""What stays as it is in a hostile update: whom it is for, and what it is."""


def hostile(rng: random.Random, update: dict[str, Any]) -> None:
    """Change leaves of an update to hostile values of their own type."""
    for _ in range(rng.randrange(1, 5)):
        place, key = _leaf(rng, update)
        value = place[key]
        if isinstance(value, str) and key not in (
            "updateType",
            "sourceEventType",
            "userId",
            "tenantId",
        ):
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
