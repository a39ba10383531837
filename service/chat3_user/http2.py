"""The HTTP/2 listener: grpclib's server with connections that can be asked to go away.

grpclib never sends GOAWAY, and h2's own way of sending it ends the connection at once. Here the
frame is written beside h2, which goes on serving what is in flight: first with the highest stream
id, so that no request on its way is lost, then with the last one seen. Clients answer by opening
new calls on a new connection.
"""

import asyncio
import random
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

from grpclib.protocol import H2Protocol
from grpclib.server import Server
from hyperframe.frame import GoAwayFrame

_HIGHEST_STREAM: Final = 2**31 - 1
_ROUND_TRIP: Final = 1.0
"""Seconds between the two GOAWAY frames: more than a round trip."""


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """Seconds after which a connection is asked to go away, 0 to 20 % earlier."""

    max_age: float


class Connection(H2Protocol):
    """One client's connection."""

    def __init__(
        self, *arguments: Any, open_connections: set["Connection"], limits: ConnectionLimits
    ) -> None:
        super().__init__(*arguments)
        self._open = open_connections
        self._limits = limits
        self._timers: list[asyncio.TimerHandle] = []
        self._going = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to serve, and to age."""
        super().connection_made(transport)
        self._open.add(self)
        age = self._limits.max_age * random.uniform(0.8, 1.0)
        self._later(age, self.go_away)

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

    def _last_stream(self) -> int:
        return int(self.connection._connection.highest_inbound_stream_id)  # noqa: SLF001

    def _send_go_away(self, last_stream: int) -> None:
        if not self.connection.is_closing():
            frame = GoAwayFrame(0, last_stream_id=last_stream)
            self.connection._transport.write(frame.serialize())  # noqa: SLF001

    def _later(self, seconds: float, act: Any) -> None:
        self._timers.append(asyncio.get_running_loop().call_later(seconds, act))


class Http2Server(Server):
    """grpclib's server, which knows its connections and can drain them."""

    def __init__(
        self, handlers: Collection[Any], *, limits: ConnectionLimits, **options: Any
    ) -> None:
        super().__init__(handlers, **options)
        self._limits = limits
        self._connections: set[Connection] = set()

    def _protocol_factory(self) -> H2Protocol:
        plain = super()._protocol_factory()
        return Connection(
            plain.handler,
            plain.config,
            plain.h2_config,
            open_connections=self._connections,
            limits=self._limits,
        )

    @property
    def connection_count(self) -> int:
        """The number of open connections."""
        return len(self._connections)

    async def drain(self, grace: float) -> None:
        """Stop listening, send GOAWAY, and wait up to ``grace`` seconds for calls in flight."""
        if self._server is not None:
            self._server.close()
        for connection in tuple(self._connections):
            connection.go_away()
        deadline = asyncio.get_running_loop().time() + grace
        # grpclib tells nobody when a stream ends, so this looks.
        while self._busy() and asyncio.get_running_loop().time() < deadline:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        # What is written last has to leave before connections are closed.
        await asyncio.sleep(0.05)

    def abort(self) -> None:
        """Cancel what is still running and close all connections."""
        self.close()
        for connection in tuple(self._connections):
            connection.connection.close()

    def _busy(self) -> bool:
        return any(connection.processor.streams for connection in self._connections)
