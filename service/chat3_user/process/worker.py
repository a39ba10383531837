"""One worker process: logs, event loop, service."""

import asyncio
import gc
import logging

import uvloop

from chat3_user import logs
from chat3_user.config import Config
from chat3_user.finished_call import Observer
from chat3_user.health.board import Seat
from chat3_user.process.descriptors import fitted
from chat3_user.process.signals import serve
from chat3_user.process.stacks import write_when_asked

log = logging.getLogger(__name__)


def run(config: Config, seat: Seat) -> None:
    """Serve in this process, as the worker in this ``seat``, until a signal stops it."""
    write_when_asked()
    with logs.written(config.logs, seat.index) as log_call:
        try:
            _serve(fitted(config), seat, log_call)
        except Exception:
            log.exception("the worker failed")
            raise SystemExit(1) from None


def _serve(config: Config, seat: Seat, log_call: Observer) -> None:
    # What is there now stays; calls leave little that counting does not free. The collector looks
    # less often, and not at what was imported.
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 50, 100)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(config, seat, [log_call]))
