"""gRPC's interoperability service on this transport; prints its port and serves until SIGTERM."""

import asyncio
import math
import signal
import socket
import sys
from typing import Any, Final

import interop_pb2 as pb
from grpclib.const import Status
from grpclib.exceptions import GRPCError

from chat3_user.metrics import Metrics
from chat3_user.transport import ConnectionLimits, Listener, Route, ServerCall

_SERVICE: Final = "/grpc.testing.TestService/"
_ECHOED: Final = ("x-grpc-test-echo-initial", "x-grpc-test-echo-trailing-bin")


def _echo(call: ServerCall) -> dict[str, str]:
    """Have initial metadata echoed; return the trailing."""
    initial, trailing = _ECHOED
    if initial in call.metadata:
        call.initial = {initial: call.metadata[initial]}
    return {trailing: call.metadata[trailing]} if trailing in call.metadata else {}


def _failed(call: ServerCall, request: Any, trailing: dict[str, str]) -> bool:
    if not request.HasField("response_status"):
        return False
    status = request.response_status
    call.fail(GRPCError(Status(status.code), status.message), trailing)
    return True


async def empty_call(call: ServerCall) -> None:
    await call.answer(b"", _echo(call))


async def unary_call(call: ServerCall) -> None:
    request = pb.SimpleRequest.FromString(await call.receive() or b"")
    trailing = _echo(call)
    if not _failed(call, request, trailing):
        answer = pb.SimpleResponse(payload=pb.Payload(body=bytes(request.response_size)))
        await call.answer(answer.SerializeToString(), trailing)


async def _respond(call: ServerCall, request: Any) -> None:
    for wanted in request.response_parameters:
        await asyncio.sleep(wanted.interval_us / 1e6)
        answer = pb.StreamingOutputCallResponse(payload=pb.Payload(body=bytes(wanted.size)))
        await call.send([answer.SerializeToString()])


async def streaming_output_call(call: ServerCall) -> None:
    request = pb.StreamingOutputCallRequest.FromString(await call.receive() or b"")
    call.begin()
    await _respond(call, request)


async def streaming_input_call(call: ServerCall) -> None:
    size = 0
    while (data := await call.receive()) is not None:
        size += len(pb.StreamingInputCallRequest.FromString(data).payload.body)
    answer = pb.StreamingInputCallResponse(aggregated_payload_size=size)
    await call.answer(answer.SerializeToString(), {})


async def full_duplex_call(call: ServerCall) -> None:
    trailing = _echo(call)
    while (data := await call.receive()) is not None:
        request = pb.StreamingOutputCallRequest.FromString(data)
        if _failed(call, request, trailing):
            return
        call.begin()
        await _respond(call, request)
    call.finish(trailing)


def _bounded(serve: Any, *, streams_requests: bool = False) -> Route:
    async def handle(call: ServerCall) -> None:
        async with asyncio.timeout_at(call.deadline if call.deadline < math.inf else None):
            await serve(call)

    return Route(handle, streams_requests)


ROUTES: Final = {
    _SERVICE + "EmptyCall": _bounded(empty_call),
    _SERVICE + "UnaryCall": _bounded(unary_call),
    _SERVICE + "StreamingOutputCall": _bounded(streaming_output_call),
    _SERVICE + "StreamingInputCall": _bounded(streaming_input_call, streams_requests=True),
    _SERVICE + "FullDuplexCall": _bounded(full_duplex_call, streams_requests=True),
}


async def main() -> None:
    listener = Listener(ROUTES, ConnectionLimits(), Metrics().transport)
    sock = socket.create_server(("127.0.0.1", 0))
    sock.setblocking(False)  # noqa: FBT003 - the standard library's signature
    await listener.listen(sock, tls=None)
    sys.stdout.write(f"{sock.getsockname()[1]}\n")
    sys.stdout.flush()
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    await ended.wait()
    await listener.close()


if __name__ == "__main__":
    asyncio.run(main())
