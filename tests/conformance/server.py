"""connectrpc's conformance service on this transport: what the runner starts and calls.

Speaks the runner's protocol: a length and a `ServerCompatRequest` on standard input, a length and a
`ServerCompatResponse` on standard output; serves until SIGTERM. It stands outside of the call
chain: it has no identities, and its answers are the test's.
"""

import asyncio
import math
import signal
import socket
import ssl
import sys
import tempfile
from base64 import b64encode
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Any, Final

from connectrpc.conformance.v1 import server_compat_pb2, service_pb2
from google.protobuf import descriptor_pool, message_factory
from google.protobuf.any_pb2 import Any as Packed
from google.protobuf.message import Message
from grpclib.const import Status
from grpclib.exceptions import GRPCError
from multidict import MultiDict

from chat3_user.errors import CallError, to_grpc_error
from chat3_user.metrics import Metrics
from chat3_user.tls.listener import ServerTls
from chat3_user.tls.settings import TlsFiles
from chat3_user.transport import ConnectionLimits, Listener, Route, ServerCall
from chat3_user.transport.metadata import binary

_SERVICE: Final = "/connectrpc.conformance.v1.ConformanceService/"


def _metadata(found: Iterable[Any]) -> MultiDict[str]:
    """Return the metadata a test wants; binary values come in base64."""
    return MultiDict((header.name.lower(), value) for header in found for value in header.value)


def _request_info(call: ServerCall, *requests: Message) -> Any:
    """Return what came with a call, and its requests."""
    info = service_pb2.ConformancePayload.RequestInfo()
    for name in dict.fromkeys(call.metadata):
        values: list[str] = []
        for value in call.metadata.getall(name):
            if name.endswith("-bin"):
                values += [b64encode(item).decode() for item in binary(name, value)]
            else:
                values.append(value)
        info.request_headers.add(name=name, value=values)
    if call.deadline < math.inf:
        left = call.deadline - asyncio.get_running_loop().time()
        info.timeout_ms = max(0, round(left * 1000))
    _add_requests(info, *requests)
    return info


def _add_requests(info: Any, *requests: Message) -> None:
    for request in requests:
        packed = Packed()
        packed.Pack(request)
        info.requests.append(packed)


def _failure(error: Any, info: Any | None) -> GRPCError:
    details = [_unpacked(detail) for detail in error.details]
    if info is not None:
        details.append(info)
    message = error.message if error.HasField("message") else None
    return GRPCError(Status(error.code), message, details)


def _unpacked(packed: Packed) -> Message:
    kind = descriptor_pool.Default().FindMessageTypeByName(packed.TypeName())
    message = message_factory.GetMessageClass(kind)()
    packed.Unpack(message)
    return message


async def _unary(call: ServerCall, request: Any, answer: Any) -> None:
    definition = request.response_definition
    info = _request_info(call, request)
    call.initial = _metadata(definition.response_headers)
    trailing = _metadata(definition.response_trailers)
    await asyncio.sleep(definition.response_delay_ms / 1000)
    if definition.HasField("error"):
        call.fail(_failure(definition.error, info), trailing)
        return
    answer.payload.data = definition.response_data
    answer.payload.request_info.CopyFrom(info)
    await call.answer(answer.SerializeToString(), trailing)


async def unary(call: ServerCall) -> None:
    request = service_pb2.UnaryRequest.FromString(await call.receive() or b"")
    await _unary(call, request, service_pb2.UnaryResponse())


async def idempotent_unary(call: ServerCall) -> None:
    request = service_pb2.IdempotentUnaryRequest.FromString(await call.receive() or b"")
    await _unary(call, request, service_pb2.IdempotentUnaryResponse())


async def server_stream(call: ServerCall) -> None:
    request = service_pb2.ServerStreamRequest.FromString(await call.receive() or b"")
    definition = request.response_definition
    info = _request_info(call, request)
    call.initial = _metadata(definition.response_headers)
    trailing = _metadata(definition.response_trailers)
    if request.HasField("response_definition"):
        call.begin()
    for number, data in enumerate(definition.response_data):
        await asyncio.sleep(definition.response_delay_ms / 1000)
        answer = service_pb2.ServerStreamResponse()
        answer.payload.data = data
        if not number:
            answer.payload.request_info.CopyFrom(info)
        await call.send([answer.SerializeToString()])
    if definition.HasField("error"):
        call.fail(_failure(definition.error, None if definition.response_data else info), trailing)
    else:
        call.finish(trailing)


