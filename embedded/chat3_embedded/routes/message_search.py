"""Finds messages by filter: from the index where it can, by testing documents where it must."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chat3_embedded import shapes
from chat3_embedded.query import meta_resolver, scope, selected_by_meta
from chat3_embedded.sorting import ordered

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chat3_embedded.filters import Node
    from chat3_embedded.paging import Page
    from chat3_embedded.routes.call import Call
    from chat3_embedded.sorting import Order
    from chat3_embedded.store.records import Message


def search_messages(
    call: Call, where: Mapping[str, str], node: Node | None, order: Order, page: Page
) -> tuple[Sequence[Message], int]:
    """Return one page of messages, and how many there are; `node` may overwrite the scope."""
    table = call.store.messages
    query = scope(tenantId=call.tenant_id, **where).within(node)
    pinned = query.pinned("tenantId", "dialogId", "messageId")
    window = query.window("createdAt")
    rest = query.without(*pinned, *(["createdAt"] if window else []))
    pinned.setdefault("tenantId", call.tenant_id)
    if not rest.fields and not rest.groups and order.field == "createdAt":
        found = table.page(
            pinned, window, descending=order.descending, limit=page.size, offset=page.offset
        )
        return found, table.count(pinned, window)
    tenant_id, metas = pinned["tenantId"], call.store.meta
    among, query = selected_by_meta(metas, tenant_id, "message", query)
    test = query.test(meta_resolver(metas, tenant_id, "message", "messageId"))
    # Newest first from the index; a stable sort keeps that order among equals.
    messages = {m.message_id: m for m in table.page(pinned, window, descending=True, among=among)}
    documents = (shapes.message_json(message, {}) for message in messages.values())
    rows = ordered(filter(test, documents), order)
    return [messages[row["messageId"]] for row in page.of(rows)], len(rows)
