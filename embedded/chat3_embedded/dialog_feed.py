"""The feed of dialogs: which updates follow from what happens to a dialog and its members."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chat3_embedded import shapes, updates
from chat3_embedded.ids import new_event_id
from chat3_embedded.store.records import Counting
from chat3_embedded.updates import Event

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from chat3_embedded.counting import CounterWorker
    from chat3_embedded.jsonvalues import JsonObject
    from chat3_embedded.sender import UpdateSender
    from chat3_embedded.store import Store
    from chat3_embedded.store.records import Dialog, Member

TYPING_EXPIRES_MS = 5000


class DialogFeed:
    """One method an event, which is written as one; counters follow later, under the same id.

    `counters_first`: of an event about a member, its two workers make an update of the same
    identity for that member, and the second is dropped. The full one wins unless this is set.
    """

    def __init__(
        self, store: Store, sender: UpdateSender, counters: CounterWorker, *, counters_first: bool
    ) -> None:
        self._store = store
        self._send = sender
        self._counters = counters
        self._counters_first = counters_first

    def created(self, dialog: Dialog) -> None:
        """Tell all members of the dialog; that they are members was told before."""
        self._about(dialog, "dialog.create", ("dialog",), dialog.dialog_id)

    def changed(self, dialog: Dialog, fields: tuple[str, ...]) -> None:
        """Tell all members."""
        self._about(dialog, "dialog.changed", fields, dialog.dialog_id)

    def topic_created(self, dialog: Dialog, topic_id: str) -> None:
        """Tell all members; the topic itself is only named in the context."""
        self._about(dialog, "dialog.topic.create", ("topic",), topic_id, "topic")

    def topic_changed(self, dialog: Dialog, topic_id: str) -> None:
        """Tell all members; the topic itself is only named in the context."""
        self._about(dialog, "dialog.topic.changed", ("topic.meta",), topic_id, "topic")

    def typing(self, dialog: Dialog, user_id: str) -> None:
        """Tell all members but the typist."""
        user = self._store.users.get(dialog.tenant_id, user_id)
        meta = self._store.meta.of(dialog.tenant_id, "user", user_id)
        typing = {
            "userId": user_id,
            "expiresInMs": TYPING_EXPIRES_MS,
            "timestamp": int(self._store.clock.now()),
            "userInfo": {**shapes.user_json(user), "meta": meta} if user else None,
        }
        others = [member for member in self._members(dialog) if member.user_id != user_id]
        context = updates.context(
            "dialog",
            entity_id=dialog.dialog_id,
            dialog_id=dialog.dialog_id,
            sections=("dialog", "typing"),
            fields=("typing",),
            target="messages.list",
        )
        event = _event("dialog.typing", dialog)
        self._send.to_members(event, dialog, others, {"typing": typing, "context": context})

    def member_added(
        self, dialog: Dialog, member: Member, *, with_dialog: bool = False
    ) -> Callable[[Member], None]:
        """Tell all members, the new one too, and count for the new one.

        `with_dialog`: the event of a dialog's creation names the dialog alone. Returned is what
        tells a member who comes before the update-worker has looked, as the next ones then do.
        """
        event = _event("dialog.member.add", dialog)
        entity_id = dialog.dialog_id if with_dialog else _member_id(member)
        context = _context(entity_id, member, None if with_dialog else member.user_id)
        data = {"member": updates.member_section(member), "context": context}
        with self._store.transaction():
            self._to_members(event, dialog, self._members(dialog), member, data)
        return lambda late: self._send.to_members(event, dialog, [late], data)

    def member_removed(self, dialog: Dialog, member: Member) -> None:
        """Tell the remaining members and the one that is to be removed, and count for that one."""
        event = _event("dialog.member.remove", dialog)
        others = [m for m in self._members(dialog) if m.user_id != member.user_id]
        context = _context(_member_id(member), member, member.user_id)
        data = {"member": updates.member_section(member), "context": context}
        with self._store.transaction():
            self._to_members(event, dialog, [*others, member], member, data)

    def member_changed(self, dialog: Dialog, member: Member, fields: tuple[str, ...]) -> None:
        """Tell that member of its own state or meta, and count anew, changed or not."""
        event = _event("dialog.member.changed", dialog)
        meta = self._store.meta.of(dialog.tenant_id, "dialogMember", _member_id(member))
        context = _context(_member_id(member), member, None, fields)
        data = {"member": updates.member_section(member, meta), "context": context}
        with self._store.transaction():
            self._to_members(event, dialog, [member], member, data, bump=1, recount=True)

    def bulk_read(self, member: Member, *, late: bool = False) -> None:
        """Tell that member's counters; a late one takes what has arrived meanwhile for read."""
        event = Event(new_event_id(), "dialog.messages.bulk_read", member.tenant_id)
        self._count(
            event,
            dialog_id=member.dialog_id,
            users=(member.user_key,),
            members=(member.user_id,),
            bump=1,
            reset=late,
        )

    def _members(self, dialog: Dialog) -> list[Member]:
        return self._store.members.of_dialog(dialog.tenant_id, dialog.dialog_id)

    def _count(self, event: Event, **what: Any) -> None:
        self._counters.put(Counting(event.event_id, event.type, event.tenant_id, **what))

    def _to_members(
        self,
        event: Event,
        dialog: Dialog,
        members: Sequence[Member],
        about: Member,
        data: JsonObject,
        **counted: Any,
    ) -> None:
        told = [m for m in members if not (self._counters_first and m.user_id == about.user_id)]
        self._send.to_members(event, dialog, told, data)
        own = (about.user_id,) if self._counters_first else ()
        where = {"dialog_id": dialog.dialog_id, "users": (about.user_key,), "members": own}
        self._count(event, **where, **counted)

    def _about(
        self,
        dialog: Dialog,
        event_type: str,
        fields: tuple[str, ...],
        entity_id: str,
        *more_sections: str,
    ) -> None:
        context = updates.context(
            "dialog",
            entity_id=entity_id,
            dialog_id=dialog.dialog_id,
            sections=("dialog", *more_sections),
            fields=fields,
        )
        event = _event(event_type, dialog)
        self._send.to_members(event, dialog, self._members(dialog), {"context": context})


def _event(event_type: str, dialog: Dialog) -> Event:
    return Event(new_event_id(), event_type, dialog.tenant_id)


def _member_id(member: Member) -> str:
    return f"{member.dialog_id}:{member.user_id}"


def _context(
    entity_id: str, member: Member, user_id: str | None, fields: tuple[str, ...] = ("member",)
) -> JsonObject:
    return updates.context(
        "dialog",
        entity_id=entity_id,
        dialog_id=member.dialog_id,
        user_id=user_id,
        sections=("dialog", "member"),
        fields=fields,
    )
