"""The writes of messages and marks, step by step: each step stays done if the next is cut.

Their order was read, and what cuts leave behind was observed; see `dialog_writes` for the rest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chat3_embedded import views
from chat3_embedded.meta_writes import write_meta

if TYPE_CHECKING:
    from chat3_embedded.feed import UpdateFeed
    from chat3_embedded.jsonvalues import JsonObject
    from chat3_embedded.steps import Steps
    from chat3_embedded.store import Store
    from chat3_embedded.store.records import Message, Reaction, Status


def write_message(
    store: Store, feed: UpdateFeed, message: Message, meta: JsonObject, quoted_id: str | None
) -> Steps[None]:
    """Create a message: row, metas, event, statuses and times, the metas again, the quote."""
    tenant_id, message_id = message.tenant_id, message.message_id
    owner = (tenant_id, "message", message_id)
    store.messages.add(message)
    yield "message row"
    yield from write_meta(store, owner, meta)
    feed.message_created(message)
    yield "message event"
    if not message.type.startswith("system."):
        for member in store.others(message):
            store.mark_unread(message, member)
            yield "message status"
    store.counters.set_last_message(tenant_id, message.dialog_id, message.created_at)
    yield "message times"
    yield from write_meta(store, owner, meta, "message meta again")
    quoted = store.messages.get(tenant_id, quoted_id) if quoted_id else None
    if quoted is not None:
        store.messages.set_quoted(tenant_id, message_id, views.quoted(store, quoted))
        yield "message quote"


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
