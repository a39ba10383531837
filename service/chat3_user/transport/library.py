"""grpclib's own services, health and reflection, behind the transport's face.

They cost an operator little and a stranger nothing, so their calls are counted: in all, by address
and by connection.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, Final, Protocol, cast

from google.protobuf.message import Message
from grpclib.const import Handler, Status
from grpclib.exceptions import GRPCError

from chat3_user.transport.call import Route, ServerCall
from chat3_user.transport.places import Places

_LIBRARY_TRAILERS: Final[dict[str, str]] = {}


class _Parsed(Protocol):
    """A message class of google protobuf."""

    def FromString(self, data: bytes) -> Message:  # noqa: N802 - protobuf's name
        """Return the message in ``data``."""
        ...


class LibraryStream:
    """What grpclib's services use of grpclib's stream."""

    def __init__(self, call: ServerCall, request_type: _Parsed) -> None:
        self._call = call
        self._request_type = request_type

    async def recv_message(self) -> Message | None:
        """Return the next request; nothing when the client sends no more."""
        data = await self._call.receive()
        return None if data is None else self._request_type.FromString(data)

    async def send_message(self, message: Message) -> None:
        """Send a message."""
        self._call.begin()
        await self._call.send([message.SerializeToString()])

    async def send_trailing_metadata(
        self, *, status: Status = Status.OK, status_message: str | None = None
    ) -> None:
        """End the call."""
        if status is Status.OK:
            self._call.finish(_LIBRARY_TRAILERS)
        else:
            self._call.fail(GRPCError(status, status_message), _LIBRARY_TRAILERS)

    async def __aiter__(self) -> AsyncIterator[Message]:
        """Iterate over the requests."""
        while (message := await self.recv_message()) is not None:
            yield message


def library_route(handler: Handler, places: Places, max_age: float) -> Route:
    """Return the route of a method of grpclib's; no call of it lives longer than ``max_age`` s."""

    async def serve(call: ServerCall) -> None:
        stream: Any = LibraryStream(call, cast("_Parsed", handler.request_type))
        aged = asyncio.get_running_loop().time() + max_age
        with places.place(call.peer.address, call.peer.connection):
            async with asyncio.timeout_at(min(call.deadline, aged)):
                await handler.func(stream)

    return Route(
        serve,
        streams_requests=handler.cardinality.client_streaming,
        streams_answers=handler.cardinality.server_streaming,
    )
