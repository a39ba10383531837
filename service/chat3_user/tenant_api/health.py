"""What tenant-api says of its own health: by ``/ready``, or ``/health`` before it had that."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final, Literal

import aiohttp
import msgspec

from chat3_user.tenant_api.exchange import EndlessError, Exchange

_READY, _HEALTH = "/ready", "/health"

ASK_AGAIN: Final = 60.0
"""Seconds for which a platform is believed to have no `_READY`; after an upgrade it has."""

_SHOWN: Final = 200


@dataclass(frozen=True, slots=True)
class PlatformProblem:
    """Why tenant-api is not well; ``text`` is for people."""

    reason: Literal["unreachable", "not_ready", "unexpected_answer"]
    text: str


class _Report(msgspec.Struct):
    services: dict[str, str] = {}


class PlatformHealth:
    """Asks by a connection of its own, so that calls that wait for theirs hold it up no more.

    ``path`` is asked instead of the usual ones, where an operator names one.
    """

    def __init__(
        self,
        base_url: str,
        *,
        path: str = "",
        connect_timeout: float,
        ssl: Any = True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._path = path
        self._clock = clock
        self._without_ready_until = -math.inf
        # Within the event loop.
        self._exchange = Exchange(base_url, connections=1, connect_timeout=connect_timeout, ssl=ssl)

    async def close(self) -> None:
        """Close the connection."""
        await self._exchange.close()

    async def ask(self) -> PlatformProblem | None:
        """Return what is wrong with tenant-api; the caller's deadline ends it."""
        try:
            status, body = await self._answer()
        except EndlessError as error:
            return PlatformProblem("unexpected_answer", str(error))
        except (aiohttp.ClientError, OSError) as error:
            return PlatformProblem("unreachable", str(error) or type(error).__name__)
        if status == HTTPStatus.OK and not self._path and body.lstrip().startswith(b"<"):
            # A proxy's page, or another server: every call would be answered so.
            return PlatformProblem("unexpected_answer", "HTTP 200 with a page of HTML")
        return _judged(status, body)

    async def _answer(self) -> tuple[int, bytes]:
        if self._path:
            return await self._get(self._path)
        if self._clock() >= self._without_ready_until:
            status, body = await self._get(_READY)
            if status != HTTPStatus.NOT_FOUND:
                return status, body
            self._without_ready_until = self._clock() + ASK_AGAIN
        return await self._get(_HEALTH)

    async def _get(self, path: str) -> tuple[int, bytes]:
        return await self._exchange.send("GET", path, None, {}, None)


def _judged(status: int, body: bytes) -> PlatformProblem | None:
    if status == HTTPStatus.OK:
        return None
    if status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return PlatformProblem("unexpected_answer", f"HTTP {status}")
    try:
        services = msgspec.json.decode(body, type=_Report).services
    except (msgspec.DecodeError, UnicodeDecodeError):
        services = {}
    failing = [f"{name}: {state}" for name, state in services.items() if state != "connected"]
    return PlatformProblem("not_ready", ", ".join([f"HTTP {status}", *failing])[:_SHOWN])
