"""Barriers: messages through the worker's own queue that show what has been delivered."""

import asyncio
import secrets

from chat3_user.call_context import apart
from chat3_user.updates.broker import Broker, BrokerUnavailableError

_TIMEOUT = 30.0


class Barriers:
    """Sends barriers through the worker's own queue and waits until they come."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._under_way: dict[str, asyncio.Future[bool]] = {}
        self._next: asyncio.Task[bool] | None = None
        self._turn = asyncio.Lock()

    async def passes(self) -> bool:
        """Return whether all that was published before the call has been delivered by now.

        It has not when the broker goes away meanwhile.
        """
        barrier = secrets.token_hex(8)
        passed: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._under_way[barrier] = passed
        try:
            async with asyncio.timeout(_TIMEOUT):
                await self._broker.send_barrier(barrier)
                return await passed
        except (BrokerUnavailableError, TimeoutError):
            return False
        finally:
            self._under_way.pop(barrier, None)

    async def next_passes(self) -> bool:
        """Do the same with one barrier for all who ask while another is under way."""
        if self._next is None:
            self._next = asyncio.create_task(
                self._in_turn(), name="updates-barrier", context=apart()
            )
        return await asyncio.shield(self._next)

    async def _in_turn(self) -> bool:
        async with self._turn:
            self._next = None
            return await self.passes()

    def came(self, barrier: str) -> None:
        """Learn that ``barrier`` was delivered."""
        passed = self._under_way.get(barrier)
        if passed is not None and not passed.done():
            passed.set_result(True)

    def lost(self) -> None:
        """Learn that the broker is gone, and every barrier with it."""
        for passed in self._under_way.values():
            if not passed.done():
                passed.set_result(False)
