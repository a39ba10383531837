"""Topics beyond a dialog's list: one topic, all of them, a user's view, and those of messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chat3_embedded import dialog_writes, shapes, views
from chat3_embedded.errors import ApiError
from chat3_embedded.ids import TOPIC_ID
from chat3_embedded.jsonvalues import sanitise
from chat3_embedded.meta_writes import uncoded
from chat3_embedded.paging import lenient_page, strict_page
from chat3_embedded.query import meta_resolver, scope, selected_by_meta
from chat3_embedded.routes.call import Answer, Route, listed, ok
from chat3_embedded.routes.fields import META
from chat3_embedded.routes.listing import read_filter
from chat3_embedded.sorting import Order, ordered, parse_paren
from chat3_embedded.store.unread import by_topic
from chat3_embedded.validation import Field, obj, string

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chat3_embedded.jsonvalues import JsonObject
    from chat3_embedded.routes.call import Call
    from chat3_embedded.steps import Steps
    from chat3_embedded.store.records import Dialog, Topic

_CHANGE = obj({"meta": META})
_TOPIC = string(
    maximum=100,
    empty=True,
    pattern=TOPIC_ID,
    wrong="topicId must be in format topic_ followed by 20 lowercase alphanumeric characters",
)


def _topic_or_nothing(value: Any, path: Any, problems: Any) -> Any:
    return None if value in {None, ""} else _TOPIC(value, path, problems)


_OF_MESSAGE = obj({"topicId": Field(_topic_or_nothing, required=True)})
_NEWEST_FIRST = Order("createdAt", descending=True)


def get_topic(call: Call) -> Answer:
    """Read a topic with its dialog."""
    dialog, topic = _topic(call)
    view = views.dialog(call.store, dialog)
    shown = {name: view[name] for name in ("dialogId", "tenantId", "createdAt", "meta")}
    return ok({**_views(call, [topic])[0], "dialog": shown})


def change_topic(call: Call) -> Steps[Answer]:
    """Merge keys into a topic's meta; told even where nothing is changed."""
    body = call.checked_body(_CHANGE)
    dialog, topic = _topic(call)
    yield from uncoded(
        dialog_writes.change_topic(call.store, call.feed, dialog, topic, body["meta"])
    )
    return ok(_views(call, [topic])[0], "Topic updated successfully")


def list_topics(call: Call) -> Answer:
    """List the topics of all dialogs, newest first unless sorted."""
    page = strict_page(call.query)
    node = read_filter(call)
    query = scope(tenantId=call.tenant_id).within(node)
    among, query = selected_by_meta(call.store.meta, call.tenant_id, "topic", query)
    test = query.test(meta_resolver(call.store.meta, call.tenant_id, "topic", "topicId"))
    order = parse_paren(call.query.get("sort", "")) or _NEWEST_FIRST
    found = call.store.dialogs.all_topics(
        call.tenant_id, dialog_id=query.pinned("dialogId").get("dialogId")
    )
    topics = {t.topic_id: t for t in found if among is None or t.topic_id in among}
    rows = ordered(filter(test, (shapes.topic_json(t, {}) for t in topics.values())), order)
    shown = [topics[row["topicId"]] for row in page.of(rows)]
    pagination = page.describe(len(rows))
    # Only here is there always a first page.
    pagination["pages"] = max(1, pagination["pages"])
    body: JsonObject = {"data": sanitise(_views(call, shown)), "pagination": pagination}
    if not rows and "meta." in call.query.get("filter", ""):
        body["hint"] = "No topics match the filter by meta."
    return Answer(200, body)


def list_user_topics(call: Call) -> Answer:
    """List a dialog's topics with what the user has not read in them."""
    page = lenient_page(call.query, default=20)
    dialog = call.dialog()
    member = call.member()
    topics = call.store.dialogs.topics(call.tenant_id, dialog.dialog_id)
    unread = by_topic(call.store, member)
    rows = [
        {**view, "unreadCount": unread.get(view["topicId"], 0)} for view in _views(call, topics)
    ]
    return listed(page.of(rows), page, len(rows))


def set_message_topic(call: Call) -> Steps[Answer]:
    """Put a message into a topic of its dialog, or take it out; told as a change of the message."""
    body = call.checked_body(_OF_MESSAGE)
    message = call.message()
    topic_id = body["topicId"]
    if topic_id is None and message.topic_id is None:
        raise _coded(
            400, "ERROR_TOPIC_CLEAR_NOT_ALLOWED", "Cannot clear topic: message has no topic."
        )
    if topic_id is not None and message.topic_id is not None:
        raise _coded(
            400,
            "ERROR_TOPIC_CHANGE_NOT_ALLOWED",
            "Cannot set topic: message already has a topic."
            " Clear it first or use a different message.",
        )
    where = (call.tenant_id, message.dialog_id)
    if topic_id is not None and call.store.dialogs.topic(*where, topic_id) is None:
        raise _coded(
            404,
            "ERROR_TOPIC_NOT_FOUND",
            "Topic not found or not in the same dialog as the message",
        )
    call.store.messages.set_topic(call.tenant_id, message.message_id, topic_id)
    yield "message topic row"
    message = call.message()
    call.feed.message_changed(message, ("message.topicId",))
    yield "message topic event"
    view = sanitise(views.messages(call.store, call.tenant_id, [message])[0])
    if topic_id is None:
        view = {**view, "topicId": None, "topic": None}
    return Answer(200, {"data": view, "message": "Message topic updated successfully"})


def _coded(status: int, code: str, message: str) -> ApiError:
    error = "Not Found" if status == 404 else "Bad Request"  # noqa: PLR2004 - the two there are
    return ApiError(status, error, message, code=code)


def _topic(call: Call) -> tuple[Dialog, Topic]:
    dialog = call.dialog()
    topic = call.store.dialogs.topic(call.tenant_id, dialog.dialog_id, call.path["topicId"])
    if topic is None:
        raise ApiError(404, "ERROR_NO_TOPIC", "Topic not found")
    return dialog, topic


def _views(call: Call, topics: Iterable[Topic]) -> list[JsonObject]:
    found = list(topics)
    metas = call.store.meta.of_many(call.tenant_id, "topic", [t.topic_id for t in found])
    return [shapes.topic_json(topic, metas.get(topic.topic_id, {})) for topic in found]


_TOPICS = "/api/dialogs/{dialogId}/topics"
ROUTES = (
    Route("GET", _TOPICS + "/{topicId}", get_topic, "read"),
    Route("PATCH", _TOPICS + "/{topicId}", change_topic, "write"),
    Route("GET", "/api/topics", list_topics, "read"),
    Route("GET", "/api/users/{userId}/dialogs/{dialogId}/topics", list_user_topics, "read"),
    Route("PATCH", "/api/messages/{messageId}/topic", set_message_topic, "write"),
)
