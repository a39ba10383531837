"""Routing keys of the updates exchange: those of updates, and those of the service itself.

Up to 0.0.85 of the platform an update's key is `update.{category}.{userType}.{userId}.{segment}`,
from 0.0.86 on `update.{category}.{tenantId}.{userType}.{userId}.{segment}`. The service relies on
the first word only: types and tenants may have dots, and the body says whom an update is for.
"""

from typing import Final

UPDATES: Final = "update.#"
"""The binding key of all updates."""


def is_update(routing_key: str) -> bool:
    """Return whether `UPDATES` matches a routing key."""
    return routing_key.partition(".")[0] == "update"


def barrier_key(queue: str) -> str:
    """Return the key that reaches the queue of one worker, and nothing else.

    Its first word is older than the name: topic permissions at a broker may have it.
    """
    return f"fence.{queue}"


def probe_key(log_queue: str) -> str:
    """Return the key that reaches the updates log, and nothing else."""
    return f"probe.{log_queue}"
