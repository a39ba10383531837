"""Reads one stream after the other: opens each, hears when it falls silent, waits in between."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, suppress
from datetime import timedelta
from typing import Any, Final, Generic, Protocol, TypeVar, cast

from grpclib.client import Channel
from grpclib.const import Status

from chat3_api.chat3.user.v1 import ConnectionEstablished
from chat3_client.calls import Calls
from chat3_client.connection import noting
from chat3_client.failures import (
    Chat3Error,
    DeadlineError,
    SignInRequiredError,
    TokenRefusedError,
    UnreachableError,
)
from chat3_client.hooks import Attempt, entered
from chat3_client.retry import Backoff
from chat3_client.translation import late, lost, translated, unreachable, within

_log = logging.getLogger(__name__)

_TURNS: Final = 10
"""Turns of the event loop in which a response gets from the socket to whoever waits for it."""
_UNSAID_HEARTBEAT: Final = timedelta(seconds=30)
_TRUSTED_AFTER_OPENING: Final = (
    Status.UNIMPLEMENTED,
    Status.UNAUTHENTICATED,
    Status.PERMISSION_DENIED,
)
"""Statuses that a wrong address or a proxy in front of it gives without a reason."""


class Response(Protocol):
    """A response of any stream of updates."""

    @property
    def connection_established(self) -> ConnectionEstablished | None:
        """Set in the first response of a stream."""


R = TypeVar("R", bound=Response)


class Lost(Exception):  # noqa: N818 - an event: the stream goes on
    """A stream ended; the next one begins after a pause."""

    def __init__(self, error: Chat3Error, retry_in: float, failures: int) -> None:
        super().__init__(str(error))
        self.error = error
        self.retry_in = retry_in
        self.failures = failures


class Closed(Exception):  # noqa: N818 - an event: nothing more comes
    """The row of streams was closed, perhaps while somebody waited for a response."""


class Attempts(Generic[R]):
    """An endless row of streams of one kind.

    ``open_`` begins a stream on a channel, with the metadata of the caller.
    """

    def __init__(
        self,
        calls: Calls,
        method: str,
        open_: Callable[[Channel, dict[str, str]], Any],
        *,
        mends: Callable[[Chat3Error], bool] = lambda _: False,
    ) -> None:
        self._calls = calls
        self._method = method
        self._open = open_
        self._mends = mends
        self._backoff = Backoff()
        self._patience = calls.retry.opening
        self._heard_at = self._retry_at = 0.0
        self._number = self._failures = 0
        self._opened = self._renewed = self._fresh = False
        self._connected = self._heard = False
        self._closing = asyncio.Event()
        self._failure: Exception | None = None
        self._reader: asyncio.Task[None] | None = None
        self._responses: asyncio.Queue[R | Exception] = asyncio.Queue(1)

    async def next(self) -> R:
        """Wait for the next response. May be cancelled at any time: nothing is lost.

        Raises `Lost` when a stream ended, the `Chat3Error` of one that fails for good, and `Closed`
        after `close`.
        """
        if self._failure is None:
            found = await self._found()
            if not isinstance(found, Exception):
                self._note(found)
                return found
            self._failure = self._judged(found) if isinstance(found, Chat3Error) else found
        # Who is cancelled here hears of it next time.
        await self._end()
        failure, self._failure = self._failure, None
        raise failure

    async def _found(self) -> R | Exception:
        """Wait for the next response, or for what ended the stream."""
        if self._reader is None:
            await self._pause()
        if self._closing.is_set():
            raise Closed
        if self._reader is None:
            self._begin()
        try:
            async with asyncio.timeout_at(self._heard_at + self._patience):
                return await self._responses.get()
        except TimeoutError:
            await self._let_read()
            return self._silence() if self._responses.empty() else self._responses.get_nowait()

    def beats(self, interval: timedelta) -> None:
        """Take that the present stream is never silent for longer than ``interval``."""
        self._patience = 2.0 * interval.total_seconds()

    async def _let_read(self) -> None:
        """Let the reader read what has come: an application may have blocked the event loop."""
        for _ in range(_TURNS):
            if not self._responses.empty():
                return
            await asyncio.sleep(0)

    async def close(self) -> None:
        """End the present stream, and begin none again."""
        self._closing.set()
        if self._responses.empty():
            self._responses.put_nowait(Closed())
        await self._end()

    async def _pause(self) -> None:
        """Wait until the next stream may begin."""
        with suppress(TimeoutError):
            async with asyncio.timeout_at(self._retry_at):
                await self._closing.wait()

    async def _end(self) -> None:
        reader, self._reader = self._reader, None
        if reader is not None:
            reader.cancel()
            await asyncio.gather(reader, return_exceptions=True)

    def _begin(self) -> None:
        self._number += 1
        self._patience = self._calls.retry.opening
        self._connected = self._heard = False
        self._heard_at = asyncio.get_running_loop().time()
        self._responses = asyncio.Queue(1)
        self._reader = asyncio.create_task(self._read(self._responses))

    def _note(self, response: R) -> None:
        self._renewed, self._heard = False, True
        self._failures = 0
        self._backoff.reset()
        established = response.connection_established
        if established is not None:
            self._opened = True
            self.beats(established.heartbeat_interval or _UNSAID_HEARTBEAT)

    def _silence(self) -> Chat3Error:
        """Return the failure of a stream that says nothing, or says nothing any more."""
        if self._heard:
            return lost(f"nothing was heard for {self._patience:g} s")
        if self._connected:
            return late(within(self._patience))
        return unreachable(self._calls.connection.address, TimeoutError(), tls=False)

    async def _read(self, responses: "asyncio.Queue[R | Exception]") -> None:
        """Read one stream to its end, which is always a failure."""
        failure: Exception = lost("the stream ended without a status")
        try:
            await self._stream(responses)
        except Exception as error:  # noqa: BLE001 - raised where the stream is read
            failure = error
        await responses.put(failure)

    async def _stream(self, responses: "asyncio.Queue[R | Exception]") -> None:
        metadata = await self._calls.identity.metadata()
        connection, hooks = self._calls.connection, self._calls.hooks
        attempt = Attempt(self._method, self._number, str(connection.address), dict(metadata))
        noting(attempt.answer)
        try:
            with entered(hooks, attempt):
                async with connection.own(self._calls.retry.opening) as channel:
                    self._connected = True
                    with translated(attempt.answer, connection.understood):
                        # The stub says AsyncIterator; what it returns is a generator.
                        opened = cast(
                            "AsyncGenerator[R, None]", self._open(channel, attempt.metadata)
                        )
                        async with aclosing(opened) as stream:
                            async for response in stream:
                                await responses.put(response)
                                # Silence begins when the application has taken what there is.
                                self._heard_at = asyncio.get_running_loop().time()
        except TokenRefusedError:
            if not self._renewed:
                self._fresh = await self._calls.identity.refused(metadata)
            raise

    def _judged(self, error: Chat3Error) -> Exception:
        """Return what is to be raised: the failure itself when no repetition helps."""
        self._failures += 1
        if isinstance(error, TokenRefusedError) and self._fresh:
            self._renewed, self._fresh = True, False
            self._retry_at = 0.0
            return Lost(error, 0.0, self._failures)
        if isinstance(error, SignInRequiredError) or not self._passes(error):
            return error
        pause = self._backoff.next(error.retry_after)
        self._retry_at = asyncio.get_running_loop().time() + pause
        _log.info("%s was lost, again in %.2f s: %s", self._method, pause, error)
        return Lost(error, pause, self._failures)

    def _passes(self, error: Chat3Error) -> bool:
        if self._mends(error):
            return True
        if self._is_hopeless(error):
            return False
        if error.transient:
            return True
        # The service gives its own failures a reason. Others come from the way to it, and pass,
        # unless nothing else was ever heard from there: then the address or TLS may be wrong.
        wrong = isinstance(error, UnreachableError) or error.status in _TRUSTED_AFTER_OPENING
        return not error.reason and (self._opened or not wrong)

    def _is_hopeless(self, error: Chat3Error) -> bool:
        """Say whether there is nobody to wait for, as far as this client knows."""
        retry = self._calls.retry
        if retry.wait_for_service or self._opened or error.reason:
            return False
        # What else answers there without a reason, such as a proxy, has as many attempts as a call.
        nobody = isinstance(error, UnreachableError | DeadlineError)
        return nobody or self._failures >= retry.attempts
