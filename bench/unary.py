"""CPU per unary call, of the service and of the reference, from interleaved runs.

Run ``python bench/unary.py``. nginx answers with recorded bodies; the server has a core of its own,
nginx and the load share the other. The server's CPU comes from its own accounting over the counted
calls. Every run of one server is followed by one of the other, so that both see the same machine.
"""

import argparse
import os
import statistics
import tempfile
from collections import defaultdict
from contextlib import ExitStack
from pathlib import Path

from harness.calls import CALLS, MeasuredCall
from harness.load import closed_loop, h2load
from harness.machine import cores
from harness.results import begin, save, summary
from harness.servers import OURS, REFERENCE, Server, server
from upstream.nginx import nginx

_WARM_UP = 400


class Measurement:
    """Runs of one call on one server."""

    def __init__(self, target: Server, call: MeasuredCall, seconds: float, folder: Path) -> None:
        self._target = target
        self._call = call
        self._folder = folder
        self._sent = 0
        warm = self._load(_WARM_UP)
        self._count = max(200, int(warm * seconds))

    def run(self) -> float:
        """Return the CPU of a call, in microseconds, over one run."""
        before = self._target.process.cpu_seconds()
        self._load(self._count)
        return (self._target.process.cpu_seconds() - before) / self._count * 1e6

    def _load(self, count: int) -> float:
        if self._call.varies:
            loaded = closed_loop(self._target.port, self._call, count, self._sent)
        else:
            loaded = h2load(self._target.port, self._call, count, self._folder)
        self._sent += count
        return loaded.count / loaded.seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=5.0, help="length of a run")
    parser.add_argument("--calls", nargs="*", default=[call.name for call in CALLS])
    parser.add_argument("--save", action=argparse.BooleanOptionalAction, default=True)
    options = parser.parse_args()
    machine = begin()
    server_core, load_core = cores()
    os.sched_setaffinity(0, {load_core})
    figures = {}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = stack.enter_context(nginx(folder))
        targets = [
            stack.enter_context(server(name, [server_core], folder, tenant_api=url))
            for name in (OURS, REFERENCE)
        ]
        print(f"\nCPU per call, {options.runs} interleaved runs of {options.seconds:g} s, in µs")
        print(f"{'call':18}{'ours':>9}{'reference':>11}{'ratio':>8}{'target':>8}   ratios of runs")
        for call in CALLS:
            if call.name in options.calls:
                figures[call.name] = _compare(targets, call, options, folder)
    if options.save:
        save("unary", machine, {"runs": options.runs, "seconds": options.seconds, "cpu": figures})


def _compare(
    targets: list[Server], call: MeasuredCall, options: argparse.Namespace, folder: Path
) -> dict[str, object]:
    measurements = {
        target.name: Measurement(target, call, options.seconds, folder) for target in targets
    }
    costs: dict[str, list[float]] = defaultdict(list)
    for _ in range(options.runs):
        for name, measurement in measurements.items():
            costs[name].append(measurement.run())
    ratios = [ours / rival for ours, rival in zip(costs[OURS], costs[REFERENCE], strict=True)]
    ratio = statistics.median(ratios)
    ours, rival = (statistics.median(costs[name]) for name in (OURS, REFERENCE))
    target = f"{call.target:.2f}" if call.target else "-"
    shown = " ".join(f"{value:.2f}" for value in ratios)
    print(f"{call.name:18}{ours:9.0f}{rival:11.0f}{ratio:8.2f}{target:>8}   {shown}", flush=True)
    return {
        **{name: summary(values) for name, values in costs.items()},
        "ratio": summary(ratios),
        "target": call.target,
    }


if __name__ == "__main__":
    main()
