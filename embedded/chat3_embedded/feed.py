"""The feed: decides which updates an event causes, for whom, and what is counted after it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from chat3_embedded import shapes, updates, views
from chat3_embedded.ids import new_event_id
from chat3_embedded.jsonvalues import utf16_prefix
from chat3_embedded.pack_feed import PackFeed
from chat3_embedded.store.records import Counting
from chat3_embedded.updates import Entity, Event

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chat3_embedded.counting import CounterWorker
    from chat3_embedded.jsonvalues import JsonObject
    from chat3_embedded.sender import UpdateSender
    from chat3_embedded.store import Store
    from chat3_embedded.store.records import Dialog, Member, Message, Reaction, Status, User

TYPING_EXPIRES_MS = 5000
_DELETION_FIELDS = ("message.deleted", "message.deletedAt", "message.deletedBy")
# Of a new or edited text no more than this goes into the event, without a mark.
_CONTENT_UNITS = 4096
_WITH_CUT_CONTENT = frozenset({("message",), ("message.content",), _DELETION_FIELDS})


class UpdateFeed:
    """One method an event, which is written as one; counters follow later, under the same id."""

    def __init__(self, store: Store, sender: UpdateSender, counters: CounterWorker) -> None:
        self._store = store
        self._send = sender
        self._counters = counters
        self.packs = PackFeed(store, sender, counters)

    def message_created(self, message: Message) -> None:
        """Tell all members of the message as it is by now, then count."""
        event = self._event("message.create", message.tenant_id)
        with self._store.transaction():
            fields = ("message",)
            section = self._written(message, fields)
            self._message(event, message, self._members(message), fields, section)
            self._count(event, dialog_id=message.dialog_id, message_id=message.message_id)

    def message_edited(self, message: Message) -> None:
        """Tell all members that the text changed."""
        event = self._event("message.changed", message.tenant_id)
        fields = ("message.content",)
        section = {**self._written(message, fields), **shapes.edit_json(message)}
        with self._store.transaction():
            self._message(event, message, self._members(message), fields, section)

    def message_deleted(self, message: Message) -> None:
        """Tell all members of either direction, then count."""
        event = self._event("message.deleted", message.tenant_id)
        section = {**self._written(message, _DELETION_FIELDS), **shapes.deletion_json(message)}
        with self._store.transaction():
            self._message(event, message, self._members(message), _DELETION_FIELDS, section)
            self._count(
                event,
                dialog_id=message.dialog_id,
                message_id=message.message_id,
                deleted=bool(message.deleted),
            )

    def message_changed(self, message: Message, fields: tuple[str, ...]) -> None:
        """Tell all members that meta or topic changed; the text comes whole, as with marks."""
        event = self._event("message.changed", message.tenant_id)
        section = self._written(message, fields)
        with self._store.transaction():
            self._message(event, message, self._members(message), fields, section)

    def status_changed(
        self, message: Message, status: Status, old_status: str | None, *, lowers: bool
    ) -> None:
        """Tell all members, the actor too, and count anew for the actor, changed or not.

        The matrix has the status, whether or not it is stored by now: it is made a little later.
        """
        event = self._event("message.status.changed", message.tenant_id)
        latest = self._store.marks.latest(message.tenant_id, [message.message_id])
        marks = {
            **latest.get(message.message_id, {}),
            status.user_id: (status.user_type, status.status),
        }
        matrix = Counter(mark for user, mark in marks.items() if user != message.sender_id)
        change = {"userId": status.user_id, "status": status.status, "oldStatus": old_status}
        section = updates.message_section(
            message,
            meta=self._store.meta.of(message.tenant_id, "message", message.message_id),
            statusUpdate=change,
            statusMessageMatrix=shapes.matrix_json(matrix),
        )
        with self._store.transaction():
            members = self._members(message)
            self._message(event, message, members, ("message.status",), section)
            self._count(
                event,
                dialog_id=message.dialog_id,
                message_id=message.message_id if lowers else None,
                read_by=status.user_id if lowers else None,
                users=(status.user_id.lower(),),
                members=(status.user_id,),
                bump=1,
            )

    def reaction_changed(self, message: Message, reaction: Reaction, *, present: bool) -> None:
        """Tell all members, the actor too; `me` is the actor's view for everyone.

        The set has the reaction, or lacks it, whether or not that is stored by now.
        """
        event = self._event("message.reaction.changed", message.tenant_id)
        key, actor_id, name = message.message_id, reaction.user_id, reaction.reaction
        stored = self._store.marks.reactions(message.tenant_id, [key]).get(key, [])
        others = [r for r in stored if (r.user_id, r.reaction) != (actor_id, name)]
        section = updates.message_section(
            message,
            reactionUpdate={
                "userId": actor_id,
                "reaction": name if present else None,
                "oldReaction": None if present else name,
                "reactionSet": shapes.reaction_set(
                    [*others, reaction] if present else others, actor_id
                ),
            },
        )
        with self._store.transaction():
            members = self._members(message)
            self._message(event, message, members, ("message.reaction",), section)

    def typing(self, dialog: Dialog, user_id: str) -> None:
        """Tell all members but the typist."""
        event = self._event("dialog.typing", dialog.tenant_id)
        user = self._store.users.get(dialog.tenant_id, user_id)
        meta = self._store.meta.of(dialog.tenant_id, "user", user_id)
        typing = {
            "userId": user_id,
            "expiresInMs": TYPING_EXPIRES_MS,
            "timestamp": int(self._store.clock.now()),
            "userInfo": {**shapes.user_json(user), "meta": meta} if user else None,
        }
        members = self._store.members.of_dialog(dialog.tenant_id, dialog.dialog_id)
        others = [member for member in members if member.user_id != user_id]
        context = updates.context(
            "dialog",
            entity_id=dialog.dialog_id,
            dialog_id=dialog.dialog_id,
            sections=("dialog", "typing"),
            fields=("typing",),
            target="messages.list",
        )
        self._send.to_members(event, dialog, others, {"typing": typing, "context": context})

    def dialog_created(self, dialog: Dialog) -> None:
        """Tell all members of the dialog; that they are members was told before."""
        self._about_dialog(dialog, "dialog.create", ("dialog",), dialog.dialog_id)

    def dialog_changed(self, dialog: Dialog, fields: tuple[str, ...]) -> None:
        """Tell all members."""
        self._about_dialog(dialog, "dialog.changed", fields, dialog.dialog_id)

    def topic_created(self, dialog: Dialog, topic_id: str) -> None:
        """Tell all members; the topic itself is only named in the context."""
        self._about_dialog(dialog, "dialog.topic.create", ("topic",), topic_id, "topic")

    def topic_changed(self, dialog: Dialog, topic_id: str) -> None:
        """Tell all members; the topic itself is only named in the context."""
        self._about_dialog(dialog, "dialog.topic.changed", ("topic.meta",), topic_id, "topic")

    def member_added(self, dialog: Dialog, member: Member) -> None:
        """Tell all members, the new one too, and count for the new one."""
        event = self._event("dialog.member.add", dialog.tenant_id)
        members = self._store.members.of_dialog(dialog.tenant_id, dialog.dialog_id)
        context = self._member_context(dialog.dialog_id, member, None)
        data = {"member": updates.member_section(member), "context": context}
        with self._store.transaction():
            self._send.to_members(event, dialog, members, data)
            self._count(event, users=(member.user_key,))

    def member_removed(self, dialog: Dialog, member: Member) -> None:
        """Tell the remaining members and the one removed, and count for that one."""
        event = self._event("dialog.member.remove", dialog.tenant_id)
        members = self._store.members.of_dialog(dialog.tenant_id, dialog.dialog_id)
        entity_id = f"{dialog.dialog_id}:{member.user_id}"
        context = self._member_context(entity_id, member, member.user_id)
        data = {"member": updates.member_section(member), "context": context}
        with self._store.transaction():
            self._send.to_members(event, dialog, [*members, member], data)
            self._count(event, users=(member.user_key,))

    def member_changed(self, dialog: Dialog, member: Member, fields: tuple[str, ...]) -> None:
        """Tell that member of its own state or meta, and count anew, changed or not."""
        event = self._event("dialog.member.changed", dialog.tenant_id)
        entity_id = f"{dialog.dialog_id}:{member.user_id}"
        meta = self._store.meta.of(dialog.tenant_id, "dialogMember", entity_id)
        context = self._member_context(entity_id, member, None, fields)
        data = {"member": updates.member_section(member, meta), "context": context}
        with self._store.transaction():
            self._send.to_members(event, dialog, [member], data)
            self._count(event, users=(member.user_key,), bump=1)

    def bulk_read(self, member: Member, *, late: bool = False) -> None:
        """Tell that member's counters; a late one takes what has arrived meanwhile for read."""
        event = self._event("dialog.messages.bulk_read", member.tenant_id)
        self._count(
            event,
            dialog_id=member.dialog_id,
            users=(member.user_key,),
            members=(member.user_id,),
            bump=1,
            reset=late,
        )

    def user_added(self, user: User) -> None:
        """Tell that user."""
        self._send.to_user(self._event("user.add", user.tenant_id), user, ())

    def user_changed(self, user: User, fields: tuple[str, ...]) -> None:
        """Tell that user of its type or meta."""
        self._send.to_user(self._event("user.changed", user.tenant_id), user, fields)

    def user_removed(self, user: User) -> None:
        """Tell that user."""
        self._send.to_user(self._event("user.remove", user.tenant_id), user, ())

    def _event(self, event_type: str, tenant_id: str) -> Event:
        return Event(new_event_id(), event_type, tenant_id)

    def _count(self, event: Event, **what: Any) -> None:
        self._counters.put(Counting(event.event_id, event.type, event.tenant_id, **what))

    def _members(self, message: Message) -> list[Member]:
        return self._store.members.of_dialog(message.tenant_id, message.dialog_id)

    def _written(self, message: Message, fields: tuple[str, ...]) -> JsonObject:
        view = views.created_message(self._store, message)
        more = {name: view[name] for name in ("meta", "topic", "senderInfo")}
        section = updates.message_section(message, **more)
        if fields in _WITH_CUT_CONTENT:
            section["content"] = utf16_prefix(message.content, _CONTENT_UNITS)
        return section

    def _member_context(
        self,
        entity_id: str,
        member: Member,
        user_id: str | None,
        fields: tuple[str, ...] = ("member",),
    ) -> JsonObject:
        return updates.context(
            "dialog",
            entity_id=entity_id,
            dialog_id=member.dialog_id,
            user_id=user_id,
            sections=("dialog", "member"),
            fields=fields,
        )

    def _message(
        self,
        event: Event,
        message: Message,
        members: Sequence[Member],
        fields: tuple[str, ...],
        section: JsonObject,
    ) -> None:
        dialog = self._store.dialogs.get(message.tenant_id, message.dialog_id)
        context = updates.context(
            "message",
            entity_id=message.message_id,
            dialog_id=message.dialog_id,
            message_id=message.message_id,
            sections=("dialog", "message"),
            fields=fields,
        )
        if dialog is not None:
            data = {"message": section, "context": context}
            self._send.to_members(
                event, dialog, members, data, about=Entity("message", message.message_id)
            )

    def _about_dialog(
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
        members = self._store.members.of_dialog(dialog.tenant_id, dialog.dialog_id)
        event = self._event(event_type, dialog.tenant_id)
        self._send.to_members(event, dialog, members, {"context": context})
