"""What has come of a request and was not read yet, acknowledged when a reader wants it.

grpclib's own buffer is made of queues and events, which cost a stream 3 kB as long as it lives.
"""

import asyncio
from collections.abc import Callable


class RequestBuffer:
    """The receiving half of one call, with the interface of grpclib's buffer; it has one reader."""

    __slots__ = ("_acknowledge", "_data", "_ended", "_unacknowledged", "_wake")

    def __init__(self, acknowledge: Callable[[int], None]) -> None:
        self._acknowledge = acknowledge
        self._data = bytearray()
        self._unacknowledged = 0
        self._ended = False
        self._wake: asyncio.Future[None] | None = None

    def add(self, data: bytes, ack_size: int) -> None:
        """Take what has come; ``ack_size`` is what it took of the client's window."""
        self._data += data
        self._unacknowledged += ack_size
        self._nudge()

    def eof(self) -> None:
        """Learn that nothing more comes."""
        self._ended = True
        self._nudge()

    async def read(self, size: int) -> bytes:
        """Return ``size`` bytes, or less when the request ends before."""
        while True:
            if self._unacknowledged:
                self._acknowledge(self.unacked_size())
            if len(self._data) >= size or self._ended:
                break
            self._wake = asyncio.get_running_loop().create_future()
            await self._wake
        data = bytes(self._data[:size])
        del self._data[:size]
        return data

    def unacked_size(self) -> int:
        """Return what nobody has acknowledged, and take it as acknowledged."""
        size, self._unacknowledged = self._unacknowledged, 0
        return size

    def _nudge(self) -> None:
        if self._wake is not None and not self._wake.done():
            self._wake.set_result(None)
