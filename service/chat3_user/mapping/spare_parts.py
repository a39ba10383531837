"""What an update has that its models know and its kind does not carry, so that it can be kept."""

import msgspec

from chat3_user.mapping import update_models as m
from chat3_user.mapping.payloads import Payload
from chat3_user.mapping.unmapped import Json, joined, read_json
from chat3_user.tenant_api.models import ABSENT


class Place(msgspec.Struct, frozen=True, gc=False):
    """The dialog and the message that an update is about, as far as it is about any."""

    dialog_id: str | None
    message_id: str | None


def place_of(data: m.Data, payload: Payload) -> Place:
    """Return what an update of a kind with ``payload`` is about."""
    context = data.context
    dialog_id, message_id = context.dialog_id, context.message_id
    message = data.message
    if message is not None and "message" in payload.carried:
        dialog_id, message_id = message.dialog_id, message.message_id
    if data.dialog is not None:
        dialog_id = data.dialog.dialog_id
    return Place(dialog_id, message_id)


def place_in(data: Json) -> Place:
    """Return what an update of an unknown kind is about, as far as it says so as others do."""
    found: dict[str, str] = {}
    for name in ("context", "message", "dialog"):
        section = data.get(name)
        for key in ("dialogId", "messageId"):
            value = section.get(key) if isinstance(section, dict) else None
            if isinstance(value, str) and value:
                found[key] = value
    return Place(found.get("dialogId"), found.get("messageId"))


def spare_parts(published: m.PublishedUpdate, payload: Payload, place: Place, body: bytes) -> Json:
    """Return what is spare in an update, at its place: ``{"data": {"pack": {}}}``."""
    data = published.data
    spare: Json = {}
    if payload.others(data) != payload.absent:
        spare = _sections(read_json(body), payload.carried)
    message = data.message
    if message is not None and payload.thing == "message":
        matrix = message.status_message_matrix
        if matrix is not ABSENT and bytes(matrix) != b"null":
            rows = {"message": {"statusMessageMatrix": msgspec.json.decode(matrix)}}
            spare = joined(spare, {"data": rows})
    ids = _other_ids(published, payload, place)
    return joined(spare, {"data": {"context": ids}}) if ids else spare


def _sections(document: Json, carried: frozenset[str]) -> Json:
    data = document["data"]
    return {
        "data": {name: data[name] for name in data if name not in carried and name != "context"}
    }


def _other_ids(published: m.PublishedUpdate, payload: Payload, place: Place) -> Json:
    """Return the ids in an update's context that name something else than its sections do."""
    data = published.data
    context, member, pack = data.context, data.member, data.pack
    ids: Json = {}
    if context.dialog_id is not None and context.dialog_id != place.dialog_id:
        ids["dialogId"] = context.dialog_id
    if context.message_id is not None and context.message_id != place.message_id:
        ids["messageId"] = context.message_id
    if (
        context.user_id is not None
        and context.user_id != published.user_id
        and (member is None or payload.thing != "member" or context.user_id != member.user_id)
    ):
        ids["userId"] = context.user_id
    if context.pack_id is not None and (
        pack is None or payload.thing != "pack" or context.pack_id != pack.pack_id
    ):
        ids["packId"] = context.pack_id
    return ids
