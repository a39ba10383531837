"""What is restarted: nodes of the service with two workers each, and HAProxy in front of them."""

import asyncio
import os
import signal
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Final

from support.faults.workers import Worker
from support.patience import HANGS
from support.ports import free_port

_PROJECT: Final = Path(__file__).resolve().parents[2]
_HAPROXY: Final = "/usr/sbin/haproxy"
WORKERS: Final = 2


def node(name: str, environment: dict[str, str]) -> Worker:
    """Return a node of the service, not yet started."""
    made = Worker(name, environment)
    made.environment["WORKERS"] = str(WORKERS)
    made.ops_port = free_port(WORKERS)
    made.environment["OPS_PORT"] = str(made.ops_port)
    return made


async def ready(made: Worker) -> None:
    """Wait until both workers of a node are ready."""
    first = made.ops_port
    for number in range(WORKERS):
        made.ops_port = first + number
        await made.becomes_ready(lambda status, wrong: status == 200 and not wrong)
    made.ops_port = first


def worker_pids(made: Worker) -> list[int]:
    """Return the processes of the workers of a node."""
    found = []
    for child in Path(f"/proc/{made.pid}/task/{made.pid}/children").read_text().split():
        command = Path(f"/proc/{child}/cmdline").read_bytes()
        if b"spawn_main" in command:
            found.append(int(child))
    return found


class HaProxy:
    """HAProxy, as `deploy/proxies/haproxy-nodes.cfg` sets it up but for TLS; it can be reloaded."""

    def __init__(self, folder: Path, nodes: list[Worker]) -> None:
        self.port = free_port()
        folder.mkdir(parents=True, exist_ok=True)
        config = (_PROJECT / "deploy" / "proxies" / "haproxy-nodes.cfg").read_text()
        bind = "bind :8443 ssl crt /etc/chat3/server.pem alpn h2,http/1.1"
        changes = [(bind, f"bind 127.0.0.1:{self.port}")]
        for number, each in enumerate(nodes, start=1):
            address = f"10.0.0.{number}:50051"
            changes += [
                (
                    f"{address} check port 9090",
                    f"127.0.0.1:{each.grpc_port} check port {each.ops_port}",
                ),
                (address, f"127.0.0.1:{each.grpc_port}"),
            ]
        for shipped, here in changes:
            assert shipped in config, shipped
            config = config.replace(shipped, here)
        self._file = folder / "haproxy.cfg"
        self._file.write_text(config)
        self._processes: list[subprocess.Popen[bytes]] = []

    async def start(self) -> None:
        """Start it; a process that runs hands its port over, and ends with its last stream."""
        running = [str(process.pid) for process in self._processes if process.poll() is None]
        process = subprocess.Popen(  # noqa: ASYNC220
            [_HAPROXY, "-db", "-f", str(self._file), *(("-sf", *running) if running else ())],
            stderr=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
        self._processes.append(process)
        async with asyncio.timeout(HANGS):
            while True:
                assert process.poll() is None, "HAProxy refuses its configuration"
                with suppress(OSError):
                    _, writer = await asyncio.open_connection("127.0.0.1", self.port)
                    writer.close()
                    return
                await asyncio.sleep(0.05)

    async def reload(self) -> None:
        """Put another process in its place, and wait for the end of the one before."""
        *_, before = self._processes
        await self.start()
        await asyncio.to_thread(before.wait, 2 * HANGS)

    async def stop(self) -> None:
        for process in self._processes:
            if process.poll() is None:
                process.terminate()
                await asyncio.to_thread(process.wait, HANGS)


def end_worker(pid: int) -> None:
    """Tell one worker to end, as an operator would."""
    os.kill(pid, signal.SIGTERM)
