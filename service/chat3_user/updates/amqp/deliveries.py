"""Deliveries, taken out of what the broker sends before aiormq gets the rest.

aiormq passes each of the three frames of a delivery through two tasks and makes objects of all that
is in it; of an update, nothing but its body is wanted. AMQP 0-9-1, 4.2.3 and 4.2.6, has the frames.
"""

import struct
from collections.abc import Callable
from typing import Final

Take = Callable[[int, bytes, bytes], None]
"""Called with the delivery tag, the routing key and the body."""

_HEAD: Final = struct.Struct(">BHI")
"""A frame begins with its type, its channel and the size of its payload; an octet ends it."""

_AROUND: Final = _HEAD.size + 1
_FRAME_END: Final = 0xCE
_METHOD, _HEADER, _BODY = 1, 2, 3
_BASIC_DELIVER: Final = struct.pack(">HH", 60, 60)
_TAG: Final = struct.Struct(">Q")
_BODY_SIZE: Final = struct.Struct(">4xQ")


class Deliveries:
    """Splits what one connection sends; `take_from` says whose deliveries are taken."""

    def __init__(self) -> None:
        self._deliver: bytes | None = None
        self._take: Take = _ignore
        self._partial = b""
        self._delivering: int | None = None
        self._tag = 0
        self._key = b""
        self._pieces: list[bytes] = []
        self._missing = 0

    def take_from(self, consumer_tag: str, take: Take) -> None:
        """Hand the deliveries to this consumer to ``take`` from now on.

        The tag must be the only one of its kind on the connection.
        """
        tag = consumer_tag.encode()
        self._deliver, self._take = _BASIC_DELIVER + bytes([len(tag)]) + tag, take

    @property
    def taking(self) -> bool:
        """Whether deliveries are taken."""
        return self._deliver is not None

    def split(self, data: bytes) -> bytes:
        """Take the deliveries out of ``data``; return the whole frames that are none."""
        if self._partial:
            data = self._partial + data
        others: list[bytes] = []
        begin = position = 0
        while len(data) - position >= _AROUND:
            kind, channel, size = _HEAD.unpack_from(data, position)
            end = position + _AROUND + size
            if end > len(data):
                break
            if self._is_taken(kind, channel, data, position + _HEAD.size, end - 1):
                others.append(data[begin:position])
                begin = end
            position = end
        others.append(data[begin:position])
        self._partial = data[position:]
        return b"".join(others)

    def rest(self) -> bytes:
        """Give up the beginning of a frame that does not come to its end."""
        rest, self._partial = self._partial, b""
        return rest

    def _is_taken(self, kind: int, channel: int, data: bytes, begin: int, end: int) -> bool:
        """Take a frame, whose payload is from ``begin`` to ``end``, if it is of a delivery."""
        if data[end] != _FRAME_END:
            return False  # aiormq ends the connection for it
        if kind == _METHOD:
            if self._deliver is None or not data.startswith(self._deliver, begin):
                return False
            tag = begin + len(self._deliver)
            exchange = tag + 9  # behind the octet that says whether it comes again
            key = exchange + 1 + data[exchange]
            (self._tag,) = _TAG.unpack_from(data, tag)
            self._key = data[key + 1 : key + 1 + data[key]]
            self._delivering = channel
            return True
        if channel != self._delivering:
            return False
        if kind == _HEADER:
            (self._missing,) = _BODY_SIZE.unpack_from(data, begin)
            self._pieces = []
        elif kind == _BODY:
            self._pieces.append(data[begin:end])
            self._missing -= end - begin
        if not self._missing:
            self._delivering = None
            self._take(self._tag, self._key, b"".join(self._pieces))
        return True


def _ignore(_tag: int, _key: bytes, _body: bytes) -> None:
    """Stand where nobody takes anything yet."""
