"""The feed: which updates an event of messages and users causes, for whom, and what is counted."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from chat3_embedded import shapes, updates, views
from chat3_embedded.dialog_feed import DialogFeed
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
    from chat3_embedded.store.records import Member, Message, Reaction, Status, User

_DELETION_FIELDS = ("message.deleted", "message.deletedAt", "message.deletedBy")
# Of a new or edited text no more than this goes into the event, without a mark.
_CONTENT_UNITS = 4096
_WITH_CUT_CONTENT = frozenset({("message",), ("message.content",), _DELETION_FIELDS})


class UpdateFeed:
    """One method an event, which is written as one; counters follow later, under the same id."""

    def __init__(
        self,
        store: Store,
        sender: UpdateSender,
        counters: CounterWorker,
        *,
        counters_first: bool = False,
    ) -> None:
        self._store = store
        self._send = sender
        self._counters = counters
        self.dialogs = DialogFeed(store, sender, counters, counters_first=counters_first)
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
        """Tell all members that meta or topic changed; the text comes whole, as with marks.

        A change of meta says nothing of the topic.
        """
        event = self._event("message.changed", message.tenant_id)
        section = self._written(message, fields)
        if fields == ("message.meta",):
            section |= {"topicId": None, "topic": None}
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
