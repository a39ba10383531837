"""The writes of several steps, in the platform's order: each step stays done if the next is cut."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chat3_embedded import views
from chat3_embedded.jsonvalues import own_keys

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chat3_embedded.feed import UpdateFeed
    from chat3_embedded.jsonvalues import JsonObject
    from chat3_embedded.steps import Steps
    from chat3_embedded.store import Store
    from chat3_embedded.store.records import (
        Dialog,
        Message,
        Reaction,
        Status,
        Topic,
    )


def write_message(
    store: Store, feed: UpdateFeed, message: Message, meta: JsonObject, quoted_id: str | None
) -> Steps[None]:
    """Create a message: row, metas, event, statuses and times, the metas again, the quote."""
    tenant_id, message_id = message.tenant_id, message.message_id
    store.messages.add(message)
    yield "message row"
    yield from _write_meta(store, tenant_id, "message", message_id, meta)
    feed.message_created(message)
    yield "message event"
    if not message.type.startswith("system."):
        for member in store.others(message):
            store.mark_unread(message, member)
            yield "message status"
    store.counters.set_last_message(tenant_id, message.dialog_id, message.created_at)
    yield "message times"
    yield from _write_meta(store, tenant_id, "message", message_id, meta, "message meta again")
    quoted = store.messages.get(tenant_id, quoted_id) if quoted_id else None
    if quoted is not None:
        store.messages.set_quoted(tenant_id, message_id, views.quoted(store, quoted))
        yield "message quote"


def write_dialog(
    store: Store,
    feed: UpdateFeed,
    dialog: Dialog,
    members: Iterable[tuple[str, str | None]],
    meta: JsonObject,
) -> Steps[None]:
    """Create a dialog: row, metas, the members (user id, type) one by one, then their events."""
    tenant_id, dialog_id = dialog.tenant_id, dialog.dialog_id
    store.dialogs.add(dialog)
    yield "dialog row"
    yield from _write_meta(store, tenant_id, "dialog", dialog_id, meta)
    added = []
    for user_id, kind in members:
        member = store.add_member(tenant_id, dialog_id, user_id, type=kind)
        if member is None:
            # A member named twice is one member, and counts twice.
            store.dialogs.change_member_count(tenant_id, dialog_id, 1)
        else:
            added.append(member)
        yield "dialog member"
    for member in added:
        feed.member_added(dialog, member)
        yield "dialog member event"
    feed.dialog_created(dialog)
    yield "dialog event"


def write_topic(
    store: Store, feed: UpdateFeed, dialog: Dialog, topic: Topic, meta: JsonObject
) -> Steps[None]:
    """Create a topic: row, metas, event."""
    store.dialogs.add_topic(topic)
    yield "topic row"
    yield from _write_meta(store, topic.tenant_id, "topic", topic.topic_id, meta)
    feed.topic_created(dialog, topic.topic_id)
    yield "topic event"


def write_status(
    store: Store, feed: UpdateFeed, message: Message, status: Status, *, event_first: bool
) -> Steps[None]:
    """Append a status: event and row, in one order or the other."""
    where = (message.tenant_id, message.message_id, status.user_id)
    history = store.marks.history_of(*where)
    old = history[-1].status if history else None
    lowers = store.lowers_unread(message, status.user_id, status.status)
    for part in ("event", "row") if event_first else ("row", "event"):
        if part == "row":
            store.marks.append([status])
        else:
            feed.status_changed(message, status, old, lowers=lowers)
        yield f"status {part}"


def write_reaction(
    store: Store,
    feed: UpdateFeed,
    message: Message,
    reaction: Reaction,
    *,
    present: bool,
    event_first: bool,
) -> Steps[None]:
    """Set or unset a reaction: event and row, in one order or the other."""
    change = store.marks.add_reaction if present else store.marks.remove_reaction
    for part in ("event", "row") if event_first else ("row", "event"):
        if part == "row":
            change(reaction)
        else:
            feed.reaction_changed(message, reaction, present=present)
        yield f"reaction {part}"


def _write_meta(
    store: Store,
    tenant_id: str,
    entity_type: str,
    entity_id: str,
    meta: JsonObject,
    name: str | None = None,
) -> Steps[None]:
    """Set the keys one by one, in the order of the request's object."""
    for key in own_keys(meta):
        store.meta.put(tenant_id, entity_type, entity_id, key, meta[key])
        yield name or f"{entity_type} meta"
