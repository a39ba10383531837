"""The counter-worker: counts events some time after them, and sends the counters that changed."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Self

from chat3_embedded.generations import Capability
from chat3_embedded.outbox import wait_for_change
from chat3_embedded.store import edits, unread
from chat3_embedded.updates import Event

if TYPE_CHECKING:
    from chat3_embedded.sender import UpdateSender
    from chat3_embedded.settings import Settings
    from chat3_embedded.store import Store
    from chat3_embedded.store.records import Counting, Message


class CounterWorker:
    """Counts one event after the other from one task of its own.

    Counters follow events, not requests: a message that was never announced is never counted. An
    event and what follows from it are one transaction, so that a restart counts nothing twice.
    """

    def __init__(self, store: Store, sender: UpdateSender, settings: Settings) -> None:
        self._store = store
        self._send = sender
        self._settings = settings
        self._changed = asyncio.Event()
        self._idle = asyncio.Event()
        if not store.countings.count():
            self._idle.set()
        self._closing = False
        self._task: asyncio.Task[None] | None = None

    @property
    def waiting(self) -> int:
        """How many events are not counted yet."""
        return self._store.countings.count()

    def put(self, counting: Counting) -> None:
        """Queue an event."""
        self._store.countings.add(counting, delay=self._settings.counter_delay)
        self._idle.clear()
        self._changed.set()

    async def drained(self) -> None:
        """Wait until everything that was put in is counted."""
        await self._idle.wait()

    async def __aenter__(self) -> Self:
        self._task = asyncio.get_running_loop().create_task(self._run(), name="counter-worker")
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        """Count what is left, without waiting."""
        self._closing = True
        self._changed.set()
        if self._task is not None:
            await self._task

    async def _run(self) -> None:
        while True:
            self._changed.clear()
            first = self._store.countings.first()
            if first is None:
                self._idle.set()
                if self._closing:
                    return
                await self._changed.wait()
                continue
            number, due, counting = first
            wait = due - time.time()
            if wait > 0 and not self._closing:
                await wait_for_change(self._changed, wait)
                continue
            with self._store.transaction():
                self._count(counting)
                self._store.countings.counted(number)
            # Others may run, also where the work takes no time.
            await asyncio.sleep(0 if self._closing else self._settings.counter_work)

    def _count(self, counting: Counting) -> None:
        event = Event(counting.event_id, counting.event_type, counting.tenant_id)
        users, members = list(counting.users), list(counting.members)
        if counting.message_id is not None:
            message = self._store.messages.get(counting.tenant_id, counting.message_id)
            if message is None:
                return
            if counting.deleted is not None:
                users, members = self._count_deletion(message, deleted=counting.deleted)
            elif counting.read_by is None:
                users, members = self._count_sent(message)
            else:
                self._store.count_read(message, counting.read_by)
        if counting.reset:
            self._reset(counting)
        if counting.recount and self._store.generation.can(Capability.UNREAD_WATERMARK):
            self._recount(counting)
        if counting.bump:
            self._store.counters.bump(counting.tenant_id, users, by=counting.bump)
        self._send.stats(event, users)
        self._send.unread(event, counting.dialog_id, members)

    def _count_sent(self, message: Message) -> tuple[list[str], list[str]]:
        """Count a new message; return whom its counters go to, and their unread counts."""
        present = self._store.members.of_dialog(message.tenant_id, message.dialog_id)
        # Whoever came after the message has not missed it.
        members = [member for member in present if member.created_at <= message.created_at]
        self._store.count_message(message, members)
        keys = {member.user_key: None for member in members} | {message.sender_id.lower(): None}
        others = [member.user_id for member in members if member.user_id != message.sender_id]
        return list(keys), [] if message.type.startswith("system.") else others

    def _count_deletion(self, message: Message, *, deleted: bool) -> tuple[list[str], list[str]]:
        """Count a deletion or its reverse; return whom its counters go to, as for a new message."""
        members = self._store.members.of_dialog(message.tenant_id, message.dialog_id)
        edits.count_deletion(self._store, message, members, deleted=deleted)
        keys = {member.user_key: None for member in members} | {message.sender_id.lower(): None}
        self._store.counters.bump(message.tenant_id, keys)
        others = [member.user_id for member in members if member.user_id != message.sender_id]
        return list(keys), [] if message.type.startswith("system.") else others

    def _reset(self, counting: Counting) -> None:
        for user_id in counting.members:
            member = self._store.members.get(counting.tenant_id, counting.dialog_id, user_id)
            if member is not None:
                self._store.set_unread(member, 0, last_seen_at=None)

    def _recount(self, counting: Counting) -> None:
        for user_id in counting.users:
            member = self._store.members.get(counting.tenant_id, counting.dialog_id, user_id)
            if member is not None:
                count = unread.recounted(self._store, member)
                self._store.set_unread(member, count, last_seen_at=None)
