"""One HTTP/2 stream as what stands above it sees it: send headers, data, an end; wait for room."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final, Protocol

from chat3_user.transport.codes import ErrorCode
from chat3_user.transport.engine import Fields, StreamError

if TYPE_CHECKING:
    from chat3_user.transport.connection import Http2Connection

WHOLE: Final = 32 * 1024
"""Data up to this size waits for a window it fits into; larger data goes in pieces."""


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


class Http2Stream:
    """The server's half of one stream; created by its connection."""

    __slots__ = (
        "_connection",
        "_wake",
        "answered",
        "closed",
        "due",
        "held",
        "id",
        "inbound",
        "whole",
    )

    def __init__(self, connection: "Http2Connection", stream_id: int) -> None:
        self._connection = connection
        self._wake: asyncio.Future[None] | None = None
        self.id = stream_id
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

    @property
    def address(self) -> str:
        """The client's address."""
        return self._connection.address

    @property
    def connection(self) -> "Http2Connection":
        """The stream's connection."""
        return self._connection

    @property
    def open(self) -> bool:
        """Whether something may still be sent."""
        return not (self.closed or self.answered)

    def expires_at(self, due: float) -> None:
        """Have the request whole before ``due``, when that is sooner than the limit."""
        self._connection.unfinished.expect(self, due)

    def take_messages(self) -> None:
        """Let the request stay open: it is several messages, and the method takes them."""
        self._connection.unfinished.end(self)

    def hold(self, size: int) -> None:
        """Note how many bytes of messages wait for the method that takes several."""
        self._connection.unfinished.hold(self, size)

    def taken(self, size: int) -> None:
        """Note the same, past the arrival of data."""
        self.hold(size)
        self._connection.unfinished.watch()

    def has_room(self, size: int) -> bool:
        """Return whether so many bytes of data would leave at once."""
        try:
            return not self.closed and self._connection.writable and self._has_window(size)
        except StreamError:
            return False

    def send_headers(self, fields: Fields) -> None:
        """Send the headers of the answer.

        Raises `ClientGoneError`, as all that sends does.
        """
        with self._sending():
            self._connection.engine.send_response(self.id, fields)
        self._connection.flush()

    def send_data(self, data: bytes) -> None:
        """Send data there is room for."""
        if self.closed or self.answered:
            raise ClientGoneError
        # Written out, for every update comes here: the others use `_sending`.
        try:
            self._connection.engine.send_data(self.id, data)
        except StreamError as error:
            self.answered = True
            raise ClientGoneError from error
        self._connection.flush()

    def send_end(self, trailers: Fields) -> None:
        """End the answer."""
        with self._sending():
            self.answered = True
            if self._has_window(1):
                self._connection.engine.send_trailers(self.id, trailers)
            else:
                self._connection.end_past_windows(self, trailers)
        self._connection.answered(self)

    def send_only_headers(self, fields: Fields) -> None:
        """Send an answer that is headers alone."""
        with self._sending():
            self.answered = True
            self._connection.engine.send_response(self.id, fields, end_stream=True)
        self._connection.answered(self)

    def send_text(self, fields: Fields, text: bytes) -> None:
        """Send an answer without trailers, whose text may have to wait for room."""
        with self._sending():
            self.answered = True
            self._connection.engine.send_response(self.id, fields)
            self._connection.engine.send_data(self.id, text, end_stream=True)
        self._connection.answered(self)

    def send_whole(self, fields: Fields, data: bytes, trailers: Fields) -> None:
        """Send a whole answer there is room for, in one write."""
        if self.closed or self.answered:
            raise ClientGoneError
        self.answered = True
        engine = self._connection.engine
        # Written out, for every call comes here: the others use `_sending`.
        try:
            engine.send_response(self.id, fields)
            engine.send_data(self.id, data)
            engine.send_trailers(self.id, trailers)
        except StreamError as error:
            raise ClientGoneError from error
        self._connection.answered(self)

    async def send_in_pieces(self, data: bytes) -> None:
        """Send data of any size as room comes.

        Raises `ClientGoneError`, `SlowClientError`.
        """
        at = 0
        while at < len(data):
            await self.room(1, None)
            size = min(
                self._connection.engine.remote_window_size,
                self._connection.engine.stream_remote_window_size(self.id),
                len(data) - at,
            )
            self.send_data(data[at : at + size])
            at += size

    async def room(self, size: int, interrupted: "asyncio.Future[None] | None") -> bool:
        """Wait until so many bytes have room; return whether they have, or it was interrupted.

        Raises `ClientGoneError`, `SlowClientError`.
        """
        if self.has_room(size):
            return True
        loop = asyncio.get_running_loop()
        slow_at = loop.time() + self._connection.limits.stall_timeout
        timer = loop.call_at(slow_at, self.nudge)
        if interrupted is not None:
            interrupted.add_done_callback(self.nudge)
        self._connection.blocked.add(self)
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
            self._connection.blocked.discard(self)
            if interrupted is not None:
                interrupted.remove_done_callback(self.nudge)

    def nudge(self, _: object = None) -> None:
        """Look again whether there is room."""
        if self._wake is not None and not self._wake.done():
            self._wake.set_result(None)

    def reset(self, code: ErrorCode) -> None:
        """End the stream without an answer."""
        self.answered = True
        with suppress(StreamError):
            if not self.closed:
                self._connection.engine.reset_stream(self.id, code)
                self._connection.flush()

    def _has_window(self, size: int) -> bool:
        engine = self._connection.engine
        return (
            engine.remote_window_size >= size and engine.stream_remote_window_size(self.id) >= size
        )

    @contextmanager
    def _sending(self) -> Iterator[None]:
        """Find out that there is nobody to send to."""
        if self.closed or self.answered:
            raise ClientGoneError
        try:
            yield
        except StreamError as error:
            self.answered = True
            raise ClientGoneError from error
