"""Deliveries, taken out of what the broker sends before aiormq gets the rest.

aiormq passes each of the three frames of a delivery through two tasks and makes objects of all that
is in it; of an update, nothing but its body is wanted. AMQP 0-9-1, 4.2.3 and 4.2.6, has the frames.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

Take = Callable[[int, bytes, bytes, bytes], None]
"""Called with the delivery tag, the routing key, the encoded properties and the body."""

_HEAD: Final = struct.Struct(">BHI")
"""A frame begins with its type, its channel and the size of its payload; an octet ends it."""

_AROUND: Final = _HEAD.size + 1
_FRAME_END: Final = 0xCE
_METHOD, _HEADER, _BODY = 1, 2, 3
_BASIC_DELIVER: Final = struct.pack(">HH", 60, 60)
_CHANNEL_CLOSED: Final = (struct.pack(">HH", 20, 40), struct.pack(">HH", 20, 41))
"""The broker closes a channel, or agrees that it is closed: it sends nothing more on it."""

_TAG: Final = struct.Struct(">Q")
_BODY_SIZE: Final = struct.Struct(">4xQ")


@dataclass(slots=True)
class _Delivery:
    """A delivery whose frames have not all come."""

    take: Take
    tag: int
    key: bytes
    properties: bytes = b""
    missing: int = 0
    pieces: list[bytes] = field(default_factory=list)


class Deliveries:
    """Splits what one connection sends; `take_from` says whose deliveries are taken."""

    def __init__(self) -> None:
        self._takes: dict[bytes, Take] = {}
        self._dropped: dict[int, set[bytes]] = {}
        self._under_way: dict[int, _Delivery] = {}
        self._partial = b""

    def take_from(self, consumer_tag: str, take: Take) -> None:
        """Hand the deliveries to this consumer to ``take`` from now on.

        The tag must be the only one of its kind on the connection.
        """
        self._takes[consumer_tag.encode()] = take

    def release(self, consumer_tag: str) -> None:
        """Undo `take_from`, once the broker has agreed to end the consumer."""
        self._takes.pop(consumer_tag.encode(), None)

    def drop_from(self, consumer_tag: str, channel: int) -> None:
        """Drop the deliveries to this consumer until its ``channel`` is closed.

        The broker may go on to send them where nobody has waited for it to end the consumer. aiormq
        must not get them: it has no reader for a channel that it closes, and reads nothing more of
        the whole connection once ten frames wait for one.
        """
        tag = consumer_tag.encode()
        self._takes[tag] = _drop
        self._dropped.setdefault(channel, set()).add(tag)

    @property
    def taking(self) -> bool:
        """Whether deliveries are taken."""
        return bool(self._takes)

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
            if not data.startswith(_BASIC_DELIVER, begin):
                if self._dropped and data.startswith(_CHANNEL_CLOSED, begin):
                    self._channel_closed(channel)
                return False
            consumer = begin + len(_BASIC_DELIVER) + 1
            tag = consumer + data[consumer - 1]
            take = self._takes.get(data[consumer:tag])
            if take is None:
                return False
            exchange = tag + 9  # behind the octet that says whether it comes again
            key = exchange + 1 + data[exchange]
            self._under_way[channel] = _Delivery(
                take, _TAG.unpack_from(data, tag)[0], data[key + 1 : key + 1 + data[key]]
            )
            return True
        delivery = self._under_way.get(channel)
        if delivery is None:
            return False
        if kind == _HEADER:
            (delivery.missing,) = _BODY_SIZE.unpack_from(data, begin)
            delivery.properties = data[begin:end]
        elif kind == _BODY:
            delivery.pieces.append(data[begin:end])
            delivery.missing -= end - begin
        if not delivery.missing:
            del self._under_way[channel]
            body = b"".join(delivery.pieces)
            delivery.take(delivery.tag, delivery.key, delivery.properties, body)
        return True

    def _channel_closed(self, channel: int) -> None:
        for tag in self._dropped.pop(channel, ()):
            self._takes.pop(tag, None)


def _drop(_tag: int, _key: bytes, _properties: bytes, _body: bytes) -> None:
    """Take a delivery that nobody wants."""
