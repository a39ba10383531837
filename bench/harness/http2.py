"""A raw HTTP/2 client: cheap enough that one core of it outruns one core of any server here.

Request header blocks are encoded once a connection, frames are cut by their nine bytes, flow
control is opened wide at the start. It knows just what gRPC needs of HTTP/2.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

import hpack

Headers = Sequence[tuple[str, str]]

_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_DATA, _HEADERS, _RST_STREAM, _SETTINGS, _PING, _GOAWAY, _WINDOW_UPDATE = 0, 1, 3, 4, 6, 7, 8
_END_STREAM, _END_HEADERS, _ACK = 1, 4, 1
_WIDE = 2**31 - 1
_REOPEN = 2**30


def frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return b"".join((len(payload).to_bytes(3), bytes((kind, flags)), stream.to_bytes(4), payload))


class Call(Protocol):
    """What a response is told to."""

    def data(self, chunk: bytes) -> None:
        """Take a part of the body."""

    def ended(self, status: str) -> None:
        """Take gRPC's status, or what ended the call without one."""


class Connection(asyncio.Protocol):
    """One connection; `call` may be used once it is open."""

    def __init__(self, headers: Headers, content_type: str = "application/grpc") -> None:
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.lost: str | None = None
        self._base = headers
        self._content_type = content_type
        self._encoder = hpack.Encoder()
        self._decoder = hpack.Decoder(max_header_list_size=1 << 20)
        self._blocks: dict[str, bytes] = {}
        self._calls: dict[int, Call] = {}
        self._next = 1
        self._buffer = b""
        self._received = 0
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport) or hasattr(transport, "write")
        self._transport = transport  # type: ignore[assignment]  # uvloop has its own class
        # Initial window wide, no server push.
        settings = b"\x00\x04" + _WIDE.to_bytes(4) + b"\x00\x02" + b"\x00\x00\x00\x00"
        self._write(
            _PREFACE
            + frame(_SETTINGS, 0, 0, settings)
            + frame(_WINDOW_UPDATE, 0, 0, (_WIDE - 65_535).to_bytes(4))
        )

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = repr(exc)
        if not self.opened.done():
            self.opened.set_exception(ConnectionError("the server closed the connection"))
        for call in tuple(self._calls.values()):
            call.ended("connection lost")
        self._calls.clear()

    def call(self, path: str, message: bytes, handler: Call) -> None:
        """Send one request with one message."""
        stream, self._next = self._next, self._next + 2
        self._calls[stream] = handler
        body = b"\x00" + len(message).to_bytes(4) + message
        self._write(
            frame(_HEADERS, _END_HEADERS, stream, self._block(path))
            + frame(_DATA, _END_STREAM, stream, body)
        )

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def _block(self, path: str) -> bytes:
        block = self._blocks.get(path)
        if block is None:
            headers = (
                (":method", "POST"),
                (":scheme", "http"),
                (":path", path),
                (":authority", "127.0.0.1"),
                ("te", "trailers"),
                ("content-type", self._content_type),
                ("user-agent", "bench"),
                *self._base,
            )
            # What the first block adds to the dynamic table every later block refers to.
            first = self._encoder.encode(headers)
            self._blocks[path] = self._encoder.encode(headers)
            return first
        return block

    def data_received(self, data: bytes) -> None:
        buffer = self._buffer + data if self._buffer else data
        position, end = 0, len(buffer)
        while end - position >= 9:
            size = int.from_bytes(buffer[position : position + 3])
            if end - position < 9 + size:
                break
            kind, flags = buffer[position + 3], buffer[position + 4]
            stream = int.from_bytes(buffer[position + 5 : position + 9])
            self._take(kind, flags, stream, buffer[position + 9 : position + 9 + size])
            position += 9 + size
        self._buffer = buffer[position:]

    def _take(self, kind: int, flags: int, stream: int, payload: bytes) -> None:
        if stream:
            self._take_of_stream(kind, flags, stream, payload)
        elif kind == _SETTINGS and not flags & _ACK:
            self._write(frame(_SETTINGS, _ACK, 0, b""))
            if not self.opened.done():
                self.opened.set_result(None)
        elif kind == _PING and not flags & _ACK:
            self._write(frame(_PING, _ACK, 0, payload))
        elif kind == _GOAWAY:
            self.lost = f"goaway {payload[8:]!r}"

    def _take_of_stream(self, kind: int, flags: int, stream: int, payload: bytes) -> None:
        if kind == _DATA:
            self._received += len(payload)
            if self._received > _REOPEN:
                self._write(frame(_WINDOW_UPDATE, 0, 0, self._received.to_bytes(4)))
                self._received = 0
            if stream in self._calls:
                self._calls[stream].data(payload)
        elif kind == _HEADERS:
            headers = self._decoder.decode(payload)
            if flags & _END_STREAM and stream in self._calls:
                fields = {str(name): str(value) for name, value in headers}
                self._calls.pop(stream).ended(fields.get("grpc-status", "no grpc-status"))
        elif kind == _RST_STREAM and stream in self._calls:
            self._calls.pop(stream).ended(f"reset {int.from_bytes(payload)}")

    def _write(self, data: bytes) -> None:
        if self._transport is not None:
            self._transport.write(data)


Made = TypeVar("Made", bound="Opening")


class Opening(Protocol):
    """A connection of some kind."""

    opened: asyncio.Future[None]


async def connect(
    port: int, headers: Headers, make: Callable[[Headers], Made] = Connection
) -> Made:
    """Open a connection whose calls carry ``headers``."""
    loop = asyncio.get_running_loop()
    _, connection = await loop.create_connection(lambda: make(headers), "127.0.0.1", port)
    await connection.opened
    return connection
