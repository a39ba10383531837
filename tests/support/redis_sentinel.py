"""Redis with replicas behind Sentinels, of the tests' own: the primary can be killed."""

import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Final

from support.redis import RedisServer

NAME: Final = "chat3"
"""The name of the primary at the Sentinels."""

_SENTINEL: Final = """\
port {port}
bind 127.0.0.1
dir {folder}
sentinel monitor {name} 127.0.0.1 {primary} 2
sentinel down-after-milliseconds {name} 1000
sentinel failover-timeout {name} 5000
"""


class RedisBehindSentinels:
    """Three servers, one of them the primary, and three Sentinels that name a new one."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.servers = [RedisServer(folder / f"server{number}") for number in range(3)]
        self.sentinels = [
            RedisServer(folder / f"sentinel{number}", sentinel=True) for number in range(3)
        ]

    @property
    def url(self) -> str:
        """The form of `REDIS_URL` that names all Sentinels."""
        hosts = ",".join(f"127.0.0.1:{sentinel.port}" for sentinel in self.sentinels)
        return f"redis+sentinel://{hosts}/{NAME}/0"

    def start(self) -> None:
        primary, *others = self.servers
        for server in self.servers:
            server.start()
        for server in others:
            server.cli("replicaof", "127.0.0.1", str(primary.port))
        # Older than keys are kept: an empty one has calls wait for 15 seconds.
        primary.cli("set", "chat3:idempotency", "0")
        for sentinel in self.sentinels:
            sentinel.configure(
                _SENTINEL.format(
                    port=sentinel.port, folder=sentinel.folder, name=NAME, primary=primary.port
                )
            )
            sentinel.start()

    def stop(self) -> None:
        for server in (*self.sentinels, *self.servers):
            server.stop()

    def primary(self) -> RedisServer | None:
        """Return the primary that the Sentinels agree on, if it is one and runs."""
        ports = set()
        for sentinel in self.sentinels:
            if sentinel.running:
                answer = sentinel.cli("sentinel", "get-master-addr-by-name", NAME)
                ports.add(int(answer.split()[1]) if len(answer.split()) == 2 else 0)
        named = [server for server in self.servers if {server.port} == ports and server.running]
        if not named or "role:master" not in named[0].cli("info", "replication"):
            return None
        return named[0]

    def replicas_in_step(self) -> int:
        """Return how many replicas the primary has."""
        primary = self.primary()
        with suppress(subprocess.CalledProcessError):
            if primary is not None:
                told = primary.cli("info", "replication")
                return told.count("state=online")
        return 0
