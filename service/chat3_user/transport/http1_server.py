"""aiohttp's server of HTTP/1.1, set up for calls: no application, no access log, no inflating."""

import logging
from http import HTTPStatus
from typing import Final

from aiohttp import web

from chat3_user.transport.http1_connection import Http1Connection
from chat3_user.transport.http1_owner import Owner
from chat3_user.transport.limits import HEADERS_FACTOR

log = logging.getLogger(__name__)

_IDLE: Final = 620.0
"""Seconds an idle connection is kept: longer than balancers keep theirs, or they would send a
request into one that is being closed."""

_LINGER: Final = 2.0
"""Seconds in which a client may finish a request that was answered early, which nobody reads."""

_READ: Final = 64 * 1024


class Http1Server:
    """Makes the connections of one listener."""

    def __init__(self, owner: Owner) -> None:
        self._owner = owner
        self._connections: dict[web.RequestHandler, Http1Connection] = {}
        limits = owner.limits
        # Metadata is judged by us: what is just over the limit has an answer that says so.
        most = limits.metadata_bytes * HEADERS_FACTOR
        self._server = web.Server(
            self._serve,
            access_log=None,
            logger=_Refused(owner),
            keepalive_timeout=_IDLE,
            lingering_time=_LINGER,
            max_line_size=most,
            max_field_size=most,
            max_headers=limits.metadata_fields * HEADERS_FACTOR,
            read_bufsize=_READ,
            auto_decompress=False,
        )

    def connection(self, address: str) -> Http1Connection:
        """Return what serves a new connection."""
        return Http1Connection(self._owner, self, address)

    def handler(self, connection: Http1Connection) -> web.RequestHandler:
        """Return aiohttp's half of a new connection."""
        handler = self._server()
        self._connections[handler] = connection
        return handler

    def forget(self, handler: web.RequestHandler) -> None:
        """Let go of a connection that is lost."""
        self._connections.pop(handler, None)

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        connection = self._connections.get(request.protocol)
        if connection is None:
            # It was lost with its request read and not begun; nobody hears the answer.
            return web.Response(status=HTTPStatus.SERVICE_UNAVAILABLE)
        try:
            return await connection.serve(request)
        except Exception:
            log.exception("request failed")
            raise


class _Refused(logging.Logger):
    """Where aiohttp reports requests that break HTTP's rules: they are counted, and logged seldom.

    The bytes of such a request may hold a secret, so only the kind of the error is logged.
    """

    def __init__(self, owner: Owner) -> None:
        super().__init__(__name__, logging.WARNING)
        self._owner = owner

    def handle(self, record: logging.LogRecord) -> None:
        """Count what would be logged."""
        error = record.exc_info[0] if record.exc_info else None
        peer = str(record.args[0]) if isinstance(record.args, tuple) and record.args else ""
        self._owner.refusals.refused("broken_rule", peer, error.__name__ if error else "")
