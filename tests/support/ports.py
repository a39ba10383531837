"""Free ports on the loopback interface."""

import random
import socket
from contextlib import suppress

_RANGE = range(15_000, 32_000)
"""Below the ports the kernel gives to outgoing connections: a server that was killed gets its port
back, whoever connects meanwhile."""


def free_port() -> int:
    while True:
        port = random.choice(_RANGE)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
