"""What a second worker brings, on two cores that the load shares.

Run ``python bench/workers.py``. Two workers share the cores with nginx and h2load, so calls per
second would tell of the load as much as of them. Counted is the CPU of a call with one worker and
with two, and how evenly the kernel gave connections to the two. Had they two cores for themselves,
they would answer so many more calls: the busier worker sets the limit.
"""

import argparse
import os
import statistics
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from harness.broker import rabbitmq
from harness.calls import CALLS
from harness.load import h2load
from harness.machine import cores
from harness.results import begin, save, summary
from harness.servers import ours
from upstream.nginx import nginx

_CALL = CALLS[0]

_CONNECTIONS = 1024
"""The kernel spreads connections by a hash: of 64, chance alone gives one worker a tenth more."""

_STREAMS = 1
"""Calls in flight on each connection: so many connections keep two workers busy with one each."""


@dataclass(frozen=True)
class Cost:
    """What a call costs, and which share of all the busiest worker bore."""

    cpu_us: float
    busiest: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=5.0, help="length of a run")
    parser.add_argument("--save", action=argparse.BooleanOptionalAction, default=True)
    options = parser.parse_args()
    machine = begin()
    both = cores()
    ratios, shares = [], []
    with tempfile.TemporaryDirectory() as folder, rabbitmq(Path(folder)) as broker:
        for _ in range(options.runs):
            one = _measure(1, both, options.seconds, broker.url)
            two = _measure(2, both, options.seconds, broker.url)
            ratios.append(one.cpu_us / two.cpu_us)
            shares.append(two.busiest)
    scales = [ratio / share for ratio, share in zip(ratios, shares, strict=True)]
    print(
        f"\n2 workers answer {statistics.median(scales):.2f} times what 1 answers (target 1.80):"
        f" a call costs 1 / {statistics.median(ratios):.2f}, the busier one has"
        f" {statistics.median(shares):.0%} of them; runs "
        + " ".join(f"{scale:.2f}" for scale in scales)
    )
    if options.save:
        figures = {
            "connections": _CONNECTIONS,
            "cpu_one_to_two": summary(ratios),
            "busier_share": summary(shares),
            "two_to_one": summary(scales),
        }
        setting = {"runs": options.runs, "seconds": options.seconds}
        save("workers", machine, {**setting, **figures})


def _measure(workers: int, both: tuple[int, int], seconds: float, broker: str) -> Cost:
    """One worker has a core for itself; two have one each, and the load has both."""
    server_core, load_core = both
    pins = [server_core] if workers == 1 else [server_core, load_core]
    os.sched_setaffinity(0, {load_core} if workers == 1 else set(both))
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = stack.enter_context(nginx(folder))
        target = stack.enter_context(
            ours(pins, folder, tenant_api=url, rabbitmq=broker, workers=workers)
        )
        load = partial(
            h2load, target.port, _CALL, folder=folder, connections=_CONNECTIONS, streams=_STREAMS
        )
        warm = load(count=2048)
        count = int(warm.count / warm.seconds * seconds)
        before = target.process.cpu_by_process()
        load(count=count)
        after = target.process.cpu_by_process()
    used = [after[pid] - before.get(pid, 0.0) for pid in after]
    return Cost(sum(used) / count * 1e6, max(used) / sum(used))


if __name__ == "__main__":
    main()
