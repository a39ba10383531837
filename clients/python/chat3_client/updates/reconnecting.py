"""What all streams of updates have in common: events, or responses, for one reader, and an end."""

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Callable
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from chat3_api.chat3.user.v1 import Heartbeat, StreamState
from chat3_client.failures import Chat3Error
from chat3_client.updates.attempts import Attempts, Closed, Lost, R
from chat3_client.updates.events import ConnectionState, Disconnected, StateChanged
from chat3_client.updates.readers import OneReader

E = TypeVar("E")


class Reconnecting(ABC, Generic[R, E]):
    """Iterates over the events of a row of streams, each of which goes on where the last one ended.

    An event counts as dealt with when the next one is asked for: then its resume token is saved.
    """

    def __init__(self, attempts: Attempts[R], closed: Callable[[Any], None]) -> None:
        self.state = ConnectionState.CONNECTING
        """How the connection is."""
        self._attempts = attempts
        self._closed = closed
        self._reader = OneReader()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> E:
        """Return the next event.

        Raises `Chat3Error` when the stream fails in a way that no repetition helps: the API key is
        refused, the user is removed. Raises what the resume store raises, and `RuntimeError` when
        another task waits for an event.
        """
        with self._reader.reading():
            if self.state is ConnectionState.CLOSED:
                raise StopAsyncIteration
            event: E | None = None
            try:
                while event is None:
                    await self.acknowledge()
                    event = await self._next()
            except Closed:
                raise StopAsyncIteration from None
            return event

    async def responses(self) -> AsyncGenerator[R | Disconnected, None]:
        """Yield what the service sends, as it came and heartbeats too, in place of events.

        All else is as for events, but for one thing: of a user's resume token that was refused,
        `Disconnected.error` or the refusal itself tells, and no `Gap` follows.
        """
        while self.state is not ConnectionState.CLOSED:
            try:
                with self._reader.reading():
                    await self.acknowledge()
                    response = await self._response()
            except Closed:
                return
            if isinstance(response, Disconnected) or self._is_news(response):
                yield response

    @abstractmethod
    async def acknowledge(self) -> None:
        """Save the place behind the last event, before a `break` for instance."""

    async def close(self) -> None:
        """End the stream. What was handed out last is not acknowledged by this."""
        self.state = ConnectionState.CLOSED
        await self._attempts.close()
        self._closed(self)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        await self.close()

    @abstractmethod
    async def _next(self) -> E | None:
        """Return what comes next; None when the application need not hear of it.

        Raises `Closed` and `Chat3Error`.
        """

    @abstractmethod
    def _is_news(self, response: R) -> bool:
        """Take a response that is handed out as it came; return whether it is to be."""

    async def _response(self) -> R | Disconnected:
        try:
            return await self._attempts.next()
        except Lost as lost:
            self.state = ConnectionState.RECONNECTING
            return Disconnected(lost.error.reason, lost.retry_in, lost.error, lost.failures)
        except Chat3Error:
            await self.close()
            raise

    def _flows(self, heartbeat: Heartbeat) -> StateChanged | None:
        """Return how the state has changed, if it has."""
        degraded = heartbeat.state is StreamState.DEGRADED
        state = ConnectionState.DEGRADED if degraded else ConnectionState.LIVE
        if state is self.state:
            return None
        self.state = state
        return StateChanged(state)
