"""How the task of a stream sleeps until there is something to do."""

import asyncio


class Wakeup:
    """Wakes the one task that waits; who nudges while none does changes nothing."""

    __slots__ = ("_wake",)

    def __init__(self) -> None:
        self._wake: asyncio.Future[None] | None = None

    @property
    def asleep(self) -> bool:
        """Whether a task waits and has not been woken."""
        return self._wake is not None and not self._wake.done()

    async def wait(self, timeout: float) -> None:
        """Wait for a nudge, or for the end of ``timeout`` seconds."""
        loop = asyncio.get_running_loop()
        self._wake = loop.create_future()
        timer = loop.call_later(max(0.0, timeout), self.nudge)
        try:
            await self._wake
        finally:
            timer.cancel()
            self._wake = None

    def nudge(self) -> None:
        """Wake the task that waits, if one does."""
        if self._wake is not None and not self._wake.done():
            self._wake.set_result(None)
