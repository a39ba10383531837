"""What metrics, the call log and traces cost: CPU of a page of 20 and of a delivered update.

Run ``python bench/telemetry.py`` or ``make bench-telemetry``. The same service runs several times
side by side: silent (metrics that count nothing, no call log, no traces), with metrics, with the
call log as well (a JSON line a call, written to a file), and with traces as well, exported by OTLP
to a receiver on this machine, at the ratio that ``docs/tracing.md`` recommends and at 1. Rounds
take turns on all of them, and each is compared with the silent one of its round.
"""

import argparse
import os
import statistics
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.broker import rabbitmq
from harness.calls import CALLS
from harness.collector import collector, received
from harness.machine import cores
from harness.results import begin, save, summary
from harness.servers import Server, ours
from harness.subscribers import subscribers
from streams import Bench as FanOut
from unary import Measurement
from upstream.nginx import nginx

RECOMMENDED = 0.01
"""The share of traces that `docs/tracing.md` recommends to sample."""

_TARGET = 1.10
_SILENT = "silent"


@dataclass(frozen=True)
class Variant:
    """One way to run the service; ``sampled`` is the share of traces, nothing for none."""

    name: str
    environment: Mapping[str, str] = field(default_factory=dict)
    module: str = "chat3_user"
    sampled: float | None = None

    def settings(self, collector_port: int) -> dict[str, str]:
        """Return the environment of the service."""
        if self.sampled is None:
            return dict(self.environment)
        return {
            **self.environment,
            "OTEL_TRACES_EXPORTER": "otlp",
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{collector_port}",
            "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
            "OTEL_TRACES_SAMPLER": "parentbased_traceidratio",
            "OTEL_TRACES_SAMPLER_ARG": str(self.sampled),
        }


_LOGGED = {"LOG_LEVEL": "info", "LOG_FORMAT": "json"}
VARIANTS = (
    Variant(_SILENT, module="harness.silent"),
    Variant("metrics"),
    Variant("metrics, log", _LOGGED),
    Variant(f"all, traces at {RECOMMENDED:g}", _LOGGED, sampled=RECOMMENDED),
    Variant("all, traces at 1", _LOGGED, sampled=1.0),
)


@contextmanager
def _pages(
    variant: Variant, core: int, collector_port: int, url: str, folder: Path, options: Any
) -> Iterator[Callable[[], float]]:
    """Return what measures a round of pages of 20."""
    call = next(call for call in CALLS if call.name == "page-20")
    with _running(variant, core, collector_port, folder, tenant_api=url) as server:
        yield Measurement(server, call, options.seconds, folder).run


@contextmanager
def _fan_out(
    variant: Variant, core: int, collector_port: int, url: str, folder: Path, options: Any
) -> Iterator[Callable[[], float]]:
    """Return what measures a round of updates at saturation."""
    with ExitStack() as stack:
        broker = stack.enter_context(rabbitmq(folder / variant.name.replace(" ", "-")))
        server = stack.enter_context(
            _running(variant, core, collector_port, folder, tenant_api=url, rabbitmq=broker.url)
        )
        load = stack.enter_context(subscribers(server.port, options.users, options.streams))
        bench = FanOut(server, load, broker.url, options)
        warm = bench.flood(options.users * 5)
        updates = int(warm.deliveries_per_second * options.seconds / options.streams)
        yield lambda: bench.flood(updates).cpu_us


@contextmanager
def _running(
    variant: Variant, core: int, collector_port: int, folder: Path, **where: str
) -> Iterator[Server]:
    settings = variant.settings(collector_port)
    with ours([core], folder, settings=settings, module=variant.module, **where) as server:
        yield server


def _compare(
    what: str, make: Callable[..., Any], folder: Path, options: Any, server_core: int, load: int
) -> dict[str, Any]:
    """Run rounds on all variants by turns; return and print what each costs."""
    variants = [each for each in VARIANTS if each.name in {_SILENT, *options.variants}]
    costs: dict[str, list[float]] = {variant.name: [] for variant in variants}
    exported: dict[str, int] = {}
    with ExitStack() as stack:
        url = stack.enter_context(nginx(folder / what))
        rounds, ports = {}, {}
        for number, variant in enumerate(variants):
            place = folder / what / str(number)
            place.mkdir(parents=True)
            port = 0
            if variant.sampled is not None:
                port = ports[variant.name] = stack.enter_context(collector(load, place))
            rounds[variant.name] = stack.enter_context(
                make(variant, server_core, port, url, place, options)
            )
        for _ in range(options.runs):
            for name, measure in rounds.items():
                costs[name].append(measure())
        for name, port in ports.items():
            exported[name] = (received(port) or {}).get("bytes", 0)
    print(
        f"\n{what}, µs of CPU: median, least, and both as ratios to {_SILENT} (target {_TARGET:g});"
        " then the ratios of each round"
    )
    found: dict[str, Any] = {}
    for name, values in costs.items():
        ratios = [value / silent for value, silent in zip(values, costs[_SILENT], strict=True)]
        # Other work on the machine only ever adds: where there is some, the least tells more.
        least = min(values) / min(costs[_SILENT])
        shown = " ".join(f"{ratio:.2f}" for ratio in ratios)
        sent = f"   {exported[name] / 1e6:.1f} MB of spans" if name in exported else ""
        print(
            f"{name:24}{statistics.median(values):8.1f}{min(values):8.1f}"
            f"{statistics.median(ratios):7.2f}{least:7.2f}   {shown}{sent}",
            flush=True,
        )
        found[name] = {"cpu_us": summary(values), "ratio": summary(ratios)}
        found[name]["ratio_of_least"] = round(least, 2)
        if name in exported:
            found[name]["exported_bytes"] = exported[name]
            if not exported[name]:
                raise RuntimeError(f"{name}: no span was exported")
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, default=100)
    parser.add_argument("--streams", type=int, default=2, help="streams of each user")
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=4.0, help="length of a round")
    names = [variant.name for variant in VARIANTS]
    parser.add_argument("--variants", nargs="*", default=names, help="beside the silent one")
    parser.add_argument("--save", action=argparse.BooleanOptionalAction, default=True)
    options = parser.parse_args()
    machine = begin()
    server_core, load_core = cores()
    os.sched_setaffinity(0, {load_core})
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        figures = {
            what: _compare(what, make, folder, options, server_core, load_core)
            for what, make in (("page-20", _pages), ("fan-out", _fan_out))
        }
    if options.save:
        setting = {"runs": options.runs, "seconds": options.seconds}
        save("telemetry", machine, {**setting, **figures})


if __name__ == "__main__":
    main()
