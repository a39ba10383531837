"""One connection: opened once for all of its calls, with a place for each."""

import asyncio
import os
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from grpclib.client import Channel

from chat3_client.channel import TrackedProtocol
from chat3_client.first_words import FirstWords
from chat3_client.translation import HungUpError

CALLS_AT_ONCE: Final = 100
"""How many calls one connection carries at once; further ones wait for their turn.

HTTP/2 lets the service set a limit, advises not to set one below this, and has calls that go over
it refused. grpclib keeps to it only once it has heard of it, and then wakes all that wait for each
call that ends.
"""


class _Protocol(TrackedProtocol):
    """grpclib's side of a connection, which also tells when it was heard and when it was lost."""

    def __init__(
        self,
        words: FirstWords,
        heard: Callable[[], None],
        lost: Callable[[], None],
        *given: Any,
    ) -> None:
        super().__init__(*given)
        self._words = words
        self._heard = heard
        self._lost = lost

    def data_received(self, data: bytes) -> None:
        self._words.hear(data)
        if self._words.of_something_else:
            # grpclib would wait for the rest of a frame that is none.
            self.processor.close("the other side does not speak HTTP/2")
            return
        super().data_received(data)
        if self._words.of_http2 and not self.connection.is_closing():
            self._heard()

    def connection_lost(self, exc: BaseException | None) -> None:
        super().connection_lost(exc)
        # grpclib forgets those who wait until they may send. Wake them: what they try then fails.
        engine = self.connection._connection  # noqa: SLF001
        engine.close_connection()
        engine.streams.clear()
        self.connection.write_ready.set()
        self.connection.stream_close_waiter.set()
        self._lost()


class Line:
    """One connection to the service, and the calls that it carries. It is made once.

    ``channel`` makes its channel, from what makes the connection; ``opening`` is the time in
    seconds in which the connection is made, or given up.
    """

    def __init__(
        self, channel: Callable[[Callable[..., TrackedProtocol]], Channel], opening: float
    ) -> None:
        self._heard = asyncio.Event()
        self._words = FirstWords()
        self._within = opening
        self.channel = channel(partial(_Protocol, self._words, self._heard.set, self._lost))
        self.retired = False
        """Whether later calls use another connection."""
        self._loop = asyncio.get_running_loop()
        self._process = os.getpid()
        self._places = asyncio.Semaphore(CALLS_AT_ONCE)
        self._calls = self._waiting = 0
        self._opening: asyncio.Task[None] | None = None

    def usable_here(self) -> bool:
        """Say whether the present event loop can use the connection.

        Raises `RuntimeError` when another loop works with it at this time.
        """
        if self.retired:
            return False
        if self._loop is asyncio.get_running_loop():
            return True
        if self._inherited() or self._loop.is_closed():
            self.close()
            return False
        raise RuntimeError("another event loop uses this client: make one for each loop")

    @property
    def room(self) -> int:
        """How many more calls there is a place for; negative when calls wait for one."""
        return CALLS_AT_ONCE - self._calls - self._waiting

    @property
    def full(self) -> bool:
        """Whether a call would have to wait."""
        return self.room <= 0

    @property
    def idle(self) -> bool:
        """Whether it carries no call."""
        return self._calls + self._waiting == 0

    async def taken(self) -> bool:
        """Wait for a place and count a call that begins; return whether the line is still used."""
        self._waiting += 1
        try:
            await self._places.acquire()
        finally:
            self._waiting -= 1
        self._calls += 1
        return not self.retired

    def given_back(self) -> None:
        """Count a call that has ended."""
        self._calls -= 1
        self._places.release()
        self._close_when_idle()

    async def opened(self) -> None:
        """Wait until the service was heard. The first call connects, for all that wait.

        Raises `OSError`; `HungUpError` when the other side closed the connection before it said
        anything, or does not speak HTTP/2.
        """
        if self._opening is None:
            self._opening = asyncio.create_task(self._open())
        # A call that waits no longer does not keep others from the connection.
        await asyncio.shield(self._opening)

    def retire(self) -> None:
        """Send those away who wait for a place, and close the connection once its calls end."""
        self.retired = True
        for _ in range(self._waiting):
            self._places.release()
        self._close_when_idle()

    def close(self) -> None:
        """Close the connection at once; what is under way on it fails."""
        if self._inherited():
            # The parent goes on with it. To close it here would take it away from there: both
            # processes share what the parent's event loop waits with.
            self.channel._protocol = None  # noqa: SLF001 - `Channel.__del__` would close it
        elif not self._loop.is_closed():
            self.retire()
            self._close()

    async def _open(self) -> None:
        async with asyncio.timeout(self._within):
            await self.channel.__connect__()
            # The service begins with its settings. Before that nothing is sent, so a proxy without
            # a service behind it, which hangs up, has cost no attempt that may have been made.
            await self._heard.wait()
        if self.retired:
            raise HungUpError(self._words.wrong or "the connection was closed before anything came")

    def _lost(self) -> None:
        self._heard.set()
        self.retire()

    def _inherited(self) -> bool:
        """Say whether this process was forked from the one that connected."""
        return self._process != os.getpid()

    def _close_when_idle(self) -> None:
        if self.retired and not self._calls:
            self._close()

    def _close(self) -> None:
        if self._opening is not None:
            self._opening.cancel()
        self.channel.close()
