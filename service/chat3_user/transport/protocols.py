"""From HTTP requests to calls: the method and the content type choose the protocol.

What is no call is refused as HTTP wants it, what is a bad one as its protocol does.
"""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from chat3_user.errors import CallError, reasons
from chat3_user.transport import connect_get
from chat3_user.transport.addresses import forwarded
from chat3_user.transport.call import Peer, Route, ServerCall
from chat3_user.transport.connect_stream_call import ConnectStreamCall
from chat3_user.transport.connect_unary_call import ConnectUnaryCall
from chat3_user.transport.cors import Cors
from chat3_user.transport.failures import Tell, fail, translated
from chat3_user.transport.fields import Fields
from chat3_user.transport.grpc_call import GrpcCall
from chat3_user.transport.grpc_web_call import GrpcWebCall
from chat3_user.transport.http_call import HttpCall
from chat3_user.transport.http_stream import ClientGoneError, HttpStream, Inbound
from chat3_user.transport.json_codec import JsonCodecs
from chat3_user.transport.limits import ConnectionLimits
from chat3_user.transport.messages import GZIP
from chat3_user.transport.metadata import check_binary
from chat3_user.transport.refusals import Refusals
from chat3_user.transport.request_ids import request_id_of
from chat3_user.transport.requests import Request

_SHOWN: Final = 100
"""Characters of a hostile value that an answer repeats."""

_HTTP_1: Final = 1


@dataclass(frozen=True, slots=True)
class _Form:
    """A protocol and a codec."""

    call: type[HttpCall]
    json: bool = False

    def serves(self, route: Route) -> bool:
        """Return whether methods like this one can be called so."""
        if self.call is ConnectUnaryCall:
            return route.unary
        return self.call is not ConnectStreamCall or not route.unary


_FORMS: Final = {
    "application/grpc": _Form(GrpcCall),
    "application/grpc+proto": _Form(GrpcCall),
    "application/grpc+json": _Form(GrpcCall, json=True),
    "application/grpc-web": _Form(GrpcWebCall),
    "application/grpc-web+proto": _Form(GrpcWebCall),
    "application/grpc-web+json": _Form(GrpcWebCall, json=True),
    "application/proto": _Form(ConnectUnaryCall),
    "application/json": _Form(ConnectUnaryCall, json=True),
    "application/connect+proto": _Form(ConnectStreamCall),
    "application/connect+json": _Form(ConnectStreamCall, json=True),
}
"""The protocols by content type."""

_ACCEPTED: Final[Fields] = [(b"accept-post", ", ".join(_FORMS).encode())]
_POST: Final[Fields] = [(b"allow", b"POST")]
_WORDS: Final = {
    HTTPStatus.NOT_FOUND: b"There is no such method.\n",
    HTTPStatus.FORBIDDEN: b"Pages of this origin may not call.\n",
    HTTPStatus.METHOD_NOT_ALLOWED: b"Call this with POST.\n",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: b"Call this by gRPC, gRPC-Web or Connect, with a"
    b" content-type that suits the method.\n",
    HTTPStatus.HTTP_VERSION_NOT_SUPPORTED: b"Call this over HTTP/2.\n",
}


