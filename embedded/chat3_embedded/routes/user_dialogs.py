"""GET /api/users/:userId/dialogs: a user's dialogs with what the user has seen of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from chat3_embedded import shapes, views
from chat3_embedded.filters import Condition, Group
from chat3_embedded.generations import Capability
from chat3_embedded.paging import strict_page
from chat3_embedded.query import Query, comparison, in_set, meta_resolver, scope
from chat3_embedded.routes.call import Answer, Route, listed
from chat3_embedded.routes.listing import read_filter
from chat3_embedded.routes.membership import dialogs_with
from chat3_embedded.sorting import Order, ordered, parse_paren
from chat3_embedded.validation import Field, one_of, problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from chat3_embedded.filters import Node
    from chat3_embedded.generations import Generation
    from chat3_embedded.jsonvalues import JsonObject
    from chat3_embedded.query import Test
    from chat3_embedded.routes.call import Call
    from chat3_embedded.store.records import Member
    from chat3_embedded.validation import Path, Problems

_COMPARED = re.compile(r"(gte|gt|lte|lt):(\d+)")
_SORTABLE = frozenset({"lastSeenAt", "lastInteractionAt", "unreadCount"})
_LATEST_FIRST = Order("lastInteractionAt", descending=True)


def _comparable(value: str, path: Path, problems: Problems) -> Any:
    if value.isascii() and value.isdigit():
        return ("eq", int(value))
    if match := _COMPARED.fullmatch(value):
        return (match[1], int(match[2]))
    text = r"fails to match the required pattern: /^(gte|gt|lte|lt):\d+$/"
    problem(problems, path, f'with value "{value}" {text}', value)
    return None


_PARAMETERS = {
    "includeLastMessage": Field(one_of("true", "false")),
    "unreadCount": Field(_comparable),
    "lastSeenAt": Field(_comparable),
}


def list_user_dialogs(call: Call) -> Answer:
    """List a user's dialogs; an unknown user has none. The last message always comes along."""
    page = strict_page(call.query, _PARAMETERS)
    query = _query(call)
    # Scoped to the URL's user and the caller's tenant, unless the filter says otherwise.
    pinned = query.pinned("userId", "tenantId")
    members = call.store.members.of_user(
        pinned.get("tenantId", call.tenant_id), pinned.get("userId", call.path["userId"])
    )
    dialog_ids = [member.dialog_id for member in members]
    dialogs = call.store.dialogs.many(call.tenant_id, dialog_ids)
    test = query.test(_resolver(call, dialog_ids))
    by_id = {member.dialog_id: member for member in members}
    rows = [
        row for member in members if member.dialog_id in dialogs and test(row := _document(member))
    ]
    rows = ordered(ordered(rows, _LATEST_FIRST), _order(call))
    shown = [by_id[row["dialogId"]] for row in page.of(rows)]
    return listed(_items(call, shown), page, len(rows))


def _query(call: Call) -> Query:
    node = read_filter(call)
    query = scope(tenantId=call.tenant_id, userId=call.path["userId"])
    for name in ("unreadCount", "lastSeenAt"):
        if name in call.query:
            operator, value = _comparable(call.query[name], (name,), [])
            query = query.within(Condition(name, operator, value))
    query = query.within(node)
    return Query(query.fields, tuple(g for group in query.groups if (g := _effective(group))))


def _effective(group: Group) -> Group | None:
    """Return what the real server makes of a group of alternatives.

    A `member` among them switches the group off; of the rest only meta has any effect.
    """
    conditions = list(_conditions(group))
    if any(condition.field == "member" for condition in conditions):
        return None
    kept = tuple(o for o in group.operands if all(_is_meta(c) for c in _conditions(o)))
    # Alternatives of which none is left fit no dialog.
    return Group(group.joiner, kept) if kept or group.joiner == "|" else None


def _conditions(node: Node) -> Iterable[Condition]:
    if isinstance(node, Condition):
        yield node
    else:
        for operand in node.operands:
            yield from _conditions(operand)


