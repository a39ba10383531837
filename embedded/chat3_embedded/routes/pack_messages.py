"""Messages of several dialogs at once, newest first, a page behind a cursor."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING

from chat3_embedded import shapes, views
from chat3_embedded.filters import Condition
from chat3_embedded.jsonvalues import sanitise
from chat3_embedded.query import Query, meta_resolver
from chat3_embedded.routes.call import Answer
from chat3_embedded.routes.listing import plainly, read_filter
from chat3_embedded.validation import Field, integer, obj, validate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chat3_embedded.routes.call import Call
    from chat3_embedded.store.records import Message

_LIMIT = obj({"limit": Field(integer(minimum=1, maximum=100, convert=True), default=50)})


def newest_messages(call: Call, dialog_ids: Sequence[str], *, viewer: str | None) -> Answer:
    """Answer with one page of messages; `viewer` sees which are their own."""
    limit = validate(_LIMIT, dict(call.query))["limit"]
    before = _position(call.query.get("cursor", ""))
    found = _matching(call, dialog_ids, without_or=before is not None)
    if before is not None:
        found = [m for m in found if (m.created_at, m.message_id) < before]
    page = found[:limit]
    has_more = len(found) > limit
    rows = views.messages(call.store, call.tenant_id, page, viewer, lean=True)
    for row in rows:
        if viewer is not None:
            row["context"] = {name: row["context"][name] for name in ("userId", "isMine")}
    cursor = {
        "next": _cursor(page[-1]) if has_more else None,
        "prev": _cursor(page[0]) if page and before is not None else None,
    }
    return Answer(200, {"data": sanitise(rows), "cursor": cursor, "hasMore": has_more})


def _matching(call: Call, dialog_ids: Sequence[str], *, without_or: bool) -> list[Message]:
    """Return all messages that pass, newest first; the filter may overwrite the dialogs.

    A cursor takes the place of the alternatives of a filter: both go under one name.
    """
    dialogs = Condition("dialogId", "in", list(dialog_ids))
    mine = Condition("tenantId", "eq", call.tenant_id)
    query = Query({"tenantId": mine, "dialogId": dialogs})
    query = query.within(read_filter(call, plainly))
    if without_or:
        groups = tuple(group for group in query.groups if group.joiner != "|")
        query = Query(query.fields, groups)
    test = query.test(meta_resolver(call.store.meta, call.tenant_id, "message", "messageId"))
    table, tenant = call.store.messages, {"tenantId": call.tenant_id}
    if query.fields["dialogId"] is dialogs:
        pages = [table.page({**tenant, "dialogId": dialog_id}) for dialog_id in dialog_ids]
    else:
        pages = [table.page(query.pinned("tenantId") or tenant)]
    messages = [m for page in pages for m in page if test(shapes.message_json(m, {}))]
    return sorted(messages, key=lambda m: (m.created_at, m.message_id), reverse=True)


def _cursor(message: Message) -> str:
    text = f"{message.created_at!r}|{message.message_id}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _position(cursor: str) -> tuple[float, str] | None:
    """Read a cursor; one that is broken is none."""
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        moment, _, message_id = text.partition("|")
        return float(moment), message_id
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return None
