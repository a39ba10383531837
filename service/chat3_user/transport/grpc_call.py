"""A gRPC call over HTTP/2: what arrives becomes its request, what it says becomes frames."""

import asyncio
import math
from collections.abc import Mapping, MutableSequence
from typing import TYPE_CHECKING, Final

from grpclib.exceptions import GRPCError
from multidict import MultiMapping

from chat3_user.errors import CallError, reasons
from chat3_user.transport.call import Message, Peer, Route, ServerCall
from chat3_user.transport.engine import Fields
from chat3_user.transport.messages import ENCODINGS, GZIP, MessageReader, frame
from chat3_user.transport.metadata import encoded, trailers
from chat3_user.transport.stream import WHOLE, ClientGoneError, Http2Stream

if TYPE_CHECKING:
    from chat3_user.transport.grpc_protocol import GrpcProtocol

_PACK: Final = 16 * 1024
"""Messages are packed up to this size: HTTP/2's default maximum for a frame."""

_MOST_WAITING: Final = 64
_MOST_BYTES_WAITING: Final = 4 * 2**20
"""Messages, and bytes of them, a client may send ahead of a method that takes several."""

_HEADERS: Final[Fields] = [(b":status", b"200"), (b"content-type", b"application/grpc+proto")]
_GZIP_HEADERS: Final[Fields] = [*_HEADERS, (b"grpc-encoding", GZIP.encode())]
_ENCODINGS: Final = (b"grpc-accept-encoding", ENCODINGS.encode())


class GrpcCall(ServerCall):
    """One call; hears its stream (`Inbound`), and serves the call chain (`ServerCall`)."""

    __slots__ = (
        "_begun",
        "_compress",
        "_protocol",
        "_reader",
        "_stream",
        "_task",
        "_wake",
        "deadline",
        "initial",
        "metadata",
        "path",
        "peer",
        "route",
    )

    def __init__(
        self, protocol: "GrpcProtocol", stream: Http2Stream, path: str, metadata: MultiMapping[str]
    ) -> None:
        self._protocol = protocol
        self._stream = stream
        self._reader: MessageReader | None = None
        self._task: asyncio.Task[None] | None = None
        self._wake: asyncio.Future[None] | None = None
        self._begun = False
        self._compress = False
        self.path = path
        self.metadata = metadata
        self.deadline = math.inf
        self.initial: Mapping[str, str] = {}
        self.peer = Peer(stream.address, stream.connection)
        self.route: Route | None = None

    def expect(self, reader: MessageReader, *, compress: bool) -> None:
        """Take a request with ``reader``; compress answers when the request is compressed."""
        self._reader = reader
        self._compress = compress

    # What the stream says.

    def data(self, data: bytes) -> None:
        """Take a piece of the request."""
        reader = self._reader
        if reader is None or self._stream.answered:
            return
        try:
            reader.feed(data)
            if len(reader.ready) > _MOST_WAITING or reader.held > _MOST_BYTES_WAITING:
                raise reasons.overloaded(1.0)
            if self._task is not None:
                self._stream.hold(reader.held)
        except CallError as error:
            self.refuse(error)
        else:
            self._nudge()

    def end(self) -> None:
        """Start the method, or let it know that nothing more comes."""
        if self._reader is None or self._stream.answered:
            return
        try:
            self._reader.end()
        except CallError as error:
            self.refuse(error)
            return
        if self._task is None:
            self.start()
        else:
            self._stream.hold(self._reader.held)
            self._nudge()

    def expired(self) -> None:
        """Refuse the call: its request did not come in time."""
        self.refuse(reasons.deadline_exceeded(), "request_unfinished")

    def evicted(self) -> None:
        """Refuse the call: the worker needs the room."""
        self.refuse(reasons.overloaded(1.0), "unfinished_budget")

    def lost(self) -> None:
        """Cancel the method."""
        self._reader = None
        self._nudge()
        # A method whose answer is on its way may have something left to do.
        if self._task is not None and not self._stream.answered:
            self._task.cancel()

    def shut_down(self) -> None:
        """Tell the caller that the process ends."""
        self.refuse(reasons.shutting_down(0.5), "shut_down")
        if self._task is not None:
            self._task.cancel()

    def start(self) -> None:
        """Start the method in a task of its own."""
        self._task = self._protocol.start(self)

    def refuse(self, error: CallError, kind: str = "") -> None:
        """End the call before its method began, or past it; let go of what has come."""
        self._protocol.refuse(self, error, kind)
        self._reader = None
        self._nudge()

    # What the call chain uses.

    @property
    def ended(self) -> bool:
        """Whether the caller has its status, or is gone."""
        return not self._stream.open

    async def receive(self) -> bytes | None:
        """Return the next request message."""
        while True:
            reader = self._reader
            if reader is None:
                raise ClientGoneError
            if reader.ready:
                message = reader.take()
                self._stream.taken(reader.held)
                return message
            if self._stream.whole:
                return None
            self._wake = asyncio.get_running_loop().create_future()
            await self._wake

    async def answer(self, message: bytes, trailing: Mapping[str, str]) -> None:
        """Send the one message of an answer, and end the call well."""
        data = frame(message, compress=self._compress)
        fields = self._headers()
        ending = trailers(trailing)
        stream = self._stream
        if stream.has_room(len(data)):
            stream.send_whole(fields, data, ending)
            return
        self.begin()
        if len(data) <= WHOLE:
            await stream.room(len(data), None)
            stream.send_data(data)
        else:
            await stream.send_in_pieces(data)
        stream.send_end(ending)

    def begin(self) -> None:
        """Send initial metadata."""
        if not self._begun:
            self._begun = True
            self._stream.send_headers(self._headers())

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
                framed = frame(message, compress=self._compress)
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
        data = frame(message, compress=self._compress)
        if len(data) > _PACK or stream.answered or not stream.has_room(len(data)):
            return False
        try:
            stream.send_data(data)
        except ClientGoneError:
            return False
        return True

    def finish(self, trailing: Mapping[str, str]) -> None:
        """End the call well."""
        if self.ended:
            return
        self.begin()
        self._stream.send_end(trailers(trailing))

    def fail(self, failure: GRPCError, trailing: Mapping[str, str]) -> None:
        """End the call with a failure."""
        if self.ended:
            return
        fields = trailers(trailing, failure)
        if self._begun:
            self._stream.send_end(fields)
        else:
            self._stream.send_only_headers([*self._headers(), _ENCODINGS, *fields])

    def _headers(self) -> Fields:
        fields = _GZIP_HEADERS if self._compress else _HEADERS
        return fields + encoded(self.initial) if self.initial else fields

    def _nudge(self) -> None:
        if self._wake is not None and not self._wake.done():
            self._wake.set_result(None)
