"""A RabbitMQ server of the tests' own: on free ports, in a folder of its own, killable."""

import os
import shutil
import signal
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path

from support.ports import free_port

_HOMES = ("/usr/lib/rabbitmq/bin", "/usr/local/sbin", "/opt/homebrew/sbin", "/usr/sbin")

# Erlang listens for other nodes, and for rabbitmqctl, on all interfaces unless it is told.
_DISTRIBUTION = "-kernel inet_dist_use_interface {127,0,0,1}"


def _program(name: str) -> str:
    # Debian's wrapper in /usr/sbin changes user; the script behind it runs as anybody.
    for home in _HOMES:
        if (Path(home) / name).exists():
            return f"{home}/{name}"
    found = shutil.which(name)
    if found is None:
        raise RuntimeError(f"{name} is missing: run `make test`, which installs it")
    return found


class RabbitMQ:
    """One node; ``home`` and ``names_port`` are those of its cluster, where it is of one."""

    def __init__(
        self, folder: Path, *, home: Path | None = None, names_port: int | None = None
    ) -> None:
        self.port = free_port()
        self.url = f"amqp://guest:guest@127.0.0.1:{self.port}/"
        self.name = f"chat3-{self.port}@localhost"
        self.distribution_port = free_port()
        """Where rabbitmqctl reaches it."""
        self._of_a_cluster = names_port is not None
        self.names_port = names_port or free_port()
        """Where Erlang's name server, epmd, listens."""
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "enabled_plugins").write_text("[].\n")
        (folder / "rabbitmq.conf").write_text("log.console = false\nlog.file.level = warning\n")
        self._environment = {
            **os.environ,
            "HOME": str(home or folder),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_EPMD_PORT": str(self.names_port),
            "RABBITMQ_NODENAME": self.name,
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(self.distribution_port),
            "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
            "RABBITMQ_LOG_BASE": str(folder / "log"),
            "RABBITMQ_PID_FILE": str(folder / "pid"),
            "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "enabled_plugins"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": f"+S 1:1 +sbwt none {_DISTRIBUTION}",
            "RABBITMQ_CTL_ERL_ARGS": _DISTRIBUTION,
        }
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, timeout: float = 180.0) -> None:
        with (self._folder / "out").open("ab") as output:
            self._process = subprocess.Popen(
                [_program("rabbitmq-server")],
                env=self._environment,
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        deadline = time.monotonic() + timeout
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError((self._folder / "out").read_text()[-2000:])
            time.sleep(0.1)

    def ctl(self, *arguments: str) -> str:
        done = subprocess.run(
            [_program("rabbitmqctl"), "--quiet", *arguments],
            env=self._environment,
            check=True,
            capture_output=True,
            text=True,
            timeout=120,
        )
        return done.stdout

    def kill(self) -> None:
        """End it as a power cut would."""
        self._signal(signal.SIGKILL)

    @property
    def running(self) -> bool:
        return self._process is not None

    def stop(self) -> None:
        self._signal(signal.SIGTERM)
        if not self._of_a_cluster:
            self.end_names()

    def end_names(self) -> None:
        """End the name server of Erlang, which would outlive its only node."""
        epmd = shutil.which("epmd")
        if epmd is not None:
            subprocess.run([epmd, "-kill"], env=self._environment, check=False, capture_output=True)

    def _signal(self, number: signal.Signals) -> None:
        if self._process is None:
            return
        process, self._process = self._process, None
        pid_file = self._folder / "pid"
        if pid_file.exists() and number is signal.SIGKILL:
            _kill_quietly(int(pid_file.read_text()))
        try:
            os.killpg(process.pid, number)
            process.wait(20)
        except (ProcessLookupError, subprocess.TimeoutExpired):
            pass
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(10)

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1) as connection:
                connection.sendall(b"AMQP\x00\x00\x09\x01")
                return connection.recv(1) == b"\x01"
        except OSError:
            return False


def _kill_quietly(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
