"""Holds the connection of unary calls, and opens one of its own for each stream."""

import asyncio
import os
import ssl
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import Any, Final, TypeVar
from weakref import WeakSet

from grpclib.client import Channel
from grpclib.events import RecvInitialMetadata, RecvTrailingMetadata, listen

from chat3_client.address import Address
from chat3_client.answers import Answer
from chat3_client.channel import TrackedChannel, TrackedProtocol, closed
from chat3_client.translation import late, lost, unreachable

T = TypeVar("T")

_answer: ContextVar[Answer | None] = ContextVar("chat3_client_answer", default=None)
"""Where the metadata of the present attempt's answer is noted."""


CALLS_AT_ONCE: Final = 100
"""How many calls one connection carries at once; further ones wait for their turn.

HTTP/2 lets the service set a limit, advises not to set one below this, and has calls that go over
it refused. grpclib keeps to it only once it has heard of it, and then wakes all that wait for each
call that ends.
"""


class Line:
    """One connection to the service, and how many calls it carries."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self._loop = asyncio.get_running_loop()
        self._process = os.getpid()
        self._places = asyncio.Semaphore(CALLS_AT_ONCE)
        self._calls = self._waiting = 0
        self._retired = False

    def usable_here(self) -> bool:
        """Say whether the present event loop can use the connection.

        Raises `RuntimeError` when another loop works with it at this time.
        """
        if self._loop is asyncio.get_running_loop():
            return True
        if self._inherited() or self._loop.is_closed():
            self.close()
            return False
        raise RuntimeError("another event loop uses this client: make one for each loop")

    async def taken(self) -> bool:
        """Wait for a place and count a call that begins; return whether the line is still used."""
        self._waiting += 1
        try:
            await self._places.acquire()
        finally:
            self._waiting -= 1
        self._calls += 1
        return not self._retired

    def given_back(self) -> None:
        """Count a call that has ended."""
        self._calls -= 1
        self._places.release()
        self._close_when_idle()

    def retire(self) -> None:
        """Send those away who wait for a place, and close the connection once its calls end."""
        self._retired = True
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
            self.channel.close()

    def _inherited(self) -> bool:
        """Say whether this process was forked from the one that connected."""
        return self._process != os.getpid()

    def _close_when_idle(self) -> None:
        if self._retired and not self._calls:
            self.channel.close()


class Connection:
    """The way to one service. Made without I/O; connects with the first call."""

    def __init__(self, address: Address, tls: ssl.SSLContext | None) -> None:
        self.address = address
        self._tls = tls
        self._line: Line | None = None
        self._connections = WeakSet[TrackedProtocol]()
        self._closed = False
        self._answered = False

    def understood(self) -> bool:
        """Say whether the service speaks as this client does, for all that is known."""
        return self._answered or self._tls is not None

    @asynccontextmanager
    async def shared(self, timeout: float) -> AsyncIterator[Line]:
        """Lend the connection of unary calls for a block; connect within ``timeout`` seconds.

        Raises `UnreachableError`, and `DeadlineError` when other calls took all the time.
        """
        end = asyncio.get_running_loop().time() + timeout
        line = await self._place(end)
        try:
            await self._connected(line.channel, end)
            yield line
        finally:
            line.given_back()

    async def _place(self, end: float) -> Line:
        """Wait for a place on the connection of unary calls, whichever it is by then."""
        try:
            async with asyncio.timeout_at(end):
                while True:
                    self._check_open()
                    if self._line is None or not self._line.usable_here():
                        self._line = Line(self._channel())
                    line = self._line
                    if await line.taken():
                        return line
                    line.given_back()
        except TimeoutError as error:
            text = f"{CALLS_AT_ONCE} other calls were under way until the deadline"
            raise late(text, sent=False) from error

    @asynccontextmanager
    async def own(self, timeout: float) -> AsyncIterator[Channel]:
        """Open a connection for a block, for one stream that may be read slowly."""
        self._check_open()
        channel = self._channel()
        try:
            await self._connected(channel, asyncio.get_running_loop().time() + timeout)
            yield channel
        finally:
            channel.close()

    def renew(self, line: Line) -> None:
        """Let later calls use a new connection instead of this one."""
        if self._line is line:
            self._line = None
            line.retire()

    async def close(self) -> None:
        """Close the connection of unary calls, and wait until all connections are closed.

        What is under way fails. What is still connecting is closed once it is connected.
        """
        self._closed = True
        line, self._line = self._line, None
        if line is not None:
            line.close()
        await closed(self._connections)

    def _check_open(self) -> None:
        if self._closed:
            raise RuntimeError("the client is closed")

    def _channel(self) -> Channel:
        channel = TrackedChannel(
            self.address.host, self.address.port, tls=self._tls, connections=self._connections
        )
        listen(channel, RecvInitialMetadata, self._note_initial)
        listen(channel, RecvTrailingMetadata, _note_trailers)
        return channel

    async def _note_initial(self, event: RecvInitialMetadata) -> None:
        self._answered = True
        answer = _answer.get()
        if answer is not None:
            answer.initial = _plain(event.metadata)

    async def _connected(self, channel: Channel, end: float) -> None:
        try:
            async with asyncio.timeout_at(end):
                await channel.__connect__()
        except OSError as error:  # TimeoutError and ssl.SSLError are ones
            raise unreachable(self.address, error, tls=self._tls is not None) from error


async def in_own_task(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run an attempt in a task of its own, and cancel it when the caller is cancelled.

    grpclib wakes a call whose connection is lost by cancelling the task that waits, and takes that
    for its own. The caller's `asyncio.timeout` and `TaskGroup` would count it as theirs.
    """
    caller = asyncio.current_task()
    cancelled = caller.cancelling() if caller is not None else 0
    try:
        return await asyncio.create_task(coroutine)
    except asyncio.CancelledError:
        if caller is None or caller.cancelling() > cancelled:
            raise
        # Nobody cancelled the caller: it was grpclib, which lost the connection.
        raise lost("the connection was lost") from None
    except Exception as error:
        if caller is not None and caller.cancelling() > cancelled:
            # The connection was lost while the caller was cancelled, who must hear of the latter.
            raise asyncio.CancelledError from error
        raise


def noting(answer: Answer) -> None:
    """Note the metadata of this task's answers in ``answer``."""
    _answer.set(answer)


async def _note_trailers(event: RecvTrailingMetadata) -> None:
    answer = _answer.get()
    if answer is not None:
        answer.trailers = _plain(event.metadata)


_BINARY: Final = "-bin"


def _plain(metadata: Mapping[str, Any]) -> dict[str, str]:
    """Return text metadata; what is binary is in the failure's details already."""
    return {key: str(value) for key, value in metadata.items() if not key.endswith(_BINARY)}
