"""A Redis server of the tests' own: on a free port, in a folder of its own, killable."""

import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

from support.ports import free_port


class RedisServer:
    """Keeps its data over `kill` and `start`, unless ``keeps`` is false.

    A Sentinel is another mode of the same program; it is configured by a file, which it rewrites.
    """

    def __init__(self, folder: Path, *, keeps: bool = True, sentinel: bool = False) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.folder = folder
        self._keeps = keeps
        self._sentinel = sentinel
        folder.mkdir(parents=True, exist_ok=True)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, timeout: float = 60.0) -> None:
        program = shutil.which("redis-server")
        if program is None:
            raise RuntimeError("redis-server is missing: run `make test`, which installs it")
        with (self.folder / "out").open("ab") as output:
            self._process = subprocess.Popen(
                [program, *self._arguments()],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        deadline = time.monotonic() + timeout
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError((self.folder / "out").read_text()[-2000:])
            time.sleep(0.02)

    def _arguments(self) -> list[str]:
        if self._sentinel:
            return [str(self.folder / "sentinel.conf"), "--sentinel"]
        return [
            *("--port", str(self.port), "--bind", "127.0.0.1", "--save", ""),
            *("--dir", str(self.folder), "--appendonly", "yes" if self._keeps else "no"),
            *("--appendfsync", "no", "--maxmemory-policy", "noeviction"),
            *("--repl-diskless-sync-delay", "0"),
        ]

    def configure(self, text: str) -> None:
        """Write the configuration of a Sentinel."""
        (self.folder / "sentinel.conf").write_text(text)

    @property
    def running(self) -> bool:
        return self._process is not None

    def cli(self, *arguments: str) -> str:
        """Send a command; return the answer."""
        done = subprocess.run(
            ["redis-cli", "-p", str(self.port), *arguments],
            check=True,
            capture_output=True,
            text=True,
            timeout=20,
        )
        return done.stdout

    def kill(self) -> None:
        """End it as a crash would: what it has written to its log stays."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def pause(self) -> None:
        """Make it hang: connections stand, nothing answers."""
        if self._process is not None:
            self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)

    def _end(self, number: signal.Signals) -> None:
        if self._process is None:
            return
        process, self._process = self._process, None
        process.send_signal(signal.SIGCONT)
        process.send_signal(number)
        process.wait(20)

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(5) == b"+PONG"
        except OSError:
            return False
