"""A client's connection: bytes to the engine, the engine's events to streams, and its limits.

Whatever a client sends, it hurts only its own connection; and what ends that is counted.
"""

import asyncio
import logging
import socket
from typing import Final, Protocol

from chat3_user.transport import engine as engines
from chat3_user.transport.addresses import peer_address
from chat3_user.transport.budget import UnfinishedBudget
from chat3_user.transport.codes import ErrorCode
from chat3_user.transport.fields import Fields
from chat3_user.transport.frames import BrokenRuleError, FrameBudget, FrameReader
from chat3_user.transport.http2_stream import Http2Stream
from chat3_user.transport.http_stream import HttpStream, Inbound
from chat3_user.transport.lifetime import CLIENT, DRAIN, Lifetime
from chat3_user.transport.limits import ConnectionLimits
from chat3_user.transport.past_engine import goaway_frame, reset_frame, trailers_frames
from chat3_user.transport.refusals import Refusals
from chat3_user.transport.requests import Request, request_of
from chat3_user.transport.unfinished import UnfinishedRequests

log = logging.getLogger(__name__)

_LAST_WORDS: Final = 2.0
"""Seconds in which a client may finish a request that was answered early, which nobody reads, and
take a refusal."""

_UNREAD_BYTES: Final = 8 * 2**20
"""Bytes a client may leave unread: calls wait long before; only answers to floods come here."""


class Owner(Protocol):
    """What connections share: the listener's."""

    limits: ConnectionLimits
    refusals: Refusals
    unfinished: UnfinishedBudget

    def opened(self, connection: "Http2Connection") -> str | None:
        """Take a new connection in; return why not."""
        ...

    def lost(self, connection: "Http2Connection") -> None:
        """Forget a connection."""
        ...

    def request(self, stream: HttpStream, request: Request) -> Inbound | None:
        """Take a request's headers; return what hears the rest, nothing if it was answered."""
        ...


