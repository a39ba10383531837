"""In whose name calls are made: by an API key, or by a user token that is replaced in time."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, Protocol
from urllib.parse import quote

from grpclib.const import Status

from chat3_client.failures import Chat3Error, Failure, TokenSourceError

_log = logging.getLogger(__name__)

_SPENT: Final = 0.75
"""The part of a token's life after which a new one is asked for."""
_SHORTEST: Final = 10.0
"""Seconds before a token is replaced without having been refused, however soon it seems to end."""
_PATIENCE: Final = 2.0
"""Seconds that a call waits for a new token while the old one still counts."""


class Identity(Protocol):
    """Says who calls."""

    async def metadata(self) -> dict[str, str]:
        """Return the metadata of the next call.

        Raises `Chat3Error` when there is none.
        """

    async def refused(self, metadata: Mapping[str, str]) -> bool:
        """Hear that a call with this metadata was not authenticated; say whether to repeat it."""


@dataclass(frozen=True, slots=True)
class ApiKey:
    """An application's key, for one user or, without one, for the whole tenant."""

    api_key: str = field(repr=False)
    tenant: str
    user: str = ""

    def __post_init__(self) -> None:
        """Check what no call could repair.

        Raises `ValueError`.
        """
        if not self.api_key:
            raise ValueError("an API key is needed: api_key, or CHAT3_API_KEY")
        if not self.tenant:
            raise ValueError("a tenant is needed: tenant, or CHAT3_TENANT")

    async def metadata(self) -> dict[str, str]:
        """Return key and tenant, and the user percent-encoded."""
        whole = {"x-api-key": self.api_key, "x-tenant-id": self.tenant}
        return {**whole, "x-user-id": quote(self.user, safe="")} if self.user else whole

    async def refused(self, metadata: Mapping[str, str]) -> bool:  # noqa: ARG002 - of the protocol
        """Say that a key which was refused stays so."""
        return False


class Nobody:
    """Says nothing about who calls: the health service, for one, answers everybody."""

    async def metadata(self) -> dict[str, str]:
        """Return nothing."""
        return {}

    async def refused(self, metadata: Mapping[str, str]) -> bool:  # noqa: ARG002 - of the protocol
        """Say that there is nothing to be called with instead."""
        return False


@dataclass(frozen=True, slots=True)
class UserToken:
    """A token of one user."""

    token: str = field(repr=False)
    expire_time: datetime | None = None
    """When it ends, with a time zone. None when that is not known: then a refusal replaces it."""


TokenSource = Callable[[], Awaitable[UserToken]]
"""Gets a new token, from the application's own back end for instance.

It may fail or hang: calls then go on with the old token while that lives, and without one are
repeated until their deadline, when they raise `TokenSourceError` with the cause. It raises
`SignInRequiredError` when only the user can help.
"""


class RefreshedToken:
    """A user token that is replaced at three quarters of its life, and once when it was refused."""

    def __init__(self, source: TokenSource, clock: Callable[[], float] = time.time) -> None:
        self._source = source
        self._clock = clock
        self._turn: tuple[asyncio.AbstractEventLoop, asyncio.Lock] | None = None
        self._token = ""
        self._renew_at = self._ends_at = float("inf")

    async def metadata(self) -> dict[str, str]:
        """Return the present token, or a new one when it is time.

        Raises `TokenSourceError` when there is none, and `SignInRequiredError`.
        """
        if not self._token or self._clock() >= self._renew_at:
            await self._renew_in_time()
        return self._bearer()

    async def refused(self, metadata: Mapping[str, str]) -> bool:
        """Get a new token, unless that was done since the call began; say whether there is one.

        Raises `TokenSourceError` and `SignInRequiredError`.
        """
        used = metadata.get("authorization")
        async with self._lock():
            if used == self._bearer()["authorization"]:
                await self._renew()
            return used != self._bearer()["authorization"]

    async def _renew_in_time(self) -> None:
        lock = self._lock()
        if self._alive() and lock.locked():
            return  # somebody waits for a new one already
        async with lock:
            if self._token and self._clock() < self._renew_at:
                return
            if not self._alive():
                await self._renew()
                return
            # Not with every call: a source that fails is asked a few times until the end.
            now = self._clock()
            self._renew_at = now + (self._ends_at - now) / 4.0
            try:
                async with asyncio.timeout(_PATIENCE):
                    await self._renew()
            except (Chat3Error, TimeoutError):
                _log.warning("no new user token yet; the old one still counts", exc_info=True)

    async def _renew(self) -> None:
        try:
            fresh = await self._source()
        except Chat3Error:
            raise
        except Exception as error:
            text = f"no user token: {error!r}"
            raise TokenSourceError(Failure(Status.UNAVAILABLE, text, sent=False)) from error
        now = self._clock()
        self._token = fresh.token
        self._renew_at = self._ends_at = float("inf")
        if fresh.expire_time is not None:
            ends_at = fresh.expire_time.astimezone(UTC).timestamp()
            # A new token that has ended means that a clock is wrong: a refusal has to replace it.
            if ends_at > now:
                self._ends_at = ends_at
                self._renew_at = now + max(_SPENT * (ends_at - now), _SHORTEST)

    def _alive(self) -> bool:
        return bool(self._token) and self._clock() < self._ends_at

    def _lock(self) -> asyncio.Lock:
        """Return the lock of the present event loop: a client may outlive one, or a fork."""
        loop = asyncio.get_running_loop()
        if self._turn is None or self._turn[0] is not loop:
            self._turn = (loop, asyncio.Lock())
        return self._turn[1]

    def _bearer(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self._token}"}


def fixed_token(token: str) -> TokenSource:
    """Return the source of a token that nobody replaces.

    Raises `ValueError` for an empty one.
    """
    if not token:
        raise ValueError("a user token is needed: token, or CHAT3_TOKEN")

    async def source() -> UserToken:
        return UserToken(token)

    return source
