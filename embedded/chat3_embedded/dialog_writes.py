"""The writes of dialogs, members and topics, step by step, in the platform's order.

Where the order comes from: that metas precede members and that a removal is told before it is
done was read; that each member is written and told before the next one, its user first, stands
in the recorded times. The order in which a dialog's deletion takes things away is inferred: read
was that the event comes first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chat3_embedded.meta_writes import write_meta
from chat3_embedded.store.facade import DEFAULT_USER_TYPE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from chat3_embedded.feed import UpdateFeed
    from chat3_embedded.jsonvalues import JsonObject
    from chat3_embedded.steps import Steps
    from chat3_embedded.store import Store
    from chat3_embedded.store.records import Dialog, Member, Topic


def write_dialog(
    store: Store,
    feed: UpdateFeed,
    dialog: Dialog,
    members: Iterable[tuple[str, str | None]],
    meta: JsonObject,
) -> Steps[None]:
    """Create a dialog: row, metas, then each member (user id, type) and its event, and the event.

    A member who comes later is told of the earlier ones too: the update-worker has not looked yet.
    """
    store.dialogs.add(dialog)
    yield "dialog row"
    yield from write_meta(store, (dialog.tenant_id, "dialog", dialog.dialog_id), meta)
    told: list[Callable[[Member], None]] = []
    for user_id, kind in members:
        member = yield from _member(store, dialog, user_id, kind, "dialog member", told)
        if member is None:
            # A member named twice is one member, and counts twice.
            store.dialogs.change_member_count(dialog.tenant_id, dialog.dialog_id, 1)
            continue
        told.append(feed.dialogs.member_added(dialog, member, with_dialog=True))
        yield "dialog member event"
    feed.dialogs.created(dialog)
    yield "dialog event"


def delete_dialog(store: Store, dialog: Dialog) -> Steps[None]:
    """Delete a dialog: its event reaches nobody, since no member is left when it is looked at."""
    where = (dialog.tenant_id, dialog.dialog_id)
    members = store.members.of_dialog(*where)
    store.meta.remove_all(dialog.tenant_id, "dialog", dialog.dialog_id)
    yield "dialog meta removed"
    store.dialogs.remove_links(*where)
    yield "dialog links removed"
    with store.transaction():
        for member in members:
            member_id = f"{dialog.dialog_id}:{member.user_id}"
            store.meta.remove_all(dialog.tenant_id, "dialogMember", member_id)
        store.dialogs.remove_members(*where)
    yield "dialog members removed"
    store.dialogs.remove(*where)
    yield "dialog row removed"


def add_member(
    store: Store, feed: UpdateFeed, dialog: Dialog, user_id: str, kind: str | None
) -> Steps[Member | None]:
    """Add a member: the user's row if there is none, row, event; None for who is a member."""
    if store.members.get(dialog.tenant_id, dialog.dialog_id, user_id) is not None:
        return None
    member = yield from _member(store, dialog, user_id, kind, "member row")
    if member is not None:
        feed.dialogs.member_added(dialog, member)
        yield "member event"
    return member


def remove_member(store: Store, feed: UpdateFeed, dialog: Dialog, member: Member) -> Steps[None]:
    """Remove a member: the event, then the row."""
    feed.dialogs.member_removed(dialog, member)
    yield "member event"
    store.remove_member(member)
    yield "member row"


def write_topic(
    store: Store, feed: UpdateFeed, dialog: Dialog, topic: Topic, meta: JsonObject
) -> Steps[None]:
    """Create a topic: row, metas, event."""
    store.dialogs.add_topic(topic)
    yield "topic row"
    yield from write_meta(store, (topic.tenant_id, "topic", topic.topic_id), meta)
    feed.dialogs.topic_created(dialog, topic.topic_id)
    yield "topic event"


def change_topic(
    store: Store, feed: UpdateFeed, dialog: Dialog, topic: Topic, meta: JsonObject
) -> Steps[None]:
    """Merge keys into a topic's meta: metas, event, which comes without any key too."""
    yield from write_meta(store, (topic.tenant_id, "topic", topic.topic_id), meta)
    feed.dialogs.topic_changed(dialog, topic.topic_id)
    yield "topic event"


def _member(
    store: Store,
    dialog: Dialog,
    user_id: str,
    kind: str | None,
    name: str,
    told: Iterable[Callable[[Member], None]] = (),
) -> Steps[Member | None]:
    key = user_id.lower()
    if store.add_user(dialog.tenant_id, key, type=kind or DEFAULT_USER_TYPE) is not None:
        yield "user row"
    member = store.add_member(dialog.tenant_id, dialog.dialog_id, user_id, type=kind)
    if member is not None:
        for tell in told:
            tell(member)
        yield name
    return member
