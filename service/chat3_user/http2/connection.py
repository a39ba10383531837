"""A client's connection: grpclib's, with limits, and so that it can be sent away.

grpclib never sends GOAWAY, and h2's own way of sending it ends the connection at once. Here the
frame is written beside h2, which goes on serving what is in flight: first with the highest stream
id, so that no request on its way is lost, then with the last one seen. Clients answer by opening
new calls on a new connection.
"""

import asyncio
import logging
import random
from collections import deque
from typing import Any, Final, cast

from grpclib.protocol import Connection as GrpclibConnection
from grpclib.protocol import EventsProcessor, H2Protocol, _set_nodelay
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import (
    AlternativeServiceAvailable,
    DataReceived,
    Event,
    RequestReceived,
    SettingsAcknowledged,
    StreamReset,
    UnknownFrameReceived,
)
from h2.exceptions import ProtocolError
from h2.settings import SettingCodes
from hyperframe.frame import GoAwayFrame

from chat3_user.http2.header_blocks import RepeatedBlocks
from chat3_user.limits.frames import (
    HEADERS_FACTOR,
    ConnectionLimits,
    FrameBudget,
    GuardedFrames,
)

log = logging.getLogger(__name__)

_HIGHEST_STREAM: Final = 2**31 - 1

_ROUND_TRIP: Final = 1.0
"""Seconds between the two GOAWAY frames: more than a round trip."""

_EAGER_STREAMS: Final = 1000
"""Streams a client may open before it knows how many it may open."""

_CLOSED_STREAMS: Final = 1000
"""Closed streams h2 remembers, to tell late frames from wrong ones."""

_UNREAD_BYTES: Final = 8 * 2**20
"""Bytes a client may leave unread: calls wait long before; only answers to floods come here."""


class _H2(H2Connection):
    MAX_CLOSED_STREAMS = _CLOSED_STREAMS


