"""A connection of the transport and a client of h2, without a socket between them."""

import asyncio
from collections.abc import Mapping
from typing import Any

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    Event,
    ResponseReceived,
    StreamEnded,
    StreamReset,
    TrailersReceived,
)

from chat3_user.metrics.instruments import Instruments
from chat3_user.metrics.transport import TransportMetrics
from chat3_user.transport import ConnectionLimits, Listener, Route, ServerCall
from chat3_user.transport.cors import CorsSettings

PATH = "/a.Service/Method"
_FRAME = 16_384


class Wire(asyncio.Transport):
    """A transport whose other end is the client."""

    def __init__(self, pair: "Pair") -> None:
        super().__init__()
        self._pair = pair
        self.writes: list[bytes] = []
        self.closed = False

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return ("192.0.2.1", 1) if name == "peername" else default

    def is_closing(self) -> bool:
        return self.closed

    def write(self, data: Any) -> None:
        self.writes.append(bytes(data))

    def close(self) -> None:
        self.closed = True

    abort = close

    def get_write_buffer_size(self) -> int:
        return 0


class Refused(TransportMetrics):
    """Metrics that also keep the kinds of refusals in order, in ``kinds``."""

    def __init__(self, kinds: list[str]) -> None:
        super().__init__(Instruments())
        self._kinds = kinds

    def refused(self, kind: str) -> None:
        super().refused(kind)
        self._kinds.append(kind)


class Pair:
    """``serve`` is the method; what the client has read stands in ``events``."""

    def __init__(
        self,
        serve: Any,
        limits: ConnectionLimits | None = None,
        *,
        window: int = 65_535,
        path: str = PATH,
        cors: str = "",
        **shape: bool,
    ) -> None:
        self.refused: list[str] = []
        self.calls: list[ServerCall] = []

        async def kept(call: ServerCall) -> None:
            self.calls.append(call)
            await serve(call)

        self.listener = Listener(
            {path: Route(kept, **shape)},
            limits or ConnectionLimits(),
            Refused(self.refused),
            cors=CorsSettings(cors),
        )
        self.path = path
        self.connection = self.listener.connection()
        self.wire = Wire(self)
        self.events: list[Event] = []
        self.client = H2Connection(H2Configuration(header_encoding="utf-8"))
        self.client.initiate_connection()
        if window != 65_535:
            self.client.update_settings({4: window})
        self.connection.connection_made(self.wire)
        self.send()
        self.read()
        self.send()

    def send(self) -> None:
        """Have the server read what the client has ready."""
        data = self.client.data_to_send()
        if data:
            self.connection.data_received(data)

    def read(self) -> None:
        """Have the client read what the server wrote."""
        data, self.wire.writes = b"".join(self.wire.writes), []
        self.events += self.client.receive_data(data)

    def ask(self, body: bytes | None = bytes(5), *, end: bool = True, **metadata: str) -> int:
        """Begin a call; return its stream."""
        stream: int = self.client.get_next_available_stream_id()
        fields: Mapping[str, str] = {
            ":method": "POST",
            ":scheme": "http",
            ":path": self.path,
            ":authority": "x",
            "te": "trailers",
            "content-type": "application/grpc",
            **{name.replace("_", "-"): value for name, value in metadata.items()},
        }
        given = [(name, value) for name, value in fields.items() if value]
        self.client.send_headers(stream, given, end_stream=body is None and end)
        if body is not None:
            for at in range(0, len(body) or 1, _FRAME):
                last = at + _FRAME >= len(body)
                self.client.send_data(stream, body[at : at + _FRAME], end_stream=end and last)
        self.send()
        return stream

    def widen(self, size: int, stream: int) -> None:
        """Open the client's window of a stream."""
        self.client.increment_flow_control_window(size, stream)
        self.send()

    async def settle(self) -> None:
        """Let tasks run until they wait, and have the client read."""
        for _ in range(10):
            await asyncio.sleep(0)
        self.read()

    def data(self, stream: int) -> list[bytes]:
        """Return the DATA frames of a stream."""
        return [
            event.data
            for event in self.events
            if isinstance(event, DataReceived) and event.stream_id == stream
        ]

    def headers(self, stream: int) -> dict[str, str]:
        """Return the first headers of a stream."""
        found = [
            event.headers
            for event in self.events
            if isinstance(event, ResponseReceived) and event.stream_id == stream
        ]
        return {str(name): str(value) for name, value in found[0]}

    def trailers(self, stream: int) -> dict[str, str]:
        """Return the last headers of a stream."""
        found = [
            event.headers
            for event in self.events
            if isinstance(event, ResponseReceived | TrailersReceived) and event.stream_id == stream
        ]
        return {str(name): str(value) for name, value in found[-1]} if found else {}

    def ended(self, stream: int) -> bool:
        """Return whether the server ended a stream with its answer."""
        return any(
            isinstance(event, StreamEnded) and event.stream_id == stream for event in self.events
        )

    def resets(self) -> list[tuple[int, int]]:
        """Return the streams that the server reset, with the codes."""
        return [
            (event.stream_id, int(event.error_code))
            for event in self.events
            if isinstance(event, StreamReset)
        ]

    @property
    def gone(self) -> ConnectionTerminated | None:
        """How the server said that the connection ends, if it did."""
        found = [event for event in self.events if isinstance(event, ConnectionTerminated)]
        return found[0] if found else None
