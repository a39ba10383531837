"""The servers that are compared: ours and the reference, started alike."""

import os
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from harness.machine import free_port
from harness.process import Process, pinned

_BENCH = Path(__file__).parents[1]
_DEFAULTS: Mapping[str, str] = {}
OURS, REFERENCE = "ours", "reference"

SERVICE_VARIABLE = "BENCH_SERVICE"
"""Names a folder with another state of the service, to be measured in place of this one."""


@dataclass(frozen=True)
class Server:
    name: str
    port: int
    process: Process


@contextmanager
def server(
    name: str,
    pins: Sequence[int],
    folder: Path,
    *,
    tenant_api: str,
    rabbitmq: str = "",
    workers: int | None = None,
) -> Iterator[Server]:
    """Run a server on the cores ``pins`` within the block, ready when the block begins."""
    if name == OURS:
        run = ours(pins, folder, tenant_api=tenant_api, rabbitmq=rabbitmq, workers=workers)
    else:
        run = reference(pins, folder, tenant_api=tenant_api, rabbitmq=rabbitmq)
    with run as running:
        yield running


@contextmanager
def ours(
    pins: Sequence[int],
    folder: Path,
    *,
    tenant_api: str,
    rabbitmq: str = "",
    workers: int | None = None,
    token_keys: str = "",
    settings: Mapping[str, str] = _DEFAULTS,
    module: str = "chat3_user",
    certificates: Path | None = None,
) -> Iterator[Server]:
    """Run the service with its default settings; without RabbitMQ updates stay in memory.

    ``settings`` come on top of that; ``module`` is what Python runs. ``certificates`` is a folder
    that `tools/make_certs.py` wrote to: with one the service has TLS.
    """
    port, ops = free_port(), free_port()
    settings = {
        **service_path(module),
        "GRPC_PORT": str(port),
        "OPS_PORT": str(ops),
        "TENANT_API_URL": tenant_api,
        "RABBITMQ_URL": rabbitmq,
        "DEMO": "" if rabbitmq else "true",
        "LOG_LEVEL": "warning",
        "TOKEN_KEYS": token_keys,
        **settings,
    }
    if certificates is not None:
        settings["GRPC_TLS_CERT"] = str(certificates / "server.pem")
        settings["GRPC_TLS_KEY"] = str(certificates / "server.key")
    if has_workers():
        settings["WORKERS"] = str(workers or 1)
    command = [sys.executable, "-m", module]
    with pinned(command, pins, folder / f"ours-{port}.log", settings) as process:
        # Worker n answers its operators on the n-th port from the first.
        process.wait_until(lambda: all(is_ready(ops + worker) for worker in range(workers or 1)))
        yield Server(OURS, port, process)


@contextmanager
def reference(
    pins: Sequence[int], folder: Path, *, tenant_api: str, rabbitmq: str = "", loop: str = "asyncio"
) -> Iterator[Server]:
    """Run the reference."""
    port = free_port()
    command = [
        *(sys.executable, "-m", "reference"),
        f"--port={port}",
        f"--tenant-api={tenant_api}",
        f"--rabbitmq={rabbitmq}",
        f"--loop={loop}",
    ]
    environment = {"PYTHONPATH": str(_BENCH)}
    with pinned(command, pins, folder / f"reference-{port}.log", environment) as process:
        process.wait_until(lambda: _listens(port))
        yield Server(REFERENCE, port, process)


def has_workers() -> bool:
    """Return whether the service can run several workers."""
    shown = subprocess.run(
        [sys.executable, "-m", "chat3_user", "--help"],
        env=dict(os.environ) | service_path(),
        capture_output=True,
        text=True,
        check=True,
    )
    return "--workers" in shown.stdout


def service_path(module: str = "") -> dict[str, str]:
    """Return what makes Python take the service from where `SERVICE_VARIABLE` says.

    A ``module`` of the benchmarks is found beside it.
    """
    paths = [os.environ.get(SERVICE_VARIABLE, "")]
    if module.startswith("harness."):
        paths.append(str(_BENCH))
    found = ":".join(path for path in paths if path)
    return {"PYTHONPATH": found} if found else {}


def is_ready(ops_port: int) -> bool:
    """Return whether the service says that it is ready."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{ops_port}/readyz", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
