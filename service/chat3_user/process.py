"""One worker process: logs, event loop, service."""

import asyncio

import uvloop

from chat3_user import logs
from chat3_user.app import serve
from chat3_user.config import Config


def run(config: Config) -> None:
    """Serve in this process until it is told to end."""
    logs.configure(config.log_format, config.log_level)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(config))
