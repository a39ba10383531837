"""How clients on this machine reach the service: by what name, and whom they have to trust."""

import asyncio
import ssl
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from chat3_user.tls.outgoing import client_context
from chat3_user.tls.settings import TlsFiles

_HANDSHAKE: Final = 2.0


@dataclass(frozen=True, slots=True)
class OwnListener:
    """The service's listener; with TLS, a context that trusts its certificate."""

    host: str
    port: int
    trust: ssl.SSLContext | None = None

    @property
    def address(self) -> str:
        """Host and port."""
        return f"{in_url(self.host)}:{self.port}"

    @property
    def origin(self) -> str:
        """The address as the origin of a URL."""
        return f"{'http' if self.trust is None else 'https'}://{self.address}"


async def own_listener(host: str, port: int, tls: TlsFiles) -> OwnListener:
    """Return how to connect; with TLS, by a name of this machine that a handshake takes."""
    if not tls.certificate:
        return OwnListener(host, port)
    context = client_context(tls.certificate)
    # The file has the server's own certificate, and perhaps not who signed it.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    for name in dict.fromkeys((host, "localhost", "127.0.0.1", "::1")):
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(_HANDSHAKE):
                _, writer = await asyncio.open_connection(
                    name, port, ssl=context, server_hostname=name
                )
            writer.close()
            return OwnListener(name, port, context)
    return OwnListener(host, port, context)


def in_url(host: str) -> str:
    """Return a host as it stands in a URL."""
    return f"[{host}]" if ":" in host else host
