"""Free ports on the loopback interface."""

import random
import socket
from contextlib import ExitStack, suppress

_RANGE = range(15_000, 32_000)
"""Below the ports the kernel gives to outgoing connections: a server that was killed gets its port
back, whoever connects meanwhile."""


def free_port(row: int = 1) -> int:
    """Return a free port; the first of a ``row`` of free ones where several workers listen."""
    while True:
        first = random.choice(_RANGE)
        with suppress(OSError), ExitStack() as stack:
            for port in range(first, first + row):
                stack.enter_context(socket.create_server(("127.0.0.1", port)))
            return first
