"""Members of a dialog: list, add, remove, lower the unread count, type."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chat3_embedded import dialog_writes, shapes
from chat3_embedded.dialog_feed import TYPING_EXPIRES_MS
from chat3_embedded.errors import bad_request, not_found
from chat3_embedded.generations import Capability
from chat3_embedded.paging import strict_page
from chat3_embedded.query import Query, meta_resolver
from chat3_embedded.reading import UNREAD_FIELDS, read_dialog
from chat3_embedded.routes.call import Answer, Route, listed, ok, said
from chat3_embedded.routes.fields import MEMBER
from chat3_embedded.routes.listing import read_filter, with_prefix
from chat3_embedded.sorting import Order, ordered, parse_paren
from chat3_embedded.validation import Field, integer, obj, string

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chat3_embedded.filters import Condition
    from chat3_embedded.jsonvalues import JsonObject
    from chat3_embedded.query import Test
    from chat3_embedded.routes.call import Call
    from chat3_embedded.steps import Steps
    from chat3_embedded.store.records import Dialog, Member, User

_FIELDS = frozenset(
    {"userId", "role", "type", "unreadCount", "lastSeenAt", "lastMessageAt", "joinedAt"}
)
_TYPES = ("user", "contact", "bot")
_UNREAD = obj(
    {
        "unreadCount": Field(integer(minimum=0), required=True),
        "lastSeenAt": Field(integer(minimum=0)),
        "reason": Field(string(maximum=500, empty=True)),
    }
)


def list_members(call: Call) -> Answer:
    """List members; a filter cannot overwrite the dialog, and only few of its fields do anything.

    What a member has seen is stored elsewhere: a condition on it meets no value.
    """
    page = strict_page(call.query)
    query = Query().within(read_filter(call, with_prefix))
    query = query.without(*(name for name in query.fields if not _is_field(name)))
    _check_types(query)
    dialog = call.dialog()
    members = call.store.members.of_dialog(call.tenant_id, dialog.dialog_id)
    users = call.store.users.many(call.tenant_id, [member.user_key for member in members])
    test = query.test(_meta_resolver(call))
    metas = call.store.meta.of_many(
        call.tenant_id, "dialogMember", [f"{dialog.dialog_id}:{m.user_id}" for m in members]
    )
    rows = [
        shapes.member_json(member, metas.get(f"{dialog.dialog_id}:{member.user_id}", {}))
        for member in members
        if test(_document(member, users))
    ]
    rows = ordered(rows, _order(call))
    return listed(page.of(rows), page, len(rows))


def _is_field(name: str) -> bool:
    return name in _FIELDS or name.startswith("meta.")


def _check_types(query: Query) -> None:
    condition = query.fields.get("type")
    if condition is None:
        return
    given = condition.value if isinstance(condition.value, list) else [condition.value]
    if condition.operator not in {"eq", "in", "ne"} or not all(v in _TYPES for v in given):
        raise bad_request(f"Filter type value must be one of: {', '.join(_TYPES)}")


def _document(member: Member, users: Mapping[str, User]) -> JsonObject:
    user = users.get(member.user_key)
    kind = {"type": user.type} if user else {}
    return {"userId": member.user_id, "dialogId": member.dialog_id, **kind}


def _meta_resolver(call: Call) -> Callable[[Condition], Test | None]:
    by_entity = meta_resolver(call.store.meta, call.tenant_id, "dialogMember", "entityId")

    def resolve(condition: Condition) -> Test | None:
        test = by_entity(condition)
        if test is None:
            return None
        return lambda row: test({"entityId": f"{row['dialogId']}:{row['userId']}"})

    return resolve


def _order(call: Call) -> Order:
    sort = call.query.get("sort", "")
    direction = call.query.get("sortDirection")
    return parse_paren(sort) or Order(sort or "createdAt", descending=direction == "desc")


def add_member(call: Call) -> Steps[Answer]:
    """Add a member; unknown users are created, a given type changes that of one who is added."""
    body = call.checked_body(MEMBER)
    dialog = call.dialog()
    user_id, kind = body["userId"], body["type"]
    added = yield from dialog_writes.add_member(call.store, call.feed, dialog, user_id, kind)
    data = {"userId": user_id, "dialogId": dialog.dialog_id}
    if added is None:
        return ok(data, "Member already exists in dialog")
    return ok(data, "Member added to dialog successfully", 201)


def remove_member(call: Call) -> Steps[Answer]:
    """Remove a member; somebody who is none is removed just as well."""
    dialog = call.dialog()
    member = call.store.members.get(call.tenant_id, dialog.dialog_id, call.path["userId"])
    if member is not None:
        yield from dialog_writes.remove_member(call.store, call.feed, dialog, member)
    return said("Member removed from dialog successfully")


def patch_unread(call: Call) -> Steps[Answer]:
    """Set a member's unread count to 0; any other number that it may have changes nothing."""
    body = call.checked_body(_UNREAD)
    dialog = call.dialog()
    member = _member_or_404(call, "Dialog member not found")
    if body["unreadCount"] > member.unread_count:
        raise bad_request("Unread count cannot be greater than current unread count")
    if call.store.generation.can(Capability.UNREAD_WATERMARK):
        return (yield from _move_watermark(call, dialog, member, body))
    seen = body["lastSeenAt"]
    unread = 0 if body["unreadCount"] == 0 else member.unread_count
    call.store.set_unread(member, unread, last_seen_at=seen)
    yield "member row"
    member = _member_or_404(call)
    call.feed.dialogs.member_changed(dialog, member, UNREAD_FIELDS[: 1 if seen is None else 2])
    yield "member event"
    return ok(_state(member), "Unread count updated successfully")


