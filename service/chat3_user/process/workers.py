"""Several worker processes on one port: started, watched, restarted, ended together.

The kernel spreads connections over the workers' listeners (SO_REUSEPORT), also to one that hangs.
Workers share nothing in memory but their signs of life; the parent only watches those.
"""

import logging
import math
import multiprocessing
import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Final

from chat3_user.config import Config, changed
from chat3_user.health.board import Board, Seat
from chat3_user.ops import OpsSettings
from chat3_user.process import stacks
from chat3_user.process.heartbeat import BEAT, Watchdog
from chat3_user.process.silence import Silence

log = logging.getLogger(__name__)

_BACK_OFF: Final = (0.5, 30.0)
_HEALTHY_AFTER: Final = 60.0
_END_MARGIN: Final = 5.0
_LOOK_EVERY: Final = 0.1
_START_TIMEOUT: Final = 120.0
"""Seconds until a new worker has to give its first sign of life."""
_LAST_WORDS: Final = 2.0
"""Seconds in which a stalled worker may say where it hangs, before it is killed."""


def core_count(cgroup: Path = Path("/sys/fs/cgroup")) -> int:
    """Return the number of cores this process may use, a container's quota included."""
    cores = (
        len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    )
    with suppress(OSError, ValueError):
        quota, period = (cgroup / "cpu.max").read_text().split()
        if quota != "max":
            cores = min(cores, math.ceil(int(quota) / int(period)))
    return max(1, cores)


@dataclass(slots=True)
class _Worker:
    index: int
    process: SpawnProcess
    started: float
    silence: Silence
    back_off: float = _BACK_OFF[0]
    restart_at: float | None = None
    kill_at: float | None = None


class Workers:
    """The parent's view: ``run`` is what a worker does, in a process of its own."""

    def __init__(self, config: Config, count: int, run: Callable[[Config, Seat], None]) -> None:
        self._config = changed(config, workers=1)
        self._count = count
        self._run = run
        self._board = Board.shared(count)
        self._watchdog = Watchdog()
        self._beat_at = 0.0
        self._told_to_end = False
        self._told_to_reload = False

    def serve(self) -> None:
        """Run the workers until SIGTERM or SIGINT, then end them."""
        stacks.write_when_asked()
        self._listen_to_signals()
        workers = [self._start(index) for index in range(self._count)]
        try:
            while not self._told_to_end:
                time.sleep(_LOOK_EVERY)
                self._beat()
                workers = [self._watch(worker) for worker in workers]
                if self._told_to_reload:
                    self._told_to_reload = False
                    log.info("SIGHUP ignored: workers watch certificates by themselves")
        finally:
            self._end(workers)

    def _listen_to_signals(self) -> None:
        """Have signals set what the loop reads, and nothing else.

        A handler runs between any two steps of this very thread: a lock that it takes, that of an
        event or of the logs, may be one that the thread holds, and then both wait for ever.
        """

        def end(*_: object) -> None:
            self._told_to_end = True

        def reload(*_: object) -> None:
            self._told_to_reload = True

        signal.signal(signal.SIGTERM, end)
        signal.signal(signal.SIGINT, end)
        signal.signal(signal.SIGHUP, reload)

    def _beat(self) -> None:
        now = time.monotonic()
        if now >= self._beat_at:
            self._beat_at = now + BEAT
            self._watchdog.beat()

    def _start(self, index: int) -> _Worker:
        self._board.clear(index)
        config = replace(self._config, ops=self._ops(index))
        process = multiprocessing.get_context("spawn").Process(
            target=self._run, args=(config, Seat(self._board, index)), name=f"worker-{index}"
        )
        process.start()
        log.info("worker started", extra={"worker": index, "pid": process.pid})
        now = time.monotonic()
        return _Worker(index, process, now, Silence(now))

    def _ops(self, index: int) -> OpsSettings:
        first = self._config.ops.port
        if not first:
            return self._config.ops
        ports = tuple(range(first, first + self._count))
        return replace(self._config.ops, port=ports[index], ports=ports)

    def _watch(self, worker: _Worker) -> _Worker:
        """Return the worker, or its successor once the back-off after its death is over."""
        now = time.monotonic()
        if worker.process.is_alive():
            self._watch_for_stall(worker, now)
            return worker
        if worker.restart_at is None:
            self._board.clear(worker.index)
            self._board.restarted(worker.index, "stalled" if worker.kill_at else "exited")
            healthy = now - worker.started > _HEALTHY_AFTER
            worker.back_off = _BACK_OFF[0] if healthy else worker.back_off
            worker.restart_at = now + worker.back_off
            log.error(
                "worker died",
                extra={
                    "worker": worker.index,
                    "exit_code": worker.process.exitcode,
                    "restart_in_s": worker.back_off,
                },
            )
        if now < worker.restart_at:
            return worker
        successor = self._start(worker.index)
        successor.back_off = min(_BACK_OFF[1], worker.back_off * 2)
        return successor

    def _watch_for_stall(self, worker: _Worker, now: float) -> None:
        """Kill a worker that has given no sign of life for too long; it may say where it is."""
        if worker.kill_at is not None:
            if now >= worker.kill_at:
                worker.process.kill()
            return
        beat = self._board.last_beat(worker.index)
        silent = worker.silence.look(beat, now)
        limit = _START_TIMEOUT if beat is None else self._config.server.worker_stall_timeout
        if silent < limit:
            return
        log.error(
            "worker stalled",
            extra={
                "worker": worker.index,
                "pid": worker.process.pid,
                "silent_for_s": round(silent, 1),
            },
        )
        worker.kill_at = now + _LAST_WORDS
        if worker.process.pid is not None:
            with suppress(ProcessLookupError):
                os.kill(worker.process.pid, stacks.ASK)

    def _end(self, workers: list[_Worker]) -> None:
        log.info("ending the workers", extra={"workers": len(workers)})
        for worker in workers:
            with suppress(ValueError, ProcessLookupError):
                worker.process.terminate()
        times = self._config.server
        patience = times.shutdown_delay + times.shutdown_grace + _END_MARGIN
        deadline = time.monotonic() + patience
        for worker in workers:
            worker.process.join(max(0.0, deadline - time.monotonic()))
            if worker.process.is_alive():
                log.warning("worker killed: it did not end", extra={"worker": worker.index})
                worker.process.kill()
                worker.process.join()
