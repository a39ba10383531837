"""The demo's page: its listener is there before the service, which lets the page's origins call."""

import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from typing import Final

from chat3_user.demo.own_listener import OwnListener, in_url
from chat3_user.demo.platform import DemoPlatform
from chat3_user.transport.cors import CorsSettings

_ANY: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared, not bound


@dataclass(frozen=True, slots=True)
class PageListener:
    """Where the page is served. A browser that asks before it is served waits."""

    socket: socket.socket
    host: str

    @property
    def url(self) -> str:
        """The address to print, which a browser on this machine reaches."""
        return f"http://{in_url(_ANY.get(self.host, self.host))}:{self.port}/"

    @property
    def port(self) -> int:
        """The port, also where a free one was wanted."""
        port: int = self.socket.getsockname()[1]
        return port

    def calling(self, cors: CorsSettings) -> CorsSettings:
        """Return an allow list that has the page's origins too, as browsers here see it."""
        hosts = dict.fromkeys((in_url(self.host), "127.0.0.1", "localhost"))
        origins = [f"http://{host}:{self.port}" for host in hosts]
        return replace(cors, origins=",".join(filter(None, (cors.origins, *origins))))


@contextmanager
def page_listener(host: str, port: int) -> Iterator[PageListener]:
    """Listen for the block."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, port), family=family) as listener:
        yield PageListener(listener, host)


@asynccontextmanager
async def serving_page(
    listener: PageListener, platform: DemoPlatform, service: OwnListener
) -> AsyncIterator[None]:
    """Serve the page within the block."""
    from chat3_page import Page, back_end, serve_page  # noqa: PLC0415 - an extra

    def seen_from(host: str) -> str:
        """Return the service's origin for a browser that has the page from ``host``."""
        # A certificate is for one name; without one, the service is beside the page.
        return service.origin if service.trust else f"http://{host}:{service.port}"

    async with back_end(
        service.origin, tenant=platform.tenant, api_key=platform.api_key, tls=service.trust
    ) as opened:
        page = Page(platform.users, seen_from, opened.make_token)
        async with serve_page(page, listener.socket):
            yield
