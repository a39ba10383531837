"""Servers of tests: when they end, so have their connections, and no socket is left open.

A server of asyncio that closes drops what it has accepted and not announced yet, and leaves the
socket open (https://github.com/python/cpython/issues/109564); connections that it did announce go
on without it. A loop that is closed then leaves these open, too.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Collection, Coroutine
from contextlib import asynccontextmanager
from typing import Any
from weakref import WeakSet

from aiohttp import web
from grpclib.protocol import H2Protocol
from grpclib.server import Server

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[Any, Any, None]]
"""Serves one connection."""

_MOMENT = 0.01


def stop_accepting(server: asyncio.Server) -> None:
    """Accept nothing more; what the server has is kept."""
    loop = asyncio.get_running_loop()
    for listening in server.sockets:
        loop.remove_reader(listening.fileno())


async def _stopped(server: asyncio.Server) -> asyncio.Future[None]:
    """Close ``server``; what is returned is done when none of its connections is open."""
    stop_accepting(server)
    # Before Python 3.12, only who begins to wait before the server is closed waits for connections.
    ended = asyncio.ensure_future(server.wait_closed())
    # In the loop's next turn, what was accepted is attached to the server, and the wait begins.
    await asyncio.sleep(0)
    server.close()
    return ended


async def _ended(server: asyncio.Server, close_connections: Callable[[], None]) -> None:
    """Close ``server``, and wait until none of its connections is open.

    ``close_connections`` closes those that there are; it is called again for those that come late.
    """
    ended = await _stopped(server)
    while not ended.done():
        close_connections()
        await asyncio.wait({ended}, timeout=_MOMENT)


@asynccontextmanager
async def listening(
    serve: Serve, port: int = 0, *, tls: ssl.SSLContext | None = None
) -> AsyncIterator[int]:
    """Serve connections within the block, which gets the port; cancel and close them with it.

    A connection is closed when ``serve`` has returned.
    """
    tasks = set[asyncio.Task[None]]()
    transports = WeakSet[asyncio.WriteTransport]()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        transports.add(writer.transport)
        task = asyncio.create_task(serve(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
        # A task that is cancelled before its first step never comes to a `finally`.
        task.add_done_callback(lambda _: writer.close())

    def close_connections() -> None:
        for task in tasks:
            if not task.cancelling():
                task.cancel()
        if not tasks:
            for transport in tuple(transports):
                transport.abort()  # what nobody reads would keep it open

    server = await asyncio.start_server(accept, "127.0.0.1", port, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        await _ended(server, close_connections)
        # What serves a connection may outlive it.
        for task in tasks:
            if not task.cancelling():
                task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class GrpcServer(Server):
    """A server of grpclib that ends its connections with itself."""

    def __init__(self, services: Collection[Any]) -> None:
        super().__init__(services)
        self._protocols = WeakSet[H2Protocol]()

    def _protocol_factory(self) -> H2Protocol:
        protocol = super()._protocol_factory()
        self._protocols.add(protocol)
        return protocol

    async def listen(self, port: int = 0, *, tls: ssl.SSLContext | None = None) -> int:
        """Begin to serve; return the port."""
        await self.start("127.0.0.1", port, ssl=tls)
        assert isinstance(self._server, asyncio.Server)
        bound: int = self._server.sockets[0].getsockname()[1]
        return bound

    async def end(self) -> None:
        """Accept nothing more, cancel the calls under way, and close the connections."""
        assert isinstance(self._server, asyncio.Server)
        stop_accepting(self._server)
        handlers = tuple(self._handlers)
        for handler in handlers:
            handler.close()
        await asyncio.gather(*(handler.wait_closed() for handler in handlers))
        await _ended(self._server, self._close_connections)

    def _close_connections(self) -> None:
        for protocol in tuple(self._protocols):
            if hasattr(protocol, "processor"):  # the connection is made
                protocol.processor.close()


@asynccontextmanager
async def grpc_server(*services: Any, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """Serve within the block, which gets the port."""
    server = GrpcServer(services)
    port = await server.listen(tls=tls)
    try:
        yield port
    finally:
        await server.end()


@asynccontextmanager
async def web_server(
    app: web.Application, *, tls: ssl.SSLContext | None = None, **options: Any
) -> AsyncIterator[int]:
    """Serve an application of aiohttp within the block, which gets the port.

    ``options`` are those of aiohttp's runner. Requests under way have a moment to end.
    """
    runner = web.AppRunner(app, access_log=None, **{"shutdown_timeout": 0.1, **options})
    await runner.setup()
    assert runner.server is not None
    server = await asyncio.get_running_loop().create_server(
        runner.server, "127.0.0.1", 0, ssl=tls, backlog=1024
    )
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        ended = await _stopped(server)
        await runner.cleanup()
        await ended
