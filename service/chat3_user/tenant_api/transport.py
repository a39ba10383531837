"""HTTP towards tenant-api: requests sent, answers judged."""

import asyncio
import logging
import time
from http import HTTPStatus
from typing import Any, TypeVar

import aiohttp
import msgspec
from yarl import URL

from chat3_user.call_context import current_call
from chat3_user.errors import reasons
from chat3_user.metrics.instruments import Instruments
from chat3_user.metrics.upstream import Server, UpstreamMetrics
from chat3_user.telemetry import OFF, Tracing
from chat3_user.tenant_api.answers import failure, in_doubt, invalid
from chat3_user.tenant_api.exchange import ANSWER_LIMIT, EndlessError, Exchange
from chat3_user.tenant_api.route import Request

log = logging.getLogger(__name__)

T = TypeVar("T")

_NOTHING = b"{}"
"""What an answer without a body says."""

_NOTHING_SENT = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)


class Http:
    """Sends requests to tenant-api; created and closed by the composition root.

    ``server`` is the address and the port that it asks, ``active`` the number of requests under
    way.
    """

    def __init__(
        self,
        base_url: str,
        *,
        connections: int,
        connect_timeout: float,
        ssl: Any = True,
        metrics: UpstreamMetrics | None = None,
        tracing: Tracing = OFF,
    ) -> None:
        url = URL(base_url)
        self.server: Server = (url.host or "", str(url.port or ""))
        self.active = 0
        self._metrics = metrics or UpstreamMetrics(Instruments())
        self._base_url = base_url
        self._requests = tracing.requests(url.host or "", url.port or 0)
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

    async def call(self, request: Request[T]) -> tuple[int, T]:
        """Send a request and return its HTTP status and decoded body.

        The caller's deadline and cancellation end it.

        Raises `CallError`, `DuplicateGuardError` (429), `UnknownRouteError`, or, when a write may
        have been taken all the same, `OutcomeUnknownError`.
        """
        route = request.route
        call = current_call.get()
        headers = {} if call is None else {"X-Request-Id": call.request_id}
        asked_at = time.perf_counter()
        self.active += 1
        status, ended_by = 0, asyncio.CancelledError.__name__
        with self._requests.request(route.method, route.template, headers, request.resend) as span:
            try:
                status, raw = await self._opened().send(
                    route.method, request.path, request.identity, headers, request.body
                )
                ended_by = ""
            except EndlessError as error:
                ended_by = type(error).__name__
                span.failed(ended_by)
                problem = invalid(route, error.status, ANSWER_LIMIT, error)
                raise (problem if route.reads else in_doubt(problem)) from error
            except (aiohttp.ClientError, OSError, TimeoutError) as error:
                log.warning(
                    "upstream unreachable",
                    extra={"route": route.template, "problem": error},
                )
                ended_by = type(error).__name__
                span.failed(ended_by)
                problem = reasons.upstream_unavailable()
                if not (route.reads or isinstance(error, _NOTHING_SENT)):
                    raise in_doubt(problem) from error
                raise problem from error
            finally:
                self.active -= 1
                seconds = time.perf_counter() - asked_at
                self._metrics.requested(
                    self.server, route.method, route.template, status, ended_by, seconds
                )
                if call is not None:
                    call.asked_upstream(seconds)
            span.answered(status)
        if status >= HTTPStatus.MULTIPLE_CHOICES:
            raise failure(request, status, raw)
        if status == HTTPStatus.NO_CONTENT:
            raw = _NOTHING
        try:
            return status, route.decoder.decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            problem = invalid(route, status, len(raw), error)
            raise (problem if route.reads else in_doubt(problem)) from error

    def _opened(self) -> Exchange:
        if self._exchange is None:
            raise RuntimeError("the pool is not open")
        return self._exchange
