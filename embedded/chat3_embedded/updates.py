"""Builds updates: the personal envelope, its sections and its context, in the recorded shapes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chat3_embedded import shapes
from chat3_embedded.jsonvalues import drop_empty_objects, encode, sanitise, time_text
from chat3_embedded.routing import Address
from chat3_embedded.store.records import OutgoingUpdate
from chat3_embedded.tracing import carried

if TYPE_CHECKING:
    from chat3_embedded.jsonvalues import JsonObject
    from chat3_embedded.store.records import Dialog, Member, Message, User, UserStats

CONTEXT_VERSION = 4

# Every counter update names all of these, changed or not.
STATS_FIELDS = tuple(
    f"user.stats.{name}"
    for name in (
        "totalUnreadCount",
        "unreadDialogsCount",
        "unreadBySenderType",
        "packs.messages.totalUnreadCount",
        "packs.messages.unreadBySenderType",
        "statsVersion",
        "lastUpdatedAt",
        "packs.messages.lastUpdatedAt",
    )
)
UNREAD_FIELDS = ("member.state.unreadCount", "dialog.stats.unreadCount")
_CATEGORY = {"message": "dialog", "dialog": "dialog", "user": "user"}
_TARGET = {"message": "messages.list", "dialog": "dialogs.list", "user": "users.list"}


@dataclass(frozen=True, slots=True)
class Event:
    """What happened: all updates that follow from one event share its id."""

    event_id: str
    type: str
    tenant_id: str


@dataclass(frozen=True, slots=True)
class Recipient:
    """Whom an update is for; the type is part of the routing key."""

    user_id: str
    user_type: str


@dataclass(frozen=True, slots=True)
class Entity:
    """What an update is about; the kind is message, dialog or user."""

    kind: str
    entity_id: str


def address(event: Event, recipient: Recipient, entity: Entity) -> Address:
    """Return what the routing key of an update is made of."""
    return Address(
        tenant_id=event.tenant_id,
        category=_CATEGORY[entity.kind],
        user_type=recipient.user_type,
        user_id=recipient.user_id,
        segment=entity.kind,
    )


def envelope(
    event: Event,
    recipient: Recipient,
    entity: Entity,
    data: JsonObject,
    now: float,
    routing_key: str,
) -> OutgoingUpdate:
    """Encode one update; the data are prepared."""
    kind, entity_id = entity.kind, entity.entity_id
    update_type = f"update.{kind}"
    body = {
        "tenantId": event.tenant_id,
        "userId": recipient.user_id,
        "entityId": entity_id,
        "eventId": event.event_id,
        "sourceEventType": event.type,
        "updateType": update_type,
        "data": data,
        "published": False,
        "createdAt": time_text(now),
    }
    return OutgoingUpdate(
        routing_key=routing_key,
        body=encode(body),
        headers={
            "userId": recipient.user_id,
            "entityId": entity_id,
            "updateType": update_type,
            "sourceEventType": event.type,
            **carried(),
        },
        timestamp_ms=int(now),
    )


def prepared(data: JsonObject) -> JsonObject:
    """Rewrite an update's data as they are published."""
    return drop_empty_objects(sanitise(data))


def context(
    kind: str,
    *,
    entity_id: str | None,
    sections: tuple[str, ...],
    fields: tuple[str, ...],
    dialog_id: str | None = None,
    message_id: str | None = None,
    user_id: str | None = None,
    pack_id: str | None = None,
    target: str | None = None,
) -> JsonObject:
    """Shape an update's context; what is None is left out on encoding."""
    return {
        "version": CONTEXT_VERSION,
        "dialogId": dialog_id,
        "entityId": entity_id,
        "messageId": message_id,
        "userId": user_id,
        "packId": pack_id,
        "includedSections": list(sections),
        "updatedFields": list(fields),
        "uiTarget": target or _TARGET[kind],
    }


def dialog_section(dialog: Dialog, meta: JsonObject) -> JsonObject:
    """Shape the dialog; each recipient's unread count is added in `personal`."""
    return {
        "dialogId": dialog.dialog_id,
        "tenantId": dialog.tenant_id,
        "createdAt": dialog.created_at,
        "meta": meta,
    }


def personal(data: JsonObject, unread: int) -> JsonObject:
    """Return prepared data about a dialog as one recipient gets them."""
    return {**data, "dialog": {**data["dialog"], "stats": {"unreadCount": unread}}}


def message_section(message: Message, **more: object) -> JsonObject:
    """Shape the message: neither its time, nor its tenant, nor what it quotes."""
    return {
        "messageId": message.message_id,
        "dialogId": message.dialog_id,
        "senderId": message.sender_id,
        "type": message.type,
        "content": message.content,
        "topicId": message.topic_id,
        **more,
    }


def member_section(member: Member, meta: JsonObject | None = None) -> JsonObject:
    """Shape a member with all of its state."""
    return {"userId": member.user_id, "meta": meta, "state": shapes.member_state(member)}


def unread_data(member: Member) -> JsonObject:
    """Shape the counter update of one dialog, for one member."""
    return {
        "dialog": {"dialogId": member.dialog_id, "stats": {"unreadCount": member.unread_count}},
        "member": {"userId": member.user_id, "state": {"unreadCount": member.unread_count}},
        "context": context(
            "dialog",
            entity_id=None,
            dialog_id=member.dialog_id,
            user_id=member.user_id,
            sections=("dialog", "member"),
            fields=UNREAD_FIELDS,
        ),
    }


def stats_data(user: User, stats: UserStats, now: float) -> JsonObject:
    """Shape the counter update of one user."""
    return {
        "user": {
            "userId": user.user_id,
            "type": user.type,
            # The second time is a number and stays one: its key is not one of the time keys.
            "stats": {**shapes.stats_json(stats), "packs.messages.lastUpdatedAt": now},
        },
        "context": context("user", entity_id=user.user_id, sections=("user",), fields=STATS_FIELDS),
    }


def profile_data(user: User, meta: JsonObject, fields: tuple[str, ...]) -> JsonObject:
    """Shape the update about a user itself: no counters."""
    return {
        "user": {"userId": user.user_id, "type": user.type, "meta": meta},
        "context": context("user", entity_id=user.user_id, sections=("user",), fields=fields),
    }
