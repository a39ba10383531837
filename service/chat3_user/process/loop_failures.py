"""Failures in the event loop that no caller sees: of tasks that nobody awaits, of callbacks."""

import asyncio
import logging
from typing import Any

log = logging.getLogger(__name__)


def report(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Log a failure; asyncio's own words for it hold arguments, which may be a caller's."""
    task = context.get("task") or context.get("future")
    name = task.get_name() if isinstance(task, asyncio.Task) else ""
    log.error(
        "something failed that nobody waits for",
        extra={"task": name} if name else {},
        exc_info=context.get("exception"),
    )
