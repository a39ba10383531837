"""The settings of the service: from the environment, overridden by flags, checked at the start.

Each field below, and of `EdgeSettings`, is a setting: its name in capitals is the environment
variable, with dashes the flag. Its annotation holds the rule, its description the text of `--help`.
"""

import argparse
import math
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Annotated, Any, Final, get_type_hints

import msgspec
from msgspec import Meta
from yarl import URL

from chat3_user.limits.settings import EdgeSettings


class ConfigError(Exception):
    """Settings break their rules: a line for each, which begins with its variable."""

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def check_all(*checks: Callable[[], object]) -> None:
    """Run all checks; raise one `ConfigError` with what all of them found."""
    problems: list[str] = []
    for check in checks:
        try:
            check()
        except ConfigError as error:
            problems.extend(error.problems)
    if problems:
        raise ConfigError(*problems)


class Config(EdgeSettings, frozen=True, kw_only=True):
    """All settings; times are seconds, sizes bytes."""

    grpc_host: Annotated[str, Meta(description="address the gRPC server listens on")] = "127.0.0.1"
    grpc_port: Annotated[
        int, Meta(ge=0, le=65535, description="port of the gRPC server; 0 takes a free one")
    ] = 50051
    grpc_port_shared: Annotated[
        bool,
        Meta(
            description="let other services listen on GRPC_PORT too, such as the next version while"
            " this one drains; the kernel spreads connections over all"
        ),
    ] = False
    ops_host: Annotated[
        str, Meta(description="address of /healthz, /readyz, /metrics and /docs")
    ] = "127.0.0.1"
    ops_port: Annotated[
        int, Meta(ge=0, le=65535, description="port of the operators' HTTP server; 0: a free one")
    ] = 9090
    workers: Annotated[
        int,
        Meta(
            ge=0,
            description="processes that share the port; 0 is one per core (one with DEMO);"
            " worker n serves its operators' HTTP on OPS_PORT + n",
        ),
    ] = 0
    tenant_api_url: Annotated[
        str, Meta(description="tenant-api, such as http://tenant-api:3000; empty needs DEMO")
    ] = ""
    tenant_api_connections: Annotated[
        int, Meta(ge=1, description="most connections to tenant-api at once")
    ] = 256
    tenant_api_connect_timeout: Annotated[
        float, Meta(gt=0, description="longest wait for a connection to tenant-api")
    ] = 5.0
    rabbitmq_url: Annotated[
        str, Meta(description="RabbitMQ, such as amqp://user:password@host/vhost; empty needs DEMO")
    ] = ""
    rabbitmq_updates_exchange: Annotated[
        str, Meta(min_length=1, description="topic exchange of updates")
    ] = "chat3_updates"
    rabbitmq_updates_log: Annotated[
        str, Meta(min_length=1, description="stream queue that keeps updates for resuming")
    ] = "chat3_updates_log"
    updates_log_max_age: Annotated[
        int, Meta(ge=60, description="age at which the updates log drops updates")
    ] = 86_400
    updates_log_max_bytes: Annotated[
        int, Meta(ge=1_000_000, description="size at which the updates log drops its oldest")
    ] = 5_000_000_000
    demo: Annotated[
        bool,
        Meta(description="run an embedded tenant-api with demo data where TENANT_API_URL is empty"),
    ] = False
    demo_database: Annotated[
        str, Meta(description="SQLite file of the embedded tenant-api; empty keeps it in memory")
    ] = ""
    default_deadline: Annotated[
        float, Meta(gt=0, description="deadline of unary calls that bring none")
    ] = 30.0
    streams_per_user: Annotated[
        int, Meta(ge=1, description="open streams one user may have on one worker")
    ] = 20
    stream_buffer_count: Annotated[
        int, Meta(ge=1, description="updates a slow stream may leave unread before it is ended")
    ] = 1000
    stream_buffer_bytes: Annotated[
        int, Meta(ge=65_536, description="bytes a slow stream may leave unread before it is ended")
    ] = 4_194_304
    stream_max_age: Annotated[
        float, Meta(gt=0, description="age at which a stream is ended, 0 to 20 % earlier")
    ] = 3600.0
    stream_recheck_interval: Annotated[
        float, Meta(gt=0, description="how often an open stream's API key and user are proved anew")
    ] = 300.0
    stream_grace: Annotated[
        float, Meta(gt=0, description="how long a user's updates are kept for a quick reconnect")
    ] = 30.0
    connection_max_age: Annotated[
        float,
        Meta(gt=0, description="age at which a client is asked to reconnect, 0 to 20 % earlier"),
    ] = 1800.0
    shutdown_grace: Annotated[
        float, Meta(ge=0, description="how long calls in flight may go on after SIGTERM")
    ] = 10.0
    redis_url: Annotated[
        str,
        Meta(
            description="Redis that several machines share, such as redis://user:password@host/0;"
            " rediss:// for TLS; empty keeps idempotency keys in IDEMPOTENCY_DATABASE"
        ),
    ] = ""
    redis_ca_file: Annotated[
        str, Meta(description="certificates that sign Redis' own; empty takes the system's")
    ] = ""
    redis_timeout: Annotated[
        float, Meta(gt=0, description="longest wait for a connection to Redis and for an answer")
    ] = 1.0
    idempotency_database: Annotated[
        str,
        Meta(
            description="SQLite file of idempotency keys, shared by this machine's workers; empty"
            " is a file in STATE_DIRECTORY or ~/.local/state, or memory while DEMO keeps its"
            " platform there; :memory: is memory"
        ),
    ] = ""
    idempotency_retention: Annotated[
        float, Meta(ge=3600, description="for how long an idempotency key is remembered")
    ] = 86_400.0
    idempotency_lease: Annotated[
        float, Meta(gt=0, description="how long a killed worker's keys stay taken")
    ] = 5.0
    idempotency_settle: Annotated[
        float,
        Meta(
            gt=0,
            description="how long a write that was cut off may still turn up at tenant-api; a"
            " repetition writes anew only then, if it did not",
        ),
    ] = 10.0
    idempotency_on_store_failure: Annotated[
        str,
        Meta(
            pattern="^(refuse|write)$",
            description="what becomes of calls with a key while the store is down: refuse, or write"
            " after a look at tenant-api, which does not stop two at the same time",
        ),
    ] = "refuse"
    tenant_api_read_attempts: Annotated[
        int, Meta(ge=1, description="how often a read that finds tenant-api down is tried")
    ] = 3
    tenant_api_retry_budget: Annotated[
        float, Meta(ge=0, le=1, description="most retries, as a share of all reads")
    ] = 0.1
    tenant_api_circuit_failures: Annotated[
        int,
        Meta(
            ge=0,
            description="failures in a row after which calls fail at once until a probe succeeds;"
            " 0: never",
        ),
    ] = 20
    log_format: Annotated[str, Meta(pattern="^(text|json)$", description="text or json")] = "text"
    log_level: Annotated[
        str,
        Meta(pattern="^(debug|info|warning|error)$", description="least severity that is logged"),
    ] = "info"

    @property
    def in_process(self) -> bool:
        """Whether tenant-api or the broker runs within the process."""
        return not (self.tenant_api_url and self.rabbitmq_url)


