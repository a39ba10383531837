"""Patience with a store that has little of it."""

import asyncio
from contextlib import suppress

from chat3_user.idempotency import Store, StoreUnavailableError
from chat3_user.idempotency.store import Attempt, Claim
from support.patience import HANGS


async def answered(store: Store, attempt: Attempt) -> Claim:
    """Claim again and again: on a busy machine, any answer may be late for the store."""
    async with asyncio.timeout(HANGS):
        while True:
            with suppress(StoreUnavailableError):
                return await store.claim(attempt)
