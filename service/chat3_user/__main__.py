"""The command: settings, then one worker or several."""

import json
import socket
import sys
from collections.abc import Sequence
from contextlib import ExitStack

import msgspec

from chat3_user import logs, process
from chat3_user.config import Config, ConfigError, check_all, masked, parse
from chat3_user.demo.platform import check_installed
from chat3_user.edge import check_files
from chat3_user.idempotency.place import check_database
from chat3_user.ports import check_ops_ports, claim
from chat3_user.workers import Workers, core_count


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the service; 2 is returned for settings that break a rule."""
    try:
        config, print_only = parse(arguments)
        if print_only:
            check_files(config)
            sys.stdout.write(json.dumps(masked(config), indent=2) + "\n")
            return 0
        count = config.workers or (1 if config.in_process else core_count())
        claimed = _checked(config, count)
    except ConfigError as error:
        for problem in error.problems:
            sys.stderr.write(f"chat3-user-service: {problem}\n")
        return 2
    with claimed:
        config = msgspec.structs.replace(config, grpc_port=claimed.getsockname()[1])
        if count == 1:
            process.run(config)
        else:
            logs.configure(config.log_format, config.log_level)
            Workers(config, count, process.run).serve()
    return 0


def _checked(config: Config, workers: int) -> socket.socket:
    """Check what the settings name; return the claim on the gRPC port.

    Raises `ConfigError` with all that is wrong.
    """
    with ExitStack() as stack:
        claims: list[socket.socket] = []
        check_all(
            lambda: check_files(config),
            lambda: check_installed(config),
            lambda: check_database(config),
            lambda: claims.append(stack.enter_context(claim(config))),
            lambda: check_ops_ports(config, workers),
        )
        stack.pop_all()
    return claims[0]


if __name__ == "__main__":
    sys.exit(main())
