"""What an entry of the updates log costs a worker that reads it for a client that comes back.

Run ``python bench/log_read.py`` or ``make bench-log-read``. A client opens a stream and leaves;
updates are published for users that nobody listens to; the client comes back to a new worker with
its token. What that costs beside coming back to nothing missed is the reading.
"""

import argparse
import asyncio
import resource
import tempfile
from contextlib import ExitStack
from pathlib import Path

import uvloop
from harness.broker import rabbitmq
from harness.process import cpu_of
from harness.results import begin, save, summary
from harness.servers import service_path
from streams_memory import ENTRIES_READ, open_streams, open_worker, publish_missed
from upstream.nginx import nginx


async def _measure(
    options: argparse.Namespace, folder: Path, url: str, broker: str
) -> tuple[float, float]:
    """Return of one run the microseconds of CPU for an entry, and the entries of a second."""
    service = service_path().get("PYTHONPATH", "")
    with open_worker(folder, url, broker, service) as first:
        connections, streams, _ = await open_streams(first.port, ["user-0"], {})
        await asyncio.sleep(6)  # a watermark is taken meanwhile
        token = streams[0].token
        for connection in connections:
            connection.close()
    with open_worker(folder, url, broker, service) as second:
        await publish_missed(broker, [f"stranger-{n}" for n in range(1000)], options.missed)
        # All that was published has come by when a fresh stream is established.
        connections, _, _ = await open_streams(second.port, ["user-1"], {})
        spent, read = cpu_of(second.pid), second.metric(ENTRIES_READ)
        more, _, seconds = await open_streams(second.port, ["user-0"], {"user-0": token})
        cost = cpu_of(second.pid) - spent
        entries = second.metric(ENTRIES_READ) - read
        for connection in (*connections, *more):
            connection.close()
    print(f"{entries:.0f} entries in {seconds:.1f} s, {cost / entries * 1e6:.1f} µs of CPU each")
    return cost / entries * 1e6, entries / seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--missed", type=int, default=50_000, help="updates published in between")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--save", action=argparse.BooleanOptionalAction, default=True)
    options = parser.parse_args()
    machine = begin()
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    runs = []
    for run in range(options.runs):
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            url = stack.enter_context(nginx(folder))
            broker = stack.enter_context(rabbitmq(folder / f"broker-{run}"))
            runs.append(uvloop.run(_measure(options, folder, url, broker.url)))
    if options.save:
        save(
            "log_read",
            machine,
            {
                "runs": options.runs,
                "entries": options.missed,
                "cpu_us": summary([cost for cost, _ in runs]),
                "entries_per_s": summary([rate for _, rate in runs]),
            },
        )


if __name__ == "__main__":
    main()
