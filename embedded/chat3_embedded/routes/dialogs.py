"""Dialogs: list, create, read, delete; and their topics."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chat3_embedded import dialog_writes, shapes, views
from chat3_embedded.ids import new_dialog_id, new_topic_id
from chat3_embedded.meta_writes import uncoded
from chat3_embedded.paging import strict_page
from chat3_embedded.query import in_set, meta_resolver, scope, selected_by_meta
from chat3_embedded.routes.call import Answer, Route, listed, ok, said
from chat3_embedded.routes.fields import MEMBERS, META
from chat3_embedded.routes.listing import read_filter
from chat3_embedded.routes.membership import dialogs_with, sorted_dialogs
from chat3_embedded.store.records import Dialog, Topic
from chat3_embedded.validation import obj, unwrapped

if TYPE_CHECKING:
    from chat3_embedded.filters import Condition
    from chat3_embedded.query import Test
    from chat3_embedded.routes.call import Call
    from chat3_embedded.steps import Steps

_NEW = obj({"members": MEMBERS, "meta": META})
_NEW_TOPIC = obj({"meta": META})


def list_dialogs(call: Call) -> Answer:
    """List the tenant's dialogs, oldest first unless sorted.

    That a filter overwrites the tenant here too is inferred from the lists where it does.
    """
    page = strict_page(call.query)
    query = scope(tenantId=call.tenant_id).within(read_filter(call))
    tenant_id = query.pinned("tenantId").get("tenantId", call.tenant_id)
    among, query = selected_by_meta(call.store.meta, tenant_id, "dialog", query)
    found = call.store.dialogs.all(tenant_id, among=among)
    dialogs = {dialog.dialog_id: dialog for dialog in found}
    by_meta = meta_resolver(call.store.meta, tenant_id, "dialog", "dialogId")

    def resolve(condition: Condition) -> Test | None:
        if condition.field == "member":
            return in_set("dialogId", dialogs_with(call.store, tenant_id, dialogs, condition))
        return by_meta(condition)

    documents = (
        {
            "tenantId": dialog.tenant_id,
            "dialogId": dialog.dialog_id,
            "createdAt": dialog.created_at,
        }
        for dialog in found
    )
    rows = sorted_dialogs(call, tenant_id, filter(query.test(resolve), documents))
    shown = [dialogs[row["dialogId"]] for row in page.of(rows)]
    views_of_shown = views.dialogs(call.store, tenant_id, shown)
    counted = [{**view, "memberCount": view["stats"]["memberCount"]} for view in views_of_shown]
    return listed(counted, page, len(rows))


def create_dialog(call: Call) -> Steps[Answer]:
    """Create a dialog; unknown members become users, with their ids as written."""
    body = call.checked_body(_NEW)
    members = [(member["userId"], member["type"]) for member in body["members"]]
    dialog = Dialog(call.tenant_id, new_dialog_id(), call.store.clock.now(), 0)
    yield from uncoded(
        dialog_writes.write_dialog(call.store, call.feed, dialog, members, body["meta"])
    )
    dialog = call.store.dialogs.get(call.tenant_id, dialog.dialog_id) or dialog
    return ok(views.dialog(call.store, dialog), "Dialog created successfully", 201)


def get_dialog(call: Call) -> Answer:
    """Read a dialog; one of another tenant is not found."""
    return ok(views.dialog(call.store, call.dialog()))


def delete_dialog(call: Call) -> Steps[Answer]:
    """Delete a dialog; its messages stay behind, and no member is told."""
    yield from dialog_writes.delete_dialog(call.store, call.dialog())
    return said("Dialog deleted successfully")


def list_topics(call: Call) -> Answer:
    """List a dialog's topics."""
    page = strict_page(call.query)
    dialog = call.dialog()
    topics = call.store.dialogs.topics(call.tenant_id, dialog.dialog_id)
    metas = call.store.meta.of_many(call.tenant_id, "topic", [t.topic_id for t in topics])
    rows = [shapes.topic_json(topic, metas.get(topic.topic_id, {})) for topic in topics]
    return listed(page.of(rows), page, len(rows))


def create_topic(call: Call) -> Steps[Answer]:
    """Create a topic; the dialog's members are told."""
    call.checked_body(_NEW_TOPIC)
    dialog = call.dialog()
    topic = Topic(call.tenant_id, new_topic_id(), dialog.dialog_id, call.store.clock.now())
    # No schema drops a key that is none: the database layer refuses it when its turn comes.
    given = (call.body.get("meta") if isinstance(call.body, dict) else None) or {}
    meta = {key: unwrapped(value) for key, value in given.items()}
    yield from uncoded(
        dialog_writes.write_topic(call.store, call.feed, dialog, topic, meta),
        "Failed to create topic: ",
    )
    meta = call.store.meta.of(call.tenant_id, "topic", topic.topic_id)
    return ok(shapes.topic_json(topic, meta), "Topic created successfully", 201)


ROUTES = (
    Route("GET", "/api/dialogs", list_dialogs, "read"),
    Route("POST", "/api/dialogs", create_dialog, "write"),
    Route("GET", "/api/dialogs/{dialogId}", get_dialog, "read"),
    Route("DELETE", "/api/dialogs/{dialogId}", delete_dialog, "delete"),
    Route("GET", "/api/dialogs/{dialogId}/topics", list_topics, "read"),
    Route("POST", "/api/dialogs/{dialogId}/topics", create_topic, "write"),
)
