"""The Redis that several machines share: where it is, and what its errors mean."""

import asyncio
import ssl
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

from msgspec import Meta
from redis.asyncio import BlockingConnectionPool, ConnectionPool, Sentinel
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import SentinelConnectionPool
from redis.backoff import ExponentialWithJitterBackoff, NoBackoff
from redis.exceptions import (
    AuthenticationError,
    AuthorizationError,
    NoPermissionError,
    ResponseError,
)
from yarl import URL

from chat3_user.node_urls import node_urls

SENTINELS: Final = ("redis+sentinel", "rediss+sentinel")
"""The schemes of URLs that name Sentinels: host and port are theirs, the path names the primary."""

_SENTINEL_PORT: Final = 26379
_RETRIES: Final = 2
_REFUSALS: Final = (AuthenticationError, AuthorizationError, NoPermissionError)

Problem = Literal["unreachable", "unwritable", "refused"]
"""Why a store takes nothing: it does not answer, it cannot write, or it may not be asked."""


@dataclass(frozen=True, slots=True)
class RedisSettings:
    """Without a ``url`` there is none; ``timeout`` is in seconds."""

    url: Annotated[
        str,
        Meta(
            description="address of a Redis that several machines share, such as"
            " redis://user:password@host/0 or, with Sentinels,"
            " redis+sentinel://user:password@host1,host2/primary/0; rediss for TLS; empty stores"
            " idempotency keys in IDEMPOTENCY_DATABASE"
        ),
    ] = ""
    timeout: Annotated[
        float, Meta(gt=0, description="timeout for a connection to Redis and for a response")
    ] = 1.0
    replicas: Annotated[
        int,
        Meta(
            ge=0,
            description="number of Redis replicas that must have an idempotency key before the"
            " service writes with it; 1 preserves keys in a failover, and needs two replicas to"
            " keep working during one",
        ),
    ] = 0


def primary_of(url: str) -> str:
    """Return the name of the primary in a URL that names Sentinels; empty where there is none."""
    return URL(node_urls(url)[0]).path.strip("/").partition("/")[0]


class _SentinelPool(SentinelConnectionPool, BlockingConnectionPool):
    """Connects to the primary that the Sentinels name.

    Of connections made at once one asks for all: `Sentinel` moves the one that answers to the front
    of its list, and where several do so at once it forgets some.
    """

    _asking: asyncio.Future[Any] | None = None

    async def get_master_address(self) -> Any:
        """Ask the Sentinels for host and port of the primary."""
        if self._asking is None or self._asking.done():
            self._asking = asyncio.ensure_future(self._ask())
        return await asyncio.shield(self._asking)

    async def _ask(self) -> Any:
        return await super().get_master_address()  # type: ignore[no-untyped-call]

    async def aclose(self) -> None:
        """Close all connections, those to Sentinels too."""
        await super().aclose()
        await self.sentinel_manager.aclose()


def connection_pool(
    settings: RedisSettings, *, connections: int, ca_file: str = ""
) -> ConnectionPool:
    """Return a pool of at most so many connections to Redis.

    A burst waits for one of few connections; more would not make Redis faster. The timeout of
    ``settings`` bounds that wait, and each answer.
    """
    tls: dict[str, Any] = {}
    if settings.url.startswith("rediss"):
        tls["ssl_min_version"] = ssl.TLSVersion.TLSv1_2
        if ca_file:
            tls["ssl_ca_certs"] = ca_file
    timeouts = {"socket_timeout": settings.timeout, "socket_connect_timeout": settings.timeout}
    options: dict[str, Any] = {
        "max_connections": connections,
        "timeout": settings.timeout,
        "health_check_interval": 30,
        "retry": Retry(ExponentialWithJitterBackoff(base=0.02, cap=0.2), _RETRIES),
        "client_name": "chat3-user-service",
        **timeouts,
        **tls,
    }
    urls = [URL(url) for url in node_urls(settings.url)]
    if urls[0].scheme not in SENTINELS:
        return BlockingConnectionPool.from_url(settings.url, **options)
    database = urls[0].path.strip("/").partition("/")[2]
    secure = {"ssl": True} if urls[0].scheme.startswith("rediss") else {}
    query = urls[0].query
    sentinels = Sentinel(  # type: ignore[no-untyped-call]
        [(url.host, url.port or _SENTINEL_PORT) for url in urls],
        sentinel_kwargs={
            "username": query.get("sentinel_username"),
            "password": query.get("sentinel_password"),
            "retry": Retry(NoBackoff(), 0),  # The next one is asked instead.
            **timeouts,
            **tls,
            **secure,
        },
    )
    return _SentinelPool(  # type: ignore[no-untyped-call]
        primary_of(settings.url),
        sentinels,
        db=int(database or 0),
        username=urls[0].user or None,
        password=urls[0].password,
        **options,
        **secure,
    )


def problem_of(error: Exception) -> Problem:
    """Return what a failed command says of Redis."""
    if isinstance(error, _REFUSALS):
        return "refused"
    # A replica, a Redis without memory, one that cannot save, one without its cluster.
    return "unwritable" if isinstance(error, ResponseError) else "unreachable"
