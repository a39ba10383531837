"""The feed of packs: which updates follow from what happens to a pack."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chat3_embedded import pack_views, updates
from chat3_embedded.ids import new_event_id
from chat3_embedded.store.records import Counting
from chat3_embedded.updates import Event

if TYPE_CHECKING:
    from chat3_embedded.counting import CounterWorker
    from chat3_embedded.sender import UpdateSender
    from chat3_embedded.store import Store
    from chat3_embedded.store.records import Member, Pack


class PackFeed:
    """One method an event. That a pack is created or deleted is told to nobody."""

    def __init__(self, store: Store, sender: UpdateSender, counters: CounterWorker) -> None:
        self._store = store
        self._send = sender
        self._counters = counters

    def changed(self, pack: Pack) -> None:
        """Tell each member of each dialog: one update a dialog, all of one event and one kind."""
        event = Event(new_event_id(), "pack.changed", pack.tenant_id)
        (section,) = pack_views.packs(self._store, pack.tenant_id, [pack])
        for link in self._store.packs.links(pack):
            dialog = self._store.dialogs.get(pack.tenant_id, link.dialog_id)
            if dialog is None:
                continue
            context = updates.context(
                "dialog",
                entity_id=pack.pack_id,
                dialog_id=dialog.dialog_id,
                pack_id=pack.pack_id,
                sections=("dialog", "pack"),
                fields=("pack.meta",),
            )
            members = self._store.members.of_dialog(pack.tenant_id, dialog.dialog_id)
            data = {"pack": section, "context": context}
            self._send.to_members(event, dialog, members, data)

    def dialogs_changed(
        self, pack: Pack, event_type: str, dialog_id: str, members: list[Member]
    ) -> None:
        """Send members of a dialog that came or went their counters; nothing else is told."""
        event = Event(new_event_id(), event_type, pack.tenant_id)
        keys = tuple(member.user_key for member in members)
        counting = Counting(
            event.event_id,
            event.type,
            event.tenant_id,
            dialog_id=dialog_id,
            users=keys,
            bump=1,
            recount=True,
        )
        self._counters.put(counting)
