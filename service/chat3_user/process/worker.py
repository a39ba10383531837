"""One worker process: logs, event loop, service."""

import asyncio
import gc

import uvloop

from chat3_user import logs
from chat3_user.config import Config
from chat3_user.process.descriptors import fitted
from chat3_user.process.signals import serve


def run(config: Config) -> None:
    """Serve in this process until it is told to end."""
    logs.configure(config.logs)
    config = fitted(config)
    # What is there now stays; calls leave little that counting does not free. The collector looks
    # less often, and not at what was imported.
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 50, 100)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(config))
