"""Channels whose connections can be waited for until they are closed."""

import asyncio
import ssl
from collections.abc import Callable
from typing import Final, cast
from weakref import WeakSet

from grpclib.client import Channel
from grpclib.protocol import H2Protocol

_PATIENCE: Final = 1.0
"""Seconds that the other side has to end TLS, which both sides do."""


class TrackedProtocol(H2Protocol):
    """grpclib's side of a connection; ``ended`` is done once the socket is closed."""

    transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Note the transport."""
        super().connection_made(transport)
        self.transport = cast("asyncio.Transport", transport)
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_lost(self, exc: BaseException | None) -> None:
        """Note the end."""
        super().connection_lost(exc)
        self.transport = None
        self.ended.set_result(None)


class TrackedChannel(Channel):
    """A channel of grpclib that makes its connection by ``protocol`` and adds it to a set."""

    def __init__(
        self,
        host: str,
        port: int,
        *,
        tls: ssl.SSLContext | None,
        protocol: Callable[..., TrackedProtocol],
        connections: WeakSet[TrackedProtocol],
    ) -> None:
        super().__init__(host, port, ssl=tls)
        self._protocol_of = protocol
        self._connections = connections

    async def __connect__(self) -> H2Protocol:
        """Connect, once: a connection that was lost is not made again under calls that begin."""
        if self._protocol is not None and not self._connected:
            raise ConnectionResetError("the connection was lost")
        return await super().__connect__()

    def _protocol_factory(self) -> TrackedProtocol:
        plain = super()._protocol_factory()
        protocol = self._protocol_of(plain.handler, plain.config, plain.h2_config)
        self._connections.add(protocol)
        return protocol


async def closed(connections: WeakSet[TrackedProtocol]) -> None:
    """Wait until all connections of this event loop are closed; their channels are already.

    TLS waits for the other side's word, and an event loop that is closed meanwhile leaves the
    socket open. What does not end within a second is aborted.
    """
    loop = asyncio.get_running_loop()
    open_ = [each for each in connections if each.transport is not None]
    # A forked process has those of its parent, too.
    left = [each for each in open_ if each.ended.get_loop() is loop]
    if not left:
        return
    await asyncio.wait([each.ended for each in left], timeout=_PATIENCE)
    for each in left:
        if each.transport is not None:
            each.transport.abort()
    await asyncio.wait([each.ended for each in left])
