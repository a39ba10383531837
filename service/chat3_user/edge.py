"""The outer edge as the settings want it: TLS, limits of connections and calls, rates."""

import ssl

from chat3_user.config import Config, ConfigError
from chat3_user.limits.admission import Admission, Prove
from chat3_user.limits.keys import KnownKeys
from chat3_user.limits.rates import KINDS, MemoryRates, Rate, Rates, RateStore, RedisRates
from chat3_user.tls import ServerTls, TlsError, TlsFiles, client_context
from chat3_user.transport import ConnectionLimits


def check_files(config: Config) -> None:
    """Check that certificates and keys can be used.

    Raises `ConfigError`.
    """
    problems: list[str] = []
    for variable, load in (
        ("GRPC_TLS_CERT", lambda: listener_tls(config)),
        ("TENANT_API_CA_FILE", lambda: upstream_tls(config.tenant_api_ca_file)),
        ("RABBITMQ_CA_FILE", lambda: upstream_tls(config.rabbitmq_ca_file)),
        ("REDIS_CA_FILE", lambda: upstream_tls(config.redis_ca_file)),
    ):
        try:
            load()
        except TlsError as error:
            problems.append(f"{variable}: {error}")
    if problems:
        raise ConfigError(*problems)


def listener_tls(config: Config) -> ServerTls | None:
    """Return the listener's TLS; nothing when it is to be plain."""
    if not config.grpc_tls_cert:
        return None
    return ServerTls(TlsFiles(config.grpc_tls_cert, config.grpc_tls_key, config.grpc_tls_client_ca))


def upstream_tls(ca_file: str) -> ssl.SSLContext | None:
    """Return the context for a server whose certificate ``ca_file`` signed, if it is named."""
    return client_context(ca_file) if ca_file else None


def connection_limits(config: Config) -> ConnectionLimits:
    """Return what connections may take."""
    return ConnectionLimits(
        max_age=config.connection_max_age,
        connections=config.connections_max,
        connections_per_address=config.connections_per_address,
        streams=config.connection_streams,
        handshake_timeout=config.connection_handshake_timeout,
        request_timeout=config.request_timeout,
        stall_timeout=config.stall_timeout,
        metadata_bytes=config.metadata_max_bytes,
        metadata_fields=config.metadata_max_fields,
        request_bytes=config.request_max_bytes,
        unfinished_bytes=config.unfinished_max_bytes,
        trusted_proxies=config.trusted_proxies,
        proxy_protocol=config.proxy_protocol,
        control_frames=config.connection_control_frames,
        rapid_resets=config.connection_rapid_resets,
    )


def admission(config: Config, prove: Prove) -> Admission:
    """Return what lets calls in; ``prove`` asks the platform about a key."""
    users, keys = (
        {kind: Rate.parse(getattr(config, f"rate_limit_{whose}_{kind}")) for kind in KINDS.values()}
        for whose in ("user", "key")
    )
    limited = any((*users.values(), *keys.values()))
    store: RateStore = MemoryRates()
    if config.redis_url and limited:
        store = RedisRates(
            config.redis_url, timeout=config.redis_timeout, ca_file=config.redis_ca_file
        )
    return Admission(
        calls=config.calls_max,
        streams_per_key=config.streams_per_key,
        rates=Rates(store, users=users, keys=keys),
        keys=KnownKeys(Rate.parse(config.refused_keys_per_address)),
        prove=prove,
    )
