"""The outbox: updates wait here, in order, until the publisher has taken them."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from chat3_embedded.publishing import UnpublishableUpdateError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chat3_embedded.publishing import UpdatePublisher
    from chat3_embedded.settings import Settings

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class OutgoingUpdate:
    """One update as it goes to one recipient."""

    routing_key: str
    body: bytes
    headers: Mapping[str, str]
    timestamp_ms: int


@dataclass(order=True, slots=True)
class _Entry:
    due: float
    number: int
    update: OutgoingUpdate = field(compare=False)


class Outbox:
    """Publishes in the order of due times from one task of its own; a failure is retried.

    Nothing is dropped while the process lives, save what can never be published. The queue has
    no bound: this is a server for development, and an HTTP answer must not wait for a broker.
    """

    def __init__(self, publisher: UpdatePublisher, settings: Settings) -> None:
        self._publisher = publisher
        self._settings = settings
        self._entries: list[_Entry] = []
        self._publishing = 0
        self._numbers = itertools.count()
        self._changed = asyncio.Event()
        self._idle = asyncio.Event()
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
        return len(self._entries) + self._publishing

    def start(self) -> None:
        """Start publishing; what was put in before is published first."""
        self._task = asyncio.get_running_loop().create_task(self._run(), name="tenant-api outbox")

    def put(self, update: OutgoingUpdate, *, delay: float = 0.0) -> None:
        """Queue an update, to be published no earlier than after `delay` seconds."""
        due = asyncio.get_running_loop().time() + delay
        heapq.heappush(self._entries, _Entry(due, next(self._numbers), update))
        self._idle.clear()
        self._changed.set()

    async def drained(self) -> None:
        """Wait until everything, delayed updates included, is published."""
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
            if not self._entries:
                self._idle.set()
                if self._closing:
                    return
                await self._changed.wait()
                continue
            wait = self._entries[0].due - asyncio.get_running_loop().time()
            if wait > 0 and not self._closing:
                await self._wait_for_change(wait)
                continue
            # Off the queue before publishing: what is put in meanwhile must not overtake it.
            entry = heapq.heappop(self._entries)
            self._publishing = 1
            await self._publish(entry.update)
            self._publishing = 0

    async def _wait_for_change(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._changed.wait()
        except TimeoutError:
            return

    async def _publish(self, update: OutgoingUpdate) -> None:
        pause = self._settings.publish_retry_first
        while True:
            try:
                await self._publisher.publish(
                    update.routing_key, update.body, update.headers, update.timestamp_ms
                )
            except UnpublishableUpdateError:
                log.exception("update dropped")
                return
            except Exception as error:  # noqa: BLE001 - whatever a publisher raises means "retry"
                if not self._failing:
                    log.warning("cannot publish updates, retrying: %r", error)
                self._failing = True
                await asyncio.sleep(pause)
                pause = min(pause * 2, self._settings.publish_retry_most)
            else:
                self._failing = False
                return
