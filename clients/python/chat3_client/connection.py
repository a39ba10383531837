"""Holds the connections of unary calls, and opens one of its own for each stream."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import Any, Final, TypeVar
from weakref import WeakSet

from grpclib.client import Channel
from grpclib.events import RecvInitialMetadata, RecvTrailingMetadata, listen

from chat3_client.address import Address
from chat3_client.answers import Answer
from chat3_client.channel import TrackedChannel, TrackedProtocol, closed
from chat3_client.failures import Failure, UnreachableError
from chat3_client.line import Line
from chat3_client.retry import Backoff
from chat3_client.translation import late, lost, unreachable

T = TypeVar("T")

_answer: ContextVar[Answer | None] = ContextVar("chat3_client_answer", default=None)
"""Where the metadata of the present attempt's answer is noted."""


CONNECTIONS: Final = 5
"""How many connections there are for unary calls at most: one, as long as that is enough."""
_OPENING: Final = 10.0
"""Seconds in which such a connection is made, or given up: calls can go on to try another."""
_TURN: Final = 1.0
"""Seconds that a call waits for its turn before another connection is opened."""
_FIRST_PAUSE: Final = 0.1
_LONGEST_PAUSE: Final = 1.0
"""Bounds in seconds of the pause after a connection that could not be made: it is for all calls."""


class Connection:
    """The way to one service. Made without I/O; connects with the first call."""

    def __init__(self, address: Address, tls: ssl.SSLContext | None) -> None:
        self.address = address
        self._tls = tls
        self._lines: list[Line] = []
        self._connections = WeakSet[TrackedProtocol]()
        self._failure: Failure | None = None
        self._backoff = Backoff(_FIRST_PAUSE, _LONGEST_PAUSE)
        self._open_at = 0.0
        self._closed = False
        self._answered = False

    @property
    def answered(self) -> bool:
        """Whether anything ever came from the service."""
        return self._answered

    @property
    def encrypted(self) -> bool:
        """Whether TLS is spoken."""
        return self._tls is not None

    def understood(self) -> bool:
        """Say whether the service speaks as this client does, for all that is known."""
        return self.answered or self.encrypted

    @asynccontextmanager
    async def shared(self, timeout: float) -> AsyncIterator[Line]:
        """Lend a connection of unary calls for a block; connect within ``timeout`` seconds.

        Raises `UnreachableError`, and `DeadlineError` when other calls took all the time.
        """
        end = asyncio.get_running_loop().time() + timeout
        line = await self._place(end)
        try:
            await self._opened(line, end)
            yield line
        finally:
            line.given_back()
            if line.idle and line in self._lines[1:]:
                self._lines.remove(line)
                line.retire()

    async def _place(self, end: float) -> Line:
        """Wait for a place on a connection; when that takes long, open another one."""
        patient = True
        try:
            async with asyncio.timeout_at(end):
                while True:
                    line = await self._line(patient=patient)
                    try:
                        async with asyncio.timeout(_TURN if patient else None):
                            used = await line.taken()
                    except TimeoutError:
                        patient = False
                        continue
                    if used:
                        return line
                    line.given_back()
        except TimeoutError as error:
            if self._failure is not None:
                raise UnreachableError(self._failure) from error
            raise late("other calls took all the time", sent=False) from error

    async def _line(self, *, patient: bool) -> Line:
        """Return the connection with the most room. A call that has waited may open another."""
        while True:
            line = self._roomiest()
            if line is not None and (patient or not line.full or len(self._lines) >= CONNECTIONS):
                return line
            pause = self._open_at - asyncio.get_running_loop().time()
            if pause <= 0.0:
                self._lines.append(Line(self._channel, _OPENING))
                return self._lines[-1]
            await asyncio.sleep(pause)  # another call may open one meanwhile

    def _roomiest(self) -> Line | None:
        self._check_open()
        self._lines = [line for line in self._lines if line.usable_here()]
        return max(self._lines, key=lambda line: line.room, default=None)

    async def _opened(self, line: Line, end: float) -> None:
        """Wait until the connection is made; when it cannot be, none is made for a moment."""
        try:
            async with asyncio.timeout_at(end) as waiting:
                await line.opened()
        except OSError as error:  # TimeoutError and ssl.SSLError are ones
            failed = unreachable(self.address, error, tls=self.encrypted)
            if line in self._lines and not waiting.expired():
                self._lines.remove(line)
                self._failure = failed.failure
                self._open_at = asyncio.get_running_loop().time() + self._backoff.next(None)
                line.retire()
            raise failed from error
        self._failure = None
        self._backoff.reset()

    @asynccontextmanager
    async def own(self, timeout: float) -> AsyncIterator[Channel]:
        """Open a connection for a block, for one stream that may be read slowly.

        Raises `UnreachableError`.
        """
        self._check_open()
        line = Line(self._channel, timeout)
        await line.taken()
        try:
            try:
                await line.opened()
            except OSError as error:
                raise unreachable(self.address, error, tls=self.encrypted) from error
            yield line.channel
        finally:
            line.given_back()
            line.close()

    async def close(self) -> None:
        """Close the connections of unary calls, and wait until all connections are closed.

        What is under way fails. What is still connecting is closed once it is connected.
        """
        self._closed = True
        lines, self._lines = self._lines, []
        for line in lines:
            line.close()
        await closed(self._connections)

    def _check_open(self) -> None:
        if self._closed:
            raise RuntimeError("the client is closed")

    def _channel(self, protocol: Callable[..., TrackedProtocol]) -> TrackedChannel:
        channel = TrackedChannel(
            self.address.host,
            self.address.port,
            tls=self._tls,
            protocol=protocol,
            connections=self._connections,
        )
        listen(channel, RecvInitialMetadata, self._note_initial)
        listen(channel, RecvTrailingMetadata, _note_trailers)
        return channel

    async def _note_initial(self, event: RecvInitialMetadata) -> None:
        self._answered = True
        answer = _answer.get()
        if answer is not None:
            answer.initial = _plain(event.metadata)


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
