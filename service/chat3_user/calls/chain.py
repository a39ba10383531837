"""What happens to every call: identify, limit, receive, validate, run, translate failures.

All failures are translated here and nowhere else: a `CallError` becomes its catalogue entry, and
anything unforeseen becomes INTERNAL, logged under the request id.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any, cast

import grpclib.const
from grpclib.const import Status
from grpclib.exceptions import GRPCError, StreamTerminatedError

from chat3_user.calls.call import Call, enter_call, new_request_id
from chat3_user.calls.endpoint import GrpcStream
from chat3_user.calls.sender import StreamSender
from chat3_user.errors import CallError, FieldViolation, invalid_fields, reasons, to_grpc_error
from chat3_user.limits.admission import Admission
from chat3_user.metrics import Metrics
from chat3_user.telemetry import server_span
from chat3_user.validation import Identity, parse_identity, parse_request_id, validate
from chat3_user.wire import DecodeError, Encoded

log = logging.getLogger(__name__)

UnaryMethod = Callable[[Any], Awaitable[Any]]
StreamingMethod = Callable[[Any], AsyncIterator[list[Encoded]]]
Place = Callable[[Identity], AbstractContextManager[None]]

_DEADLINE_MARGIN = 0.005


class CallChain:
    """Turns methods into gRPC handlers; ``default_deadline`` (seconds) bounds unary calls."""

    def __init__(
        self,
        metrics: Metrics,
        *,
        default_deadline: float = 30.0,
        admission: Admission | None = None,
    ) -> None:
        self._metrics = metrics
        self._default_deadline = default_deadline
        self._admission = admission or Admission()

    def wrap(
        self, mapping: Mapping[str, grpclib.const.Handler], service: object
    ) -> dict[str, grpclib.const.Handler]:
        """Return ``mapping`` with its handlers replaced; methods are found by their proto name."""
        wrapped: dict[str, grpclib.const.Handler] = {}
        for path, handler in mapping.items():
            name = path.rpartition("/")[2]
            method = getattr(service, _snake_case(name))
            func = (
                self._streaming(name, method)
                if handler.cardinality.server_streaming
                else self._unary(name, method)
            )
            wrapped[path] = handler._replace(func=func)
        return wrapped

    def _unary(self, name: str, method: UnaryMethod) -> Callable[[GrpcStream], Awaitable[None]]:
        async def handle(stream: GrpcStream) -> None:
            async def run(call: Call) -> None:
                enter_call(call)
                call.deadline = asyncio.get_running_loop().time() + self._time_left(stream)
                async with asyncio.timeout_at(call.deadline):
                    response = await method(await _request(stream))
                    # A client that opens no window would keep the call for ever.
                    await stream.answer(response, call.trailing)

            await self._handle(name, stream, run, lambda _: self._admission.call())

        return handle

    def _streaming(
        self, name: str, method: StreamingMethod
    ) -> Callable[[GrpcStream], Awaitable[None]]:
        async def handle(stream: GrpcStream) -> None:
            async def run(call: Call) -> None:
                enter_call(call)
                async with asyncio.timeout(self._time_left(stream)):
                    request = await _request(stream)
                sender = StreamSender(stream)
                call.send_now = sender.send_now
                responses = method(request)
                begun = False
                try:
                    async for batch in responses:
                        if not begun:
                            await sender.begin()
                            begun = True
                        await sender.send(batch, call.interrupted)
                finally:
                    await responses.aclose()  # type: ignore[attr-defined]

            await self._handle(name, stream, run, self._admission.stream)

        return handle

    async def _handle(
        self,
        name: str,
        stream: GrpcStream,
        run: Callable[[Call], Awaitable[None]],
        place: Place,
    ) -> None:
        started = time.perf_counter()
        metadata = _text_metadata(stream)
        request_id = parse_request_id(metadata) or new_request_id()
        status, reason = Status.OK, ""
        trailing = {"x-request-id": request_id}
        with server_span(name, metadata) as span:
            try:
                await self._run(name, stream, metadata, request_id, trailing, run, place)
            except CallError as error:
                failure = to_grpc_error(error, request_id)
                status, reason = failure.status, error.reason.name or ""
                if error.retry_after is not None:
                    trailing["grpc-retry-pushback-ms"] = str(round(error.retry_after * 1000))
                await _fail(stream, failure, trailing)
            except (asyncio.CancelledError, StreamTerminatedError):
                status = Status.CANCELLED
                raise
            finally:
                span.answered(status.value)
                self._metrics.call(name, status.name, reason, time.perf_counter() - started)

    async def _run(
        self,
        name: str,
        stream: GrpcStream,
        metadata: Mapping[str, str],
        request_id: str,
        trailing: dict[str, str],
        run: Callable[[Call], Awaitable[None]],
        place: Place,
    ) -> None:
        """Run the call; leave with `CallError` for every failure the caller gets to see."""
        try:
            call = Call(name, request_id, parse_identity(metadata), trailing)
            with place(call.identity):
                await self._admission.rates.spend(name, call.identity, trailing)
                await run(call)
                if not stream.ended:
                    await stream.send_trailing_metadata(metadata=trailing)
        except (CallError, StreamTerminatedError):
            raise
        except DecodeError as error:
            raise invalid_fields([FieldViolation("", f"a protobuf message: {error}")]) from error
        except TimeoutError as error:
            raise reasons.deadline_exceeded() from error
        except Exception as error:
            if not stream._stream.closable:  # noqa: SLF001 - the client is gone; nobody to tell
                raise StreamTerminatedError("the client is gone") from error
            log.exception("call failed", extra={"request_id": request_id, "method": name})
            raise reasons.internal() from error

    def _time_left(self, stream: GrpcStream) -> float:
        """Return the seconds left: a little less than the caller has, so that it learns why."""
        if stream.deadline is None:
            return self._default_deadline
        return max(0.0, stream.deadline.time_remaining() - _DEADLINE_MARGIN)


async def _request(stream: GrpcStream) -> Any:
    """Return the request of a call, valid."""
    request = await stream.recv_message()
    if request is None:
        raise invalid_fields([FieldViolation("", "a request message")])
    validate(request)
    return request


async def _fail(stream: GrpcStream, failure: GRPCError, trailing: Mapping[str, str]) -> None:
    await stream.send_trailing_metadata(
        status=failure.status,
        status_message=failure.message,
        status_details=failure.details,
        metadata=trailing,
    )


def _text_metadata(stream: GrpcStream) -> Mapping[str, str]:
    # Binary metadata (keys in `-bin`) is never asked for.
    return cast("Mapping[str, str]", stream.metadata or {})


def _snake_case(name: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")
