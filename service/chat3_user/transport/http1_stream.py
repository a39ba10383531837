"""One HTTP/1.1 request and its answer: what is sent waits here until aiohttp has written it."""

import asyncio
from contextlib import suppress
from typing import Final, Protocol, TypeVar

from aiohttp import web
from multidict import CIMultiDict

from chat3_user.transport.fields import Fields
from chat3_user.transport.http_stream import ClientGoneError, HttpConnection, HttpStream

_MOST_WAITING: Final = 64 * 1024
"""Bytes that may wait to be written; more has to wait for room."""

_SERVER: Final = "chat3"
"""Instead of the name and the version of a library."""

Response = TypeVar("Response", bound=web.StreamResponse)


class Connection(HttpConnection, Protocol):
    """What a stream uses of its connection."""

    def drop(self) -> None:
        """Forget what has come and nobody has read."""
        ...


class Http1Stream(HttpStream):
    """The server's half of one request; `respond` runs in aiohttp's task, all else beside it."""

    __slots__ = ("_drop", "_fields", "_more", "_size", "_waiting", "ahead")

    def __init__(self, connection: Connection, number: int) -> None:
        super().__init__(connection, number)
        self._drop = connection.drop
        self._fields: Fields | None = None
        self._waiting: list[bytes] = []
        self._size = 0
        self._more: asyncio.Future[None] | None = None
        self.ahead = 0
        """Bytes of later requests that wait for the end of this one."""

    def hold(self, size: int) -> None:
        """Note how many bytes of messages wait for the method, beside those of later requests."""
        super().hold(size + self.ahead)

    def evict(self) -> None:
        """Learn that the worker needs the room this request takes, and those behind it."""
        self._drop()
        super().evict()

    def has_room(self, size: int) -> bool:
        """Return whether so many bytes of data would leave at once."""
        return (
            not self.closed
            and self.connection.writable
            and (not self._size or self._size + size <= _MOST_WAITING)
        )

    def send_headers(self, fields: Fields) -> None:
        """Send the headers of the answer."""
        self._check_open()
        self._fields = fields + self.common
        self._wake_writer()

    def send_data(self, data: bytes) -> None:
        """Send data there is room for."""
        self._check_open()
        self._waiting.append(data)
        self._size += len(data)
        self.sent += len(data)
        self._wake_writer()

    async def send_in_pieces(self, data: bytes) -> None:
        """Send data of any size as room comes."""
        for at in range(0, len(data), _MOST_WAITING):
            piece = data[at : at + _MOST_WAITING]
            await self.room(len(piece), None)
            self.send_data(piece)

    def send_end(self, trailers: Fields | None, data: bytes = b"") -> None:
        """End the answer."""
        if trailers is not None:
            raise RuntimeError("no protocol over HTTP/1.1 has trailers")
        if data:
            self.send_data(data)
        self._check_open()
        self.answered = True
        self._wake_writer()
        self.connection.unfinished.end(self)

    def send_whole(self, fields: Fields, data: bytes, trailers: Fields | None) -> None:
        """Send a whole answer in one write."""
        self.send_headers(fields)
        self.send_end(trailers, data)

    def send_only_headers(self, fields: Fields) -> None:
        """Send an answer that is headers alone."""
        self.send_whole(fields, b"", None)

    def lose(self) -> None:
        """Learn that the client has left, or that its request cannot be read."""
        self.closed = True
        self.nudge()
        self._wake_writer()

    async def respond(self, request: web.BaseRequest) -> web.StreamResponse:
        """Write the answer as it comes; return it when it has ended, or its client has left."""
        while self._fields is None:
            if self.closed:
                return _made(web.Response, [(b":status", b"400")])
            await self._until_more()
        if self.answered:
            response = _made(web.Response, self._fields)
            response.body = self._taken()
            return response
        stream = _made(web.StreamResponse, self._fields)
        with suppress(ConnectionError):
            await stream.prepare(request)
            while not self.closed:
                data = self._taken()
                if data:
                    await stream.write(data)
                    self.nudge()
                elif self.answered:
                    break
                else:
                    await self._until_more()
        return stream

    def _taken(self) -> bytes:
        """Return what waits, and forget it."""
        data = b"".join(self._waiting)
        self._waiting.clear()
        self._size = 0
        return data

    async def _until_more(self) -> None:
        self._more = asyncio.get_running_loop().create_future()
        await self._more

    def _wake_writer(self) -> None:
        if self._more is not None and not self._more.done():
            self._more.set_result(None)

    def _check_open(self) -> None:
        if self.closed or self.answered:
            raise ClientGoneError


def _made(kind: type[Response], fields: Fields) -> Response:
    """Return an answer with ``fields``, of which the first is the status."""
    headers = CIMultiDict((name.decode(), value.decode("latin-1")) for name, value in fields[1:])
    headers["server"] = _SERVER
    return kind(status=int(fields[0][1]), headers=headers)
