"""What connections over HTTP/1.1 know of the listener, and of aiohttp's server."""

from typing import TYPE_CHECKING, Protocol

from aiohttp import web

from chat3_user.transport.budget import UnfinishedBudget
from chat3_user.transport.http_stream import HttpStream, Inbound
from chat3_user.transport.limits import ConnectionLimits
from chat3_user.transport.refusals import Refusals
from chat3_user.transport.requests import Request

if TYPE_CHECKING:
    from chat3_user.transport.http1_connection import Http1Connection


class Owner(Protocol):
    """What connections share: the listener's."""

    limits: ConnectionLimits
    refusals: Refusals
    unfinished: UnfinishedBudget

    def opened(self, connection: "Http1Connection") -> str | None:
        """Take a new connection in; return why not."""
        ...

    def lost(self, connection: "Http1Connection") -> None:
        """Forget a connection."""
        ...

    def request(self, stream: HttpStream, request: Request) -> Inbound | None:
        """Take a request's head; return what hears the rest, nothing if it was answered."""
        ...


class Server(Protocol):
    """aiohttp's server, which calls `Http1Connection.serve` for each request."""

    def handler(self, connection: "Http1Connection") -> web.RequestHandler:
        """Return aiohttp's half of a new connection."""
        ...

    def forget(self, handler: web.RequestHandler) -> None:
        """Let go of a connection that is lost."""
        ...
