"""How a recorded answer of 0.0.80 reads from a newer platform: read in sources, never recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chat3_embedded.generations import Capability

if TYPE_CHECKING:
    from chat3_embedded import Generation

# Any time does: what stands for itself in neither answer.
_A_TIME_TEXT, _A_TIME = "1795424681964.109619", 1795424681964.109619


# Told in this place of the story, these requests ask a newer platform something else.
ANOTHER_CASE_SINCE = {"unread_patch": Capability.UNREAD_WATERMARK}


def of_generation(recording: Any, generation: Generation) -> Any:
    """Return the response of a recording as a version of the platform would give it."""
    response, path = recording["response"], recording["request"]["path"].partition("?")[0]
    response = _messages(response, generation)
    if path.endswith("/dialogs") and path.startswith("/api/users/"):
        response = _dialogs(response, generation)
    if path.endswith("/markAllRead") and generation.can(Capability.QUEUED_READING):
        response = _replaced(response, "processedMessageCount", 0)
    return response


def _messages(value: Any, generation: Generation, place: str = "") -> Any:
    """Add the flags to every message: those of an edit stand neither in quotes nor in lists."""
    if isinstance(value, list):
        return [_messages(item, generation, place) for item in value]
    if not isinstance(value, dict):
        return value
    result = {key: _messages(item, generation, key) for key, item in value.items()}
    if not {"messageId", "content", "senderId", "createdAt"} <= value.keys():
        return result
    if generation.can(Capability.SOFT_DELETE):
        result["deleted"] = False
    if not generation.can(Capability.EDIT_VERSIONS):
        return result
    meta = dict(value.get("meta", {}))
    was_edited = meta.pop("editedAt", None) is not None
    if was_edited:
        result["meta"] = meta
    if place not in {"quotedMessage", "lastMessage"}:
        result |= {"edited": True, "editedAt": _A_TIME} if was_edited else {"edited": False}
    return result


def _dialogs(response: Any, generation: Generation) -> Any:
    if not generation.can(Capability.DIALOGS_WITH_TENANT) or "data" not in response:
        return response
    more = {"tenantId": "tnt_demo", "createdAt": _A_TIME_TEXT}
    return {**response, "data": [{**item, **more} for item in response["data"]]}


def _replaced(value: Any, name: str, number: int) -> Any:
    if isinstance(value, dict):
        return {
            key: number if key == name else _replaced(item, name, number)
            for key, item in value.items()
        }
    return value


def key_of_generation(key: str, tenant: str, generation: Generation) -> str:
    """Return a recorded routing key as a version of the platform writes it."""
    if not generation.can(Capability.TENANT_IN_ROUTING_KEY):
        return key
    update, category, rest = key.split(".", maxsplit=2)
    return f"{update}.{category}.{tenant}.{rest}"


def update_of_generation(body: Any, generation: Generation) -> Any:
    """Return a recorded update as a version of the platform sends it: edits are told otherwise."""
    message = body["data"].get("message", {})
    meta = dict(message.get("meta", {}))
    edited = body["data"]["context"]["updatedFields"] == ["message.content"]
    if not generation.can(Capability.EDIT_VERSIONS) or "editedAt" not in meta:
        return body
    del meta["editedAt"]
    flags = {"edited": True, "editedAt": _A_TIME} if edited else {}
    kept = {name: item for name, item in message.items() if name != "meta"}
    changed = {**kept, **({"meta": meta} if meta else {}), **flags}
    return {**body, "data": {**body["data"], "message": changed}}
