"""Parts of the service as their settings want them: which broker, which stores, which limits."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from chat3_user.config import Config
from chat3_user.idempotency import Store
from chat3_user.idempotency.database_file import database
from chat3_user.idempotency.observed import ObservedStore
from chat3_user.idempotency.redis import RedisStore
from chat3_user.idempotency.sqlite import SqliteStore
from chat3_user.limits.admission import Admission, Prove
from chat3_user.limits.keys import KnownKeys
from chat3_user.limits.rates import KINDS, Kind, MemoryRates, Rate, Rates, RateStore, RedisRates
from chat3_user.mapping.named import named_in
from chat3_user.metrics import Metrics
from chat3_user.metrics.admission import TokenMetrics
from chat3_user.metrics.broker import BrokerMetrics
from chat3_user.metrics.stores import StoreMetrics
from chat3_user.metrics.upstream import UpstreamMetrics
from chat3_user.node_urls import node_urls
from chat3_user.telemetry import OFF, Deliveries, Tracing
from chat3_user.tenant_api.health import PlatformHealth
from chat3_user.tenant_api.transport import Http
from chat3_user.tls.outgoing import upstream_tls
from chat3_user.tokens import UserTokens
from chat3_user.tokens.composing import user_tokens
from chat3_user.tokens.issuer_keys import IssuerKeys
from chat3_user.updates.amqp.broker import AmqpBroker
from chat3_user.updates.broker import Broker
from chat3_user.updates.memory_broker import MemoryBroker


@asynccontextmanager
async def platform(
    config: Config, url: str, metrics: UpstreamMetrics, tracing: Tracing
) -> AsyncIterator[tuple[Http, PlatformHealth]]:
    """Reach tenant-api at ``url`` within the block, for calls and for its health."""
    timeout = config.tenant_api.connect_timeout
    tls = upstream_tls(config.authorities.tenant_api) or True
    http = Http(
        url,
        connections=config.tenant_api.connections,
        connect_timeout=timeout,
        ssl=tls,
        metrics=metrics,
        tracing=tracing,
    )
    health = PlatformHealth(
        url, path=config.health.tenant_api_path, connect_timeout=timeout, ssl=tls
    )
    await http.open()
    try:
        yield http, health
    finally:
        await health.close()
        await http.close()


def broker(config: Config, metrics: BrokerMetrics, *, traced: bool = False) -> Broker:
    """Return RabbitMQ, or a broker within the process where none is named.

    ``traced`` has the trace contexts of updates read from their headers.
    """
    rabbitmq = config.rabbitmq
    if not rabbitmq.url:
        return MemoryBroker(secrets.token_hex(8))
    return AmqpBroker(
        node_urls(rabbitmq.url),
        exchange=rabbitmq.exchange,
        log_queue=rabbitmq.log_queue,
        worker=secrets.token_hex(4),
        retention_seconds=rabbitmq.retention_seconds,
        retention_bytes=rabbitmq.retention_bytes,
        replicas=rabbitmq.log_replicas,
        tls=upstream_tls(config.authorities.rabbitmq),
        limits=config.hub.deliveries,
        metrics=metrics,
        traced=traced,
    )


def traces_of_updates(config: Config, tracing: Tracing) -> Deliveries | None:
    """Return what traces updates on their way from the broker to streams."""
    system = "rabbitmq" if config.rabbitmq.url else "chat3_in_process"
    return tracing.deliveries(system, config.rabbitmq.exchange, named_in)


def idempotency_store(config: Config, metrics: StoreMetrics, tracing: Tracing = OFF) -> Store:
    """Return the store of idempotency keys: Redis where one is named, else SQLite."""
    times = config.idempotency.times
    store: Store
    if config.redis.url:
        system, store = "redis", RedisStore(config.redis, times, ca_file=config.authorities.redis)
    else:
        system = "sqlite"
        store = SqliteStore(database(config.idempotency, config.platform), times)
    return ObservedStore(store, system, metrics, tracing)


def shared_rates(config: Config, metrics: Metrics, tracing: Tracing = OFF) -> RedisRates | None:
    """Return where all workers count together; None when there are no rates, or no Redis."""
    rates = (*_rates(config, "user").values(), *_rates(config, "key").values())
    if config.redis.url and any(rates):
        authority = config.authorities.redis
        return RedisRates(config.redis, authority, metrics.rates, metrics.stores, tracing)
    return None


def admission(
    config: Config,
    prove: Prove,
    metrics: Metrics,
    shared: RedisRates | None,
) -> Admission:
    """Return what lets calls in; ``prove`` asks the platform about a key.

    Each worker counts rates by itself where nothing is ``shared``.
    """
    store: RateStore = shared or MemoryRates()
    users, keys = _rates(config, "user"), _rates(config, "key")
    return Admission(
        config.places,
        Rates(store, users=users, keys=keys, metrics=metrics.rates),
        KnownKeys(Rate.parse(config.places.refused_keys_per_address), metrics=metrics.rates),
        prove,
    )


def _rates(config: Config, whose: str) -> dict[Kind, Rate | None]:
    return {kind: Rate.parse(getattr(config.rates, f"{whose}_{kind}")) for kind in KINDS}


def tokens(config: Config, metrics: TokenMetrics) -> tuple[UserTokens, IssuerKeys | None]:
    """Return what proves users by tokens, and the keys of the issuer, where one is set."""
    return user_tokens(
        config.tokens,
        config.token_issuer,
        config.authorities.token_issuer,
        metrics.created,
        metrics.issuer_keys,
    )
