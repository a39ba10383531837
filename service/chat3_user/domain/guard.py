"""Writes past tenant-api's duplicate guard."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

from chat3_user.tenant_api.answers import GUARD_WINDOW, DuplicateGuardError

T = TypeVar("T")


async def past_guard(write: Callable[[], Awaitable[T]]) -> T:
    """Repeat a write, which may be repeated, until the guard lets it pass or the deadline is over.

    The guard does not tell an honest repetition from a retry, and refuses even after a failure.
    """
    while True:
        try:
            return await write()
        except DuplicateGuardError:
            # Jitter only spreads load; nobody gains from guessing it.
            await asyncio.sleep(GUARD_WINDOW * random.uniform(1.0, 1.4))
