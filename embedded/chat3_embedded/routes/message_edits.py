"""What happens to messages after they were written: edited, with versions, or deleted softly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chat3_embedded import shapes, views
from chat3_embedded.generations import Capability
from chat3_embedded.jsonvalues import number, sanitise
from chat3_embedded.routes.call import Answer, Route, ok
from chat3_embedded.store import edits
from chat3_embedded.validation import Field, boolean, obj, string

if TYPE_CHECKING:
    from chat3_embedded.routes.call import Call
    from chat3_embedded.steps import Steps
    from chat3_embedded.store.records import Message

_CONTENT = Field(string(maximum=10_000, trim=True), required=True)
_EDIT = obj(
    {
        "content": _CONTENT,
        "editedBy": Field(string(maximum=256, empty=True), nullable=True),
    }
)
_OLD_EDIT = obj({"content": _CONTENT})
_DELETION = obj(
    {
        "deleted": Field(boolean, required=True),
        "deletedBy": Field(string(maximum=200, empty=True, trim=True), nullable=True),
    }
)
_VERSIONS_SHOWN = 20


def edit_message(call: Call) -> Steps[Answer]:
    """Change a message's text, whoever wrote it; the same text again changes nothing."""
    keeps_versions = call.store.generation.can(Capability.EDIT_VERSIONS)
    body = call.checked_body(_EDIT if keeps_versions else _OLD_EDIT)
    message = call.message()
    if message.content == body["content"]:
        return ok(_view(call, message), "Message content is unchanged")
    editor = body.get("editedBy") or None
    yield from edits.edit(call.store, message, body["content"], editor)
    message = call.message()
    call.feed.message_edited(message)
    yield "edit event"
    return ok(_view(call, message), "Message content updated successfully")


def list_versions(call: Call) -> Answer:
    """List the texts that edits replaced, the newest 20; the present text is none of them."""
    message = call.message()
    versions = call.store.messages.versions(
        call.tenant_id, message.message_id, limit=_VERSIONS_SHOWN
    )
    return ok([shapes.version_json(version) for version in versions])


def delete_message(call: Call) -> Steps[Answer]:
    """Delete or undelete a message, whoever wrote it; its text stays where it is."""
    body = call.checked_body(_DELETION)
    message, deleted = call.message(), body["deleted"]
    if deleted == bool(message.deleted):
        text = "Message is already deleted" if deleted else "Message is not deleted"
        return _deletion(call, message, text)
    edits.set_deleted(call.store, message, deleted=deleted, by=body["deletedBy"] or None)
    yield "deletion row"
    message = call.message()
    call.feed.message_deleted(message)
    yield "deletion event"
    what = "soft-deleted" if deleted else "undeleted"
    return _deletion(call, message, f"Message {what} successfully")


def _deletion(call: Call, message: Message, text: str) -> Answer:
    """Answer with the message; what stands in no other answer, nulls, stands here."""
    data = sanitise({name: item for name, item in _view(call, message).items() if name != "topic"})
    marks: dict[str, Any] = {
        "deleted": bool(message.deleted),
        "deletedAt": None if message.deleted_at is None else number(message.deleted_at),
        "deletedBy": message.deleted_by,
    }
    return Answer(200, {"data": {**data, **marks}, "message": text})


def _view(call: Call, message: Message) -> dict[str, Any]:
    return views.messages(call.store, call.tenant_id, [message])[0]


_MESSAGE = "/api/messages/{messageId}"
ROUTES = (
    Route("PUT", _MESSAGE, edit_message, "write"),
    Route("PUT", _MESSAGE + "/edit", edit_message, "write", since=Capability.EDIT_VERSIONS),
    Route("GET", _MESSAGE + "/versions", list_versions, "read", since=Capability.EDIT_VERSIONS),
    Route("PATCH", _MESSAGE, delete_message, "write", since=Capability.SOFT_DELETE),
)