async def client_stream(call: ServerCall) -> None:
    requests = [item async for item in _requests(call, service_pb2.ClientStreamRequest)]
    definition = (requests or [service_pb2.ClientStreamRequest()])[0].response_definition
    info = _request_info(call, *requests)
    call.initial = _metadata(definition.response_headers)
    trailing = _metadata(definition.response_trailers)
    await asyncio.sleep(definition.response_delay_ms / 1000)
    if definition.HasField("error"):
        call.fail(_failure(definition.error, info), trailing)
        return
    answer = service_pb2.ClientStreamResponse()
    answer.payload.data = definition.response_data
    answer.payload.request_info.CopyFrom(info)
    await call.answer(answer.SerializeToString(), trailing)


async def bidi_stream(call: ServerCall) -> None:
    """Answer each request as it comes, or all of them once the last one has."""
    requests: list[Any] = []
    definition = None
    sent = 0
    trailing: MultiDict[str] = MultiDict()
    async for request in _requests(call, service_pb2.BidiStreamRequest):
        requests.append(request)
        if definition is None:
            definition = request.response_definition
            call.initial = _metadata(definition.response_headers)
            trailing = _metadata(definition.response_trailers)
            if request.HasField("response_definition"):
                call.begin()
        if not requests[0].full_duplex:
            continue
        if sent >= len(definition.response_data):
            break
        info = _request_info(call, request)
        if sent:
            info = service_pb2.ConformancePayload.RequestInfo()
            _add_requests(info, request)
        await _send_bidi(call, definition, sent, info)
        sent += 1
    if definition is None:
        call.finish(trailing)
        return
    info = _request_info(call, *requests)
    for number in range(sent, len(definition.response_data)):
        await _send_bidi(call, definition, number, None if number else info)
        sent += 1
    if definition.HasField("error"):
        call.fail(_failure(definition.error, None if sent else info), trailing)
    else:
        call.finish(trailing)


async def _send_bidi(call: ServerCall, definition: Any, number: int, info: Any | None) -> None:
    await asyncio.sleep(definition.response_delay_ms / 1000)
    answer = service_pb2.BidiStreamResponse()
    answer.payload.data = definition.response_data[number]
    if info is not None:
        answer.payload.request_info.CopyFrom(info)
    await call.send([answer.SerializeToString()])


async def _requests(call: ServerCall, kind: Any) -> AsyncIterator[Any]:
    while (data := await call.receive()) is not None:
        yield kind.FromString(data)


async def unimplemented(call: ServerCall) -> None:
    call.fail(GRPCError(Status.UNIMPLEMENTED, "not implemented"), {})


def _bounded(serve: Any, **shape: bool) -> Route:
    async def handle(call: ServerCall) -> None:
        async with asyncio.timeout_at(call.deadline if call.deadline < math.inf else None):
            await serve(call)

    return Route(handle, **shape)


ROUTES: Final = {
    _SERVICE + "Unary": _bounded(unary),
    _SERVICE + "IdempotentUnary": _bounded(idempotent_unary, safe=True),
    _SERVICE + "ServerStream": _bounded(server_stream, streams_answers=True),
    _SERVICE + "ClientStream": _bounded(client_stream, streams_requests=True),
    _SERVICE + "BidiStream": _bounded(bidi_stream, streams_requests=True, streams_answers=True),
    _SERVICE + "Unimplemented": _bounded(unimplemented),
}


def bare(error: CallError, request_id: str) -> GRPCError:
    """Return a refusal without the details that are this service's own."""
    return GRPCError(to_grpc_error(error, request_id).status, error.message)


def _tls(asked: Any) -> ssl.SSLContext:
    """Return the listener's TLS, with the certificate and the authority that the runner made."""
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / name for name in ("cert.pem", "key.pem", "client.pem")]
        given = (asked.server_creds.cert, asked.server_creds.key, asked.client_tls_cert)
        for file, content in zip(files, given, strict=True):
            file.write_bytes(content)
        certificate, key, client_ca = map(str, files)
        tls = ServerTls(TlsFiles(certificate, key, client_ca if asked.client_tls_cert else ""))
    return tls.context


async def main() -> None:
    size = int.from_bytes(sys.stdin.buffer.read(4))
    asked = server_compat_pb2.ServerCompatRequest.FromString(sys.stdin.buffer.read(size))
    limits = ConnectionLimits(request_bytes=asked.message_receive_limit or 4_194_304)
    listener = Listener(ROUTES, limits, Metrics().transport, bare)
    sock = socket.create_server(("127.0.0.1", 0))
    sock.setblocking(False)  # noqa: FBT003 - the standard library's signature
    await listener.listen(sock, tls=_tls(asked) if asked.use_tls else None)
    told = server_compat_pb2.ServerCompatResponse(
        host="127.0.0.1", port=sock.getsockname()[1], pem_cert=asked.server_creds.cert
    )
    raw = told.SerializeToString()
    sys.stdout.buffer.write(len(raw).to_bytes(4) + raw)
    sys.stdout.buffer.flush()
    ended = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, ended.set)
    await ended.wait()
    await listener.close()


if __name__ == "__main__":
    asyncio.run(main())
