"""A TCP proxy that misbehaves when told: it cuts, stalls, drips, half-closes and injects."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from enum import Flag

from support.servers import listening

_PIECE = 64 * 1024
_ABORT = struct.pack("ii", 1, 0)


class Way(Flag):
    """A direction of a link: from who connected, or towards."""

    UP = 1
    DOWN = 2
    BOTH = 3


Watch = Callable[[bytes], bytes]
"""Sees what goes up a link and returns what is to be sent instead."""


class Link:
    """One proxied connection."""

    def __init__(
        self,
        near: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        far: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        watch: Watch | None,
    ) -> None:
        self._near, self._far = near, far
        self.watch = watch
        self._open = {Way.UP: asyncio.Event(), Way.DOWN: asyncio.Event()}
        for gate in self._open.values():
            gate.set()
        self.piece: int | None = None

    async def run(self) -> None:
        """Forward until both sides are done or the link is cut."""
        pumps = {
            asyncio.ensure_future(self._pump(self._near[0], self._far[1], Way.UP)),
            asyncio.ensure_future(self._pump(self._far[0], self._near[1], Way.DOWN)),
        }
        try:
            await asyncio.wait(pumps)
        finally:
            for pump in pumps:
                pump.cancel()
            self.close()  # before all that can be cancelled
            await asyncio.gather(*pumps, return_exceptions=True)
            with suppress(OSError):
                await asyncio.gather(self._near[1].wait_closed(), self._far[1].wait_closed())

    def stall(self, way: Way) -> None:
        """Forward nothing that way until `flow`; connections stay open."""
        for one, gate in self._open.items():
            if one in way:
                gate.clear()

    def flow(self) -> None:
        """Forward again."""
        self.piece = None
        for gate in self._open.values():
            gate.set()

    def cut(self) -> None:
        """Reset both connections."""
        for _, writer in (self._near, self._far):
            raw = writer.get_extra_info("socket")
            if raw is not None and raw.fileno() >= 0:
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABORT)
            writer.transport.abort()
        self.flow()

    def half_close(self, way: Way) -> None:
        """Say the end of what goes that way, and go on the other way."""
        for one, writer in ((Way.UP, self._far[1]), (Way.DOWN, self._near[1])):
            if one in way:
                with suppress(OSError, RuntimeError):
                    writer.write_eof()

    def send_up(self, data: bytes) -> bool:
        """Send bytes that nobody gave the proxy; return whether that way has not ended yet."""
        with suppress(OSError, RuntimeError):
            self._far[1].write(data)
            return True
        return False

    def close(self) -> None:
        for _, writer in (self._near, self._far):
            writer.close()

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, way: Way
    ) -> None:
        with suppress(OSError, RuntimeError):
            while data := await _received(reader):
                if way is Way.UP and self.watch is not None:
                    data = self.watch(data)
                await self._send(writer, data, way)
            await self._open[way].wait()
            writer.write_eof()

    async def _send(self, writer: asyncio.StreamWriter, data: bytes, way: Way) -> None:
        while data:
            await self._open[way].wait()
            size = self.piece or len(data)
            writer.write(data[:size])
            await writer.drain()
            data = data[size:]
            if self.piece is not None:
                await asyncio.sleep(0.001)


async def _received(reader: asyncio.StreamReader) -> bytes:
    """Return what has come; nothing at the end, and when a killed process resets its connections.

    Else the other side would take it for silence.
    """
    try:
        return await reader.read(_PIECE)
    except ConnectionError:
        return b""


class Proxy:
    """Listens on a port of its own and links every connection to ``target``."""

    def __init__(self, target: int, watch: Callable[[Link], Watch] | None = None) -> None:
        self.target = target
        self.refusing = False
        self.port = 0
        self.links: set[Link] = set()
        self._watch = watch
        self._abandoned: list[Link] = []

    def cut(self) -> None:
        """Reset all links."""
        for link in tuple(self.links):
            link.cut()

    def stall(self, way: Way = Way.BOTH) -> None:
        """Stall all links."""
        for link in self.links:
            link.stall(way)

    def drip(self, piece: int = 7) -> None:
        """Forward on all links in pieces of so many bytes, a millisecond apart."""
        for link in self.links:
            link.piece = piece

    def half_close(self, way: Way) -> None:
        """Half-close all links."""
        for link in tuple(self.links):
            link.half_close(way)

    def flow(self) -> None:
        """Forward on all links again, and take new ones."""
        self.refusing = False
        for link in self.links:
            link.flow()

    def abandon(self) -> None:
        """Let the connecting side vanish: what there is stays open in silence, for good."""
        for link in self.links:
            link.stall(Way.BOTH)
        self._abandoned.extend(self.links)
        self.links.clear()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if self.refusing:
                raise ConnectionRefusedError
            far = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            writer.transport.abort()
            return
        link = Link((reader, writer), far, None)
        if self._watch is not None:
            link.watch = self._watch(link)
        self.links.add(link)
        try:
            await link.run()
        finally:
            self.links.discard(link)

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Proxy"]:
        """Listen within the block."""
        async with listening(self._serve, self.port) as self.port:
            yield self
