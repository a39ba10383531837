"""Background tasks: they run beside the streams until closed; a failure is logged."""

import asyncio
import logging
from collections.abc import Coroutine

from chat3_user.call_context import apart

log = logging.getLogger(__name__)


class BackgroundTasks:
    """Starts tasks and keeps them until they end."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[None, None, None], name: str) -> asyncio.Task[None]:
        """Run ``work`` until it ends or all are closed."""
        task = asyncio.create_task(work, name=name, context=apart())
        self._tasks.add(task)
        task.add_done_callback(self._finished)
        return task

    async def close(self) -> None:
        """Cancel what still runs."""
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (problem := task.exception()) is not None:
            log.error("a background task failed", extra={"task": task.get_name()}, exc_info=problem)
