"""Messages outside of a user's view: create, list, read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from chat3_embedded import views
from chat3_embedded.errors import ApiError, HtmlError, bad_request
from chat3_embedded.ids import MESSAGE_ID, TOPIC_ID, new_message_id
from chat3_embedded.meta_writes import uncoded
from chat3_embedded.paging import strict_page
from chat3_embedded.routes.call import Answer, Route, listed, ok
from chat3_embedded.routes.fields import ANY_USER_ID
from chat3_embedded.routes.listing import plainly, read_filter
from chat3_embedded.routes.message_search import search_messages
from chat3_embedded.sorting import Order, parse_paren
from chat3_embedded.store.records import Message
from chat3_embedded.validation import Field, meta, obj, string
from chat3_embedded.writes import write_message

if TYPE_CHECKING:
    from chat3_embedded.routes.call import Call
    from chat3_embedded.steps import Steps
    from chat3_embedded.validation import Path, Problems

_TYPE = re.compile(
    r"internal\.(text|image|file|audio|video|sticker|location|contact)"
    r"|(system|user|message)\.[a-z0-9_.-]+"
)
_WITH_URL = frozenset(f"internal.{kind}" for kind in ("image", "file", "audio", "video", "sticker"))
_CONTENT = string(maximum=10_000, empty=True, trim=True)
_WRONG_TYPE = (
    "type must be one of the predefined internal.* values or match system.* / user.* / message.*"
)
_FORMAT = "{0}Id must be in format {1}_ followed by 20 lowercase alphanumeric characters"
_QUOTED = string(maximum=100, pattern=MESSAGE_ID, wrong=_FORMAT.format("quotedMessage", "msg"))
_TOPIC = string(maximum=100, pattern=TOPIC_ID, wrong=_FORMAT.format("topic", "topic"))
_FIELDS = {
    "senderId": Field(ANY_USER_ID, required=True),
    "content": Field(_CONTENT, default=""),
    "type": Field(
        string(maximum=100, lower=True, pattern=_TYPE, wrong=_WRONG_TYPE), default="internal.text"
    ),
    "meta": Field(meta(), nullable=True, default={}),
    "quotedMessageId": Field(_QUOTED, nullable=True),
    "topicId": Field(_TOPIC, nullable=True),
}
_ANY = obj(_FIELDS)
_MEDIA = obj({**_FIELDS, "meta": Field(meta(required_keys=("url",)), required=True)})
_NO_SUCH_MESSAGE = (
    "Message not found. Check that the message exists and that X-TENANT-ID (or API key tenant)"
    " matches the tenant where the message was created."
)
_SORTABLE = frozenset({"createdAt", "senderId"})


def _new_message(value: Any, path: Path, problems: Problems) -> Any:
    media = isinstance(value, dict) and str(value.get("type")).lower() in _WITH_URL
    return (_MEDIA if media else _ANY)(value, path, problems)


def create_message(call: Call) -> Steps[Answer]:
    """Create a message; whether the sender is a member, or exists, is nobody's concern here."""
    body = call.checked_body(_new_message)
    if call.prototype.poisoned:
        # The database layer meets an operator that it did not expect in what it is to save.
        raise HtmlError(500, "Internal Server Error")
    if body["type"] == "internal.text" and not body["content"]:
        raise bad_request("content is required for internal.text messages")
    dialog = call.dialog()
    topic_id = body["topicId"]
    topics = call.store.dialogs
    if topic_id and topics.topic(call.tenant_id, dialog.dialog_id, topic_id) is None:
        raise ApiError(404, "ERROR_NO_TOPIC", "Topic not found")
    message = Message(
        call.tenant_id,
        new_message_id(),
        dialog.dialog_id,
        body["senderId"],
        body["content"],
        body["type"],
        call.store.clock.now(),
        topic_id,
        None,
    )
    quoted_id = body["quotedMessageId"]
    yield from uncoded(write_message(call.store, call.feed, message, body["meta"], quoted_id))
    written = call.store.messages.get(call.tenant_id, message.message_id) or message
    view = views.created_message(call.store, written)
    return ok(view, "Message created successfully", 201)


def list_dialog_messages(call: Call) -> Answer:
    """List a dialog's messages, without anybody's view."""
    return _list(call, dialogId=call.dialog().dialog_id)


def list_messages(call: Call) -> Answer:
    """List the tenant's messages; here alone they come without the tenant id."""
    answer = _list(call)
    assert answer.body is not None  # noqa: S101 - a list
    for item in answer.body["data"]:
        del item["tenantId"]
    return answer


def _list(call: Call, **where: str) -> Answer:
    page = strict_page(call.query)
    node = read_filter(call, plainly)
    order = parse_paren(call.query.get("sort", ""))
    if order is None or order.field not in _SORTABLE:
        order = Order("createdAt", descending=True)
    found, total = search_messages(call, where, node, order, page)
    return listed(views.messages(call.store, call.tenant_id, found), page, total)


def get_message(call: Call) -> Answer:
    """Read a message; `me` of its reactions is false for everyone."""
    return ok(_view(call, call.message(_NO_SUCH_MESSAGE)))


def _view(call: Call, message: Message) -> dict[str, Any]:
    return views.messages(call.store, call.tenant_id, [message])[0]


ROUTES = (
    Route("POST", "/api/dialogs/{dialogId}/messages", create_message, "write"),
    Route("GET", "/api/dialogs/{dialogId}/messages", list_dialog_messages, "read"),
    Route("GET", "/api/messages", list_messages, "read"),
    Route("GET", "/api/messages/{messageId}", get_message, "read"),
)
