"""Fan-out of updates: CPU per delivery at saturation, latency at half of it.

Run ``python bench/streams.py``. 100 users with 2 streams each, a connection for each stream; real
RabbitMQ; recorded message updates of about 1 kB. At saturation more is published than can be
delivered, be it that the server's core is full or the load's, on which the broker runs too; the
server's CPU is counted until the last delivery has arrived. Then updates are published by a
schedule, at half of the rate that saturation gave, and latency counts from when each was due.
Rounds at saturation take turns on the service and on the reference; for latency each runs alone.
"""

import argparse
import os
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvloop
from harness.broker import rabbitmq
from harness.machine import cores
from harness.publisher import publisher
from harness.results import begin, save, summary
from harness.servers import OURS, REFERENCE, Server, server
from harness.subscribers import Subscribers, subscribers
from upstream.nginx import nginx


@dataclass(frozen=True)
class Flood:
    """What one round at saturation gave; ``busy`` is the share of its core that the server used."""

    cpu_us: float
    deliveries_per_second: float
    busy: float


class Bench:
    """One server with its subscribers."""

    def __init__(self, target: Server, load: Subscribers, url: str, options: Any) -> None:
        self._target = target
        self._load = load
        self._url = url
        self._users = options.users
        self._streams = options.streams

    def flood(self, updates: int) -> Flood:
        """Publish ``updates`` as fast as it goes."""
        deliveries = updates * self._streams
        self._load.expect(deliveries, 120)
        before, begun = self._target.process.cpu_seconds(), time.monotonic()
        uvloop.run(self._published(updates))
        seconds = self._load.report()["at"] - begun
        cpu = self._target.process.cpu_seconds() - before
        return Flood(cpu / deliveries * 1e6, deliveries / seconds, cpu / seconds)

    def paced(self, rate: float, seconds: float) -> dict[str, Any]:
        """Publish ``rate`` updates a second by schedule; return latencies."""
        self._load.expect(int(rate * seconds) * self._streams, seconds + 60)
        before = self._target.process.cpu_seconds()
        late = uvloop.run(self._published(rate, seconds))
        found = self._load.report()
        cpu = self._target.process.cpu_seconds() - before
        return {
            **found,
            "busy": round(cpu / seconds, 3),
            "deliveries_per_s": rate * self._streams,
            "publisher_late_ms": round(late * 1e3, 1),
        }

    async def _published(self, amount: float, seconds: float | None = None) -> float:
        async with publisher(self._url, self._users) as made:
            if seconds is not None:
                return await made.paced(amount, seconds)
            await made.flood(int(amount))
            return 0.0


@contextmanager
def benches(names: list[str], core: int, options: Any) -> Iterator[dict[str, Bench]]:
    """Run the named servers within the block, each with a broker and subscribers of its own."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = stack.enter_context(nginx(folder))
        made = {}
        for name in names:
            broker = stack.enter_context(rabbitmq(folder / name))
            target = stack.enter_context(
                server(name, [core], folder, tenant_api=url, rabbitmq=broker.url)
            )
            load = stack.enter_context(subscribers(target.port, options.users, options.streams))
            made[name] = Bench(target, load, broker.url, options)
        yield made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, default=100)
    parser.add_argument("--streams", type=int, default=2, help="streams of each user")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=10.0, help="length of a round")
    parser.add_argument("--servers", nargs="*", default=[OURS, REFERENCE])
    parser.add_argument("--save", action=argparse.BooleanOptionalAction, default=True)
    options = parser.parse_args()
    machine = begin()
    server_core, load_core = cores()
    os.sched_setaffinity(0, {load_core})
    rounds: dict[str, list[Flood]] = defaultdict(list)
    with benches(options.servers, server_core, options) as made:
        warm = {name: bench.flood(options.users * 5) for name, bench in made.items()}
        for _ in range(options.runs):
            for name, bench in made.items():
                wanted = warm[name].deliveries_per_second * options.seconds / options.streams
                rounds[name].append(bench.flood(int(wanted)))
    results: dict[str, Any] = {}
    for name in options.servers:
        # Alone: what a broker has left to do after a flood would show in the other one's latency.
        with benches([name], server_core, options) as made:
            bench = made[name]
            bench.flood(options.users * 20)
            saturation = statistics.median(r.deliveries_per_second for r in rounds[name])
            rate = saturation / 2 / options.streams
            paced = [bench.paced(rate, options.seconds) for _ in range(max(1, options.runs // 2))]
        results[name] = _tell(name, rounds[name], paced)
    if len(results) == 2:
        ratios = [
            ours.cpu_us / rival.cpu_us
            for ours, rival in zip(rounds[OURS], rounds[REFERENCE], strict=True)
        ]
        print(f"CPU per delivery, ours to reference: {statistics.median(ratios):.2f} (target 0.30)")
        results["ratio"] = summary(ratios)
    if options.save:
        setting = {"users": options.users, "streams": options.streams, "runs": options.runs}
        save("streams", machine, {**setting, "seconds": options.seconds, **results})


def _tell(name: str, rounds: list[Flood], paced: list[dict[str, Any]]) -> dict[str, Any]:
    cpu = summary([round_.cpu_us for round_ in rounds])
    rate = summary([round_.deliveries_per_second for round_ in rounds])
    busy = summary([round_.busy for round_ in rounds])
    half = {
        key: statistics.median(run[key] for run in paced)
        for key in (
            "deliveries_per_s",
            "busy",
            "publisher_late_ms",
            "p50_ms",
            "p90_ms",
            "p99_ms",
            "p999_ms",
            "max_ms",
        )
    }
    print(
        f"\n{name}: {cpu['median']:.0f} µs of CPU per delivery ({cpu['least']:.0f} to"
        f" {cpu['most']:.0f}); saturation {rate['median']:.0f} deliveries/s, core"
        f" {busy['median']:.0%} busy"
        f"\n  at {half['deliveries_per_s']:.0f}/s (core {half['busy']:.0%} busy): p50"
        f" {half['p50_ms']:.1f} ms, p99 {half['p99_ms']:.1f} ms, max {half['max_ms']:.1f} ms;"
        f" the publisher itself was up to {half['publisher_late_ms']:.1f} ms late"
    )
    return {"cpu_us": cpu, "deliveries_per_s": rate, "busy": busy, "at_half": half, "paced": paced}


if __name__ == "__main__":
    main()
