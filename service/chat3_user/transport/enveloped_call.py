"""Calls whose bodies are messages in envelopes: gRPC, gRPC-Web, Connect's streams."""

import asyncio
from abc import abstractmethod
from collections.abc import Mapping, MutableSequence
from typing import TYPE_CHECKING, ClassVar, Final

from grpclib.exceptions import GRPCError
from multidict import MultiMapping

from chat3_user.transport.call import Message
from chat3_user.transport.fields import Fields, encoded
from chat3_user.transport.http_call import HttpCall
from chat3_user.transport.http_stream import WHOLE, ClientGoneError, HttpStream
from chat3_user.transport.messages import MessageReader, Reader, frame

if TYPE_CHECKING:
    from chat3_user.transport.protocols import Protocols

UNBUFFERED: Final[Fields] = [
    (b"cache-control", b"no-store, no-transform"),
    (b"x-accel-buffering", b"no"),
]
"""What stands between may neither gather nor change a stream."""

_PACK: Final = 16 * 1024
"""Messages are packed up to this size: HTTP/2's default maximum for a frame."""


class EnvelopedCall(HttpCall):
    """The common part of these protocols; they differ in headers and in how a call ends."""

    __slots__ = ("_begun",)

    def __init__(
        self, protocols: "Protocols", stream: HttpStream, path: str, metadata: MultiMapping[str]
    ) -> None:
        super().__init__(protocols, stream, path, metadata)
        self._begun = False

    PROTO: ClassVar[Fields]
    JSON: ClassVar[Fields]
    """The headers of an answer by its codec."""
    GZIP: ClassVar[Fields]
    """What is added to them when its messages are compressed."""

    def headers(self) -> Fields:
        """Return the headers of the answer."""
        fields = self.PROTO if self.codec is None else self.JSON
        if self.compress:
            fields = fields + self.GZIP
        return fields + encoded(self.initial) if self.initial else fields

    @abstractmethod
    def ending(
        self, trailing: Mapping[str, str], failure: GRPCError | None
    ) -> tuple[bytes, Fields | None]:
        """Return what ends the call: the last data, and HTTP's trailers if it has them."""

    def reader(self, limit: int, *, compressed: bool, single: bool) -> Reader:
        """Return what takes the messages out of their envelopes."""
        return MessageReader(limit, compressed=compressed, single=single)

    async def answer(self, message: bytes, trailing: Mapping[str, str]) -> None:
        """Send the one message of an answer, and end the call well."""
        last, trailers = self.ending(trailing, None)
        data = self._framed(message) + last
        stream = self._stream
        if not self._begun and stream.has_room(len(data)):
            stream.send_whole(self.headers(), data, trailers)
            return
        self.begin()
        if len(data) <= WHOLE:
            await stream.room(len(data), None)
            stream.send_data(data)
        else:
            await stream.send_in_pieces(data)
        stream.send_end(trailers)

    def begin(self) -> None:
        """Send initial metadata."""
        if not self._begun:
            self._begun = True
            self._stream.send_headers(self.headers())

    async def send(
        self,
        messages: MutableSequence[Message],
        interrupted: "asyncio.Future[None] | None" = None,
    ) -> bool:
        """Send ``messages``, several in one frame, none cut in two by an interruption."""
        stream = self._stream
        while messages:
            pack: list[bytes] = []
            size = 0
            for message in messages:
                framed = self._framed(message)
                if pack and size + len(framed) > _PACK:
                    break
                pack.append(framed)
                size += len(framed)
            if not await stream.room(min(size, WHOLE), interrupted):
                return False
            data = b"".join(pack)
            if size <= WHOLE:
                stream.send_data(data)
            else:
                await stream.send_in_pieces(data)
            del messages[: len(pack)]
        return True

    def send_now(self, message: bytes) -> bool:
        """Send a message at once if nothing is in its way."""
        stream = self._stream
        if stream.answered or not stream.has_room(len(message)):
            return False
        data = self._framed(message)
        if len(data) > _PACK or not stream.has_room(len(data)):
            return False
        try:
            stream.send_data(data)
        except ClientGoneError:
            return False
        return True

    def finish(self, trailing: Mapping[str, str]) -> None:
        """End the call well."""
        if not self.ended:
            self._end(trailing, None)

    def fail(self, failure: GRPCError, trailing: Mapping[str, str]) -> None:
        """End the call with a failure."""
        if not self.ended:
            self._end(trailing, failure)

    def _end(self, trailing: Mapping[str, str], failure: GRPCError | None) -> None:
        last, trailers = self.ending(trailing, failure)
        if self._begun or trailers is not None:
            self.begin()
            self._stream.send_end(trailers, last)
        else:
            self._stream.send_whole(self.headers(), last, None)

    def _framed(self, message: bytes) -> bytes:
        if self.codec is not None:
            message = self.codec.answer(message)
        return frame(message, compress=self.compress)
