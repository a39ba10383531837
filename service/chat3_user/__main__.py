"""The command: settings, then one worker or several."""

import json
import logging
import socket
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from importlib.metadata import version

from chat3_user import logs
from chat3_user.config import Config, altered, changed, masked, parse
from chat3_user.demo.platform import check_installed
from chat3_user.health.board import Board, Seat
from chat3_user.idempotency.database_file import check_database
from chat3_user.process.ports import check_ops_ports, check_page_port, claim
from chat3_user.process.token_keys import with_token_keys
from chat3_user.process.worker import run
from chat3_user.process.workers import Workers, core_count
from chat3_user.settings import ConfigError, check_all
from chat3_user.tls.checking import check_files
from chat3_user.tokens.composing import check_key_file

log = logging.getLogger("chat3_user.main")
"""Named, for this module's own name is that of any program."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the service; 2 is returned for settings that break a rule."""
    try:
        config, print_only = parse(arguments)
        if print_only:
            check_all(
                lambda: check_files(config.tls, config.authorities),
                lambda: check_key_file(config.token_issuer),
            )
            sys.stdout.write(json.dumps(masked(config), indent=2) + "\n")
            return 0
        count = config.server.workers or (1 if config.in_process else core_count())
        claimed = _checked(config, count)
    except ConfigError as error:
        for problem in error.problems:
            sys.stderr.write(f"chat3-user-service: {problem}\n")
        return 2
    with claimed:
        with logs.written(config.logs):
            config = with_token_keys(changed(config, grpc_port=claimed.getsockname()[1]))
            _say_what_starts(config, count)
            if count > 1:
                Workers(config, count, run).serve()
        if count == 1:
            run(config, Seat(Board.alone()))
    return 0


def _say_what_starts(config: Config, workers: int) -> None:
    """Log the version, what runs with what, and which settings were made; secrets are masked."""
    shown = masked(config)
    behind = {name: shown[name.upper()] for name in ("tenant_api_url", "rabbitmq_url", "redis_url")}
    log.info(
        "starting",
        extra={
            "version": version("chat3-gateway"),
            "workers": workers,
            "grpc": f"{config.server.host}:{config.server.port}",
            "ops": f"{config.ops.host}:{config.ops.port}",
            "protocols": "grpc, grpc_web, connect",
            "tls": _tls(config),
            **{name: url or "none" for name, url in behind.items()},
        },
    )
    log.info("settings that differ from their defaults", extra=altered(config))


def _tls(config: Config) -> str:
    if not config.tls.certificate:
        return "none"
    return "clients need a certificate" if config.tls.client_ca else "on"


def _checked(config: Config, workers: int) -> socket.socket:
    """Check what the settings name; return the claim on the gRPC port.

    Raises `ConfigError` with all that is wrong.
    """
    with ExitStack() as stack:
        claims: list[socket.socket] = []
        check_all(
            lambda: check_files(config.tls, config.authorities),
            lambda: check_key_file(config.token_issuer),
            lambda: None if config.tenant_api.url else check_installed(),
            lambda: (
                None if config.redis.url else check_database(config.idempotency, config.platform)
            ),
            lambda: claims.append(stack.enter_context(claim(config))),
            lambda: check_ops_ports(config, workers),
            lambda: check_page_port(config),
        )
        stack.pop_all()
    return claims[0]


if __name__ == "__main__":
    sys.exit(main())
