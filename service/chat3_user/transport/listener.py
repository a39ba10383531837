"""The listener: takes connections in, within limits, and drains them."""

import asyncio
import socket
import ssl
from collections import Counter
from collections.abc import Collection, Mapping
from typing import Final, Protocol

from chat3_user.errors import to_grpc_error
from chat3_user.metrics.transport import TransportMetrics
from chat3_user.transport.accepting import ProxiedListener, accepts
from chat3_user.transport.addresses import group
from chat3_user.transport.budget import UnfinishedBudget
from chat3_user.transport.call import Route
from chat3_user.transport.cors import Cors, CorsSettings
from chat3_user.transport.failures import Tell
from chat3_user.transport.first_bytes import NewConnection
from chat3_user.transport.http1_server import Http1Server
from chat3_user.transport.http2_connection import Http2Connection
from chat3_user.transport.http_stream import HttpStream, Inbound
from chat3_user.transport.limits import ConnectionLimits
from chat3_user.transport.protocols import Protocols
from chat3_user.transport.refusals import Refusals
from chat3_user.transport.requests import Request

_BEFORE_GO_AWAY: Final = 1.0
_BACKLOG: Final = 4096
_NO_ORIGINS: Final = CorsSettings()


class Connection(Protocol):
    """A client's connection, whatever it speaks; ``streams`` are the requests under way.

    ``version`` is HTTP's, empty until it is known; ``cause`` is why the connection ends.
    """

    address: str
    version: str
    cause: str

    @property
    def streams(self) -> Collection[object]:
        """The requests under way."""
        ...

    @property
    def unread(self) -> int:
        """The number of bytes that the client has not read."""
        ...

    def go_away(self) -> None:
        """Take no more requests, and close when those under way are answered."""
        ...

    def shut_down(self) -> None:
        """Give every call under way its status, and close."""
        ...


class Listener:
    """Serves ``routes`` on one socket; ``tell`` says refusals in gRPC's words."""

    def __init__(
        self,
        routes: Mapping[str, Route],
        limits: ConnectionLimits,
        metrics: TransportMetrics,
        tell: Tell = to_grpc_error,
        cors: CorsSettings = _NO_ORIGINS,
    ) -> None:
        self.limits = limits
        self.refusals = Refusals(metrics.refused)
        self._metrics = metrics
        self.unfinished = UnfinishedBudget(limits.unfinished_bytes)
        self._protocols = Protocols(routes, limits, self.refusals, tell, Cors(cors))
        self._http_1: Http1Server | None = None
        self._connections: set[Connection] = set()
        self._addresses: Counter[str] = Counter()
        self._server: asyncio.Server | ProxiedListener | None = None
        self._socket: socket.socket | None = None

    async def listen(self, sock: socket.socket, *, tls: ssl.SSLContext | None) -> None:
        """Serve the connections that come to ``sock``."""
        self._http_1 = Http1Server(self)
        timeout = self.limits.handshake_timeout
        if self.limits.proxy_protocol:
            proxied = ProxiedListener(sock, self.accept, tls, timeout, self.refusals)
            await proxied.open(_BACKLOG)
            self._server = proxied
            return
        self._socket = sock
        self._server = await asyncio.get_running_loop().create_server(
            self.accept,
            sock=sock,
            backlog=_BACKLOG,
            ssl=tls,
            ssl_handshake_timeout=None if tls is None else timeout,
        )

    def connection(self, address: str = "") -> Http2Connection:
        """Return what serves HTTP/2; ``address`` is the client's, where a proxy says."""
        return Http2Connection(self, address)

    @property
    def listening(self) -> bool:
        """Whether connections are accepted: by the event loop, and by the kernel."""
        if self._server is None or not self._server.is_serving():
            return False
        return self._socket is None or accepts(self._socket)

    @property
    def connections(self) -> Collection[Connection]:
        """The open connections."""
        return self._connections

    def buffered(self) -> Mapping[str, int]:
        """Return how many bytes unfinished requests hold, and answers that nobody has read."""
        unread = sum(connection.unread for connection in self._connections)
        return {"requests": self.unfinished.total, "answers": unread}

    # What connections use.

    def opened(self, connection: Connection) -> str | None:
        """Take a new connection in; return why not."""
        connection.address = group(connection.address)
        if len(self._connections) >= self.limits.connections:
            return "too many connections"
        if self._addresses[connection.address] >= self.limits.connections_per_address:
            return "too many connections from one address"
        self._connections.add(connection)
        self._addresses[connection.address] += 1
        if connection.version:
            self._metrics.opened(connection.version)
        return None

    def lost(self, connection: Connection) -> None:
        """Forget a connection."""
        if connection in self._connections:
            self._connections.discard(connection)
            if connection.version:
                self._metrics.ended(connection.cause)
            self._addresses[connection.address] -= 1
            if not self._addresses[connection.address]:
                del self._addresses[connection.address]

    def request(self, stream: HttpStream, request: Request) -> Inbound | None:
        """Take a request's head."""
        return self._protocols.request(stream, request)

    # What the process uses.

    async def drain(self, grace: float) -> None:
        """Stop listening, send GOAWAY, and wait up to ``grace`` seconds for calls in flight.

        GOAWAY waits a moment for what is about to end: some clients drop a connection with all its
        calls when they get one.
        """
        await self.stop_listening()
        await self._until_idle(min(grace, _BEFORE_GO_AWAY))
        for connection in tuple(self._connections):
            connection.go_away()
        await self._until_idle(grace)

    async def close(self) -> None:
        """Give calls that are still running their status, and close all connections."""
        await self.stop_listening()
        for connection in tuple(self._connections):
            connection.shut_down()
        await self._protocols.settled()
        # What is written last has to leave before the process does.
        deadline = asyncio.get_running_loop().time() + _BEFORE_GO_AWAY
        while self._connections and asyncio.get_running_loop().time() < deadline:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        self.refusals.close()

    def accept(self, address: str = "") -> NewConnection:
        """Return what takes a new connection; ``address`` is the client's, where a proxy says."""
        if self._http_1 is None:
            raise RuntimeError("the listener does not listen")
        return NewConnection(self, self.connection, self._http_1.connection, address)

    async def stop_listening(self) -> None:
        """Accept nothing more; open connections go on.

        A server of asyncio's that is closed drops what it has just accepted and not handed over,
        and leaves its socket open. So it accepts nothing more first, and is closed a moment later.
        """
        server, self._server = self._server, None
        if server is None:
            return
        if self._socket is not None:
            asyncio.get_running_loop().remove_reader(self._socket.fileno())
            await asyncio.sleep(0)
        server.close()

    async def _until_idle(self, seconds: float) -> None:
        deadline = asyncio.get_running_loop().time() + seconds
        # Only a process that ends looks; streams that end tell nobody meanwhile.
        while self._busy() and asyncio.get_running_loop().time() < deadline:  # noqa: ASYNC110
            await asyncio.sleep(0.02)

    def _busy(self) -> bool:
        return any(connection.streams for connection in self._connections)
