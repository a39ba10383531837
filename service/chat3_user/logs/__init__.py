"""Logs of the process: one line a call and one an event, as text for people or JSON for machines.

Events are records of the standard library's logging, whose modules each have a logger; calls come
as their records (`FinishedCall`), past that library. Both go to one descriptor, by `Lines`.
"""

import logging
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from chat3_user.finished_call import Observer
from chat3_user.logs.calls import CallLog
from chat3_user.logs.events import OURS, EventHandler
from chat3_user.logs.formats import Event, Format, JsonFormat, TextFormat
from chat3_user.logs.lines import Lines
from chat3_user.logs.settings import LogSettings

__all__ = ["LogSettings", "written"]

_QUIET: Final[Mapping[str, int]] = {
    # Every retry of a request: the end of its call says what came of it.
    "stamina": logging.ERROR,
    # grpclib tells of every client that goes away; aiormq of every loss that the broker supervises.
    "grpclib": logging.ERROR,
    "aiormq": logging.ERROR,
    "aiormq.connection": logging.CRITICAL,
}


@contextmanager
def written(
    settings: LogSettings, worker: int | None = None, descriptor: int | None = None
) -> Iterator[Observer]:
    """Write logs to standard error, or ``descriptor``, within the block; yield what logs calls.

    ``worker`` stands in every line. Below warnings nothing is taken from libraries: some of them
    print headers, API keys too.
    """
    form = _format(settings, worker)
    lines = Lines(_standard_error() if descriptor is None else descriptor, _lost(form))
    handler = EventHandler(lines, form)
    with _logging_by(handler, settings):
        try:
            yield CallLog(settings, lines, form)
        finally:
            lines.close()


@contextmanager
def _logging_by(handler: logging.Handler, settings: LogSettings) -> Iterator[None]:
    """Have the standard library's logging handled by ``handler`` alone within the block."""
    root = logging.getLogger()
    levels: dict[str, int | str] = {root.name: logging.WARNING, **_QUIET}
    levels.update(dict.fromkeys(OURS, settings.level.upper()))
    handlers = root.handlers[:]
    before = {name: logging.getLogger(name).level for name in levels}
    root.handlers[:] = [handler]
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)
    try:
        yield
    finally:
        root.handlers[:] = handlers
        for name, level in before.items():
            logging.getLogger(name).setLevel(level)


def _standard_error() -> int:
    """Return where lines go: where standard error is closed, its number may be a socket's."""
    return os.open(os.devnull, os.O_WRONLY) if sys.stderr is None else sys.stderr.fileno()


def _format(settings: LogSettings, worker: int | None) -> Format:
    return JsonFormat(worker) if settings.format == "json" else TextFormat(worker)


def _lost(form: Format) -> Callable[[int], bytes]:
    """Return what makes the line which says that lines were lost."""

    def line(count: int) -> bytes:
        return form.event(
            Event(time.time(), "warning", __name__, "log lines were lost", {"count": count})
        )

    return line
