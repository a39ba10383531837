"""One HTTP/2 stream as what stands above it sees it: send headers, data, an end; wait for room."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from chat3_user.transport.codes import ErrorCode
from chat3_user.transport.engine import StreamError
from chat3_user.transport.fields import Fields
from chat3_user.transport.http_stream import ClientGoneError, HttpStream

if TYPE_CHECKING:
    from chat3_user.transport.http2_connection import Http2Connection


class Http2Stream(HttpStream):
    """The server's half of one stream; created by its connection."""

    __slots__ = ("_connection",)

    def __init__(self, connection: "Http2Connection", stream_id: int) -> None:
        super().__init__(connection, stream_id)
        self._connection = connection

    def has_room(self, size: int) -> bool:
        """Return whether so many bytes of data would leave at once."""
        try:
            return not self.closed and self._connection.writable and self._has_window(size)
        except StreamError:
            return False

    def send_headers(self, fields: Fields) -> None:
        """Send the headers of the answer."""
        with self._sending():
            self._connection.engine.send_response(self.id, fields + self.common)
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
        self.sent += len(data)
        self._connection.flush()

    def send_end(self, trailers: Fields | None, data: bytes = b"") -> None:
        """End the answer."""
        engine = self._connection.engine
        with self._sending():
            self.answered = True
            if trailers is None:
                engine.send_data(self.id, data, end_stream=True)
            elif self._has_window(1):
                engine.send_trailers(self.id, trailers)
            else:
                self._connection.end_past_windows(self, trailers)
        self.sent += len(data)
        self._connection.answered(self)

    def send_only_headers(self, fields: Fields) -> None:
        """Send an answer that is headers alone."""
        with self._sending():
            self.answered = True
            self._connection.engine.send_response(self.id, fields + self.common, end_stream=True)
        self._connection.answered(self)

    def send_whole(self, fields: Fields, data: bytes, trailers: Fields | None) -> None:
        """Send a whole answer in one write."""
        if self.closed or self.answered:
            raise ClientGoneError
        self.answered = True
        engine = self._connection.engine
        # Written out, for every call comes here: the others use `_sending`.
        try:
            engine.send_response(self.id, fields + self.common if self.common else fields)
            if trailers is None:
                engine.send_data(self.id, data, end_stream=True)
            else:
                engine.send_data(self.id, data)
                engine.send_trailers(self.id, trailers)
        except StreamError as error:
            raise ClientGoneError from error
        self.sent += len(data)
        self._connection.answered(self)

    async def send_in_pieces(self, data: bytes) -> None:
        """Send data of any size as room comes."""
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
