"""Cold start: from the start of the process to ready, with a real upstream and RabbitMQ.

Run ``python bench/coldstart.py``. Ready means that ``/readyz`` answers 200: the gRPC port listens
and updates flow.
"""

import argparse
import http.client
import os
import statistics
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from harness.broker import rabbitmq
from harness.machine import cores, free_port
from harness.process import pinned
from harness.results import begin, save, summary
from harness.servers import has_workers, service_path
from upstream.nginx import nginx

_TARGET = 1.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--save", action=argparse.BooleanOptionalAction, default=True)
    options = parser.parse_args()
    machine = begin()
    server_core, load_core = cores()
    os.sched_setaffinity(0, {load_core})
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        settings = {
            **service_path(),
            "TENANT_API_URL": stack.enter_context(nginx(folder)),
            "RABBITMQ_URL": stack.enter_context(rabbitmq(folder)).url,
            **({"WORKERS": "1"} if has_workers() else {}),
        }
        found = [_start(settings, server_core, folder) for _ in range(options.runs + 1)][1:]
    print(
        f"\nready after {statistics.median(found):.2f} s ({min(found):.2f} to {max(found):.2f};"
        f" target {_TARGET:.2f}), {options.runs} starts"
    )
    if options.save:
        save("coldstart", machine, {"runs": options.runs, "seconds": summary(found)})


def _start(settings: dict[str, str], core: int, folder: Path) -> float:
    ops = free_port()
    environment = {**settings, "GRPC_PORT": str(free_port()), "OPS_PORT": str(ops)}
    begun = time.perf_counter()
    command = [sys.executable, "-m", "chat3_user"]
    with pinned(command, [core], folder / "coldstart.log", environment):
        while not _ready(ops):
            time.sleep(0.005)
            if time.perf_counter() - begun > 30:
                raise RuntimeError((folder / "coldstart.log").read_text()[-3000:])
        return time.perf_counter() - begun


def _ready(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    main()
