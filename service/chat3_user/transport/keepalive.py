"""TCP's own ways to find that a peer is gone, for what has no PING."""

import asyncio
import socket
from typing import Final

_KEEPALIVE: Final = 60
_KEEPALIVE_INTERVAL: Final = 10
"""Seconds of silence after which the kernel asks whether the client is there, and asks again."""


def find_dead_peer(transport: asyncio.BaseTransport, seconds: float) -> None:
    """Have the kernel end a connection whose peer vanished.

    ``seconds`` is how long what was sent may be unacknowledged, or wait for a peer to read.
    """
    sock = transport.get_extra_info("socket")
    if sock is None or sock.family not in (socket.AF_INET, socket.AF_INET6):
        return
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in (
        ("TCP_KEEPIDLE", _KEEPALIVE),
        ("TCP_KEEPINTVL", _KEEPALIVE_INTERVAL),
        ("TCP_USER_TIMEOUT", round(seconds * 1000)),
    ):
        # Not every system has them.
        option = getattr(socket, name, None)
        if option is not None:
            sock.setsockopt(socket.IPPROTO_TCP, option, value)
