"""A process of a benchmark: pinned to its cores, its CPU time read from its own accounting."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from harness.machine import program

_TICKS = os.sysconf("SC_CLK_TCK")


class Process:
    """A running process and those it started."""

    def __init__(self, popen: "subprocess.Popen[bytes]", log: Path) -> None:
        self._popen = popen
        self._log = log

    @property
    def pid(self) -> int:
        return self._popen.pid

    def family(self) -> list[int]:
        """Return the process id and those of its descendants."""
        found = [self.pid]
        for pid in found:
            for task in Path(f"/proc/{pid}/task").glob("*/children"):
                found += [int(child) for child in task.read_text().split()]
        return found

    def cpu_seconds(self) -> float:
        """Return user and system time, of descendants too."""
        return sum(self.cpu_by_process().values())

    def cpu_by_process(self) -> dict[int, float]:
        """Return user and system time by process id."""
        return {pid: cpu_of(pid) for pid in self.family()}

    def wait_until(self, ready: Callable[[], bool], seconds: float = 120.0) -> None:
        """Wait until the process is ``ready``; raises with its output when it is not."""
        deadline = time.monotonic() + seconds
        while not ready():
            if self._popen.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(self._log.read_text()[-3000:] or "the process is not ready")
            time.sleep(0.02)

    def stop(self) -> None:
        self._popen.send_signal(signal.SIGTERM)
        try:
            self._popen.wait(15)
        except subprocess.TimeoutExpired:
            self._popen.kill()
            self._popen.wait(5)


def cpu_of(pid: int) -> float:
    """Return the user and system time of one process, from its ``stat``."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


@contextmanager
def pinned(
    command: Sequence[str], pins: Sequence[int], log: Path, environment: Mapping[str, str]
) -> Iterator[Process]:
    """Run ``command`` on the cores ``pins`` within the block."""
    with log.open("wb") as output:
        popen = subprocess.Popen(
            [program("taskset"), "-c", ",".join(map(str, pins)), *command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={"PATH": os.environ["PATH"], "HOME": str(log.parent), **environment},
        )
    process = Process(popen, log)
    try:
        yield process
    finally:
        process.stop()