def _is_meta(condition: Condition) -> bool:
    return condition.field.startswith("meta.")


def _resolver(call: Call, dialog_ids: Sequence[str]) -> Callable[[Condition], Test | None]:
    by_meta = meta_resolver(call.store.meta, call.tenant_id, "dialog", "dialogId")

    def resolve(condition: Condition) -> Test | None:
        if condition.field == "member":
            ids = dialogs_with(call.store, call.tenant_id, dialog_ids, condition)
            return in_set("dialogId", ids)
        if condition.field == "message.createdAt":
            return in_set("dialogId", _with_message(call, dialog_ids, comparison(condition)))
        return by_meta(condition)

    return resolve


def _with_message(call: Call, dialog_ids: Iterable[str], test: Callable[[Any], bool]) -> set[str]:
    messages = call.store.messages
    scopes: Mapping[str, dict[str, str]] = {
        dialog_id: {"tenantId": call.tenant_id, "dialogId": dialog_id} for dialog_id in dialog_ids
    }
    return {
        dialog_id
        for dialog_id, where in scopes.items()
        if any(test(message.created_at) for message in messages.page(where, descending=True))
    }


def _document(member: Member) -> JsonObject:
    return {
        "tenantId": member.tenant_id,
        "dialogId": member.dialog_id,
        "userId": member.user_id,
        "createdAt": member.created_at,
        "lastInteractionAt": _last_interaction(member),
        **shapes.member_state(member),
    }


def _last_interaction(member: Member) -> float:
    return max(member.last_seen_at, member.last_message_at)


def _order(call: Call) -> Order:
    """Return the order asked for; an unknown field keeps the direction, and no more."""
    order = parse_paren(call.query.get("sort", ""))
    if order is None:
        return _LATEST_FIRST
    field = order.field if order.field in _SORTABLE else "lastInteractionAt"
    return Order(field, order.descending)


def _items(call: Call, members: Sequence[Member]) -> list[JsonObject]:
    ids = [member.dialog_id for member in members]
    found = call.store.dialogs.many(call.tenant_id, ids)
    shown = views.dialogs(call.store, call.tenant_id, [found[dialog_id] for dialog_id in ids])
    last = call.store.messages.last_of(call.tenant_id, ids)
    senders = views.user_infos(call.store, call.tenant_id, (m.sender_id for m in last.values()))
    generation = call.store.generation
    items = []
    for member, view in zip(members, shown, strict=True):
        item = {
            **_identity(view, generation),
            "context": _context(call, member),
            "membersCount": view["stats"]["memberCount"],
            "lastInteractionAt": _last_interaction(member),
            "meta": view["meta"],
            "stats": view["stats"],
        }
        if message := last.get(member.dialog_id):
            sender = senders.get(message.sender_id)
            known = {"userId": sender["userId"], "meta": sender["meta"]} if sender else None
            item["lastMessage"] = shapes.last_message_json(message, known)
            if generation.can(Capability.SOFT_DELETE):
                item["lastMessage"]["deleted"] = bool(message.deleted)
        items.append(item)
    return items


def _identity(view: JsonObject, generation: Generation) -> JsonObject:
    if generation.can(Capability.DIALOGS_WITH_TENANT):
        return {name: view[name] for name in ("dialogId", "tenantId", "createdAt")}
    return {"dialogId": view["dialogId"]}


def _context(call: Call, member: Member) -> JsonObject:
    """Return the URL's user and unread count, even where the filter lists somebody else's dialogs.

    The times are those of the listed member all the same, as recorded.
    """
    viewer = call.path["userId"]
    own: Member | None = member
    if member.user_id != viewer:
        own = call.store.members.get(call.tenant_id, member.dialog_id, viewer)
    return {
        "userId": viewer,
        **shapes.member_state(member),
        "unreadCount": own.unread_count if own else 0,
        "joinedAt": member.created_at,
    }


ROUTES = (Route("GET", "/api/users/{userId}/dialogs", list_user_dialogs, "read"),)