def _move_watermark(call: Call, dialog: Dialog, member: Member, body: JsonObject) -> Steps[Answer]:
    """Move what the member has seen; the answer has the count from before counting anew."""
    if body["unreadCount"] == 0:
        yield from read_dialog(call.store, call.feed, dialog, member)
        return ok(_state(_member_or_404(call)), "Unread count updated successfully")
    given = body["lastSeenAt"]
    seen = call.store.clock.now() if given is None else given
    call.store.set_unread(member, member.unread_count, last_seen_at=seen)
    yield "member row"
    moved = _member_or_404(call)
    call.feed.dialogs.member_changed(dialog, moved, UNREAD_FIELDS)
    yield "member event"
    return ok(_state(moved), "Unread count updated successfully")


def mark_all_read(call: Call) -> Steps[Answer]:
    """Mark everything read: two events, the second late on newer platforms; none per message."""
    dialog = call.dialog()
    processed = yield from read_dialog(call.store, call.feed, dialog, call.member())
    data = {**_state(call.member()), "processedMessageCount": processed}
    return ok(data, "All messages marked as read")


def typing(call: Call) -> Steps[Answer]:
    """Signal typing; a stranger gets 404 here, not 403."""
    dialog = call.dialog()
    member = _member_or_404(call)
    call.feed.dialogs.typing(dialog, member.user_id)
    yield "typing event"
    data = {
        "dialogId": dialog.dialog_id,
        "userId": member.user_id,
        "expiresInMs": TYPING_EXPIRES_MS,
    }
    return ok(data, "Typing signal accepted", 202)


def _member_or_404(call: Call, text: str = "User is not a member of this dialog") -> Member:
    where = (call.tenant_id, call.path["dialogId"], call.path["userId"])
    member = call.store.members.get(*where)
    if member is None:
        raise not_found(text)
    return member


def _state(member: Member) -> dict[str, object]:
    return {
        "userId": member.user_id,
        "dialogId": member.dialog_id,
        "tenantId": member.tenant_id,
        **shapes.member_state(member),
    }


_DIALOG = "/api/dialogs/{dialogId}"
ROUTES = (
    Route("GET", f"{_DIALOG}/members", list_members, "read"),
    Route("POST", f"{_DIALOG}/members/add", add_member, "write"),
    Route("POST", f"{_DIALOG}/members/{{userId}}/remove", remove_member, "write"),
    Route("PATCH", f"{_DIALOG}/members/{{userId}}/unread", patch_unread, "write"),
    Route("POST", f"{_DIALOG}/member/{{userId}}/typing", typing, "write"),
    Route("POST", "/api/users/{userId}/dialogs/{dialogId}/markAllRead", mark_all_read, "write"),
)
