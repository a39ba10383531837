"""The processes that the page needs, each killable: the demo, or its three parts apart."""

import json
import os
import signal
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from support.patience import HANGS
from support.ports import free_port

STARTING = 30.0
TENANT, KEY = "tnt_default", "demo-key"


class Process:
    """A Python module that runs as a process; it has started when it prints what is expected."""

    def __init__(
        self, arguments: Sequence[str], log: Path, says: str, settings: Mapping[str, str] = {}
    ) -> None:
        self._command = [sys.executable, "-m", *arguments]
        self._log = log
        self._says = says
        self._environment = {**os.environ, "PYTHONUNBUFFERED": "1", **settings}
        self._running: subprocess.Popen[str] | None = None

    def start(self) -> None:
        self._running = subprocess.Popen(
            self._command,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        started = threading.Event()
        threading.Thread(target=self._follow, args=(self._running, started), daemon=True).start()
        assert started.wait(STARTING), self._log.read_text()

    def _follow(self, process: subprocess.Popen[str], started: threading.Event) -> None:
        """Keep what the process prints, until it ends."""
        assert process.stdout is not None
        with self._log.open("a") as log, process.stdout:
            for line in process.stdout:
                log.write(line)
                log.flush()
                if self._says in line:
                    started.set()

    def kill(self) -> None:
        """End it without any warning, if it runs."""
        if self._running is None:
            return
        self._running.send_signal(signal.SIGKILL)
        self._running.wait()
        self._running = None


@contextmanager
def running(*processes: Process) -> Iterator[None]:
    try:
        for process in processes:
            process.start()
        yield
    finally:
        for process in processes:
            process.kill()


class Demo(Process):
    """What `make run` starts, with data that outlive it, always on the same ports."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.service = free_port()
        page = free_port()
        self.url = f"http://127.0.0.1:{page}/"
        super().__init__(
            ["chat3_user", "--demo"],
            folder / "demo.log",
            "Ctrl-C ends it",
            {
                "GRPC_PORT": str(self.service),
                "OPS_PORT": "0",
                "DEMO_PAGE_PORT": str(page),
                "DEMO_DATABASE": str(folder / "demo.db"),
                "STATE_DIRECTORY": str(folder),
                **settings,
            },
        )


def call(service: int, user: str, method: str, **request: Any) -> dict[str, Any]:
    """Call the service as a user, in JSON."""
    address = f"http://127.0.0.1:{service}/chat3.user.v1.UserService/{method}"
    headers = {"x-api-key": KEY, "x-tenant-id": TENANT, "x-user-id": user}
    answer: dict[str, Any] = _posted(address, headers, request)
    return answer


def _posted(address: str, headers: Mapping[str, str], body: Any) -> Any:
    request = urllib.request.Request(  # noqa: S310 - a loopback address of ours
        address,
        data=json.dumps(body).encode(),
        headers={**headers, "content-type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=HANGS) as response:  # noqa: S310
        return json.load(response)


def write_at_platform(platform: int, dialog: str, sender: str, content: str) -> None:
    """Write a message as another client of the platform does, past the service."""
    address = f"http://127.0.0.1:{platform}/api/dialogs/{dialog}/messages"
    body = {"senderId": sender, "content": content, "type": "internal.text"}
    _posted(address, {"X-API-Key": KEY, "X-Tenant-Id": TENANT}, body)
