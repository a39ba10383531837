"""The process: settings, logs, event loop."""

import asyncio
import json
import sys
from collections.abc import Sequence

import uvloop

from chat3_user import logs
from chat3_user.app import serve
from chat3_user.config import ConfigError, masked, parse


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the service; 2 is returned for settings that break a rule."""
    try:
        config, print_only = parse(arguments)
    except ConfigError as error:
        sys.stderr.write(f"chat3-user-service: {error}\n")
        return 2
    if print_only:
        sys.stdout.write(json.dumps(masked(config), indent=2) + "\n")
        return 0
    logs.configure(config.log_format, config.log_level)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(config))
    return 0


if __name__ == "__main__":
    sys.exit(main())
