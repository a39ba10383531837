"""Reading all of a dialog: at once, or queued for a worker that comes to it seconds later."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Self

from chat3_embedded.generations import Capability
from chat3_embedded.store.records import ReadTask

if TYPE_CHECKING:
    from chat3_embedded.feed import UpdateFeed
    from chat3_embedded.settings import Settings
    from chat3_embedded.steps import Steps
    from chat3_embedded.store import Store
    from chat3_embedded.store.records import Dialog, Member

_BATCH = 50
UNREAD_FIELDS = ("member.state.unreadCount", "member.state.lastSeenAt")


def read_dialog(store: Store, feed: UpdateFeed, dialog: Dialog, member: Member) -> Steps[int]:
    """Mark a dialog read and tell its reader; return how many messages were gone through.

    Unread and what was seen, the event, then the task: read for platforms that queue. That older
    ones write statuses after that event and before the next one is inferred from recorded times.
    """
    now = _see(store, member)
    yield "unread row"
    feed.dialogs.member_changed(dialog, _now(store, member), UNREAD_FIELDS)
    yield "member event"
    return (yield from _read_messages(store, feed, member, now))


def read_in_pack(store: Store, feed: UpdateFeed, member: Member) -> Steps[int]:
    """Mark one dialog of a pack read; nothing but the counters after it is told."""
    now = _see(store, member)
    yield "unread row"
    return (yield from _read_messages(store, feed, member, now))


def _see(store: Store, member: Member) -> float:
    now = store.clock.now()
    store.set_unread(member, 0, last_seen_at=now)
    return now


def _read_messages(store: Store, feed: UpdateFeed, member: Member, until: float) -> Steps[int]:
    if store.generation.can(Capability.QUEUED_READING):
        task = ReadTask(member.tenant_id, member.dialog_id, member.user_id, until)
        store.read_tasks.put(task)
        yield "read task"
        return 0
    processed = store.read_statuses(member)
    yield "read statuses"
    feed.dialogs.bulk_read(_now(store, member))
    yield "read event"
    return processed


def _now(store: Store, member: Member) -> Member:
    return store.members.get(member.tenant_id, member.dialog_id, member.user_id) or member


class DialogReadWorker:
    """Looks for tasks again and again, and sets the statuses of a dialog batch by batch.

    Its event comes last and sets unread to 0, whatever has arrived since the request.
    """

    def __init__(self, store: Store, feed: UpdateFeed, settings: Settings) -> None:
        self._store = store
        self._feed = feed
        self._settings = settings
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.get_running_loop().create_task(self._run(), name="dialog-read-worker")
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        """End at once; the tasks are in the database for the next one."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self._settings.read_task_poll)
            await self.work_off()

    async def work_off(self) -> None:
        """Do the tasks that there are, those that are put in meanwhile too."""
        while (task := self._store.read_tasks.first()) is not None:
            await self._walk(task)

    async def _walk(self, task: ReadTask) -> None:
        scope = {"tenantId": task.tenant_id, "dialogId": task.dialog_id}
        messages = [
            message
            for message in self._store.messages.page(scope)
            if message.sender_id != task.user_id and message.created_at <= task.read_until
        ]
        for start in range(0, len(messages), _BATCH):
            batch = [message.message_id for message in messages[start : start + _BATCH]]
            self._store.marks.set_read(task.tenant_id, batch, task.user_id)
            await asyncio.sleep(self._settings.read_batch_pause)
        where = (task.tenant_id, task.dialog_id, task.user_id)
        member = self._store.members.get(*where)
        done = self._store.read_tasks.done(task)
        if done and member is not None and (messages or member.unread_count):
            self._feed.dialogs.bulk_read(member, late=True)
