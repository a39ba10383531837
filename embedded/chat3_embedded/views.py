"""Puts shapes together from the store: whole messages and dialogs, a page at a time."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from chat3_embedded import shapes
from chat3_embedded.generations import Capability
from chat3_embedded.jsonvalues import drop_empty_objects

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from chat3_embedded.generations import Generation
    from chat3_embedded.jsonvalues import JsonObject
    from chat3_embedded.store import Store
    from chat3_embedded.store.records import Dialog, Message


def user_infos(store: Store, tenant_id: str, user_ids: Iterable[str]) -> dict[str, JsonObject]:
    """Return `senderInfo` objects of those of the users that exist."""
    users = store.users.many(tenant_id, set(user_ids))
    metas = store.meta.of_many(tenant_id, "user", users)
    return {
        user_id: shapes.user_info(user, metas.get(user_id, {})) for user_id, user in users.items()
    }


def dialogs(store: Store, tenant_id: str, found: Sequence[Dialog]) -> list[JsonObject]:
    """Return dialogs with meta and counters."""
    ids = [dialog.dialog_id for dialog in found]
    metas = store.meta.of_many(tenant_id, "dialog", ids)
    messages = store.dialogs.message_counts(tenant_id, ids)
    topics = store.dialogs.topic_counts(tenant_id, ids)
    return [
        shapes.dialog_json(
            dialog,
            metas.get(dialog.dialog_id, {}),
            messages=messages.get(dialog.dialog_id, 0),
            topics=topics.get(dialog.dialog_id, 0),
        )
        for dialog in found
    ]


def dialog(store: Store, found: Dialog) -> JsonObject:
    """Return one dialog with meta and counters."""
    return dialogs(store, found.tenant_id, [found])[0]


def topic_of(store: Store, message: Message) -> JsonObject | None:
    """Return the `topic` of a message that has one."""
    if message.topic_id is None:
        return None
    meta = store.meta.of(message.tenant_id, "topic", message.topic_id)
    return {"topicId": message.topic_id, "meta": meta}


def created_message(store: Store, message: Message) -> JsonObject:
    """Return a message as its creation is answered: no matrix, no reactions."""
    senders = user_infos(store, message.tenant_id, [message.sender_id])
    return {
        **shapes.message_json(
            message, store.meta.of(message.tenant_id, "message", message.message_id)
        ),
        "topic": topic_of(store, message),
        "senderInfo": senders.get(message.sender_id),
    }


def messages(
    store: Store,
    tenant_id: str,
    found: Sequence[Message],
    viewer: str | None = None,
    *,
    lean: bool = False,
) -> list[JsonObject]:
    """Return messages with sender, matrix and reactions; with a viewer also its `context`.

    `lean`: what an older platform did not write is left out, as it is with a viewer.
    """
    ids = [message.message_id for message in found]
    senders = user_infos(
        store, tenant_id, [message.sender_id for message in found] + ([viewer] if viewer else [])
    )
    metas = store.meta.of_many(tenant_id, "message", ids)
    matrices = store.marks.matrices(tenant_id, found)
    reactions = store.marks.reactions(tenant_id, ids)
    result = []
    for message in found:
        key = message.message_id
        view = shapes.message_json(message, metas.get(key, {}))
        if viewer is None and message.quoted is not None:
            # As recorded: without a viewer, empty objects in the snapshot are left out.
            view["quotedMessage"] = drop_empty_objects(message.quoted)
        if viewer is None and not lean:
            # Without a viewer the database layer fills in what an older platform did not write.
            view = {**_unset_flags(store.generation), **view}
        if viewer is not None:
            view["context"] = {
                "userId": viewer,
                "isMine": message.sender_id == viewer,
                "userInfo": senders.get(viewer),
            }
        view["topic"] = topic_of(store, message)
        view["statusMessageMatrix"] = shapes.matrix_json(matrices.get(key, Counter()))
        view["reactionSet"] = shapes.reaction_set(reactions.get(key, ()), viewer)
        view["senderInfo"] = senders.get(message.sender_id)
        result.append(view)
    return result


def _unset_flags(generation: Generation) -> JsonObject:
    flags = {"deleted": Capability.SOFT_DELETE, "edited": Capability.EDIT_VERSIONS}
    return {name: False for name, capability in flags.items() if generation.can(capability)}


def quoted(store: Store, message: Message) -> JsonObject:
    """Return the snapshot of a message that another one quotes."""
    senders = user_infos(store, message.tenant_id, [message.sender_id])
    meta = store.meta.of(message.tenant_id, "message", message.message_id)
    return shapes.quoted_json(message, meta, senders.get(message.sender_id))
