"""HTTP towards tenant-api: one pooled session, identity headers, answers judged."""

import logging
from http import HTTPStatus
from typing import Any, Final, TypeVar
from urllib.parse import quote

import aiohttp
import msgspec
from yarl import URL

from chat3_user.errors import CallError, reasons
from chat3_user.telemetry import client_span
from chat3_user.tenant_api.answers import (
    NotFound,
    failure,
    in_doubt,
    invalid,
)
from chat3_user.tenant_api.models import Problem
from chat3_user.validation import Identity

log = logging.getLogger(__name__)

_KEEP_ALIVE: Final = 4.0
"""Seconds; less than Node's default of 5, after which the other side closes idle connections."""

T = TypeVar("T")

_JSON_HEADERS = {"Content-Type": "application/json"}
_NOTHING_SENT = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)


ANSWER_LIMIT = 64 * 1024 * 1024
"""The largest answer, in bytes, that is read: twice what the greatest page can hold."""


class _EndlessError(Exception):
    """An answer exceeds `ANSWER_LIMIT`."""


async def _read(response: aiohttp.ClientResponse) -> bytes:
    parts: list[bytes] = []
    left = ANSWER_LIMIT
    async for part in response.content.iter_any():
        parts.append(part)
        left -= len(part)
        if left < 0:
            response.close()
            raise _EndlessError("the answer is larger than anything this service asks for")
    return parts[0] if len(parts) == 1 else b"".join(parts)


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
        self._base = base_url.rstrip("/")
        self._connections = connections
        self._timeout = aiohttp.ClientTimeout(total=None, sock_connect=connect_timeout)
        self._ssl = ssl
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        """Open the session; nothing is sent yet."""
        connector = aiohttp.TCPConnector(
            limit=self._connections, keepalive_timeout=_KEEP_ALIVE, ttl_dns_cache=30, ssl=self._ssl
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            timeout=self._timeout,
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers=("Accept", "Accept-Encoding", "User-Agent"),
            headers={"User-Agent": "chat3-user-service"},
        )

    async def close(self) -> None:
        """Close the session and its connections."""
        if self._session is not None:
            await self._session.close()

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
        forbidden: CallError | None = None,
    ) -> tuple[int, T]:
        """Send one request and return its HTTP status and decoded body.

        ``route`` is the path's template, for logs and errors; ``path`` begins with ``/`` and is
        percent-encoded already. The caller's deadline and cancellation end the request.

        Raises `CallError`, `DuplicateGuardError` (429), `UnknownRouteError`, or, when a write may
        have been taken all the same, `OutcomeUnknownError`.
        """
        writes = method != "GET"
        headers = {"X-API-Key": identity.api_key, "X-Tenant-Id": identity.tenant_id}
        if body is not None:
            headers |= _JSON_HEADERS
        with client_span(method, route, headers) as span:
            try:
                async with self._opened().request(
                    method,
                    URL(self._base + path, encoded=True),
                    headers=headers,
                    data=body,
                    allow_redirects=False,
                ) as response:
                    status = response.status
                    raw = await _read(response)
            except _EndlessError as error:
                span.failed(type(error).__name__)
                problem = invalid(f"{method} {route}", response.status, ANSWER_LIMIT, error)
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
            problem = failure(f"{method} {route}", status, raw, not_found, forbidden)
            if writes and status >= HTTPStatus.INTERNAL_SERVER_ERROR:
                raise in_doubt(problem)
            raise problem
        try:
            return status, decoder.decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            problem = invalid(f"{method} {route}", status, len(raw), error)
            raise (in_doubt(problem) if writes else problem) from error

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            raise RuntimeError("the session is not open")
        return self._session
