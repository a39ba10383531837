"""Changes of a message that is there: its text, and whether it is deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chat3_embedded.generations import Capability
from chat3_embedded.jsonvalues import number
from chat3_embedded.store import unread
from chat3_embedded.store.records import Version

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chat3_embedded.steps import Steps
    from chat3_embedded.store import Store
    from chat3_embedded.store.records import Member, Message


def edit(store: Store, message: Message, content: str, edited_by: str | None) -> Steps[None]:
    """Change a text: the version before it, then the row; older platforms: the row, then its meta.

    That the version comes first was read; where older platforms write `editedAt` is inferred.
    """
    where = (message.tenant_id, message.message_id)
    now = store.clock.now()
    if not store.generation.can(Capability.EDIT_VERSIONS):
        store.messages.set_content(*where, content)
        yield "edit row"
        store.meta.put(message.tenant_id, "message", message.message_id, "editedAt", number(now))
        yield "edit meta"
        return
    last = store.messages.versions(*where, limit=1)
    index = last[0].index + 1 if last else 1
    store.messages.add_version(Version(*where, index, message.content, edited_by, now))
    yield "version row"
    with store.transaction():
        store.messages.set_content(*where, content)
        store.messages.set_edited(*where, now, edited_by)
    yield "edit row"


def set_deleted(store: Store, message: Message, *, deleted: bool, by: str | None) -> None:
    """Delete or undelete a message."""
    where = (message.tenant_id, message.message_id)
    if deleted:
        store.messages.set_deleted(*where, store.clock.now(), by)
    else:
        store.messages.set_deleted(*where, None, None)


def count_deletion(
    store: Store, message: Message, members: Iterable[Member], *, deleted: bool
) -> None:
    """Count a deletion or its reverse: fewer or more unread, within what counts as unread."""
    latest = store.marks.latest(message.tenant_id, [message.message_id])[message.message_id]
    kind = store.sender_type(message)
    where = (message.tenant_id, message.dialog_id)
    for member in members:
        if member.user_id != member.user_key or not unread.counts(store, message, member, latest):
            continue
        if deleted:
            store.counters.take_unread(*where, member.user_id, kind, 1)
        else:
            store.counters.add_unread(*where, [member.user_id], kind)
