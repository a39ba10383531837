"""Free ports on the loopback interface, which no other run of the tests gets meanwhile."""

import fcntl
import functools
import os
import random
import socket
import tempfile
from contextlib import ExitStack, suppress
from pathlib import Path

_RANGE = range(15_000, 32_000)
"""Below the ports the kernel gives to outgoing connections: a server that was killed gets its port
back, whoever connects meanwhile."""

_taken: set[int] = set()


def free_port(row: int = 1) -> int:
    """Return a free port; the first of a ``row`` of free ones where several workers listen.

    It is this process's as long as that lives: a server may be long in coming, or be away a while.
    """
    while True:
        first = random.choice(_RANGE)
        ports = range(first, first + row)
        with suppress(OSError), ExitStack() as stack:
            for port in ports:
                stack.enter_context(socket.create_server(("127.0.0.1", port)))
            if _taken.isdisjoint(ports):
                for port in ports:
                    fcntl.lockf(_locks(), fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)
                _taken.update(ports)
                return first


@functools.cache
def _locks() -> int:
    """Open the file whose byte of a port's number is locked by the process that has the port."""
    path = Path(tempfile.gettempdir()) / f"chat3-ports-of-tests-{os.getuid()}"
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
