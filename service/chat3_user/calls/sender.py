"""Sends encoded messages on a server stream, several in one DATA frame, none cut in two.

grpclib sends a message in pieces when the client's flow-control window is small. A stream whose
client stops reading could then only be ended in the middle of a message. Here a message waits until
it fits, and the wait can be interrupted.
"""

import asyncio
from collections.abc import MutableSequence
from typing import Any

from betterproto2_compiled import Encoded

_WHOLE = 32 * 1024
"""A message up to this size waits for a window it fits into; a larger one goes in pieces."""

_FRAME = 16 * 1024
"""Messages are packed up to this size: HTTP/2's default maximum for a frame."""


class StreamSender:
    """The sending half of one server-streaming call."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._h2 = stream._stream  # noqa: SLF001 - grpclib offers no window to wait for

    async def begin(self) -> None:
        """Send initial metadata, so that the client knows the call was accepted."""
        await self._stream.send_initial_metadata()

    async def send(
        self, messages: MutableSequence[Encoded], interrupted: "asyncio.Future[None] | None"
    ) -> bool:
        """Send ``messages``; return whether all went out before ``interrupted`` was done.

        What was sent is removed from ``messages``.
        """
        while messages:
            pack: list[bytes] = []
            size = count = 0
            for message in messages:
                framed = len(message) + 5
                if pack and size + framed > _FRAME:
                    break
                pack += (b"\x00", len(message).to_bytes(4), message)
                size += framed
                count += 1
            if not await self._send(b"".join(pack), interrupted):
                return False
            del messages[:count]
        return True

    async def _send(self, data: bytes, interrupted: "asyncio.Future[None] | None") -> bool:
        needed = min(len(data), _WHOLE)
        h2 = self._h2
        while not h2.connection.write_ready.is_set() or self._window() < needed:
            if h2.connection.write_ready.is_set():
                h2.window_updated.clear()
                ready = h2.window_updated
            else:
                ready = h2.connection.write_ready
            if not await _either(ready, interrupted):
                return False
        if len(data) <= _FRAME:
            self._write(data)
        else:
            await h2.send_data(data)
        return True

    def send_now(self, message: Encoded) -> bool:
        """Send a message at once if nothing is in its way; return whether it was sent."""
        h2 = self._h2
        data = b"\x00" + len(message).to_bytes(4) + message
        if (
            len(data) > _FRAME
            or not h2.connection.write_ready.is_set()
            or not h2.closable
            or self._window() < len(data)
        ):
            return False
        self._write(data)
        return True

    def _window(self) -> int:
        return int(self._h2._h2_connection.local_flow_control_window(self._h2.id))  # noqa: SLF001

    def _write(self, data: bytes) -> None:
        """Write one DATA frame beside h2, which would spend more on it than all else together.

        DATA changes nothing in h2's state of a stream but its windows.
        """
        h2 = self._h2
        connection = h2._h2_connection  # noqa: SLF001
        connection.outbound_flow_control_window -= len(data)
        connection.streams[h2.id].outbound_flow_control_window -= len(data)
        header = len(data).to_bytes(3) + b"\x00\x00" + h2.id.to_bytes(4)
        h2._transport.write(header + data)  # noqa: SLF001
        h2.connection.data_send_process()


async def _either(ready: asyncio.Event, interrupted: "asyncio.Future[None] | None") -> bool:
    """Wait for one of the two; return whether it was ``ready``."""
    if interrupted is None:
        return await ready.wait()
    waiting = asyncio.ensure_future(ready.wait())
    try:
        await asyncio.wait((waiting, interrupted), return_when=asyncio.FIRST_COMPLETED)
        return waiting.done()
    finally:
        waiting.cancel()
