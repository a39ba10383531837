"""HTTP towards tenant-api: requests sent, answers judged."""

import logging
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import quote

import aiohttp
import msgspec

from chat3_user.errors import CallError, reasons
from chat3_user.telemetry import client_span
from chat3_user.tenant_api.answers import (
    Forbidden,
    NotFound,
    failure,
    in_doubt,
    invalid,
)
from chat3_user.tenant_api.exchange import ANSWER_LIMIT, EndlessError, Exchange
from chat3_user.tenant_api.models import Problem
from chat3_user.validation import Identity

log = logging.getLogger(__name__)

T = TypeVar("T")

_NOTHING_SENT = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)


def segment(value: str) -> str:
    """Return ``value`` as one path segment: nothing in it can leave the segment."""
    return quote(value, safe="")


def nothing(_: Problem) -> CallError | None:
    """Say nothing about a 404: on this route it is not expected."""
    return None


class Http:
    """Sends requests to tenant-api; created and closed by the composition root."""

    def __init__(
        self, base_url: str, *, connections: int, connect_timeout: float, ssl: Any = True
    ) -> None:
        self._base_url = base_url
        self._connections = connections
        self._connect_timeout = connect_timeout
        self._ssl = ssl
        self._exchange: Exchange | None = None

    async def open(self) -> None:
        """Make the pool of connections; nothing is sent yet."""
        self._exchange = Exchange(
            self._base_url,
            connections=self._connections,
            connect_timeout=self._connect_timeout,
            ssl=self._ssl,
        )

    async def close(self) -> None:
        """Close all connections."""
        if self._exchange is not None:
            await self._exchange.close()

    async def call(
        self,
        method: str,
        route: str,
        path: str,
        identity: Identity,
        decoder: msgspec.json.Decoder[T],
        *,
        body: bytes | None = None,
        not_found: NotFound = nothing,
        forbidden: Forbidden | None = None,
        bad_request: Forbidden | None = None,
    ) -> tuple[int, T]:
        """Send one request and return its HTTP status and decoded body.

        ``route`` is the path's template, for logs and errors; ``path`` begins with ``/`` and is
        percent-encoded already. The caller's deadline and cancellation end the request.

        Raises `CallError`, `DuplicateGuardError` (429), `UnknownRouteError`, or, when a write may
        have been taken all the same, `OutcomeUnknownError`.
        """
        writes = method != "GET"
        headers: dict[str, str] = {}
        with client_span(method, route, headers) as span:
            try:
                status, raw = await self._opened().send(method, path, identity, headers, body)
            except EndlessError as error:
                span.failed(type(error).__name__)
                problem = invalid(f"{method} {route}", error.status, ANSWER_LIMIT, error)
                raise (in_doubt(problem) if writes else problem) from error
            except (aiohttp.ClientError, OSError, TimeoutError) as error:
                log.warning("upstream unreachable", extra={"route": route, "problem": repr(error)})
                span.failed(type(error).__name__)
                problem = reasons.upstream_unavailable()
                if writes and not isinstance(error, _NOTHING_SENT):
                    raise in_doubt(problem) from error
                raise problem from error
            span.answered(status)
        if status >= HTTPStatus.MULTIPLE_CHOICES:
            problem = failure(f"{method} {route}", status, raw, not_found, forbidden, bad_request)
            if writes and status >= HTTPStatus.INTERNAL_SERVER_ERROR:
                raise in_doubt(problem)
            raise problem
        try:
            return status, decoder.decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            problem = invalid(f"{method} {route}", status, len(raw), error)
            raise (in_doubt(problem) if writes else problem) from error

    def _opened(self) -> Exchange:
        if self._exchange is None:
            raise RuntimeError("the pool is not open")
        return self._exchange