class Http2Connection(asyncio.Protocol):
    """One client's connection; ``address`` is the client's, for limits and logs."""

    version = "2"

    def __init__(self, owner: Owner, address: str = "") -> None:
        self._owner = owner
        self.limits = owner.limits
        self.address = address
        self.cause = CLIENT
        self.engine, self._greeting = engines.open_engine(owner.limits)
        self.streams: dict[int, Http2Stream] = {}
        self.blocked: set[HttpStream] = set()
        self.writable = True
        self._transport: asyncio.Transport | None = None
        self.highest = 0
        """The last stream that was opened."""
        self.unfinished = UnfinishedRequests(owner.unfinished, owner.limits.request_timeout)
        self.lifetime = Lifetime(self)
        self._budget = FrameBudget(owner.limits)
        self.frames = FrameReader(self._budget)
        self._received = 0
        self._malformed = 0
        self._receiving = False

    @property
    def closing(self) -> bool:
        """Whether nothing more is sent or heard."""
        return self._transport is None or self._transport.is_closing()

    @property
    def unread(self) -> int:
        """The number of bytes that the client has not read."""
        return 0 if self._transport is None else self._transport.get_write_buffer_size()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to serve, and to age; or turn the client away at once."""
        self._transport = transport  # type: ignore[assignment]  # uvloop has its own class
        sock = transport.get_extra_info("socket")
        if sock is not None and sock.family in (socket.AF_INET, socket.AF_INET6):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.address = self.address or peer_address(transport)
        self._write(self._greeting)
        self._greeting = b""
        problem = self._owner.opened(self)
        if problem is not None:
            self.end(ErrorCode.NO_ERROR, problem, "connection_limit")
            return
        encrypted = transport.get_extra_info("ssl_object")
        if encrypted is not None and encrypted.selected_alpn_protocol() != "h2":
            self.end(ErrorCode.INADEQUATE_SECURITY, "ALPN must choose h2", "alpn")
            return
        self.unfinished.address = self.address
        self.lifetime.begin()

    def data_received(self, data: bytes) -> None:
        """Serve what has come; end the connection when it breaks a rule or a limit."""
        if self.closing:
            return
        self.lifetime.heard = True
        try:
            self.frames.read(data)
            self._receiving = True
            try:
                self.engine.receive_data(data)
                self._take_events()
            finally:
                self._receiving = False
            self.flush()
            self._count_malformed()
        except BrokenRuleError as error:
            self.end(error.code, str(error), "broken_rule")
        except engines.EngineError as error:
            self._end_broken(error)
        except Exception:
            log.exception("connection failed")
            self.end(ErrorCode.INTERNAL_ERROR, "", "fault")
        if not self.closing:
            self.unfinished.watch()
            if self.frames.in_block:
                self.lifetime.watch_block()

    def connection_lost(self, exc: BaseException | None) -> None:  # noqa: ARG002 - asyncio's signature
        """Forget the connection; whoever serves its calls learns it."""
        self.lifetime.end()
        self._abandon()
        self._owner.lost(self)
        log.debug("connection ended", extra={"peer": self.address})

    def pause_writing(self) -> None:
        """Have senders wait: the client does not read."""
        self.writable = False

    def resume_writing(self) -> None:
        """Let senders go on."""
        self.writable = True
        self._nudge_all()

    def flush(self) -> None:
        """Send what the engine has ready, and learn what that ended."""
        if self._receiving or self.closing:
            return
        try:
            data = self.engine.data_to_send()
            if data:
                self._write(data)
                self._budget.sent(len(data))
            self._take_events()
        except engines.EngineError as error:
            self._end_broken(error)
            return
        if not self.engine.want_read and not self.engine.want_write:
            self.close()

    def end_past_windows(self, stream: Http2Stream, trailers: Fields) -> None:
        """End a stream whose client has left no window: see `past_engine`."""
        self.flush()
        self._write(trailers_frames(stream.id, trailers))
        if stream.closed:
            return
        self.engine.reset_stream(stream.id, ErrorCode.NO_ERROR)
        reset = self.engine.data_to_send()
        # To the client the stream has ended with its trailers. A reset tells it nothing more, and
        # some clients would report it instead of the status.
        if not stream.whole or reset != reset_frame(stream.id, ErrorCode.NO_ERROR):
            self._write(reset)
        self._take_events()

    def answered(self, stream: Http2Stream) -> None:
        """Send a stream's last words; one that is not over is reset a little later.

        Not at once: some clients see the reset instead of the status before it.
        """
        self.flush()
        self.unfinished.end(stream)
        if not stream.closed:
            asyncio.get_running_loop().call_later(_LAST_WORDS, stream.reset, ErrorCode.NO_ERROR)

    def go_away(self) -> None:
        """Ask the client to go on elsewhere; calls in flight are not touched."""
        self.cause = DRAIN
        self.lifetime.go_away()

    def shut_down(self) -> None:
        """Give every call under way its status, and close."""
        self.cause = DRAIN
        for stream in tuple(self.streams.values()):
            if stream.inbound is not None and stream.open:
                stream.inbound.shut_down()
        self.close()

    def end(self, code: ErrorCode, problem: str, kind: str, logged: str | None = None) -> None:
        """Say why, and close; ``kind`` is what is counted.

        ``logged`` is what the log says instead, where the problem may repeat the client's words.
        """
        if self.closing:
            return
        self.cause = kind
        self._owner.refusals.refused(kind, self.address, problem if logged is None else logged)
        # Written past the engine, which may have failed or have a GOAWAY that says less.
        self._write(goaway_frame(self.highest, code, problem))
        self.close()

    def _end_broken(self, error: engines.EngineError) -> None:
        code = engines.error_code(error)
        # The engine's text names headers that are not allowed, with their values.
        self.end(code, str(error), "broken_rule", code.name)

    def abort(self, kind: str) -> None:
        """Close without a word to a client that hears nothing; ``kind`` is what is counted."""
        if self._transport is not None:
            self.cause = kind
            self._owner.refusals.refused(kind, self.address)
            self._transport.abort()

    def close(self) -> None:
        """Close, and cancel what is under way."""
        transport = self._transport
        if transport is not None and not transport.is_closing():
            transport.close()
            # A client that reads nothing would keep its socket, and what is unsent, for ever.
            asyncio.get_running_loop().call_later(self.limits.handshake_timeout, transport.abort)
        self._abandon()

    def _take_events(self) -> None:
        for event in self.engine.events():
            kind = type(event)
            if kind is engines.DataReceived:
                self._data(event)  # type: ignore[arg-type]  # mypy does not narrow by `type`
            elif kind is engines.RequestReceived:
                self._request(event)  # type: ignore[arg-type]
            elif kind is engines.StreamClosed:
                self._closed(event.stream_id)  # type: ignore[attr-defined]
            elif kind is engines.WindowUpdated:
                self._widened(event.stream_id)  # type: ignore[attr-defined]
            elif kind is engines.TrailersReceived:
                self._whole(event.stream_id)  # type: ignore[attr-defined]
            elif kind is engines.SettingsAcknowledged:
                self.lifetime.greeted = True
            elif kind is engines.SettingsReceived:
                self._nudge_all()

    def _request(self, event: engines.RequestReceived) -> None:
        self._received += 1
        self.highest = event.stream_id
        if self.lifetime.greeted and len(self.streams) >= self.limits.streams:
            self._owner.refusals.refused("stream_limit", self.address)
            self.engine.reset_stream(event.stream_id, ErrorCode.REFUSED_STREAM)
            return
        stream = Http2Stream(self, event.stream_id)
        self.streams[event.stream_id] = stream
        stream.whole = event.end_stream
        if not event.end_stream:
            self.unfinished.begin(stream, len(event.headers))
        stream.inbound = self._owner.request(stream, request_of(event.headers))
        if event.end_stream:
            self._whole(event.stream_id)

    def _data(self, event: engines.DataReceived) -> None:
        stream = self.streams.get(event.stream_id)
        if stream is None:
            return
        if stream.inbound is not None and not stream.answered and event.data:
            self.unfinished.grow(stream, len(event.data))
            stream.inbound.data(event.data)
        if event.end_stream:
            self._whole(event.stream_id)

    def _whole(self, stream_id: int) -> None:
        stream = self.streams.get(stream_id)
        if stream is None:
            return
        stream.whole = True
        self.unfinished.end(stream)
        if stream.inbound is not None and not stream.answered:
            stream.inbound.end()

    def _closed(self, stream_id: int) -> None:
        stream = self.streams.pop(stream_id, None)
        if stream is None:
            return
        self.unfinished.end(stream)
        stream.closed = True
        stream.nudge()
        if stream.inbound is not None:
            stream.inbound.lost()
            stream.inbound = None

    def _widened(self, stream_id: int) -> None:
        if not stream_id:
            self._nudge_all()
        elif self.blocked:
            stream = self.streams.get(stream_id)
            if stream is not None:
                stream.nudge()

    def _nudge_all(self) -> None:
        for stream in tuple(self.blocked):
            stream.nudge()

    def _count_malformed(self) -> None:
        """Count requests that the engine refused by itself: it reports no event for them."""
        malformed = self._budget.opened - self._received - self.frames.in_block
        while malformed > self._malformed and not self.lifetime.going:
            self._malformed += 1
            self._owner.refusals.refused("malformed_headers", self.address)
            self._budget.reset()

    def _abandon(self) -> None:
        """Tell all streams that the client is gone."""
        for stream_id in tuple(self.streams):
            self._closed(stream_id)
        self.unfinished.close()

    def _write(self, data: bytes) -> None:
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        transport.write(data)
        if transport.get_write_buffer_size() > _UNREAD_BYTES:
            self.abort("unread_answers")
