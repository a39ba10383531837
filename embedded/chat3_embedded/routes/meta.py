"""Meta of any entity: read, set one key or several, delete."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chat3_embedded import meta_rules, shapes
from chat3_embedded.errors import bad_request, internal, not_found
from chat3_embedded.ids import META_KEY
from chat3_embedded.meta_writes import coded, write_meta
from chat3_embedded.routes.call import Answer, Route, ok, raw, said
from chat3_embedded.validation import Field, array, meta, meta_value, obj, string

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from chat3_embedded.errors import ApiError
    from chat3_embedded.meta_rules import Owner
    from chat3_embedded.routes.call import Call
    from chat3_embedded.steps import Steps

ENTITY_TYPES = ("user", "dialog", "message", "tenant", "system", "dialogMember", "topic", "pack")
_VALUE = obj(
    {
        "value": Field(meta_value, required=True),
        "dataType": Field(string(maximum=20), default="string"),
    }
)
_BULK = obj({"meta": Field(meta(minimum=1), required=True)})
_KEYS = obj({"keys": Field(array(string(maximum=100), minimum=1), required=True)})


def get_meta(call: Call) -> Answer:
    """Read an entity's meta; a user need not exist."""
    owner = _owner(call)
    _require_entity(call)
    return ok(call.store.meta.of(*owner))


def put_key(call: Call) -> Steps[Answer]:
    """Set one key; of all writes to meta this one tells somebody. The data type is not checked."""
    owner = _owner(call, malformed=bad_request)
    key = _key(call)
    body = call.checked_body(_VALUE)
    _require_entity(call)
    value, kind = body["value"], body["dataType"]
    try:
        meta_rules.check_request(call.store, owner, {key: value})
        meta_rules.check_key(call.store, owner, key, value)
    except meta_rules.MetaRuleError as error:
        raise error.answer() from None
    put = call.store.meta.put
    entry = put(*owner, key, value, data_type=kind, created_by=call.key.name)
    yield "meta row"
    _tell(call, owner)
    yield "meta event"
    return raw(shapes.meta_entry_json(entry), "Meta set successfully")


def put_bulk(call: Call) -> Steps[Answer]:
    """Merge several keys, one by one; nobody is told, save of packs."""
    owner = _owner(call)
    body = call.checked_body(_BULK)
    _require_entity(call)
    yield from coded(write_meta(call.store, owner, body["meta"]))
    if owner[1] == "pack":
        _tell(call, owner)
        yield "meta event"
    return ok(call.store.meta.of(*owner), "Meta updated successfully")


def delete_key(call: Call) -> Steps[Answer]:
    """Delete one key; told for all but users."""
    owner = _owner(call)
    key = _key(call)
    _require_entity(call)
    _check_removal(call, owner, [key])
    if not call.store.meta.remove(*owner, [key]):
        raise not_found(f"Meta key '{key}' not found for {owner[1]} {owner[2]}")
    yield "meta row"
    if owner[1] == "topic":
        _tell_topic(call, owner[2])
    elif owner[1] != "user":
        _tell(call, owner)
    yield "meta event"
    return said("Meta deleted successfully")


def delete_bulk(call: Call) -> Steps[Answer]:
    """Delete several keys; missing ones are ignored, nobody is told, save of packs."""
    owner = _owner(call)
    body = call.checked_body(_KEYS)
    _require_entity(call)
    _check_removal(call, owner, body["keys"])
    call.store.meta.remove(*owner, body["keys"])
    yield "meta rows"
    if owner[1] == "pack":
        _tell(call, owner)
        yield "meta event"
    return ok(call.store.meta.of(*owner), "Meta keys deleted successfully")


def _check_removal(call: Call, owner: Owner, keys: Sequence[str]) -> None:
    try:
        meta_rules.check_removal(call.store, owner, keys)
    except meta_rules.MetaRuleError as error:
        raise error.answer() from None


