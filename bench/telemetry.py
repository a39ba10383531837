"""What telemetry costs: CPU per call of the service as it is, and with more told to operators.

Run ``python bench/telemetry.py``. The ways of running take turns, run by run, so that all see the
same machine; nginx answers with recorded bodies, as for `unary.py`. Logs go to a file.
"""

import argparse
import os
import statistics
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from harness.calls import CALLS
from harness.machine import cores
from harness.results import begin, save, summary
from harness.servers import ours
from unary import Measurement
from upstream.nginx import nginx

WAYS: Final = {
    "quiet": {},
    "calls as text": {"LOG_LEVEL": "info"},
    "calls as JSON": {"LOG_LEVEL": "info", "LOG_FORMAT": "json"},
}
"""Settings by variable; the first way is what the others are compared with."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=5.0, help="length of a run")
    parser.add_argument("--calls", nargs="*", default=["page-20"])
    parser.add_argument("--save", action=argparse.BooleanOptionalAction, default=True)
    options = parser.parse_args()
    machine = begin()
    server_core, load_core = cores()
    os.sched_setaffinity(0, {load_core})
    figures = {}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = stack.enter_context(nginx(folder))
        servers = {
            way: stack.enter_context(ours([server_core], folder, tenant_api=url, **settings))
            for way, settings in WAYS.items()
        }
        for call in CALLS:
            if call.name not in options.calls:
                continue
            measured = {
                way: Measurement(server, call, options.seconds, folder)
                for way, server in servers.items()
            }
            costs: dict[str, list[float]] = {way: [] for way in WAYS}
            for _ in range(options.runs):
                for way, measurement in measured.items():
                    costs[way].append(measurement.run())
            figures[call.name] = _shown(call.name, costs)
    if options.save:
        save("telemetry", machine, {"runs": options.runs, "seconds": options.seconds, **figures})


def _shown(call: str, costs: dict[str, list[float]]) -> dict[str, object]:
    """Print the costs of a call by way; return them, with what each way adds in percent."""
    first = next(iter(WAYS))
    print(f"\n{call}: CPU per call in µs, and what is added to {first}, run by run")
    figures: dict[str, object] = {}
    for way, values in costs.items():
        added = [100 * (value / base - 1) for value, base in zip(values, costs[first], strict=True)]
        cpu, share = statistics.median(values), statistics.median(added)
        shown = " ".join(f"{value:+.1f}" for value in added)
        print(f"{way:16}{cpu:8.0f} µs{share:+7.1f} %   {shown}", flush=True)
        figures[way] = {"cpu": summary(values), "added_percent": summary(added)}
    return figures


if __name__ == "__main__":
    main()
