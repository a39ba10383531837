"""Users: list, create, read, change, delete. None of these routes checks a permission."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from chat3_embedded import shapes
from chat3_embedded.errors import bad_request, conflict, not_found
from chat3_embedded.paging import lenient_page
from chat3_embedded.query import meta_resolver, scope
from chat3_embedded.routes.call import Answer, Route, listed, ok
from chat3_embedded.routes.fields import USER_TYPE
from chat3_embedded.routes.listing import read_filter, with_prefix
from chat3_embedded.sorting import Order, ordered, parse_json
from chat3_embedded.store.records import UserStats
from chat3_embedded.urlids import DOTTED_USER_ID
from chat3_embedded.validation import Field, obj, string

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chat3_embedded.jsonvalues import JsonObject
    from chat3_embedded.routes.call import Call
    from chat3_embedded.steps import Steps
    from chat3_embedded.store.records import User

_USER_ID = string(maximum=100, pattern=re.compile(r"[^.]*"), wrong=DOTTED_USER_ID)
_NEW = obj({"userId": Field(_USER_ID, required=True), "type": Field(USER_TYPE, default="user")})
_CHANGE = obj({"type": Field(USER_TYPE)})
_NEWEST_FIRST = Order("createdAt", descending=True)


def list_users(call: Call) -> Answer:
    """List users with counters and without meta; here alone a filter must parse."""
    page = lenient_page(call.query)
    node = read_filter(call, with_prefix)
    if node is None and call.query.get("filter"):
        raise bad_request("Invalid filter format. No valid conditions were parsed.")
    order = parse_json(call.query["sort"]) if call.query.get("sort") else _NEWEST_FIRST
    users = call.store.users
    if node is None and order == _NEWEST_FIRST:
        found = users.page(call.tenant_id, limit=page.size, offset=page.offset)
        return listed(_with_stats(call, found), page, users.count(call.tenant_id))
    # A tenant that the filter names overwrites the caller's, as everywhere.
    query = scope(tenantId=call.tenant_id).within(node)
    tenant_id = query.pinned("tenantId").get("tenantId", call.tenant_id)
    test = query.test(meta_resolver(call.store.meta, tenant_id, "user", "userId"))
    everyone = {user.user_id: user for user in users.page(tenant_id, limit=-1, offset=0)}
    matching = list(filter(test, _documents(call, list(everyone.values()))))
    rows = matching[::-1] if order is None else ordered(matching, order)
    shown = [everyone[row["userId"]] for row in page.of(rows)]
    return listed(_with_stats(call, shown), page, len(rows))


def _documents(call: Call, users: Sequence[User]) -> list[JsonObject]:
    """Return what a filter looks at: fields, and counters where it names any."""
    if "stats." not in call.query.get("filter", ""):
        return [shapes.user_json(user) for user in users]
    return [
        {**user, **{f"stats.{name}": value for name, value in user["stats"].items()}}
        for user in _with_stats(call, users)
    ]


def _with_stats(call: Call, users: Sequence[User]) -> list[JsonObject]:
    if not users:
        return []
    ids = [user.user_id for user in users]
    stats = call.store.counters.stats_of(users[0].tenant_id, ids)
    return [
        {**shapes.user_json(user), "stats": shapes.stats_json(stats[user.user_id])}
        for user in users
    ]


def create_user(call: Call) -> Steps[Answer]:
    """Create a user; the id is lower-cased, here only."""
    body = call.checked_body(_NEW)
    user = call.store.add_user(call.tenant_id, body["userId"].lower(), type=body["type"])
    if user is None:
        raise conflict("User already exists")
    yield "user row"
    call.feed.user_added(user)
    yield "user event"
    return ok(shapes.user_json(user), status=201)


def get_user(call: Call) -> Answer:
    """Read a user with meta and counters; one that has only meta answers without type and time."""
    user_id = call.path["userId"].lower()
    user = call.store.users.get(call.tenant_id, user_id)
    meta = call.store.meta.of(call.tenant_id, "user", user_id)
    if user is None and not meta:
        raise not_found("User not found")
    known = shapes.user_json(user) if user else {"userId": user_id, "tenantId": call.tenant_id}
    stats = call.store.counters.stats(call.tenant_id, user_id) if user else UserStats()
    return ok({**known, "meta": meta, "stats": shapes.stats_json(stats)})


def change_user(call: Call) -> Steps[Answer]:
    """Change a user's type; with nothing to change an event is emitted all the same."""
    user = _user(call)
    body = call.checked_body(_CHANGE)
    if body["type"] is not None:
        call.store.users.set_type(call.tenant_id, user.user_id, body["type"])
        user = _user(call)
        yield "user row"
    call.feed.user_changed(user, ("user.type",) if body["type"] is not None else ())
    yield "user event"
    return ok(shapes.user_json(user))


def delete_user(call: Call) -> Steps[Answer]:
    """Delete a user's row alone: memberships, messages and meta stay, and the id is a ghost.

    That the event comes first is inferred from the other deletions.
    """
    user = _user(call)
    call.feed.user_removed(user)
    yield "user event"
    call.store.users.remove(call.tenant_id, user.user_id)
    yield "user row"
    return Answer(204, None)


def _user(call: Call) -> User:
    user = call.store.users.get(call.tenant_id, call.path["userId"].lower())
    if user is None:
        raise not_found("User not found")
    return user


ROUTES = (
    Route("GET", "/api/users", list_users, None),
    Route("POST", "/api/users", create_user, None),
    Route("GET", "/api/users/{userId}", get_user, None),
    Route("PUT", "/api/users/{userId}", change_user, None),
    Route("DELETE", "/api/users/{userId}", delete_user, None),
)