def entity_type_of(call: Call) -> str:
    """Return the type of entity that the URL names, or raise 400."""
    entity_type = call.path["entityType"]
    if entity_type not in ENTITY_TYPES:
        raise bad_request(
            f"Invalid entity type. Must be one of: {', '.join(ENTITY_TYPES)}",
            field="entityType",
            received=entity_type,
            validValues=list(ENTITY_TYPES),
        )
    return entity_type


def _owner(call: Call, malformed: Callable[[str], ApiError] = internal) -> Owner:
    """Return whose meta the URL names; a member is a dialog and a user around one colon.

    What else stands for a member is 400 or 500, as was read; the text was not.
    """
    entity_type, entity_id = entity_type_of(call), call.path["entityId"]
    if entity_type == "dialogMember" and entity_id.count(":") != 1:
        raise malformed("Invalid dialogMember ID format. Expected format: dialogId:userId")
    return call.tenant_id, entity_type, entity_id


def _key(call: Call) -> str:
    key = call.path["key"]
    if not META_KEY.fullmatch(key):
        raise bad_request(
            "Meta key may only contain letters, numbers, and underscores"
            " (no dots or hyphens). Example: contact_phone",
            field="key",
            received=key,
        )
    return key


def _require_entity(call: Call) -> None:
    entity_type, entity_id = call.path["entityType"], call.path["entityId"]
    if entity_type in {"user", "system", "tenant"}:
        return
    if not _exists(call, entity_type, entity_id):
        name = entity_type[0].upper() + entity_type[1:]
        shown = name if entity_type == "dialogMember" else f"{name} {entity_id}"
        raise not_found(f"{shown} not found")


def _exists(call: Call, entity_type: str, entity_id: str) -> bool:
    store, tenant_id = call.store, call.tenant_id
    if entity_type == "dialog":
        return store.dialogs.get(tenant_id, entity_id) is not None
    if entity_type == "message":
        return store.messages.get(tenant_id, entity_id) is not None
    if entity_type == "dialogMember":
        dialog_id, _, user_id = entity_id.partition(":")
        return store.members.get(tenant_id, dialog_id, user_id) is not None
    if entity_type == "pack":
        return store.packs.get(tenant_id, entity_id) is not None
    return entity_type == "topic" and store.dialogs.topic_exists(tenant_id, entity_id)


def _tell(call: Call, owner: Owner) -> None:
    store, feed = call.store, call.feed
    tenant_id, entity_type, entity_id = owner
    if entity_type == "user" and (user := store.users.get(tenant_id, entity_id)):
        feed.user_changed(user, ("user.meta",))
    elif entity_type == "dialog" and (dialog := store.dialogs.get(tenant_id, entity_id)):
        feed.dialogs.changed(dialog, ("dialog.meta",))
    elif entity_type == "message" and (message := store.messages.get(tenant_id, entity_id)):
        feed.message_changed(message, ("message.meta",))
    elif entity_type == "pack" and (pack := store.packs.get(tenant_id, entity_id)):
        feed.packs.changed(pack)
    elif entity_type == "dialogMember":
        dialog_id, _, user_id = entity_id.partition(":")
        member = store.members.get(tenant_id, dialog_id, user_id)
        dialog = store.dialogs.get(tenant_id, dialog_id)
        if member and dialog:
            feed.dialogs.member_changed(dialog, member, ("member.meta",))


def _tell_topic(call: Call, topic_id: str) -> None:
    """Tell of a key deleted from a topic's meta; of one that is set nobody is told."""
    topics = call.store.dialogs.all_topics(call.tenant_id)
    (topic,) = (topic for topic in topics if topic.topic_id == topic_id)
    dialog = call.store.dialogs.get(call.tenant_id, topic.dialog_id)
    if dialog is not None:
        call.feed.dialogs.topic_changed(dialog, topic_id)


_ENTITY = "/api/meta/{entityType}/{entityId}"
ROUTES = (
    Route("GET", _ENTITY, get_meta, "read"),
    Route("PUT", _ENTITY, put_bulk, "write"),
    Route("DELETE", _ENTITY, delete_bulk, "delete"),
    Route("PUT", _ENTITY + "/{key}", put_key, "write"),
    Route("DELETE", _ENTITY + "/{key}", delete_key, "delete"),
)