class Protocols:
    """Serves ``routes``, by path; ``tell`` says refusals in gRPC's words."""

    def __init__(
        self,
        routes: Mapping[str, Route],
        limits: ConnectionLimits,
        refusals: Refusals,
        tell: Tell,
        cors: Cors,
    ) -> None:
        self._tell = tell
        self._routes = routes
        self._limits = limits
        self._refusals = refusals
        self._cors = cors
        self._codecs = JsonCodecs()
        self._tasks: set[asyncio.Task[None]] = set()

    def request(self, stream: HttpStream, request: Request) -> Inbound | None:
        """Take a request's head; return what hears the rest, nothing if it was answered."""
        stream.common = self._cors.fields(request.metadata.get("origin"))
        if request.method == "POST":
            return self._by_post(stream, request)
        if request.method == "GET":
            return self._by_get(stream, request)
        if request.method == "OPTIONS" and "access-control-request-method" in request.metadata:
            self._preflight(stream, request)
        else:
            self._refuse_http(stream, HTTPStatus.METHOD_NOT_ALLOWED, _POST)
        return None

    def start(self, call: HttpCall) -> asyncio.Task[None]:
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
        request_id = request_id_of(call.metadata)
        self._refusals.refused(
            name,
            call.peer.address,
            method=call.path if call.path in self._routes else "",
            request_id=request_id,
        )
        with suppress(ClientGoneError):
            fail(call, error, request_id, {"x-request-id": request_id}, self._tell)

    async def settled(self) -> None:
        """Wait until no task of a call is left."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    def _by_post(self, stream: HttpStream, request: Request) -> Inbound | None:
        route = self._routes.get(request.path)
        form = _FORMS.get(_media_type(request.metadata.get("content-type", "")))
        if form is None or (route is not None and not form.serves(route)):
            self._refuse_http(stream, HTTPStatus.UNSUPPORTED_MEDIA_TYPE, _ACCEPTED)
            return None
        if request.version == _HTTP_1 and (form.call is GrpcCall or _both_ways(route)):
            self._refuse_http(stream, HTTPStatus.HTTP_VERSION_NOT_SUPPORTED)
            return None
        call = form.call(self, stream, request.path, request.metadata)
        try:
            self._begin(call, stream, request, json=form.json)
        except CallError as error:
            self.refuse(call, error)
            return None
        return call

    def _by_get(self, stream: HttpStream, request: Request) -> Inbound | None:
        route = self._routes.get(request.path)
        if route is None:
            self._refuse_http(stream, HTTPStatus.NOT_FOUND)
            return None
        if not (route.safe and route.unary):
            self._refuse_http(stream, HTTPStatus.METHOD_NOT_ALLOWED, _POST)
            return None
        parts = connect_get.parts_of(request.query)
        if connect_get.codec_of(parts) not in ("json", "proto"):
            self._refuse_http(stream, HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
            return None
        call = ConnectUnaryCall(self, stream, request.path, request.metadata)
        try:
            query = connect_get.read(parts)
            request.metadata[call.ENCODING] = query.compression
            call.by_get()
            self._begin(call, stream, request, json=query.json)
            call.take(query.message)
        except CallError as error:
            self.refuse(call, error)
            return None
        return call

    def _begin(self, call: HttpCall, stream: HttpStream, request: Request, *, json: bool) -> None:
        call.check()
        limits = self._limits
        if request.size > limits.metadata_bytes or request.fields > limits.metadata_fields:
            raise reasons.metadata_too_large(limits.metadata_bytes)
        route = call.route = self._routes.get(call.path)
        if route is None:
            raise reasons.method_unknown(call.path[:_SHOWN])
        if json:
            call.codec = self._codecs.of(call.path)
        seconds = call.timeout()
        if seconds is not None:
            call.deadline = asyncio.get_running_loop().time() + seconds
            stream.expires_at(call.deadline)
        check_binary(call.metadata)
        encoding = call.metadata.get(call.ENCODING, "identity")
        if encoding not in ("identity", GZIP):
            raise reasons.compression_unsupported()
        if limits.trusted_proxies:
            header = ",".join(call.metadata.getall("x-forwarded-for", ()))
            address = forwarded(stream.address, header, limits.trusted_proxies)
            call.peer = Peer(address, stream.connection)
        compressed = encoding == GZIP
        accepted = call.metadata.get(call.ACCEPTED, "")
        call.expect(
            call.reader(
                limits.request_bytes, compressed=compressed, single=not route.streams_requests
            ),
            compress=compressed and GZIP in accepted,
        )
        if route.streams_requests:
            stream.take_messages()
            call.start()

    async def _serve(self, call: HttpCall) -> None:
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

    def _preflight(self, stream: HttpStream, request: Request) -> None:
        """Answer a browser that asks whether a page may call."""
        fields = self._cors.preflight(request.metadata)
        if fields is None:
            self._refuse_http(stream, HTTPStatus.FORBIDDEN)
            return
        with suppress(ClientGoneError):
            stream.send_only_headers(fields)

    def _refuse_http(
        self, stream: HttpStream, status: HTTPStatus, fields: Fields | None = None
    ) -> None:
        """Answer as HTTP what is no call."""
        self._refusals.refused(f"http_{status.value}", stream.address)
        head: Fields = [(b":status", str(status.value).encode()), (b"content-type", b"text/plain")]
        with suppress(ClientGoneError):
            stream.send_whole(head + (fields or []), _WORDS[status], None)


def _media_type(content_type: str) -> str:
    """Return a media type without parameters, in lower case; none for JSON that is not UTF-8."""
    if content_type in _FORMS:
        return content_type
    bare, *parameters = (part.strip() for part in content_type.lower().split(";"))
    for parameter in parameters if bare == "application/json" else ():
        name, _, value = parameter.partition("=")
        if name == "charset" and value.strip('"') != "utf-8":
            return ""
    return bare


def _both_ways(route: Route | None) -> bool:
    """Return whether a method answers while its requests still come: HTTP/1.1 cannot do that."""
    return route is not None and route.streams_requests and route.streams_answers
