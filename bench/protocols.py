"""CPU per unary call and per delivered update, for each way to call the service, in one run.

Run ``python bench/protocols.py`` or ``make bench-protocols``. The calls are those of `unary.py`,
the updates those of `streams.py`; the server is the service alone, and the ways take turns.
"""

import argparse
import os
import statistics
import tempfile
from collections import defaultdict
from contextlib import ExitStack
from pathlib import Path

from harness.broker import rabbitmq
from harness.calls import CALLS
from harness.load import h2load
from harness.machine import cores
from harness.results import begin, save, summary
from harness.servers import OURS, Server, server
from harness.subscribers import subscribers
from harness.ways import GRPC, WAYS, Way
from streams import Bench
from upstream.nginx import nginx

_CALLS = {call.name: call for call in CALLS if call.name in ("typing", "page-20")}
_DELIVERY = "delivery"
_WARM_UP = 400


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3.0, help="length of a run")
    parser.add_argument("--users", type=int, default=100)
    parser.add_argument("--streams", type=int, default=2, help="streams of each user")
    parser.add_argument("--save", action=argparse.BooleanOptionalAction, default=True)
    options = parser.parse_args()
    machine = begin()
    server_core, load_core = cores()
    os.sched_setaffinity(0, {load_core})
    costs: dict[tuple[str, str], list[float]] = defaultdict(list)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = stack.enter_context(nginx(folder))
        broker = stack.enter_context(rabbitmq(folder / "broker"))
        target = stack.enter_context(
            server(OURS, [server_core], folder, tenant_api=url, rabbitmq=broker.url)
        )
        for run in range(options.runs + 1):
            for way in WAYS:
                found = {
                    **{name: _unary(target, name, way, options, folder) for name in _CALLS},
                    _DELIVERY: _delivery(target, way, broker.url, options),
                }
                # The first round warms up.
                for name, cost in found.items() if run else ():
                    costs[way.name, name].append(cost)
    figures = {
        way.name: {
            name: {
                **summary(costs[way.name, name]),
                "ratio": _ratio(costs[way.name, name], costs[GRPC.name, name]),
            }
            for name in (*_CALLS, _DELIVERY)
        }
        for way in WAYS
    }
    for name in (*_CALLS, _DELIVERY):
        print(f"\n{name}: CPU in µs, and its ratio to gRPC's")
        for way in WAYS:
            found = figures[way.name][name]
            print(f"{way.name:26}{found['median']:8.0f}{found['ratio']:8.2f}")
    if options.save:
        save("protocols", machine, {"runs": options.runs, "cpu_us": figures})


def _ratio(costs: list[float], grpc: list[float]) -> float:
    pairs = zip(costs, grpc, strict=True)
    return round(statistics.median(cost / base for cost, base in pairs), 2)


def _unary(target: Server, name: str, way: Way, options: argparse.Namespace, folder: Path) -> float:
    call = _CALLS[name]
    warm = h2load(target.port, call, _WARM_UP, folder, way=way)
    count = max(_WARM_UP, int(warm.count / warm.seconds * options.seconds))
    before = target.process.cpu_seconds()
    h2load(target.port, call, count, folder, way=way)
    return (target.process.cpu_seconds() - before) / count * 1e6


def _delivery(target: Server, way: Way, broker: str, options: argparse.Namespace) -> float:
    with subscribers(target.port, options.users, options.streams, way) as load:
        bench = Bench(target, load, broker, options)
        warm = bench.flood(options.users * 5)
        wanted = warm.deliveries_per_second * options.seconds / options.streams
        return bench.flood(int(wanted)).cpu_us


if __name__ == "__main__":
    main()