class Connection(H2Protocol):
    """One client's connection."""

    def __init__(
        self, *arguments: Any, open_connections: set["Connection"], limits: ConnectionLimits
    ) -> None:
        super().__init__(*arguments)
        self._open = open_connections
        self._limits = limits
        self._budget = FrameBudget(limits)
        self._timers: list[asyncio.TimerHandle] = []
        self._going = False
        self._greeted = False
        self._credited = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to serve, and to age; or turn the client away at once."""
        sock = transport.get_extra_info("socket")
        if sock is not None:
            _set_nodelay(sock)
        self.connection = GrpclibConnection(
            self._h2(), cast("asyncio.Transport", transport), config=self.config
        )
        self.processor = EventsProcessor(self.handler, self.connection)
        self.processor.processors |= {
            UnknownFrameReceived: _ignore,  # HTTP/2 has them ignored; grpclib fails
            AlternativeServiceAvailable: _ignore,
        }
        if len(self._open) >= self._limits.connections:
            self._end(ErrorCodes.NO_ERROR, "too many connections")
            return
        encrypted = transport.get_extra_info("ssl_object")
        if encrypted is not None and encrypted.selected_alpn_protocol() != "h2":
            self._end(ErrorCodes.INADEQUATE_SECURITY, "ALPN must choose h2")
            return
        self.connection.flush()
        self.connection.initialize()
        self._open.add(self)
        age = self._limits.max_age * random.uniform(0.8, 1.0)
        self._later(age, self.go_away)
        self._later(self._limits.handshake_timeout, self._close_when_silent)

    def _h2(self) -> H2Connection:
        h2 = _H2(config=self.h2_config)
        h2.incoming_buffer = GuardedFrames(
            self._budget, self._limits.metadata_bytes * HEADERS_FACTOR
        )
        settings = h2.local_settings._settings  # noqa: SLF001 - h2 would wait for their acknowledgement
        headers = self._limits.metadata_bytes * HEADERS_FACTOR
        h2.decoder = RepeatedBlocks()
        settings[SettingCodes.MAX_CONCURRENT_STREAMS] = deque([self._limits.streams])
        settings[SettingCodes.MAX_HEADER_LIST_SIZE] = deque([headers])
        h2.decoder.max_header_list_size = headers
        h2.initiate_connection()
        # h2 would end the connection, and every call on it, over one stream too many.
        eager = max(_EAGER_STREAMS, self._limits.streams + 1)
        settings[SettingCodes.MAX_CONCURRENT_STREAMS] = deque([eager])
        window = self.config.http2_connection_window_size - h2.local_settings.initial_window_size
        if window > 0:
            h2.increment_flow_control_window(window)
        h2.update_settings({SettingCodes.INITIAL_WINDOW_SIZE: self.config.http2_stream_window_size})
        return h2

    def data_received(self, data: bytes) -> None:
        """Serve what has come; end the connection when it breaks a rule or a limit."""
        connection = self.connection
        if connection.is_closing():
            return
        self._budget.sent(connection.data_sent - self._credited)
        self._credited = connection.data_sent
        try:
            events = connection.feed(data)
            connection.flush()
            for event in events:
                self._process(event)
        except ProtocolError as error:
            self._end(error.error_code, str(error))
        except Exception as error:  # noqa: BLE001 - whatever a client sends, it hurts only itself
            log.warning("connection ended", extra={"problem": repr(error)})
            self._end(ErrorCodes.INTERNAL_ERROR, "")
        if connection.is_closing():
            return
        connection.flush()
        if connection._transport.get_write_buffer_size() > _UNREAD_BYTES:  # noqa: SLF001
            connection._transport.abort()  # noqa: SLF001

    def _process(self, event: Event) -> None:
        if isinstance(event, DataReceived):
            # To grpclib data without length is the end of data.
            if not event.data and not event.flow_controlled_length:
                return
        elif isinstance(event, RequestReceived):
            if self._greeted and len(self.processor.streams) >= self._limits.streams:
                self.connection._connection.reset_stream(  # noqa: SLF001
                    event.stream_id, ErrorCodes.REFUSED_STREAM
                )
                return
        elif isinstance(event, SettingsAcknowledged):
            self._greeted = True
        elif isinstance(event, StreamReset) and not event.remote_reset:
            self._budget.reset()
        self.processor.process(event)

    def connection_lost(self, exc: BaseException | None) -> None:
        """Forget the connection."""
        self._open.discard(self)
        for timer in self._timers:
            timer.cancel()
        super().connection_lost(exc)

    def go_away(self) -> None:
        """Ask the client to go on elsewhere; calls in flight are not touched."""
        if not self._going:
            self._going = True
            self._send_go_away(_HIGHEST_STREAM)
            self._later(_ROUND_TRIP, self._close_when_idle)

    def _close_when_idle(self) -> None:
        if self.connection.is_closing():
            return
        if self.processor.streams:
            self._send_go_away(self._last_stream())
            self._later(_ROUND_TRIP, self._close_when_idle)
        else:
            self._send_go_away(self._last_stream())
            self.connection.close()

    def _close_when_silent(self) -> None:
        """Close a connection whose client has not acknowledged our settings: none does no work."""
        if not self._greeted:
            self._end(ErrorCodes.SETTINGS_TIMEOUT, "no settings were acknowledged")

    def _end(self, code: ErrorCodes | int | None, problem: str) -> None:
        """Say why, and close."""
        log.debug("connection ended", extra={"code": str(code), "problem": problem})
        if not self.connection.is_closing():
            # h2 may have an own GOAWAY ready: this one comes first and says more.
            self._send_go_away(self._last_stream(), code or ErrorCodes.NO_ERROR, problem)
        self.processor.close(problem or "the connection was ended")

    def _last_stream(self) -> int:
        return int(self.connection._connection.highest_inbound_stream_id)  # noqa: SLF001

    def _send_go_away(
        self, last_stream: int, code: int = ErrorCodes.NO_ERROR, problem: str = ""
    ) -> None:
        if not self.connection.is_closing():
            frame = GoAwayFrame(
                0,
                last_stream_id=last_stream,
                error_code=code,
                additional_data=problem.encode()[:200],
            )
            self.connection._transport.write(frame.serialize())  # noqa: SLF001

    def _later(self, seconds: float, act: Any) -> None:
        self._timers.append(asyncio.get_running_loop().call_later(seconds, act))


def _ignore(_: Event) -> None:
    """Do nothing."""
