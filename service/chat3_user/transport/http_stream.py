"""A request and its answer as calls see them, whatever version of HTTP carries them."""

import asyncio
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Final, Protocol

from chat3_user.transport.fields import Fields

if TYPE_CHECKING:
    from chat3_user.transport.limits import ConnectionLimits
    from chat3_user.transport.unfinished import UnfinishedRequests

WHOLE: Final = 32 * 1024
"""Data up to this size waits for a window it fits into; larger data goes in pieces."""

_NONE: Final[Fields] = []


class ClientGoneError(Exception):
    """The client has ended the stream, or its connection is gone: there is nobody to answer."""


class SlowClientError(Exception):
    """The client has opened no window for as long as one may wait."""


class Inbound(Protocol):
    """What a stream's request is told to."""

    def data(self, data: bytes) -> None:
        """Take a piece of the body."""
        ...

    def end(self) -> None:
        """Learn that the request is whole."""
        ...

    def expired(self) -> None:
        """Learn that the request did not become whole in time."""
        ...

    def evicted(self) -> None:
        """Learn that the worker needs the room this unfinished request takes."""
        ...

    def lost(self) -> None:
        """Learn that the client has left, before or after its request was whole."""
        ...

    def shut_down(self) -> None:
        """Learn that the process ends, with the call still under way."""
        ...


class HttpConnection(Protocol):
    """What a stream uses of its connection."""

    limits: "ConnectionLimits"
    address: str
    unfinished: "UnfinishedRequests"
    blocked: "set[HttpStream]"
    writable: bool


class HttpStream(ABC):
    """The server's half of one request and its answer; created by its connection."""

    __slots__ = (
        "_wake",
        "answered",
        "closed",
        "common",
        "connection",
        "due",
        "held",
        "id",
        "inbound",
        "received",
        "sent",
        "whole",
    )

    def __init__(self, connection: HttpConnection, number: int) -> None:
        self._wake: asyncio.Future[None] | None = None
        self.connection = connection
        self.id = number
        self.inbound: Inbound | None = None
        self.whole = False
        """Whether the client has ended its request."""
        self.answered = False
        """Whether all that was to be sent was sent."""
        self.closed = False
        self.due = 0.0
        """When the request must be whole, by the loop's clock."""
        self.held = 0
        """Bytes this request holds while it is not whole."""
        self.received = 0
        """Bytes of the request's body that were read."""
        self.sent = 0
        """Bytes of the answer's body that were sent."""
        self.common: Fields = _NONE
        """Fields that the answer has whatever it says."""

    @property
    def address(self) -> str:
        """The client's address."""
        return self.connection.address

    @property
    def open(self) -> bool:
        """Whether something may still be sent."""
        return not (self.closed or self.answered)

    def expires_at(self, due: float) -> None:
        """Have the request whole before ``due``, when that is sooner than the limit."""
        self.connection.unfinished.expect(self, due)

    def take_messages(self) -> None:
        """Let the request stay open: it is several messages, and the method takes them."""
        self.connection.unfinished.end(self)

    def hold(self, size: int) -> None:
        """Note how many bytes of messages wait for the method that takes several."""
        self.connection.unfinished.hold(self, size)

    def taken(self, size: int) -> None:
        """Note the same, past the arrival of data."""
        self.hold(size)
        self.connection.unfinished.watch()

    def evict(self) -> None:
        """Learn that the worker needs the room this unfinished request takes."""
        if self.inbound is not None:
            self.inbound.evicted()

    async def room(self, size: int, interrupted: "asyncio.Future[None] | None") -> bool:
        """Wait until so many bytes have room; return whether they have, or it was interrupted.

        Raises `ClientGoneError`, `SlowClientError`.
        """
        if self.has_room(size):
            return True
        loop = asyncio.get_running_loop()
        slow_at = loop.time() + self.connection.limits.stall_timeout
        timer = loop.call_at(slow_at, self.nudge)
        if interrupted is not None:
            interrupted.add_done_callback(self.nudge)
        self.connection.blocked.add(self)
        try:
            while True:
                if self.closed:
                    raise ClientGoneError
                if self.has_room(size):
                    return True
                if interrupted is not None and interrupted.done():
                    return False
                if loop.time() >= slow_at:
                    raise SlowClientError
                self._wake = loop.create_future()
                await self._wake
        finally:
            timer.cancel()
            self._wake = None
            self.connection.blocked.discard(self)
            if interrupted is not None:
                interrupted.remove_done_callback(self.nudge)

    def nudge(self, _: object = None) -> None:
        """Look again whether there is room."""
        if self._wake is not None and not self._wake.done():
            self._wake.set_result(None)

    @abstractmethod
    def has_room(self, size: int) -> bool:
        """Return whether so many bytes of data would leave at once."""

    @abstractmethod
    def send_headers(self, fields: Fields) -> None:
        """Send the headers of the answer; the field `:status` is the first.

        Raises `ClientGoneError`, as all that sends does.
        """

    @abstractmethod
    def send_data(self, data: bytes) -> None:
        """Send data there is room for."""

    @abstractmethod
    async def send_in_pieces(self, data: bytes) -> None:
        """Send data of any size as room comes.

        Raises `ClientGoneError`, `SlowClientError`.
        """

    @abstractmethod
    def send_end(self, trailers: Fields | None, data: bytes = b"") -> None:
        """End the answer, with trailers where its protocol has them.

        ``data`` is its last, and may have to wait for room.
        """

    @abstractmethod
    def send_whole(self, fields: Fields, data: bytes, trailers: Fields | None) -> None:
        """Send a whole answer in one write; data there is no room for has to wait."""

    @abstractmethod
    def send_only_headers(self, fields: Fields) -> None:
        """Send an answer that is headers alone."""
