"""What has come over HTTP/1.1 and aiohttp has not been given: it gets a little in each turn.

aiohttp calls its handler in a later turn of the loop. If it were given all at once, a flood on many
connections would be in memory before the first of them is judged.
"""

import asyncio
from typing import Final

from aiohttp import web

AT_ONCE: Final = 16 * 1024
_PAUSE: Final = 0.02
"""Seconds between looks whether aiohttp, which has had enough, takes more."""


class Intake:
    """The bytes of one connection on their way to ``handler``."""

    __slots__ = ("_handler", "_kept", "_pumping", "_transport")

    def __init__(self, handler: web.RequestHandler) -> None:
        self._handler = handler
        self._kept = bytearray()
        self._pumping: asyncio.Handle | None = None
        self._transport: asyncio.ReadTransport | None = None

    def open(self, transport: asyncio.BaseTransport) -> None:
        """Begin to pass on what comes from ``transport``."""
        self._transport = transport  # type: ignore[assignment]  # uvloop has its own class

    def feed(self, data: bytes) -> None:
        """Pass ``data`` on, now or later."""
        if not self._kept and len(data) <= AT_ONCE:
            self._handler.data_received(data)
            return
        self._kept += data
        if self._pumping is None:
            self._pump()

    def close(self) -> None:
        """Forget what has not been passed on."""
        self._kept.clear()
        if self._pumping is not None:
            self._pumping.cancel()
            self._pumping = None

    def _pump(self) -> None:
        self._pumping = None
        transport = self._transport
        if transport is None or transport.is_closing():
            self._kept.clear()
            return
        loop = asyncio.get_running_loop()
        if not transport.is_reading():
            self._pumping = loop.call_later(_PAUSE, self._pump)
            return
        data = bytes(self._kept[:AT_ONCE])
        del self._kept[:AT_ONCE]
        if self._kept:
            self._pumping = loop.call_soon(self._pump)
        self._handler.data_received(data)
