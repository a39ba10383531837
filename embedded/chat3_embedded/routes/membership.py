"""What lists of dialogs know of members: who is in which dialog, and sorting by one of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from chat3_embedded import shapes
from chat3_embedded.sorting import Order, ordered

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chat3_embedded.filters import Condition
    from chat3_embedded.jsonvalues import JsonObject
    from chat3_embedded.routes.call import Call
    from chat3_embedded.store import Store

_OF_MEMBER = re.compile(
    r"\(member\[([^\]]+)\]\.(unreadCount|lastSeenAt|lastMessageAt)\s*,\s*(asc|desc)\)"
)


def dialogs_with(
    store: Store, tenant_id: str, dialog_ids: Iterable[str], condition: Condition
) -> set[str]:
    """Return those of the dialogs whose members satisfy the condition."""
    value = condition.value
    wanted = set(value) if isinstance(value, list) else {value}
    members = store.members.ids_of_dialogs(tenant_id, dialog_ids)

    def fits(ids: set[str]) -> bool:
        if condition.operator == "all":
            return wanted <= ids
        return bool(wanted & ids) != (condition.operator in {"ne", "nin"})

    return {dialog_id for dialog_id in dialog_ids if fits(members.get(dialog_id, set()))}


def sorted_dialogs(call: Call, tenant_id: str, rows: Iterable[JsonObject]) -> list[JsonObject]:
    """Sort the tenant's dialogs as asked: by time, or by one member, which drops all others.

    Any text with `createdAt` in it sorts by that, and downwards if it has `desc` in it too.
    """
    sort = call.query.get("sort", "").strip()
    if match := _OF_MEMBER.fullmatch(sort):
        user_id, field, direction = match.groups()
        members = call.store.members.of_user(tenant_id, user_id)
        states = {member.dialog_id: shapes.member_state(member) for member in members}
        own = [{**row, **states[row["dialogId"]]} for row in rows if row["dialogId"] in states]
        return ordered(own, Order(field, descending=direction == "desc"))
    if "createdAt" in sort:
        descending = "desc" in sort or call.query.get("sortDirection") == "desc"
        return ordered(rows, Order("createdAt", descending=descending))
    return list(rows)