_MASK: Final = "***"
_SCHEMES: Final = {
    "tenant_api_url": ("http", "https"),
    "rabbitmq_url": ("amqp", "amqps"),
    "redis_url": ("redis", "rediss"),
}
_OPTIONAL: Final = ("redis_url",)


def load(environment: Mapping[str, str], flags: Mapping[str, str | None]) -> Config:
    """Return the settings; flags win over the environment, empty variables count as absent.

    Raises `ConfigError` with all that is wrong.
    """
    given = {
        name: value
        for name in Config.__struct_fields__
        if (value := flags.get(name) or environment.get(name.upper()))
    }
    hints = get_type_hints(Config, include_extras=True)
    values: dict[str, Any] = {}
    problems: list[str] = []
    for name, value in given.items():
        try:
            values[name] = msgspec.convert(value, hints[name], strict=False)
        except msgspec.ValidationError as error:
            problems.append(f"{name.upper()}: {error}, got {value!r}")
        else:
            if isinstance(values[name], float) and not math.isfinite(values[name]):
                problems.append(f"{name.upper()}: Expected a finite number, got {value!r}")
    config = Config(**values)
    problems += _contradictions(config, broken=given.keys() - values.keys())
    if problems:
        raise ConfigError(*problems)
    return config


def _contradictions(config: Config, *, broken: AbstractSet[str]) -> Iterator[str]:
    """Yield what is wrong with settings taken together; the broken ones have their defaults."""
    for name, schemes in _SCHEMES.items():
        value = getattr(config, name)
        if value and not _is_url(value, schemes):
            yield f"{name.upper()}: expected a URL that begins with {schemes[0]}://"
        if not value and not config.demo and name not in _OPTIONAL and "demo" not in broken:
            yield f"{name.upper()}: required, unless DEMO is set"
    if bool(config.grpc_tls_cert) != bool(config.grpc_tls_key):
        yield "GRPC_TLS_CERT, GRPC_TLS_KEY: neither goes without the other"
    if config.grpc_tls_client_ca and not config.grpc_tls_cert:
        yield "GRPC_TLS_CLIENT_CA: needs GRPC_TLS_CERT"
    if config.workers > 1 and config.in_process:
        yield "WORKERS: what DEMO runs in the process is not shared; use 1"


