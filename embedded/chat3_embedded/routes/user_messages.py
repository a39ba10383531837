"""A user's view of a dialog's messages: list, read, statuses, reactions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chat3_embedded import shapes, views
from chat3_embedded.errors import not_found
from chat3_embedded.generations import Capability
from chat3_embedded.paging import lenient_page
from chat3_embedded.routes.call import Answer, Route, listed, ok, raw
from chat3_embedded.routes.listing import briefly, read_filter
from chat3_embedded.routes.message_search import search_messages
from chat3_embedded.sorting import Order, parse_bare, parse_paren
from chat3_embedded.validation import Field, obj, string
from chat3_embedded.writes import write_reaction, write_status

if TYPE_CHECKING:
    from chat3_embedded.routes.call import Call
    from chat3_embedded.steps import Steps

_REACTION = obj({"reaction": Field(string(maximum=50), required=True)})
_NEWEST_FIRST = Order("createdAt", descending=True)


def list_user_messages(call: Call) -> Answer:
    """List messages as the user sees them; any page size, and any field sorts."""
    page = lenient_page(call.query)
    node = read_filter(call, briefly)
    dialog_id = call.member().dialog_id
    sort = call.query.get("sort", "")
    order = parse_paren(sort, numbers=True) or parse_bare(sort) or _NEWEST_FIRST
    found, total = search_messages(call, {"dialogId": dialog_id}, node, order, page)
    rows = views.messages(call.store, call.tenant_id, found, call.path["userId"])
    return listed(rows, page, total)


def get_user_message(call: Call) -> Answer:
    """Read one message as the user sees it."""
    member = call.member()
    message = call.message_of_dialog()
    return ok(views.messages(call.store, call.tenant_id, [message], member.user_id)[0])


def set_status(call: Call) -> Steps[Answer]:
    """Append a status; there is no order among statuses, and each call is an event."""
    member = call.member()
    message = call.message_of_dialog()
    status = call.store.new_status(message, member.user_id, call.path["status"].lower())
    event_first = not call.store.generation.can(Capability.STATUS_BEFORE_EVENT)
    yield from write_status(call.store, call.feed, message, status, event_first=event_first)
    data = shapes.status_set_json(status, message.dialog_id)
    return raw(data, "Message status updated successfully")


def list_statuses(call: Call) -> Answer:
    """List the status history, newest first, of all users."""
    page = lenient_page(call.query)
    call.member()
    key = (call.tenant_id, call.message_of_dialog().message_id)
    rows = call.store.marks.statuses(*key, limit=page.size, offset=page.offset)
    total = call.store.marks.status_count(*key)
    body = {"data": [shapes.status_json(row) for row in rows], "pagination": page.describe(total)}
    return Answer(200, body)


def change_reaction(call: Call) -> Steps[Answer]:
    """Set or unset a reaction; the message may be of another dialog than the URL says."""
    body = call.checked_body(_REACTION)
    member = call.member()
    message = call.message()
    reaction, marks = body["reaction"], call.store.marks
    key = (call.tenant_id, message.message_id, member.user_id, reaction)
    found = marks.reaction(*key)
    present = call.path["action"] == "set"
    if found is None and not present:
        raise not_found("Reaction not found")
    if found is not None and present:
        return raw({**shapes.reaction_json(found), "__v": 0}, "Reaction already exists")
    changed = found or marks.new_reaction(*key)
    event_first = not call.store.generation.can(Capability.STATUS_BEFORE_EVENT)
    yield from write_reaction(
        call.store, call.feed, message, changed, present=present, event_first=event_first
    )
    if not present:
        return raw({}, "Reaction unset successfully")
    added = {**shapes.reaction_json(changed), "__v": 0}
    return raw({"reaction": added}, "Reaction set successfully", 201)


def list_reactions(call: Call) -> Answer:
    """List the reactions of the URL's user alone."""
    member = call.member()
    message = call.message()
    only = call.query.get("reaction")
    reactions = call.store.marks.reactions(call.tenant_id, [message.message_id])
    rows = [
        shapes.reaction_json(reaction)
        for reaction in reactions.get(message.message_id, ())
        if reaction.user_id == member.user_id and only in {None, reaction.reaction}
    ]
    return raw({"reactions": rows}, "Message reactions retrieved successfully")


_MESSAGES = "/api/users/{userId}/dialogs/{dialogId}/messages"
_MESSAGE = _MESSAGES + "/{messageId}"
ROUTES = (
    Route("GET", _MESSAGES, list_user_messages, "read"),
    Route("GET", _MESSAGE, get_user_message, "read"),
    Route("POST", _MESSAGE + "/status/{status}", set_status, "write"),
    Route("GET", _MESSAGE + "/statuses", list_statuses, "read"),
    Route("POST", _MESSAGE + "/reactions/{action}", change_reaction, "write"),
    Route("GET", _MESSAGE + "/reactions", list_reactions, "read"),
)
