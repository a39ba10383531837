"""A client's connection over HTTP/1.1: aiohttp reads and writes it, our limits hold around it."""

import asyncio
import random
from collections.abc import Callable, Sequence
from typing import Final

from aiohttp import web

from chat3_user.transport.addresses import peer_address
from chat3_user.transport.http1_intake import Intake
from chat3_user.transport.http1_owner import Owner, Server
from chat3_user.transport.http1_stream import Http1Stream
from chat3_user.transport.http_stream import HttpStream
from chat3_user.transport.keepalive import find_dead_peer
from chat3_user.transport.lifetime import AGE, CLIENT, DRAIN
from chat3_user.transport.limits import HEADERS_FACTOR
from chat3_user.transport.requests import origin_form, request_of
from chat3_user.transport.unfinished import UnfinishedRequests

_CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"
_FULL: Final = b"HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
_TIMEOUT: Final = b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
_BODIES: Final = 8
"""How much longer than the largest message a request may be on the wire: chunks have heads."""

_FEW: Final = 4096
"""Bytes ahead of their time that are not worth counting."""


class _Coming(Http1Stream):
    """A request whose head has not been read: nobody could be answered but by HTTP."""

    __slots__ = ("_connection",)

    def __init__(self, connection: "Http1Connection") -> None:
        super().__init__(connection, 0)
        self._connection = connection

    def evict(self) -> None:
        """Close the connection."""
        self._connection.evict()


