"""Settings are read from the environment and from flags, and checked, before anything starts."""

import argparse
import math
import os
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from importlib.metadata import version
from typing import Any, Final

import msgspec
from yarl import URL

from chat3_user.config.composition import Config
from chat3_user.config.secret_files import read_secrets
from chat3_user.config.variables import SETTINGS, SEVERAL_NODES, URL_SCHEMES, composed
from chat3_user.node_urls import node_urls
from chat3_user.settings import ConfigError
from chat3_user.shared_redis import SENTINELS, primary_of
from chat3_user.tokens.composing import problems as token_problems
from chat3_user.transport.cors import strange_origins

_OPTIONAL: Final = ("redis_url",)
_TYPES: Final = {
    "`int`": "a whole number",
    "`float`": "a number",
    "`bool`": "true or false",
    "`str`": "text",
}
"""The types that msgspec names, in the words of somebody who sets a variable."""


def load(environment: Mapping[str, str], flags: Mapping[str, str | None]) -> Config:
    """Return the settings; flags win over the environment, that wins over files of secrets.

    Empty variables and files count as absent. Raises `ConfigError` with all that is wrong.
    """
    problems: list[str] = []
    secrets = read_secrets(environment, problems)
    given = {
        name: value
        for name, setting in SETTINGS.items()
        if (value := flags.get(name) or environment.get(setting.variable) or secrets.get(name))
    }
    values: dict[str, Any] = {}
    for name, value in given.items():
        setting = SETTINGS[name]
        try:
            values[name] = msgspec.convert(value, setting.rule, strict=False)
        except msgspec.ValidationError as error:
            problems.append(f"{setting.variable}: {_expected(error)}, got {value!r}")
        else:
            if isinstance(values[name], float) and not math.isfinite(values[name]):
                problems.append(f"{setting.variable}: expected a finite number, got {value!r}")
    config = composed(**values)
    problems += _contradictions(config, broken=given.keys() - values.keys())
    if problems:
        raise ConfigError(*problems)
    return config


def _expected(error: msgspec.ValidationError) -> str:
    text = str(error).removesuffix(", got `str`").replace("Expected", "expected", 1)
    for name, words in _TYPES.items():
        text = text.replace(name, words)
    return text


def _contradictions(config: Config, *, broken: AbstractSet[str]) -> Iterator[str]:
    """Yield what is wrong with settings taken together; the broken ones have their defaults."""
    for name, schemes in URL_SCHEMES.items():
        setting = SETTINGS[name]
        value = setting.of(config)
        if value and not _is_url(value, schemes):
            yield f"{setting.variable}: expected a URL that begins with {schemes[0]}://"
        elif value.startswith(SENTINELS) and not primary_of(value):
            yield f"{setting.variable}: expected the primary's name: redis+sentinel://host/name"
        if not value and not config.demo.wanted and name not in _OPTIONAL and "demo" not in broken:
            yield f"{setting.variable}: required, unless DEMO is set"
    if bool(config.tls.certificate) != bool(config.tls.key):
        yield "GRPC_TLS_CERT, GRPC_TLS_KEY: neither goes without the other"
    if config.tls.client_ca and not config.tls.certificate:
        yield "GRPC_TLS_CLIENT_CA: needs GRPC_TLS_CERT"
    for origin in strange_origins(config.cors):
        yield f"CORS_ORIGINS: expected https://host or http://host:port, got {origin!r}"
    if config.server.workers > 1 and config.in_process:
        yield "WORKERS: what DEMO runs in the process is not shared; use 1"
    yield from token_problems(config.tokens, config.token_issuer)


def _is_url(value: str, schemes: Sequence[str]) -> bool:
    try:
        nodes = node_urls(value)
    except ValueError:
        return False
    used = {URL(node).scheme for node in nodes}
    return used <= {*schemes} and (len(nodes) == 1 or used <= {*SEVERAL_NODES})


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add a flag for every setting."""
    for setting in SETTINGS.values():
        default = f"{setting.variable}; default: {setting.default!r}"
        text = f"{setting.description} ({default})".replace("%", "%%")
        if isinstance(setting.default, bool):
            parser.add_argument(setting.flag, action="store_const", const="true", help=text)
        else:
            parser.add_argument(setting.flag, metavar="VALUE", help=text)


def parse(arguments: Sequence[str] | None = None) -> tuple[Config, bool]:
    """Return the settings of this process, and whether they are only to be printed.

    Raises `ConfigError`; leaves the process on `--help`, `--version` and unknown flags.
    """
    parser = argparse.ArgumentParser(
        prog="chat3-user-service",
        description="Chat3 over gRPC. Every flag is an environment variable too.",
    )
    parser.add_argument(
        "--version", action="version", version=f"%(prog)s {version('chat3-gateway')}"
    )
    parser.add_argument("--print-config", action="store_true", help="print the settings and exit")
    add_flags(parser)
    flags = vars(parser.parse_args(arguments))
    print_only = flags.pop("print_config")
    return load(os.environ, flags), print_only
