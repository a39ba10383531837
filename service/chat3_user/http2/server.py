"""The listener: grpclib's server, which knows its connections and can drain them."""

import asyncio
import ssl
from collections.abc import Collection
from typing import Any, Final

from grpclib.protocol import H2Protocol
from grpclib.server import Server

from chat3_user.calls.endpoint import Endpoint
from chat3_user.http2.connection import Connection
from chat3_user.limits.frames import ConnectionLimits

_BEFORE_GO_AWAY: Final = 1.0


class Http2Server(Server):
    """grpclib's server, which knows its connections and can drain them."""

    def __init__(
        self, handlers: Collection[Any], *, limits: ConnectionLimits, **options: Any
    ) -> None:
        super().__init__(handlers, **options)
        self._limits = limits
        self._connections: set[Connection] = set()
        # A header that is not ASCII is the fault of one request, not of the connection.
        self._h2_config.header_encoding = "latin-1"

    def _protocol_factory(self) -> H2Protocol:
        self.__gc_step__()
        endpoint = Endpoint(
            self._mapping,
            self._codec,
            self._status_details_codec,
            self.__dispatch__,
            limits=self._limits,
        )
        self._handlers.add(endpoint)
        return Connection(
            endpoint,
            self._config,
            self._h2_config,
            open_connections=self._connections,
            limits=self._limits,
        )

    async def listen(self, sock: Any, *, tls: ssl.SSLContext | None, backlog: int) -> None:
        """Serve the connections that come to ``sock``."""
        self._server = await self._loop.create_server(
            self._protocol_factory,
            sock=sock,
            backlog=backlog,
            ssl=tls,
            ssl_handshake_timeout=None if tls is None else self._limits.handshake_timeout,
        )
        self._server_closed_fut = self._loop.create_future()

    @property
    def connections(self) -> Collection[Connection]:
        """The open connections."""
        return self._connections

    async def drain(self, grace: float) -> None:
        """Stop listening, send GOAWAY, and wait up to ``grace`` seconds for calls in flight.

        GOAWAY waits a moment for what is about to end: grpclib's client drops a connection with all
        its calls when it gets one.
        """
        if self._server is not None:
            self._server.close()
        await self._until_idle(min(grace, _BEFORE_GO_AWAY))
        for connection in tuple(self._connections):
            connection.go_away()
        await self._until_idle(grace)
        # What is written last has to leave before connections are closed.
        await asyncio.sleep(0.05)

    async def _until_idle(self, seconds: float) -> None:
        deadline = asyncio.get_running_loop().time() + seconds
        # grpclib tells nobody when a stream ends, so this looks.
        while self._busy() and asyncio.get_running_loop().time() < deadline:  # noqa: ASYNC110
            await asyncio.sleep(0.02)

    def abort(self) -> None:
        """Cancel what is still running and close all connections."""
        self.close()
        for connection in tuple(self._connections):
            connection.connection.close()

    def _busy(self) -> bool:
        return any(connection.processor.streams for connection in self._connections)
