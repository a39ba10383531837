"""The outbox: updates wait here, in order, until the publisher has taken them."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING, Self

from chat3_embedded.publishing import UnpublishableUpdateError

if TYPE_CHECKING:
    from chat3_embedded.publishing import UpdatePublisher
    from chat3_embedded.settings import Settings
    from chat3_embedded.store.pending import OutgoingTable
    from chat3_embedded.store.records import OutgoingUpdate

log = logging.getLogger(__name__)


class Outbox:
    """Publishes in the order of due times from one task of its own; a failure is retried.

    The updates are in the database: with a file, what was put in before the process was killed
    is published by the next one, and what was being published just then is published twice.
    Nothing is dropped, save what can never be published. The queue has no bound: this is a server
    for development, and an HTTP answer must not wait for a broker.
    """

    def __init__(
        self, publisher: UpdatePublisher, settings: Settings, updates: OutgoingTable
    ) -> None:
        self._publisher = publisher
        self._settings = settings
        self._updates = updates
        self._changed = asyncio.Event()
        self._idle = asyncio.Event()
        if not updates.count():
            self._idle.set()
        self._closing = False
        self._failing = False
        self._task: asyncio.Task[None] | None = None

    @property
    def healthy(self) -> bool:
        """Whether the last attempt to publish succeeded (or none was made)."""
        return not self._failing

    @property
    def waiting(self) -> int:
        """How many updates the publisher has not taken yet."""
        return self._updates.count()

    def start(self) -> None:
        """Start publishing; what was put in before is published first."""
        self._task = asyncio.get_running_loop().create_task(self._run(), name="tenant-api outbox")

    def put(self, update: OutgoingUpdate) -> None:
        """Queue an update, to be published when the relay comes to it."""
        self._updates.add(update, delay=self._settings.relay_delay)
        self._idle.clear()
        self._changed.set()

    async def drained(self) -> None:
        """Wait until everything that was put in is published."""
        await self._idle.wait()

    async def close(self) -> None:
        """Publish what is left without waiting for due times, then end the task."""
        task, self._task = self._task, None
        if task is None:
            return
        self._closing = True
        self._changed.set()
        try:
            await asyncio.wait({task}, timeout=self._settings.drain_timeout)
        finally:
            if not task.done():
                log.warning("outbox closed with %d unpublished updates", self.waiting)
                task.cancel()
            await asyncio.gather(task, return_exceptions=task.cancelling() > 0)

    async def __aenter__(self) -> Self:
        self.start()
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.close()

    async def _run(self) -> None:
        while True:
            self._changed.clear()
            first = self._updates.first()
            if first is None:
                self._idle.set()
                if self._closing:
                    return
                await self._changed.wait()
                continue
            number, due, update = first
            wait = due - time.time()
            if wait > 0 and not self._closing:
                await wait_for_change(self._changed, wait)
                continue
            taken = await self._publish(update)
            self._updates.done(number, keep=taken and self._settings.keep_updates)

    async def _publish(self, update: OutgoingUpdate) -> bool:
        """Publish an update, however long it takes; return False for one that never can be."""
        pause = self._settings.publish_retry_first
        while True:
            try:
                await self._publisher.publish(
                    update.routing_key, update.body, update.headers, update.timestamp_ms
                )
            except UnpublishableUpdateError:
                log.exception("update dropped")
                return False
            except Exception as error:  # noqa: BLE001 - whatever a publisher raises means "retry"
                if not self._failing:
                    log.warning("cannot publish updates, retrying: %r", error)
                self._failing = True
                await asyncio.sleep(pause)
                pause = min(pause * 2, self._settings.publish_retry_most)
            else:
                self._failing = False
                return True


async def wait_for_change(changed: asyncio.Event, seconds: float) -> None:
    """Wait for the event, but no longer than this."""
    try:
        async with asyncio.timeout(seconds):
            await changed.wait()
    except TimeoutError:
        return
