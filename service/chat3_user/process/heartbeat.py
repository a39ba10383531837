"""Signs of life: of a worker for its parent, of the main process for systemd.

They are given by the event loop, every second, until the process ends. A loop that is blocked gives
none, nor does a process that is stopped.
"""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Final

from chat3_user.health.board import Seat

BEAT: Final = 1.0
"""Seconds between two signs of life."""


class Watchdog:
    """The watchdog of systemd (`WatchdogSec=`), where it watches this very process.

    Its variables are inherited, so a worker sees those that are meant for its parent.
    """

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        address = environment.get("NOTIFY_SOCKET", "")
        wanted = bool(environment.get("WATCHDOG_USEC"))
        ours = environment.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        # An abstract address begins with a zero byte, which no variable can hold.
        self._address = f"\0{address[1:]}" if address.startswith("@") else address
        self._watches = bool(address) and wanted and ours

    def beat(self) -> None:
        """Say that this process lives; a systemd that does not listen is not waited for."""
        if not self._watches:
            return
        with (
            suppress(OSError),
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as sender,
        ):
            sender.sendto(b"WATCHDOG=1", self._address)


@asynccontextmanager
async def beating(seat: Seat, watchdog: Watchdog) -> AsyncIterator[None]:
    """Have the worker in ``seat`` give signs of life within the block."""
    task = asyncio.create_task(_beat(seat, watchdog), name="heartbeat")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _beat(seat: Seat, watchdog: Watchdog) -> None:
    while True:
        seat.beat()
        watchdog.beat()
        await asyncio.sleep(BEAT)
