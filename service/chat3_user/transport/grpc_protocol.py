"""From HTTP/2 requests to gRPC calls: what is no call is refused as HTTP or gRPC wants it."""

import asyncio
import logging
from collections.abc import Mapping
from contextlib import suppress
from http import HTTPStatus
from typing import Final

from multidict import MultiDict

from chat3_user.errors import CallError, reasons
from chat3_user.transport.addresses import forwarded
from chat3_user.transport.call import Peer, Route, ServerCall
from chat3_user.transport.engine import RequestReceived
from chat3_user.transport.failures import Tell, fail, translated
from chat3_user.transport.grpc_call import GrpcCall
from chat3_user.transport.limits import ConnectionLimits
from chat3_user.transport.messages import GZIP, MessageReader
from chat3_user.transport.metadata import check_binary, check_te, timeout
from chat3_user.transport.refusals import Refusals
from chat3_user.transport.request_ids import request_id_of
from chat3_user.transport.stream import ClientGoneError, Http2Stream, Inbound

log = logging.getLogger(__name__)

_CONTENT_TYPES: Final = frozenset({"application/grpc", "application/grpc+proto"})
_FIELD_OVERHEAD: Final = 32
_NOT_GRPC: Final = b"This is gRPC: POST, with content-type application/grpc.\n"
_SHOWN: Final = 100
"""Characters of a hostile value that an answer repeats."""


class GrpcProtocol:
    """Serves ``routes``, by path; ``tell`` says refusals in gRPC's words."""

    def __init__(
        self, routes: Mapping[str, Route], limits: ConnectionLimits, refusals: Refusals, tell: Tell
    ) -> None:
        self._tell = tell
        self._routes = routes
        self._limits = limits
        self._refusals = refusals
        self._tasks: set[asyncio.Task[None]] = set()

    def request(self, stream: Http2Stream, event: RequestReceived) -> Inbound | None:
        """Take a request's headers; return what hears the rest, nothing if it was answered."""
        metadata: MultiDict[str] = MultiDict()
        method = path = ""
        size = 0
        for name, value in event.headers:
            size += len(name) + len(value) + _FIELD_OVERHEAD
            if name[:1] != b":":
                # A header that is not ASCII is the fault of one request, not of the connection.
                metadata.add(name.decode("latin-1"), value.decode("latin-1"))
            elif name == b":path":
                path = value.decode("latin-1")
            elif name == b":method":
                method = value.decode("latin-1")
        if method != "POST":
            self._refuse_http(stream, HTTPStatus.METHOD_NOT_ALLOWED)
            return None
        content_type = metadata.get("content-type", "")
        if content_type not in _CONTENT_TYPES and _bare(content_type) not in _CONTENT_TYPES:
            self._refuse_http(stream, HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
            return None
        call = GrpcCall(self, stream, path, metadata)
        try:
            self._begin(call, stream, size, len(event.headers))
        except CallError as error:
            self.refuse(call, error)
            return None
        return call

    def start(self, call: GrpcCall) -> asyncio.Task[None]:
        """Serve a call in a task of its own."""
        task = asyncio.get_running_loop().create_task(self._serve(call))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def refuse(self, call: ServerCall, error: CallError, kind: str = "") -> None:
        """End a call that its method does not see, or no longer; count it."""
        if call.ended:
            return
        name = kind or (error.reason.name or "").lower()
        self._refusals.refused(name, call.peer.address, f"{call.path[:_SHOWN]}: {error.message}")
        request_id = request_id_of(call.metadata)
        with suppress(ClientGoneError):
            fail(call, error, request_id, {"x-request-id": request_id}, self._tell)

    async def settled(self) -> None:
        """Wait until no task of a call is left."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    def _begin(self, call: GrpcCall, stream: Http2Stream, size: int, count: int) -> None:
        check_te(call.metadata)
        if size > self._limits.metadata_bytes or count > self._limits.metadata_fields:
            raise reasons.metadata_too_large(self._limits.metadata_bytes)
        route = self._routes.get(call.path)
        if route is None:
            raise reasons.method_unknown(call.path[:_SHOWN])
        seconds = timeout(call.metadata)
        if seconds is not None:
            call.deadline = asyncio.get_running_loop().time() + seconds
            stream.expires_at(call.deadline)
        check_binary(call.metadata)
        encoding = call.metadata.get("grpc-encoding", "identity")
        if encoding not in ("identity", GZIP):
            raise reasons.compression_unsupported()
        if self._limits.trusted_proxies:
            header = ",".join(call.metadata.getall("x-forwarded-for", ()))
            address = forwarded(stream.address, header, self._limits.trusted_proxies)
            call.peer = Peer(address, stream.connection)
        compressed = encoding == GZIP
        accepted = call.metadata.get("grpc-accept-encoding", "")
        call.expect(
            MessageReader(
                self._limits.request_bytes,
                compressed=compressed,
                single=not route.streams_requests,
            ),
            compress=compressed and GZIP in accepted,
        )
        call.route = route
        if route.streams_requests:
            stream.take_messages()
            call.start()

    async def _serve(self, call: GrpcCall) -> None:
        route = call.route
        if route is None:
            raise RuntimeError("a call without a route")
        try:
            await route.serve(call)
            call.finish({})
        except ClientGoneError:
            pass
        except Exception as error:  # noqa: BLE001 - translated
            if not call.ended:
                request_id = request_id_of(call.metadata)
                self.refuse(call, translated(error, method=call.path, request_id=request_id))

    def _refuse_http(self, stream: Http2Stream, status: HTTPStatus) -> None:
        """Answer as HTTP what is no gRPC."""
        self._refusals.refused(f"http_{status.value}", stream.address)
        with suppress(ClientGoneError):
            stream.send_text(
                [(b":status", str(status.value).encode()), (b"content-type", b"text/plain")],
                _NOT_GRPC,
            )


def _bare(content_type: str) -> str:
    """Return a media type without parameters, in lower case."""
    return content_type.partition(";")[0].strip().lower()
