"""The variables: which setting of which part an operator names how, in the order of `--help`.

The name in small letters is the key, with dashes the flag, in capitals the environment's variable.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any, Final, get_type_hints

from msgspec import Meta

from chat3_user.config.composition import Config

_PATHS: Final = {
    "grpc_host": "server.host",
    "grpc_port": "server.port",
    "grpc_port_shared": "server.port_shared",
    "ops_host": "ops.host",
    "ops_port": "ops.port",
    "workers": "server.workers",
    "worker_stall_timeout": "server.worker_stall_timeout",
    "health_interval": "health.interval",
    "event_loop_stall": "health.stall",
    "tenant_api_url": "tenant_api.url",
    "tenant_api_connections": "tenant_api.connections",
    "tenant_api_connect_timeout": "tenant_api.connect_timeout",
    "tenant_api_health_path": "health.tenant_api_path",
    "rabbitmq_url": "rabbitmq.url",
    "rabbitmq_updates_exchange": "rabbitmq.exchange",
    "rabbitmq_updates_log": "rabbitmq.log_queue",
    "updates_log_replicas": "rabbitmq.log_replicas",
    "updates_log_max_age": "rabbitmq.retention_seconds",
    "updates_log_max_bytes": "rabbitmq.retention_bytes",
    "demo": "demo.wanted",
    "demo_database": "demo.database",
    "demo_page_port": "demo.page_port",
    "default_deadline": "deadlines.default",
    "streams_per_user": "hub.streams_per_user",
    "stream_buffer_count": "hub.buffer.count",
    "stream_buffer_bytes": "hub.buffer.bytes",
    "watch_users": "hub.watch.users",
    "watch_users_per_key": "hub.watch.users_per_key",
    "watch_buffer_bytes": "hub.watch.bytes",
    "streams_per_tenant": "hub.follow.per_tenant",
    "tenant_streams": "hub.follow.in_all",
    "stream_max_age": "streams.max_age",
    "stream_recheck_interval": "streams.recheck_interval",
    "stream_grace": "hub.grace",
    "connection_max_age": "connections.max_age",
    "shutdown_grace": "server.shutdown_grace",
    "redis_url": "redis.url",
    "redis_ca_file": "authorities.redis",
    "redis_timeout": "redis.timeout",
    "redis_replicas": "redis.replicas",
    "idempotency_database": "idempotency.database",
    "idempotency_retention": "idempotency.times.retention",
    "idempotency_lease": "idempotency.times.lease",
    "idempotency_settle": "idempotency.times.settle",
    "idempotency_on_store_failure": "idempotency.on_store_failure",
    "tenant_api_read_attempts": "resilience.attempts",
    "tenant_api_retry_budget": "resilience.budget",
    "tenant_api_circuit_failures": "resilience.failures",
    "log_format": "logs.format",
    "log_level": "logs.level",
    "log_calls_ok_share": "logs.calls_ok_share",
    "log_calls_slow_seconds": "logs.calls_slow_seconds",
    "log_calls_failed_per_second": "logs.calls_failed_per_second",
    "grpc_tls_cert": "tls.certificate",
    "grpc_tls_key": "tls.key",
    "grpc_tls_client_ca": "tls.client_ca",
    "tenant_api_ca_file": "authorities.tenant_api",
    "rabbitmq_ca_file": "authorities.rabbitmq",
    "request_max_bytes": "connections.request_bytes",
    "metadata_max_bytes": "connections.metadata_bytes",
    "metadata_max_fields": "connections.metadata_fields",
    "request_timeout": "connections.request_timeout",
    "unfinished_max_bytes": "connections.unfinished_bytes",
    "stall_timeout": "connections.stall_timeout",
    "shutdown_delay": "server.shutdown_delay",
    "deadline_max": "deadlines.longest",
    "connections_max": "connections.connections",
    "connections_per_address": "connections.connections_per_address",
    "library_calls_max": "server.library_calls",
    "trusted_proxies": "connections.trusted_proxies",
    "proxy_protocol": "connections.proxy_protocol",
    "cors_origins": "cors.origins",
    "cors_max_age": "cors.max_age",
    "refused_keys_per_address": "places.refused_keys_per_address",
    "connection_streams": "connections.streams",
    "connection_handshake_timeout": "connections.handshake_timeout",
    "connection_control_frames": "connections.control_frames",
    "connection_rapid_resets": "connections.rapid_resets",
    "calls_max": "places.calls",
    "streams_per_key": "places.streams_per_key",
    "rate_limit_user_read": "rates.user_read",
    "rate_limit_user_write": "rates.user_write",
    "rate_limit_user_typing": "rates.user_typing",
    "rate_limit_user_subscribe": "rates.user_subscribe",
    "rate_limit_key_read": "rates.key_read",
    "rate_limit_key_write": "rates.key_write",
    "rate_limit_key_typing": "rates.key_typing",
    "rate_limit_key_subscribe": "rates.key_subscribe",
    "token_keys": "tokens.keys",
    "token_issuer": "token_issuer.issuer",
    "token_issuer_keys": "token_issuer.keys",
    "token_issuer_ca_file": "authorities.token_issuer",
    "token_issuer_audience": "token_issuer.audience",
    "token_issuer_algorithms": "token_issuer.algorithms",
    "token_issuer_tenant_claim": "token_issuer.tenant_claim",
    "token_issuer_user_claim": "token_issuer.user_claim",
    "token_issuer_tenants": "token_issuer.tenants",
    "token_issuer_api_key": "token_issuer.api_key",
}


URL_SCHEMES: Final = {
    "tenant_api_url": ("http", "https"),
    "rabbitmq_url": ("amqp", "amqps"),
    "redis_url": ("redis", "rediss", "redis+sentinel", "rediss+sentinel"),
}
"""The settings that are URLs, which may have passwords in them."""

SEVERAL_NODES: Final = ("amqp", "amqps", "redis+sentinel", "rediss+sentinel")
"""The schemes of URLs that may name several servers."""

SECRETS: Final = ("token_keys", "token_issuer_api_key")
"""The settings that are secrets as a whole."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting; ``path`` leads to its field, ``rule`` is the field's type with its rule."""

    name: str
    path: Sequence[str]
    rule: Any
    default: Any

    @property
    def variable(self) -> str:
        """The environment's variable."""
        return self.name.upper()

    @property
    def flag(self) -> str:
        """The command's flag."""
        return f"--{self.name.replace('_', '-')}"

    @property
    def description(self) -> str:
        """What the setting is for."""
        meta: Meta = self.rule.__metadata__[0]
        return meta.description or ""

    def of(self, config: Config) -> Any:
        """Return the setting's value in ``config``."""
        return reduce(getattr, self.path, config)


def _setting(name: str, path: Sequence[str]) -> Setting:
    part = reduce(getattr, path[:-1], Config())
    rule = get_type_hints(type(part), include_extras=True)[path[-1]]
    return Setting(name, path, rule, getattr(part, path[-1]))


SETTINGS: Final[Mapping[str, Setting]] = {
    name: _setting(name, path.split(".")) for name, path in _PATHS.items()
}


def changed(config: Config, **values: Any) -> Config:
    """Return ``config`` with these ``values`` by the names of `SETTINGS`."""
    for name, value in values.items():
        config = _with(config, SETTINGS[name].path, value)
    return config


def composed(**values: Any) -> Config:
    """Return the settings with these ``values`` by the names of `SETTINGS`, defaults elsewhere."""
    return changed(Config(), **values)


def _with(part: Any, path: Sequence[str], value: Any) -> Any:
    head, *rest = path
    return replace(part, **{head: _with(getattr(part, head), rest, value) if rest else value})
