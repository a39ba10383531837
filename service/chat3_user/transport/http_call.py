"""A call over HTTP: what arrives becomes its request; the protocols say how it is answered."""

import asyncio
import math
from abc import abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, Final

from multidict import MultiMapping

from chat3_user.errors import CallError, reasons
from chat3_user.transport.call import Peer, Route, ServerCall
from chat3_user.transport.http_stream import ClientGoneError, HttpStream
from chat3_user.transport.json_codec import JsonCodec
from chat3_user.transport.messages import Reader

if TYPE_CHECKING:
    from chat3_user.transport.protocols import Protocols

_MOST_WAITING: Final = 64
_MOST_BYTES_WAITING: Final = 4 * 2**20
"""Messages, and bytes of them, a client may send ahead of a method that takes several."""


class HttpCall(ServerCall):
    """One call; hears its stream (`Inbound`), and serves the call chain (`ServerCall`).

    ``codec`` is of a call in JSON.
    """

    __slots__ = (
        "_protocols",
        "_reader",
        "_stream",
        "_task",
        "_wake",
        "codec",
        "compress",
        "deadline",
        "initial",
        "metadata",
        "path",
        "peer",
        "route",
    )

    ENCODING: ClassVar[str]
    """The header that names the compression of the request."""
    ACCEPTED: ClassVar[str]
    """The header that names the compressions of answers the client knows."""

    def __init__(
        self, protocols: "Protocols", stream: HttpStream, path: str, metadata: MultiMapping[str]
    ) -> None:
        self._protocols = protocols
        self._stream = stream
        self._reader: Reader | None = None
        self._task: asyncio.Task[None] | None = None
        self._wake: asyncio.Future[None] | None = None
        self.codec: JsonCodec | None = None
        self.compress = False
        self.path = path
        self.metadata = metadata
        self.deadline = math.inf
        self.initial: Mapping[str, str] = {}
        self.peer = Peer(stream.address, stream.connection)
        self.route: Route | None = None

    # What the protocol says of the request.

    @abstractmethod
    def check(self) -> None:
        """Check what the protocol wants of a request's headers.

        Raises `CallError`.
        """

    @abstractmethod
    def timeout(self) -> float | None:
        """Return the seconds the client gives its call; nothing when it does not say.

        Raises `CallError`.
        """

    @abstractmethod
    def reader(self, limit: int, *, compressed: bool, single: bool) -> Reader:
        """Return what takes the messages out of the body."""

    def expect(self, reader: Reader, *, compress: bool) -> None:
        """Take a request with ``reader``; compress answers if the client wants that."""
        self._reader = reader
        self.compress = compress

    # What the stream says.

    def data(self, data: bytes) -> None:
        """Take a piece of the request."""
        self._stream.received += len(data)
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
        self._task = self._protocols.start(self)

    def refuse(self, error: CallError, kind: str = "") -> None:
        """End the call before its method began, or past it; let go of what has come."""
        self._protocols.refuse(self, error, kind)
        self._reader = None
        self._nudge()

    # What the call chain uses.

    @property
    def bytes_in(self) -> int:
        """The bytes of the request's body that were read."""
        return self._stream.received

    @property
    def bytes_out(self) -> int:
        """The bytes of the answer's body that were sent."""
        return self._stream.sent

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
                return message if self.codec is None else self.codec.request(message)
            if self._stream.whole:
                return None
            self._wake = asyncio.get_running_loop().create_future()
            await self._wake

    def _nudge(self) -> None:
        if self._wake is not None and not self._wake.done():
            self._wake.set_result(None)
