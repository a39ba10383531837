"""Connect's unary calls: plain HTTP, whose body is the message itself."""

import asyncio
from collections.abc import Mapping, MutableSequence
from http import HTTPStatus
from typing import TYPE_CHECKING, ClassVar, Final

from grpclib.const import Status
from grpclib.exceptions import GRPCError
from multidict import MultiMapping

from chat3_user.transport.call import Message
from chat3_user.transport.connect_error import error_json, http_status
from chat3_user.transport.connect_metadata import check_version, timeout
from chat3_user.transport.fields import Fields, encoded
from chat3_user.transport.http_call import HttpCall
from chat3_user.transport.http_stream import WHOLE, HttpStream
from chat3_user.transport.messages import ENCODINGS, GZIP, BodyReader, Reader, squeezed

if TYPE_CHECKING:
    from chat3_user.transport.protocols import Protocols

_OK: Final = (b":status", b"200")
_PROTO: Final[Fields] = [_OK, (b"content-type", b"application/proto")]
_JSON: Final[Fields] = [_OK, (b"content-type", b"application/json")]
_GZIP: Final[Fields] = [(b"content-encoding", GZIP.encode())]
_ERROR: Final[Fields] = [
    (b"content-type", b"application/json"),
    (b"accept-encoding", ENCODINGS.encode()),
]
_OF_A_USER: Final[Fields] = [
    (b"cache-control", b"private, no-store"),
    (
        b"vary",
        b"authorization, x-api-key, x-tenant-id, x-user-id, accept-encoding, origin",
    ),
]
"""An answer to GET is one caller's own: no cache may keep it, none may give it to others."""


class ConnectUnaryCall(HttpCall):
    """A call of a method with one request and one answer, by Connect's protocol."""

    __slots__ = ("_by_get", "_message")

    protocol: ClassVar = "connect"
    ENCODING: ClassVar = "content-encoding"
    ACCEPTED: ClassVar = "accept-encoding"

    def __init__(
        self, protocols: "Protocols", stream: HttpStream, path: str, metadata: MultiMapping[str]
    ) -> None:
        super().__init__(protocols, stream, path, metadata)
        self._message = b""
        self._by_get = False

    def by_get(self) -> None:
        """Answer to GET."""
        self._by_get = True

    def take(self, message: bytes) -> None:
        """Take the message of a request by GET, which has no body."""
        super().data(message)

    def data(self, data: bytes) -> None:
        """Take a piece of the request; a body with GET means nothing."""
        if not self._by_get:
            super().data(data)

    def check(self) -> None:
        """Check the protocol's version."""
        check_version(self.metadata)

    def timeout(self) -> float | None:
        """Return the seconds in `connect-timeout-ms`."""
        return timeout(self.metadata)

    def reader(self, limit: int, *, compressed: bool, single: bool) -> Reader:  # noqa: ARG002
        """Return what takes the body as the message."""
        return BodyReader(limit, compressed=compressed)

    async def answer(self, message: bytes, trailing: Mapping[str, str]) -> None:
        """Send the one message of an answer, and end the call well."""
        fields, data = self._whole(message, trailing)
        stream = self._stream
        if len(data) <= WHOLE or stream.has_room(len(data)):
            await stream.room(len(data), None)
            stream.send_whole(fields, data, None)
            return
        stream.send_headers(fields)
        await stream.send_in_pieces(data)
        stream.send_end(None)

    def begin(self) -> None:
        """Send nothing yet: the status of the answer decides how it begins."""

    async def send(
        self,
        messages: MutableSequence[Message],
        interrupted: "asyncio.Future[None] | None" = None,  # noqa: ARG002 - nothing is waited for
    ) -> bool:
        """Keep the message until the call ends."""
        self._message = b"".join(messages)
        messages.clear()
        return True

    def send_now(self, message: bytes) -> bool:  # noqa: ARG002 - the face's signature
        """Send nothing: there is one message, and it is the answer."""
        return False

    def finish(self, trailing: Mapping[str, str]) -> None:
        """End the call well, with the message that was kept."""
        if not self.ended:
            fields, data = self._whole(self._message, trailing)
            self._stream.send_whole(fields, data, None)

    def fail(self, failure: GRPCError, trailing: Mapping[str, str]) -> None:
        """End the call with a failure."""
        if self.ended:
            return
        status = http_status(failure)
        if failure.status is Status.UNIMPLEMENTED and self.route is None:
            status = HTTPStatus.NOT_FOUND.value
        fields = [(b":status", str(status).encode()), *_ERROR, *self._metadata(trailing)]
        self._stream.send_whole(fields, error_json(failure), None)

    def _whole(self, message: bytes, trailing: Mapping[str, str]) -> tuple[Fields, bytes]:
        """Return the headers and the body of an answer."""
        fields = _PROTO
        if self.codec is not None:
            fields, message = _JSON, self.codec.answer(message)
        if self.compress:
            fields, message = fields + _GZIP, squeezed(message)
        return fields + self._metadata(trailing), message

    def _metadata(self, trailing: Mapping[str, str]) -> Fields:
        """Return initial and trailing metadata as headers, after those that caches look at."""
        fields = _OF_A_USER if self._by_get else []
        ending = [(b"trailer-" + name, value) for name, value in encoded(trailing)]
        return [*fields, *encoded(self.initial), *ending]