def _is_url(value: str, schemes: Sequence[str]) -> bool:
    try:
        url = URL(value)
    except ValueError:
        return False
    return url.scheme in schemes and bool(url.host)


def masked(config: Config) -> dict[str, Any]:
    """Return the settings by variable, without anything that may be a secret."""
    shown = msgspec.to_builtins(config)
    for name in _SCHEMES:
        shown[name] = _without_secrets(shown[name])
    return {name.upper(): value for name, value in shown.items()}


def _without_secrets(text: str) -> str:
    """Mask a URL's password, a user who has none (a token), and all values of its query."""
    if not text:
        return text
    url = URL(text)
    if url.raw_password is not None:
        url = url.with_password(_MASK)
    elif url.raw_user is not None:
        url = url.with_user(_MASK)
    parts = [part.partition("=") for part in url.raw_query_string.split("&") if part]
    url = url.with_query("&".join(f"{key}={_MASK}" if is_ else _MASK for key, is_, _ in parts))
    return str(url.with_fragment(_MASK if url.raw_fragment else None))


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add a flag for every setting."""
    hints = get_type_hints(Config, include_extras=True)
    defaults = dict(zip(Config.__struct_fields__, Config.__struct_defaults__, strict=True))
    for name in Config.__struct_fields__:
        meta: Meta = hints[name].__metadata__[0]
        default = defaults[name]
        flag = f"--{name.replace('_', '-')}"
        text = f"{meta.description} ({name.upper()}; default: {default!r})".replace("%", "%%")
        if isinstance(default, bool):
            parser.add_argument(flag, action="store_const", const="true", help=text)
        else:
            parser.add_argument(flag, metavar="VALUE", help=text)


def parse(arguments: Sequence[str] | None = None) -> tuple[Config, bool]:
    """Return the settings of this process, and whether they are only to be printed.

    Raises `ConfigError`; leaves the process on `--help` and unknown flags.
    """
    parser = argparse.ArgumentParser(
        prog="chat3-user-service",
        description="Chat3 over gRPC. Every flag is an environment variable too.",
    )
    parser.add_argument("--print-config", action="store_true", help="print the settings and exit")
    add_flags(parser)
    flags = vars(parser.parse_args(arguments))
    print_only = flags.pop("print_config")
    return load(os.environ, flags), print_only
