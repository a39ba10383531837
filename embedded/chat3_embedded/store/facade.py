"""The store: all tables, and the writes that touch several of them; tests seed through it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from chat3_embedded.clock import Clock
from chat3_embedded.generations import OLDEST, Generation
from chat3_embedded.ids import new_dialog_id, new_message_id
from chat3_embedded.store import unread
from chat3_embedded.store.counters import CounterTable
from chat3_embedded.store.database import Database
from chat3_embedded.store.dialogs import DialogTable
from chat3_embedded.store.marks import MarkTable
from chat3_embedded.store.members import MemberTable
from chat3_embedded.store.messages import MessageTable
from chat3_embedded.store.meta import MetaTable
from chat3_embedded.store.meta_indexes import MetaIndexTable
from chat3_embedded.store.packs import PackTable
from chat3_embedded.store.pending import CountingTable, OutgoingTable
from chat3_embedded.store.reading import ReadTaskTable
from chat3_embedded.store.records import Dialog, Member, Message, Status, Tenant, User
from chat3_embedded.store.tenants import TenantTable
from chat3_embedded.store.users import UserTable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from chat3_embedded.jsonvalues import JsonObject

DEFAULT_USER_TYPE = "user"


class Store:
    """Everything the server remembers, in a file or in memory.

    The `add_…` methods are the seed interface too: ids and times may be given. `generation` is
    the version of the platform that reads and writes it; the server that opens it says so.
    """

    def __init__(self, path: str = ":memory:") -> None:
        self.generation = Generation(OLDEST)
        self.clock = Clock()
        self._db = Database(path)
        self.tenants = TenantTable(self._db)
        self.users = UserTable(self._db)
        self.dialogs = DialogTable(self._db)
        self.members = MemberTable(self._db)
        self.packs = PackTable(self._db)
        self.read_tasks = ReadTaskTable(self._db)
        self.messages = MessageTable(self._db, lambda: self.generation)
        self.marks = MarkTable(self._db, self.clock)
        self.counters = CounterTable(self._db, self.clock)
        self.meta = MetaTable(self._db, self.clock)
        self.meta_indexes = MetaIndexTable(self._db)
        self.outgoing = OutgoingTable(self._db)
        self.countings = CountingTable(self._db)
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

        A given type changes the type of a user who becomes a member.
        """
        key = user_id.lower()
        now = created_at or self.clock.now()
        seen = created_at or self.clock.now()
        member = Member(tenant_id, dialog_id, user_id, key, now, 0, seen, seen)
        with self.transaction():
            known = self.add_user(tenant_id, key, type=type or DEFAULT_USER_TYPE) is None
            if not self.members.add(member):
                return None
            if known and type:
                self.users.set_type(tenant_id, key, type)
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
        with self.transaction():
            self.messages.add(message)
            self.meta.put_all(tenant_id, "message", message.message_id, meta or {})
            if not type.startswith("system."):
                for member in self.others(message):
                    self.mark_unread(message, member)
            self.counters.set_last_message(tenant_id, dialog_id, message.created_at)
            self.count_message(message, self.members.of_dialog(tenant_id, dialog_id))
        return message

    def others(self, message: Message) -> list[Member]:
        """Return the members of a message's dialog but its sender."""
        members = self.members.of_dialog(message.tenant_id, message.dialog_id)
        return [member for member in members if member.user_id != message.sender_id]

    def mark_unread(self, message: Message, member: Member) -> None:
        """Give a member its first status of a message."""
        user = self.users.get(message.tenant_id, member.user_id)
        kind = user.type if user else None
        where = (message.tenant_id, message.message_id)
        self.marks.append([self.marks.new_status(*where, member.user_key, kind, "unread")])

    def count_message(self, message: Message, members: Sequence[Member]) -> None:
        """Count a new message as sent, and as unread for those of the members who did not send."""
        tenant_id, sender_key = message.tenant_id, message.sender_id.lower()
        with self.transaction():
            if not message.type.startswith("system."):
                # Counted under lower-case ids: a member stored as `Zoe` is never found.
                others = [
                    member.user_id
                    for member in members
                    if member.user_id == member.user_key and unread.raised_by(self, message, member)
                ]
                kind = self.sender_type(message)
                self.counters.add_unread(tenant_id, message.dialog_id, others, kind)
            keys = {member.user_key for member in members} - {sender_key}
            self.counters.bump(tenant_id, keys)
            self.counters.bump(tenant_id, [sender_key], messages=1)

    def count_read(self, message: Message, user_id: str) -> None:
        """Count a message as no longer unread for a user."""
        self.counters.take_unread(
            message.tenant_id, message.dialog_id, user_id, self.sender_type(message), 1
        )

    def sender_type(self, message: Message) -> str:
        """Return the type under which a message counts as unread."""
        sender = self.users.get(message.tenant_id, message.sender_id)
        return sender.type if sender else DEFAULT_USER_TYPE

    def set_status(self, message: Message, user_id: str, status: str) -> None:
        """Append a status, and count it at once."""
        with self.transaction():
            if self.lowers_unread(message, user_id, status):
                self.count_read(message, user_id)
            self.counters.bump(message.tenant_id, [user_id.lower()])
            self.marks.append([self.new_status(message, user_id, status)])

    def new_status(self, message: Message, user_id: str, status: str) -> Status:
        """Make a status with the type that its user has now; `marks.append` stores it."""
        user = self.users.get(message.tenant_id, user_id)
        kind = user.type if user else None
        where = (message.tenant_id, message.message_id)
        return self.marks.new_status(*where, user_id, kind, status)

    def lowers_unread(self, message: Message, user_id: str, status: str) -> bool:
        """Tell whether a status that is to be appended lowers the user's unread count."""
        return unread.lowers(self, message, user_id, status)

    def read_statuses(self, member: Member) -> int:
        """Mark all messages of others read; return how many there are, read before or not."""
        tenant_id, dialog_id, user_id = member.tenant_id, member.dialog_id, member.user_id
        scope = {"tenantId": tenant_id, "dialogId": dialog_id}
        messages = [m for m in self.messages.page(scope) if m.sender_id != user_id]
        latest = self.marks.latest(tenant_id, (message.message_id for message in messages))
        marks = {m.message_id: latest[m.message_id].get(user_id) for m in messages}
        with self.transaction():
            self.marks.append(
                self.marks.new_status(
                    tenant_id, message_id, user_id, mark[0] if mark else None, "read"
                )
                for message_id, mark in marks.items()
                if mark is None or mark[1] != "read"
            )
        return len(messages)

    def set_unread(self, member: Member, count: int, *, last_seen_at: float | None) -> None:
        """Lower a member's unread counter; the event that follows counts for the version."""
        tenant_id, dialog_id, user_id = member.tenant_id, member.dialog_id, member.user_id
        with self.transaction():
            by = member.unread_count - count
            self.counters.take_unread(tenant_id, dialog_id, user_id, None, by)
            if last_seen_at is not None:
                self.counters.set_last_seen(tenant_id, dialog_id, user_id, last_seen_at)
