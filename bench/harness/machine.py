"""The machine: its cores, its programs, and the versions that a figure belongs to."""

import os
import platform
import random
import shutil
import socket
import subprocess
import sysconfig
from contextlib import suppress
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

_PACKAGES = (
    "grpclib",
    "ngh2",
    "betterproto2",
    "aiohttp",
    "aiormq",
    "msgspec",
    "uvloop",
    "grpcio",
    "protobuf",
    "aio-pika",
)


def cores() -> tuple[int, int]:
    """Return the server's core and the core of everything else."""
    usable = sorted(os.sched_getaffinity(0))
    if len(usable) < 2:
        raise SystemExit("two cores are needed: one for the server, one for the load")
    return usable[0], usable[1]


_PORTS = range(15_000, 32_000)
"""Below those the kernel gives to outgoing connections: nothing takes one before its server."""


def free_port() -> int:
    """Return a port nobody listens on now."""
    while True:
        port = random.choice(_PORTS)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


def program(name: str) -> str:
    """Return the path of a program; Debian has servers where users do not look."""
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if found is None:
        raise SystemExit(f"{name} is missing: run tools/setup.sh bench")
    return found


def description() -> dict[str, Any]:
    """Return what a figure depends on besides the code."""
    return {
        "taken": datetime.now(UTC).isoformat(timespec="seconds"),
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "python_built_with": sysconfig.get_config_var("CONFIG_ARGS"),
        "load_average": os.getloadavg()[0],
        "packages": {name: metadata.version(name) for name in _PACKAGES},
        "programs": {"nginx": _version("nginx", "-v"), "h2load": _version("h2load", "--version")},
    }


def print_description(described: dict[str, Any]) -> None:
    """Print `description`."""
    print(
        f"{described['processor']}, {described['cores']} cores, Linux {described['kernel']},"
        f" Python {described['python']}, load {described['load_average']:.1f}"
    )
    print(", ".join(f"{name} {version}" for name, version in described["packages"].items()))
    print(", ".join(described["programs"].values()))


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _version(name: str, flag: str) -> str:
    done = subprocess.run([program(name), flag], capture_output=True, text=True, check=False)
    return (done.stdout + done.stderr).strip().removeprefix("nginx version: ")
