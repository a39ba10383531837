"""Streams of updates for code without asyncio: the same events, by ordinary iterators."""

from collections.abc import Iterator
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from chat3_client.loop_thread import LoopThread
from chat3_client.updates import watching as asynchronous_watching
from chat3_client.updates.events import ConnectionState, Event
from chat3_client.updates.following import UpdateStream
from chat3_client.updates.reconnecting import Reconnecting
from chat3_client.updates.watch_events import WatchEvent

E = TypeVar("E")


class Events(Generic[E]):
    """The events of a stream; one counts as dealt with when the next one is asked for."""

    def __init__(self, loop: LoopThread, stream: Reconnecting[Any, E]) -> None:
        self._loop = loop
        self._stream = stream

    @property
    def state(self) -> ConnectionState:
        """How the connection is."""
        return self._stream.state

    def __iter__(self) -> Iterator[E]:
        return self

    def __next__(self) -> E:
        """Wait for the next event; another thread may end that by `close`.

        Raises `Chat3Error` when the stream fails for good.
        """
        try:
            return self._loop.next(self._stream)
        except StopAsyncIteration:
            raise StopIteration from None

    def acknowledge(self) -> None:
        """Save the place behind the last event, before a `break` for instance."""
        self._loop.run(self._stream.acknowledge())

    def responses(self) -> Iterator[Any]:
        """Yield what the service sends, as it came, in place of events, and each `Disconnected`."""
        return self._loop.iterate(self._stream.responses())

    def close(self) -> None:
        """End the stream. May be called twice, and after its client was closed."""
        if not self._loop.closed:
            self._loop.run(self._stream.close())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self.close()


class Updates(Events[Event]):
    """What changes for a user, or for a tenant."""

    def __init__(self, loop: LoopThread, stream: UpdateStream) -> None:
        super().__init__(loop, stream)
        self._updates = stream

    @property
    def resume_token(self) -> str:
        """The place behind the event that was handed out last."""
        return self._updates.resume_token


class WatchedUsers(Events[WatchEvent]):
    """What changes for many users."""

    def __init__(self, loop: LoopThread, stream: asynchronous_watching.WatchedUsers) -> None:
        super().__init__(loop, stream)
        self._watched = stream

    @property
    def users(self) -> list[str]:
        """The users who are to be watched."""
        return self._watched.users

    def watch(self, *users: str) -> None:
        """Watch more users."""
        self._loop.run(self._watched.watch(*users))

    def unwatch(self, *users: str) -> None:
        """Watch users no longer."""
        self._loop.run(self._watched.unwatch(*users))
