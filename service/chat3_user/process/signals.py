"""One worker until a signal stops it: signals set what the loop reads."""

import asyncio
import logging
import multiprocessing
import signal
from collections.abc import Sequence

from chat3_user.app import Running, running
from chat3_user.config import Config
from chat3_user.finished_call import Observer
from chat3_user.health.board import Seat
from chat3_user.process.heartbeat import Watchdog, beating
from chat3_user.process.loop_failures import report
from chat3_user.telemetry import opened

log = logging.getLogger(__name__)


async def serve(config: Config, seat: Seat, observers: Sequence[Observer] = ()) -> None:
    """Run the service in its ``seat`` until a signal, or the end of the process that watches it.

    The signals are SIGTERM and SIGINT; ``observers`` get the record of each call.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(report)
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    parent = multiprocessing.parent_process()
    if parent is not None:
        loop.add_reader(parent.sentinel, stop.set)
    # By default SIGHUP would end the process, without a word to anybody.
    loop.add_signal_handler(signal.SIGHUP, _nothing_to_reload)
    async with (
        beating(seat, Watchdog()),
        opened() as tracing,
        running(config, observers, tracing, seat) as service,
    ):
        if service.tls is not None:
            loop.add_signal_handler(signal.SIGHUP, service.tls.reload)
        await stop.wait()
        await _step_back(service, config)


async def _step_back(service: Running, config: Config) -> None:
    """Stop being ready, and go on taking connections until balancers have noticed."""
    service.health.step_back()
    if not config.in_process:
        log.info("stepping back", extra={"seconds": config.server.shutdown_delay})
        await asyncio.sleep(config.server.shutdown_delay)


def _nothing_to_reload() -> None:
    log.info("SIGHUP ignored: there are no certificates to reload")
