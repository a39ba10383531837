"""A raw HTTP/1.1 client with one stream: as cheap as the raw HTTP/2 client."""

import asyncio

from harness.http2 import Call, Headers


class Http1Connection(asyncio.Protocol):
    """One connection; `call` may be used once."""

    def __init__(self, headers: Headers, content_type: str) -> None:
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._headers = (*headers, ("content-type", content_type), ("host", "127.0.0.1"))
        self._call: Call | None = None
        self._buffer = b""
        self._begun = False
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]  # uvloop has its own class
        self.opened.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._call is not None:
            self._call.ended(f"connection lost: {exc!r}")

    def call(self, path: str, message: bytes, handler: Call) -> None:
        """Send one request with one message in an envelope."""
        self._call = handler
        body = b"\x00" + len(message).to_bytes(4) + message
        lines = [f"{name}: {value}\r\n" for name, value in self._headers]
        head = f"POST {path} HTTP/1.1\r\n{''.join(lines)}content-length: {len(body)}\r\n\r\n"
        assert self._transport is not None
        self._transport.write(head.encode() + body)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def data_received(self, data: bytes) -> None:
        buffer = self._buffer + data if self._buffer else data
        at = 0
        if not self._begun:
            end = buffer.find(b"\r\n\r\n")
            if end < 0:
                self._buffer = buffer
                return
            assert buffer.startswith(b"HTTP/1.1 200 "), buffer[:end]
            self._begun, at = True, end + 4
        while (line := buffer.find(b"\r\n", at)) >= 0:
            size = int(buffer[at:line], 16)
            end = line + 2 + size
            if len(buffer) < end + 2:
                break
            assert self._call is not None
            self._call.data(buffer[line + 2 : end])
            at = end + 2
        self._buffer = buffer[at:]
