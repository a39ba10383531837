"""Latency that the service adds to a direct REST call.

Run ``python bench/latency.py``. The same page of 20 messages is read at several rates, in open
loop, through the service, through the reference and directly from nginx. There are two direct
clients: aiohttp, as a team would write the call, and a raw one, as cheap as the raw gRPC client
beside it, which is the strict floor.
"""

import argparse
import os
import statistics
import tempfile
from collections import defaultdict
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import uvloop
from harness.calls import CALLS
from harness.machine import cores
from harness.open_loop import AiohttpClient, Client, GrpcClient, RawRestClient, run
from harness.results import begin, save
from harness.servers import OURS, REFERENCE, Server, server
from upstream import bodies
from upstream.nginx import nginx

_CALL = CALLS[0]
_PATH = f"/api/users/{bodies.USER}/dialogs/{bodies.DIALOG}/messages?page=1&limit=20"
_AIOHTTP, _RAW = "direct, aiohttp", "direct, raw"
_KEYS = ("answered_per_s", "failures", "p50_ms", "p90_ms", "p99_ms", "max_ms")

Opener = Callable[[], Awaitable[Client]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rates", type=float, nargs="*", default=[100, 200, 400, 800, 1200, 1600])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4.0, help="length of a run")
    parser.add_argument("--save", action=argparse.BooleanOptionalAction, default=True)
    options = parser.parse_args()
    machine = begin()
    server_core, load_core = cores()
    os.sched_setaffinity(0, {load_core})
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = stack.enter_context(nginx(folder))
        targets = {
            name: stack.enter_context(server(name, [server_core], folder, tenant_api=url))
            for name in (OURS, REFERENCE)
        }
        curves = _curves(targets, url, options)
    _tell(curves)
    if options.save:
        setting = {"runs": options.runs, "seconds": options.seconds}
        save("latency", machine, {**setting, "curves": curves})


def _curves(
    targets: dict[str, Server], url: str, options: argparse.Namespace
) -> dict[str, list[dict[str, float]]]:
    openers: dict[str, Opener] = {
        OURS: lambda: GrpcClient.open(targets[OURS].port, _CALL),
        REFERENCE: lambda: GrpcClient.open(targets[REFERENCE].port, _CALL),
        _AIOHTTP: lambda: AiohttpClient.open(url, _PATH),
        _RAW: lambda: RawRestClient.open(url, _PATH),
    }
    for opener in openers.values():
        uvloop.run(_run(opener, 100, 1))
    curves = defaultdict(list)
    for rate in options.rates:
        runs = defaultdict(list)
        for _ in range(options.runs):
            for name, opener in openers.items():
                runs[name].append(uvloop.run(_run(opener, rate, options.seconds)))
        for name, found in runs.items():
            point = {key: statistics.median(one[key] for one in found) for key in _KEYS}
            curves[name].append({"rate": rate, **point})
    return dict(curves)


async def _run(opener: Opener, rate: float, seconds: float) -> dict[str, Any]:
    client = await opener()
    try:
        return await run(client, rate, seconds)
    finally:
        await client.close()


def _tell(curves: dict[str, list[dict[str, float]]]) -> None:
    print("\nlatency of a page of 20 in ms, p50 / p99, open loop")
    print(f"{'calls/s':>8}" + "".join(f"{name:>20}" for name in curves) + f"{'added to raw':>20}")
    for number, point in enumerate(curves[OURS]):
        row = f"{point['rate']:8.0f}"
        for points in curves.values():
            found = points[number]
            failed = "!" if found["failures"] else ""
            row += f"{failed}{found['p50_ms']:.2f} / {found['p99_ms']:.2f}".rjust(20)
        floor = curves[_RAW][number]
        added = [point[key] - floor[key] for key in ("p50_ms", "p99_ms")]
        print(f"{row}{f'{added[0]:.2f} / {added[1]:.2f}':>20}")


if __name__ == "__main__":
    main()
