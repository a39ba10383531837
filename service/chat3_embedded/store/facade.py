"""The store: all tables, and the writes that touch several of them; tests seed through it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from chat3_embedded.clock import Clock
from chat3_embedded.ids import new_dialog_id, new_message_id
from chat3_embedded.store.counters import CounterTable
from chat3_embedded.store.database import Database
from chat3_embedded.store.dialogs import DialogTable
from chat3_embedded.store.marks import MarkTable
from chat3_embedded.store.members import MemberTable
from chat3_embedded.store.messages import MessageTable
from chat3_embedded.store.meta import MetaTable
from chat3_embedded.store.records import Dialog, Member, Message, Status, Tenant, User
from chat3_embedded.store.tenants import TenantTable
from chat3_embedded.store.users import UserTable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from chat3_embedded.jsonvalues import JsonObject

DEFAULT_USER_TYPE = "user"


class Store:
    """Everything the server remembers, in a file or in memory.

    The `add_…` methods are the seed interface too: ids and times may be given.
    """

    def __init__(self, path: str = ":memory:") -> None:
        self.clock = Clock()
        self._db = Database(path)
        self.tenants = TenantTable(self._db)
        self.users = UserTable(self._db)
        self.dialogs = DialogTable(self._db)
        self.members = MemberTable(self._db)
        self.messages = MessageTable(self._db)
        self.marks = MarkTable(self._db, self.clock)
        self.counters = CounterTable(self._db, self.clock)
        self.meta = MetaTable(self._db, self.clock)
        self.transaction = self._db.transaction

    def close(self) -> None:
        """Close the database."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def add_tenant(
        self,
        tenant_id: str,
        *,
        meta: Mapping[str, Any] | None = None,
        created_at: float | None = None,
    ) -> Tenant | None:
        """Add a tenant; None when it is there already."""
        tenant = Tenant(tenant_id, created_at or self.clock.now())
        with self.transaction():
            if not self.tenants.add(tenant):
                return None
            self.meta.put_all(tenant_id, "tenant", tenant_id, meta or {})
        return tenant

    def add_key(
        self,
        key: str,
        permissions: Iterable[str] = ("read", "write", "delete"),
        *,
        active: bool = True,
        expires_at: float | None = None,
        name: str | None = None,
    ) -> None:
        """Add an API key; `expires_at` is in Unix milliseconds."""
        self.tenants.add_key(
            key, permissions, name=name or key, active=active, expires_at=expires_at
        )

    def add_user(
        self,
        tenant_id: str,
        user_id: str,
        *,
        type: str = DEFAULT_USER_TYPE,  # noqa: A002 - the field's name
        meta: Mapping[str, Any] | None = None,
        created_at: float | None = None,
    ) -> User | None:
        """Add a user; None when the id is taken."""
        user = User(tenant_id, user_id, type, created_at or self.clock.now())
        with self.transaction():
            if not self.users.add(user):
                return None
            self.meta.put_all(tenant_id, "user", user_id, meta or {})
        return user

    def add_dialog(
        self,
        tenant_id: str,
        members: Iterable[str] = (),
        *,
        meta: Mapping[str, Any] | None = None,
        dialog_id: str | None = None,
        created_at: float | None = None,
    ) -> Dialog:
        """Add a dialog with members; unknown users are created."""
        dialog_id = dialog_id or new_dialog_id()
        with self.transaction():
            self.dialogs.add(Dialog(tenant_id, dialog_id, created_at or self.clock.now(), 0))
            self.meta.put_all(tenant_id, "dialog", dialog_id, meta or {})
            for user_id in members:
                if self.add_member(tenant_id, dialog_id, user_id) is None:
                    # A member named twice is one member, and counts twice.
                    self.dialogs.change_member_count(tenant_id, dialog_id, 1)
        dialog = self.dialogs.get(tenant_id, dialog_id)
        assert dialog is not None  # noqa: S101 - added above
        return dialog

    def add_member(
        self,
        tenant_id: str,
        dialog_id: str,
        user_id: str,
        *,
        type: str | None = None,  # noqa: A002 - the field's name
        created_at: float | None = None,
    ) -> Member | None:
        """Add a member, creating the user if need be; None when it is a member already.

        A given type changes the type of an existing user.
        """
        key = user_id.lower()
        now = created_at or self.clock.now()
        seen = created_at or self.clock.now()
        member = Member(tenant_id, dialog_id, user_id, key, now, 0, seen, seen)
        with self.transaction():
            if self.add_user(tenant_id, key, type=type or DEFAULT_USER_TYPE) is None and type:
                self.users.set_type(tenant_id, key, type)
            if not self.members.add(member):
                return None
            self.dialogs.change_member_count(tenant_id, dialog_id, 1)
            self.counters.bump(tenant_id, [key], by=2)
        return member

    def remove_member(self, member: Member) -> None:
        """Remove a member."""
        with self.transaction():
            self.members.remove(member.tenant_id, member.dialog_id, member.user_id)
            self.dialogs.change_member_count(member.tenant_id, member.dialog_id, -1)
            self.counters.bump(member.tenant_id, [member.user_key], by=2)

    def add_message(
        self,
        tenant_id: str,
        dialog_id: str,
        sender_id: str,
        content: str,
        *,
        type: str = "internal.text",  # noqa: A002 - the field's name
        meta: Mapping[str, Any] | None = None,
        topic_id: str | None = None,
        quoted: JsonObject | None = None,
        message_id: str | None = None,
        created_at: float | None = None,
    ) -> Message:
        """Add a message: initial statuses, unread counters and totals follow from it."""
        message = Message(
            tenant_id,
            message_id or new_message_id(),
            dialog_id,
            sender_id,
            content,
            type,
            created_at or self.clock.now(),
            topic_id,
            quoted,
        )
        members = self.members.of_dialog(tenant_id, dialog_id)
        with self.transaction():
            self.messages.add(message)
            self.meta.put_all(tenant_id, "message", message.message_id, meta or {})
            self.counters.set_last_message(tenant_id, dialog_id, message.created_at)
            if not type.startswith("system."):
                self._mark_unread(message, [m for m in members if m.user_id != sender_id])
            sender_key = sender_id.lower()
            others = {member.user_key for member in members} - {sender_key}
            self.counters.bump(tenant_id, others)
            self.counters.bump(tenant_id, [sender_key], messages=1)
        return message

    def _mark_unread(self, message: Message, recipients: list[Member]) -> None:
        tenant_id = message.tenant_id
        types = self.users.many(tenant_id, (member.user_id for member in recipients))
        self.marks.add_statuses(
            tenant_id,
            (
                (
                    message.message_id,
                    member.user_key,
                    types[member.user_id].type if member.user_id in types else None,
                    "unread",
                )
                for member in recipients
            ),
        )
        # Counted under lower-case ids: a member stored as `Zoe` is never found.
        self.counters.add_unread(
            tenant_id,
            message.dialog_id,
            (member.user_id for member in recipients if member.user_id == member.user_key),
            self.sender_type(message),
        )

    def sender_type(self, message: Message) -> str:
        """Return the type under which a message counts as unread."""
        sender = self.users.get(message.tenant_id, message.sender_id)
        return sender.type if sender else DEFAULT_USER_TYPE

    def set_status(self, message: Message, user_id: str, status: str) -> tuple[Status, str | None]:
        """Append a status; return it with the one before. Only the first `read` counts."""
        tenant_id = message.tenant_id
        history = self.marks.history_of(tenant_id, message.message_id, user_id)
        user = self.users.get(tenant_id, user_id)
        with self.transaction():
            (added,) = self.marks.add_statuses(
                tenant_id, [(message.message_id, user_id, user.type if user else None, status)]
            )
            first_read = (
                status == "read" and history and all(old.status != "read" for old in history)
            )
            if first_read and message.sender_id != user_id:
                kind = self.sender_type(message)
                self.counters.take_unread(tenant_id, message.dialog_id, user_id, kind, 1)
            self.counters.bump(tenant_id, [user_id.lower()])
        return added, history[-1].status if history else None

    def mark_all_read(self, member: Member) -> int:
        """Mark all messages of others read; return how many there are, read before or not."""
        tenant_id, dialog_id, user_id = member.tenant_id, member.dialog_id, member.user_id
        scope = {"tenantId": tenant_id, "dialogId": dialog_id}
        messages = [m for m in self.messages.page(scope) if m.sender_id != user_id]
        latest = self.marks.latest(tenant_id, (message.message_id for message in messages))
        with self.transaction():
            marks = {m.message_id: latest[m.message_id].get(user_id) for m in messages}
            self.marks.add_statuses(
                tenant_id,
                (
                    (message_id, user_id, mark[0] if mark else None, "read")
                    for message_id, mark in marks.items()
                    if mark is None or mark[1] != "read"
                ),
            )
            self.set_unread(member, 0, last_seen_at=self.clock.now())
        return len(messages)

    def set_unread(self, member: Member, unread: int, *, last_seen_at: float | None) -> None:
        """Lower a member's unread counter; the event that follows counts for the version."""
        tenant_id, dialog_id, user_id = member.tenant_id, member.dialog_id, member.user_id
        with self.transaction():
            by = member.unread_count - unread
            self.counters.take_unread(tenant_id, dialog_id, user_id, None, by)
            if last_seen_at is not None:
                self.counters.set_last_seen(tenant_id, dialog_id, user_id, last_seen_at)