class Http1Connection(asyncio.Protocol):
    """One client's connection; ``address`` is the client's, where a proxy says."""

    version = "1.1"

    def __init__(self, owner: Owner, server: Server, address: str = "") -> None:
        self._owner = owner
        self._server = server
        self._handler = server.handler(self)
        self.limits = limits = owner.limits
        self._most = limits.metadata_bytes * HEADERS_FACTOR + limits.request_bytes * _BODIES
        self.address = address
        self.cause = CLIENT
        self.unfinished = UnfinishedRequests(owner.unfinished, owner.limits.request_timeout)
        self.blocked: set[HttpStream] = set()
        self.writable = True
        self._transport: asyncio.Transport | None = None
        self._intake = Intake(self._handler)
        self._stream: Http1Stream | None = None
        self._coming = _Coming(self)
        self._number = 0
        self._unread = 0
        """Bytes that have come for requests that are not whole, about."""
        self._size = 0
        """How many of them are those of the request under way."""
        self._going = False
        self._timers: dict[str, asyncio.TimerHandle] = {}

    @property
    def streams(self) -> Sequence[Http1Stream]:
        """The request under way, if there is one."""
        return () if self._stream is None else (self._stream,)

    @property
    def unread(self) -> int:
        """The number of bytes that the client has not read."""
        return 0 if self._transport is None else self._transport.get_write_buffer_size()

    # What asyncio says.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to serve, and to age; or turn the client away at once."""
        self._transport = transport  # type: ignore[assignment]  # uvloop has its own class
        self.address = self.address or peer_address(transport)
        problem = self._owner.opened(self)
        if problem is not None:
            self._end(_FULL, "connection_limit", problem)
            return
        find_dead_peer(transport, 2 * self.limits.stall_timeout)
        self.unfinished.address = self.address
        self._later("age", self.limits.max_age * random.uniform(0.8, 1.0), lambda: self._leave(AGE))
        self._await_head()
        self._intake.open(transport)
        self._handler.connection_made(transport)

    def data_received(self, data: bytes) -> None:
        """Have aiohttp read what has come; end the connection when it is too much."""
        if self._transport is None or self._transport.is_closing():
            return
        stream = self._stream
        if stream is None:
            self._await_head()
        elif stream.answered and not stream.whole:
            # The connection closes after this answer.
            return
        self._unread += len(data)
        if self._unread > self._most:
            self._end(b"", "request_too_large", "a request without an end")
            return
        if self._unread > _FEW:
            self._weigh()
        if not self._transport.is_closing():
            self._intake.feed(data)

    def eof_received(self) -> None:
        """Let the connection close: a client that sends no more reads no more."""

    def connection_lost(self, exc: BaseException | None) -> None:
        """Forget the connection; whoever serves its call learns it."""
        for timer in self._timers.values():
            timer.cancel()
        if self._stream is not None:
            self._lose(self._stream)
        self.unfinished.close()
        self._intake.close()
        self._handler.connection_lost(exc)
        self._server.forget(self._handler)
        self._owner.lost(self)

    def pause_writing(self) -> None:
        """Have senders wait: the client does not read."""
        self.writable = False
        self._handler.pause_writing()
        # Whoever streams ends sooner, and has a last word for the client.
        self._later("unread", 2 * self.limits.stall_timeout, self._end_unread)

    def resume_writing(self) -> None:
        """Let senders go on."""
        self.writable = True
        self._cancel("unread")
        self._handler.resume_writing()
        for stream in tuple(self.blocked):
            stream.nudge()

    # What the listener uses.

    def go_away(self) -> None:
        """Close after the request under way; at once when there is none."""
        self._leave(DRAIN)

    def _leave(self, cause: str) -> None:
        self.cause, self._going = cause, True
        if self._stream is None and self._transport is not None:
            self._transport.close()

    def shut_down(self) -> None:
        """Give the call under way its status, and close."""
        stream = self._stream
        self.go_away()
        if stream is not None and stream.inbound is not None and stream.open:
            stream.inbound.shut_down()

    def evict(self) -> None:
        """Close: the worker needs the room of a request that has not begun."""
        self.drop()
        self._end(_FULL, "unfinished_budget", "what waits to be read")

    def drop(self) -> None:
        """Forget what has come and aiohttp has not been given."""
        self._intake.close()

    # What aiohttp uses.

    async def serve(self, request: web.BaseRequest) -> web.StreamResponse:
        """Serve a request; return its answer, written or to be written."""
        self._cancel("head")
        self._number += 1
        stream = self._stream = Http1Stream(self, self._number)
        head = request_of(
            ((name.lower(), value) for name, value in request.raw_headers),
            request.method,
            origin_form(request.raw_path),
            1,
        )
        self._size = head.size
        self.unfinished.end(self._coming)
        content = request.content
        reading: asyncio.Task[None] | None = None
        try:
            whole = content.is_eof()
            if not whole:
                self.unfinished.begin(stream, head.fields)
                self.unfinished.weigh(stream, stream.held + self._unread)
            stream.inbound = self._owner.request(stream, head)
            if whole:
                self._take(stream, content.read_nowait())
                self._whole(stream)
            elif stream.open:
                reading = asyncio.create_task(self._read(stream, request))
            response = await stream.respond(request)
            if self._going or not stream.whole:
                response.force_close()
            return response
        finally:
            if reading is not None:
                reading.cancel()
                await asyncio.gather(reading, return_exceptions=True)
            self._stream = None
            self._lose(stream)
            self.unfinished.watch()

    async def _read(self, stream: Http1Stream, request: web.BaseRequest) -> None:
        """Read a body that comes in pieces."""
        self.unfinished.watch()
        try:
            if request.headers.get("expect", "").lower() == "100-continue":
                await request.writer.write(_CONTINUE)
                request.writer.output_size = 0
            while data := await request.content.readany():
                self._take(stream, data)
                self.unfinished.watch()
                if stream.answered:
                    return
        except (web.RequestPayloadError, ConnectionError) as error:
            if stream.open:
                self._owner.refusals.refused("broken_rule", self.address, type(error).__name__)
            self._lose(stream)
            return
        self._whole(stream)

    def _take(self, stream: Http1Stream, data: bytes) -> None:
        self._size += len(data)
        if stream.inbound is not None and not stream.answered and data:
            stream.inbound.data(data)

    def _whole(self, stream: Http1Stream) -> None:
        stream.whole = True
        self.unfinished.end(stream)
        if stream.inbound is not None and not stream.answered:
            stream.inbound.end()
        self._unread = max(0, self._unread - self._size)
        if self._unread > _FEW:
            self._weigh()
        self.unfinished.watch()

    def _weigh(self) -> None:
        """Count what has come for the request under way, and for those that wait behind it."""
        stream = self._stream
        if stream is None:
            if not self._coming.held:
                self.unfinished.begin(self._coming, 0)
            self.unfinished.weigh(self._coming, self._unread)
        elif not stream.whole:
            self.unfinished.weigh(stream, self._unread)
        elif stream.open:
            # It may take any time.
            stream.ahead = self._unread
            stream.hold(0)
        self.unfinished.watch()

    def _lose(self, stream: Http1Stream) -> None:
        """End a stream: all was said, or the client has left."""
        self.unfinished.end(stream)
        stream.lose()
        inbound, stream.inbound = stream.inbound, None
        if inbound is not None:
            inbound.lost()

    # Time.

    def _await_head(self) -> None:
        """See to it that the head of a request is whole in time."""
        if "head" not in self._timers:
            self._unread = 0
            self._later("head", self.limits.handshake_timeout, self._end_headless)

    def _end_headless(self) -> None:
        if self._unread:
            self._end(_TIMEOUT, "unfinished_headers", "headers without an end")
        else:
            self._end(b"", "handshake", "no request")

    def _end_unread(self) -> None:
        if self._transport is not None:
            self.cause = "unread_answers"
            self._owner.refusals.refused("unread_answers", self.address)
            self._transport.abort()

    def _end(self, words: bytes, kind: str, problem: str) -> None:
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        self.cause = kind
        self._owner.refusals.refused(kind, self.address, problem)
        if words:
            transport.write(words)
        transport.close()
        # A client that reads nothing would keep its socket for ever.
        asyncio.get_running_loop().call_later(self.limits.handshake_timeout, transport.abort)

    def _later(self, name: str, seconds: float, act: Callable[[], None]) -> None:
        self._timers[name] = asyncio.get_running_loop().call_later(seconds, act)

    def _cancel(self, name: str) -> None:
        timer = self._timers.pop(name, None)
        if timer is not None:
            timer.cancel()
