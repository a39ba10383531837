"""What is known of the call that this code runs for, wherever it runs: its id, what it asks for.

The call chain sets it for the task of a call; tasks that the call starts inherit it. What serves
many calls starts its tasks with `apart`.
"""

from contextvars import Context, ContextVar
from typing import Final


class CallContext:
    """One call under way; ``upstream_seconds`` add up its requests to tenant-api, side by side."""

    __slots__ = ("request_id", "upstream_requests", "upstream_seconds")

    def __init__(self, request_id: str) -> None:
        self.request_id = request_id
        self.upstream_requests = 0
        self.upstream_seconds = 0.0

    def asked_upstream(self, seconds: float) -> None:
        """Count a request to tenant-api."""
        self.upstream_requests += 1
        self.upstream_seconds += seconds


current_call: Final[ContextVar[CallContext | None]] = ContextVar("current_call", default=None)
"""The call that this code runs for; none in what the process does by itself."""


def apart() -> Context:
    """Return the context for a task that serves many calls, whichever of them starts it."""
    return Context()
