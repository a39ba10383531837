"""Accepts connections that a proxy announces: its header comes before TLS and HTTP/2."""

import asyncio
import logging
import socket
import ssl
from collections.abc import Callable
from typing import Final

from chat3_user.transport.addresses import HEAD_SIZE, ProxyHeaderError, payload_size, proxied
from chat3_user.transport.refusals import Refusals

log = logging.getLogger(__name__)

_PAUSE: Final = 0.1
"""Seconds between tries while no descriptor is free."""


def accepts(sock: socket.socket) -> bool:
    """Return whether the kernel takes connections for a socket."""
    try:
        return bool(sock.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN))
    except OSError:
        return False


class ProxiedListener:
    """Takes connections off a socket, reads who they are, and hands them over."""

    def __init__(
        self,
        sock: socket.socket,
        make: Callable[[str], asyncio.Protocol],
        tls: ssl.SSLContext | None,
        timeout: float,
        refusals: Refusals,
    ) -> None:
        self._sock = sock
        self._make = make
        self._tls = tls
        self._timeout = timeout
        self._refusals = refusals
        self._accepting: asyncio.Task[None] | None = None
        self._greeting: set[asyncio.Task[None]] = set()

    async def open(self, backlog: int) -> None:
        """Begin to accept."""
        self._sock.listen(backlog)
        self._accepting = asyncio.create_task(self._accept(), name="accept")

    def is_serving(self) -> bool:
        """Return whether connections are accepted."""
        accepting = self._accepting is not None and not self._accepting.done()
        return accepting and accepts(self._sock)

    def close(self) -> None:
        """Stop accepting."""
        if self._accepting is not None:
            self._accepting.cancel()
        for task in self._greeting:
            task.cancel()
        self._sock.close()

    async def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                sock, peer = await loop.sock_accept(self._sock)
            except OSError as error:
                self._refusals.refused("accept", "", error)
                await asyncio.sleep(_PAUSE)
                continue
            sock.setblocking(False)  # noqa: FBT003 - the standard library's signature
            task = loop.create_task(self._greet(sock, str(peer[0])))
            self._greeting.add(task)
            task.add_done_callback(self._greeting.discard)

    async def _greet(self, sock: socket.socket, proxy: str) -> None:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._timeout):
                head = await self._exactly(sock, HEAD_SIZE)
                address = proxied(head, await self._exactly(sock, payload_size(head))) or proxy
            await loop.connect_accepted_socket(
                lambda: self._make(address),
                sock,
                ssl=self._tls,
                ssl_handshake_timeout=None if self._tls is None else self._timeout,
            )
        except (ProxyHeaderError, TimeoutError, OSError) as error:
            self._refusals.refused("proxy_header", proxy, error)
            sock.close()
        except asyncio.CancelledError:
            sock.close()
            raise

    async def _exactly(self, sock: socket.socket, size: int) -> bytes:
        """Return ``size`` bytes and read no more: what follows is TLS's or HTTP/2's."""
        loop = asyncio.get_running_loop()
        data = b""
        while len(data) < size:
            piece = await loop.sock_recv(sock, size - len(data))
            if not piece:
                raise ProxyHeaderError("the connection ended within its PROXY header")
            data += piece
        return data
