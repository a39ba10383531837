"""Reads of the log: begun when all has come by, judged by whether the broker was there."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from chat3_user.errors import reasons
from chat3_user.updates.broker import LogError
from chat3_user.updates.fanout.dispatcher import Dispatcher
from chat3_user.updates.log.barriers import Barriers

PATIENCE: Final = 15.0
"""Seconds for which a client waits for a broker that is away or blocked."""

_T = TypeVar("_T")


class LogReads:
    """Runs reads for clients that want to go on from a token, or to know where the present is."""

    def __init__(self, dispatcher: Dispatcher, barriers: Barriers) -> None:
        self._dispatcher = dispatcher
        self._barriers = barriers

    async def run(self, read: Callable[[], Awaitable[_T]]) -> _T | LogError:
        """Run ``read`` once all that was published before the call has come by on this worker.

        A client may have had updates from another worker that are still in this one's queue, or in
        a recovery under way; and only a message that arrives proves that updates do.

        Returns the error of a log that failed while the broker was there; a broker that went away
        meanwhile says nothing about the log, and the read is run again. Raises `CallError` when
        the broker stays away.
        """
        waiting_since = time.monotonic()
        while True:
            try:
                async with asyncio.timeout(waiting_since + PATIENCE - time.monotonic()):
                    await self._dispatcher.wait_live()
                    if not (await self._barriers.next_passes() and self._dispatcher.live):
                        continue
            except TimeoutError as error:
                raise reasons.updates_unavailable() from error
            losses = self._dispatcher.losses
            try:
                return await read()
            except LogError as error:
                if await self._barriers.next_passes() and self._dispatcher.losses == losses:
                    return error
