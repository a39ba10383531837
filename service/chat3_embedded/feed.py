"""The feed: decides which updates an event causes, and for whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chat3_embedded import shapes, updates, views
from chat3_embedded.ids import new_event_id
from chat3_embedded.updates import Entity, Event

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chat3_embedded.jsonvalues import JsonObject
    from chat3_embedded.sender import UpdateSender
    from chat3_embedded.store import Store
    from chat3_embedded.store.records import Dialog, Member, Message, User

TYPING_EXPIRES_MS = 5000


class UpdateFeed:
    """One method an event; counters follow later, under the same event id."""

    def __init__(self, store: Store, sender: UpdateSender) -> None:
        self._store = store
        self._send = sender

    def message_created(self, message: Message, members: Sequence[Member]) -> None:
        """Tell all members, as they were before the message counted as unread; then count."""
        event = self._event("message.create", message.tenant_id)
        self._message(event, message, members, ("message",), self._written(message))
        keys = {member.user_key: None for member in members} | {message.sender_id.lower(): None}
        self._send.stats(event, keys)
        if not message.type.startswith("system."):
            self._send.unread(event, [m for m in members if m.user_id != message.sender_id])

    def message_changed(self, message: Message, fields: tuple[str, ...]) -> None:
        """Tell all members that text or meta changed."""
        event = self._event("message.changed", message.tenant_id)
        self._message(event, message, self._members(message), fields, self._written(message))

    def status_changed(
        self, message: Message, actor: Member, status: str, old_status: str | None
    ) -> None:
        """Tell all members, the actor too, and count anew for the actor, changed or not."""
        event = self._event("message.status.changed", message.tenant_id)
        matrix = self._store.marks.matrices(message.tenant_id, [message])[message.message_id]
        section = updates.message_section(
            message,
            meta=self._store.meta.of(message.tenant_id, "message", message.message_id),
            statusUpdate={"userId": actor.user_id, "status": status, "oldStatus": old_status},
            statusMessageMatrix=shapes.matrix_json(matrix),
        )
        self._message(event, message, self._members(message), ("message.status",), section)
        self._send.stats(event, [actor.user_key])
        self._send.unread(event, [actor])

    def reaction_changed(
        self, message: Message, actor_id: str, *, reaction: str | None, old: str | None
    ) -> None:
        """Tell all members, the actor too; `me` is the actor's view for everyone."""
        event = self._event("message.reaction.changed", message.tenant_id)
        key = message.message_id
        reactions = self._store.marks.reactions(message.tenant_id, [key]).get(key, [])
        section = updates.message_section(
            message,
            reactionUpdate={
                "userId": actor_id,
                "reaction": reaction,
                "oldReaction": old,
                "reactionSet": shapes.reaction_set(reactions, actor_id),
            },
        )
        self._message(event, message, self._members(message), ("message.reaction",), section)

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
        """Tell all members of each member added, then of the dialog."""
        members = self._store.members.of_dialog(dialog.tenant_id, dialog.dialog_id)
        for member in members:
            self.member_added(dialog, member)
        self._about_dialog(dialog, "dialog.create", ("dialog",), dialog.dialog_id)

    def dialog_changed(self, dialog: Dialog, fields: tuple[str, ...]) -> None:
        """Tell all members."""
        self._about_dialog(dialog, "dialog.changed", fields, dialog.dialog_id)

    def topic_created(self, dialog: Dialog, topic_id: str) -> None:
        """Tell all members; the topic itself is only named in the context."""
        self._about_dialog(dialog, "dialog.topic.create", ("topic",), topic_id, "topic")

    def member_added(self, dialog: Dialog, member: Member) -> None:
        """Tell all members, the new one too, and count for the new one."""
        event = self._event("dialog.member.add", dialog.tenant_id)
        members = self._store.members.of_dialog(dialog.tenant_id, dialog.dialog_id)
        context = self._member_context(dialog.dialog_id, member, None)
        data = {"member": updates.member_section(member), "context": context}
        self._send.to_members(event, dialog, members, data)
        self._send.stats(event, [member.user_key])

    def member_removed(self, dialog: Dialog, member: Member) -> None:
        """Tell the remaining members and the one removed, and count for that one."""
        event = self._event("dialog.member.remove", dialog.tenant_id)
        members = self._store.members.of_dialog(dialog.tenant_id, dialog.dialog_id)
        entity_id = f"{dialog.dialog_id}:{member.user_id}"
        context = self._member_context(entity_id, member, member.user_id)
        data = {"member": updates.member_section(member), "context": context}
        self._send.to_members(event, dialog, [*members, member], data)
        self._send.stats(event, [member.user_key])

    def member_changed(self, dialog: Dialog, member: Member, fields: tuple[str, ...]) -> None:
        """Tell that member of its own state or meta, and count anew, changed or not."""
        event = self._event("dialog.member.changed", dialog.tenant_id)
        entity_id = f"{dialog.dialog_id}:{member.user_id}"
        meta = self._store.meta.of(dialog.tenant_id, "dialogMember", entity_id)
        context = self._member_context(entity_id, member, None, fields)
        data = {"member": updates.member_section(member, meta), "context": context}
        self._send.to_members(event, dialog, [member], data)
        self._store.counters.bump(member.tenant_id, [member.user_key])
        self._send.stats(event, [member.user_key])

    def bulk_read(self, member: Member) -> None:
        """Tell that member's counters."""
        event = self._event("dialog.messages.bulk_read", member.tenant_id)
        self._store.counters.bump(member.tenant_id, [member.user_key])
        self._send.stats(event, [member.user_key])
        self._send.unread(event, [member])

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

    def _members(self, message: Message) -> list[Member]:
        return self._store.members.of_dialog(message.tenant_id, message.dialog_id)

    def _written(self, message: Message) -> JsonObject:
        view = views.created_message(self._store, message)
        more = {name: view[name] for name in ("meta", "topic", "senderInfo")}
        return updates.message_section(message, **more)

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
