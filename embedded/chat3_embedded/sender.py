"""Addresses updates: a copy for each recipient, with its own numbers, into the outbox."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chat3_embedded import updates
from chat3_embedded.jsonvalues import number
from chat3_embedded.routing import Worker
from chat3_embedded.store.facade import DEFAULT_USER_TYPE
from chat3_embedded.updates import Entity, Recipient

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from chat3_embedded.jsonvalues import JsonObject
    from chat3_embedded.outbox import Outbox
    from chat3_embedded.routing import RoutingKeys
    from chat3_embedded.store import Store
    from chat3_embedded.store.records import Dialog, Member, User
    from chat3_embedded.updates import Event


class UpdateSender:
    """Sends the two kinds of updates: what happened, and the counters that follow from it."""

    def __init__(self, store: Store, outbox: Outbox, keys: RoutingKeys) -> None:
        self._store = store
        self._outbox = outbox
        self._keys = keys

    def to_members(
        self,
        event: Event,
        dialog: Dialog,
        members: Sequence[Member],
        data: JsonObject,
        *,
        about: Entity | None = None,
    ) -> None:
        """Send each of the members the dialog, with its own unread count, and the data."""
        meta = self._store.meta.of(dialog.tenant_id, "dialog", dialog.dialog_id)
        entity = about or Entity("dialog", dialog.dialog_id)
        # Prepared once for all recipients: a dialog may have thousands.
        shared = updates.prepared({"dialog": updates.dialog_section(dialog, meta), **data})
        recipients = self._recipients(event.tenant_id, members)
        for member, recipient in zip(members, recipients, strict=True):
            own = updates.personal(shared, member.unread_count)
            self._send(event, recipient, entity, own)

    def to_user(self, event: Event, user: User, fields: tuple[str, ...]) -> None:
        """Send a user its own profile."""
        meta = self._store.meta.of(user.tenant_id, "user", user.user_id)
        data = updates.prepared(updates.profile_data(user, meta, fields))
        recipient = Recipient(user.user_id, user.type)
        self._send(event, recipient, Entity("user", user.user_id), data)

    def stats(self, event: Event, user_ids: Iterable[str]) -> None:
        """Send their counters to those of the users that exist."""
        ids = list(user_ids)
        users = self._store.users.many(event.tenant_id, ids)
        stats = self._store.counters.stats_of(event.tenant_id, users)
        now = number(self._store.clock.now())
        for user in (users[user_id] for user_id in ids if user_id in users):
            data = updates.prepared(updates.stats_data(user, stats[user.user_id], now))
            recipient = Recipient(user.user_id, user.type)
            entity = Entity("user", user.user_id)
            self._send(event, recipient, entity, data, Worker.COUNTERS)

    def unread(self, event: Event, dialog_id: str, user_ids: Iterable[str]) -> None:
        """Send those of the users that are members their unread count of the dialog.

        Counters are kept under lower-case ids: a member stored as `Zoe` has none.
        """
        dialog_counts = [
            member
            for user_id in user_ids
            if user_id == user_id.lower()
            and (member := self._store.members.get(event.tenant_id, dialog_id, user_id))
        ]
        recipients = self._recipients(event.tenant_id, dialog_counts)
        for member, recipient in zip(dialog_counts, recipients, strict=True):
            data = updates.prepared(updates.unread_data(member))
            entity = Entity("dialog", member.dialog_id)
            self._send(event, recipient, entity, data, Worker.COUNTERS)

    def _recipients(self, tenant_id: str, members: Sequence[Member]) -> list[Recipient]:
        users = self._store.users.many(tenant_id, (member.user_id for member in members))
        return [
            Recipient(m.user_id, users[m.user_id].type if m.user_id in users else DEFAULT_USER_TYPE)
            for m in members
        ]

    def _send(
        self,
        event: Event,
        recipient: Recipient,
        entity: Entity,
        data: JsonObject,
        worker: Worker = Worker.UPDATES,
    ) -> None:
        now = self._store.clock.now()
        key = self._keys.key(updates.address(event, recipient, entity), worker)
        self._outbox.put(updates.envelope(event, recipient, entity, data, now, key))
