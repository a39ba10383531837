"""Holds the connection of unary calls, and opens one of its own for each stream."""

import asyncio
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
from chat3_client.translation import lost, unreachable

T = TypeVar("T")

_answer: ContextVar[Answer | None] = ContextVar("chat3_client_answer", default=None)
"""Where the metadata of the present attempt's answer is noted."""


class Line:
    """One connection to the service, and how many calls it carries."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self._calls = 0
        self._retired = False

    def taken(self) -> None:
        """Count a call that begins."""
        self._calls += 1

    def given_back(self) -> None:
        """Count a call that has ended."""
        self._calls -= 1
        self._close_when_idle()

    def retire(self) -> None:
        """Close the connection once its calls have ended."""
        self._retired = True
        self._close_when_idle()

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

        Raises `UnreachableError`.
        """
        self._check_open()
        if self._line is None:
            self._line = Line(self._channel())
        line = self._line
        line.taken()
        try:
            await self._connected(line.channel, timeout)
            yield line
        finally:
            line.given_back()

    @asynccontextmanager
    async def own(self, timeout: float) -> AsyncIterator[Channel]:
        """Open a connection for a block, for one stream that may be read slowly."""
        self._check_open()
        channel = self._channel()
        try:
            await self._connected(channel, timeout)
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
            line.channel.close()
            line.retire()
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

    async def _connected(self, channel: Channel, timeout: float) -> None:
        try:
            async with asyncio.timeout(timeout):
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
