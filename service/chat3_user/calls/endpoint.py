"""From an HTTP/2 request to a gRPC handler: what is no call is refused as gRPC wants it.

grpclib answers such requests without a content type, or with nothing at all; and it forgets streams
that are cancelled before their handler began.
"""

import logging
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from http import HTTPStatus
from typing import Any, Final, cast

import grpclib.server
from google.protobuf.message import DecodeError as ProtobufDecodeError
from grpclib.const import Cardinality, Handler, Status
from grpclib.exceptions import GRPCError, ProtocolError, StreamTerminatedError
from grpclib.metadata import (
    Deadline,
    decode_metadata,
    encode_bin_value,
    encode_grpc_message,
    encode_metadata,
)
from grpclib.protocol import Buffer
from grpclib.protocol import Stream as Http2Stream
from grpclib.utils import DeadlineWrapper, Wrapper
from h2.exceptions import StreamClosedError
from multidict import MultiDict

from chat3_api.chat3.user.v1 import ErrorReason
from chat3_user.calls.answer import send_answer
from chat3_user.calls.buffer import RequestBuffer
from chat3_user.calls.call import new_request_id
from chat3_user.calls.receiver import receive
from chat3_user.errors import CallError, FieldViolation, invalid_fields, reasons, to_grpc_error
from chat3_user.limits.frames import ConnectionLimits
from chat3_user.validation import parse_request_id
from chat3_user.wire import DecodeError

log = logging.getLogger(__name__)

Headers = list[tuple[str, str]]

_CONTENT_TYPES: Final = frozenset({"application/grpc", "application/grpc+proto"})
_PUSHBACK: Final = "grpc-retry-pushback-ms"
_HEADER_OVERHEAD: Final = 32
_LONGEST_TIMEOUT: Final = 8 + 1
_TIMEOUT_WORDS: Final = "up to eight digits and a unit of H, M, S, m, u or n"
_SHOWN: Final = 100
"""Characters of a hostile value that an answer repeats."""


_LAST_WORDS: Final = 2.0
"""Seconds in which a client may finish a request that was answered early; nobody reads it."""


class GrpcStream(grpclib.server.Stream[Any, Any]):
    """grpclib's stream of a call, which takes requests within bounds."""

    def __init__(self, *arguments: Any, request_bytes: int, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._request_bytes = request_bytes

    async def recv_message(self) -> Any:
        """Return the next request; nothing when the client sends no more.

        Raises `CallError`.
        """
        raw = await receive(self._stream, self._request_bytes)
        if raw is None:
            return None
        try:
            message = self._codec.decode(raw, self._recv_type)
        except (DecodeError, ProtobufDecodeError) as error:
            raise invalid_fields([FieldViolation("", f"a protobuf message: {error}")]) from error
        (message,) = await self._dispatch.recv_message(message)
        return message

    async def answer(self, message: Any, trailing: Mapping[str, str]) -> None:
        """Send the answer of a unary call and end the call."""
        encoded = self._codec.encode(message, self._send_type)
        if send_answer(self, encoded, trailing):
            self._send_initial_metadata_done = True
            self._send_message_done = True
            self._send_trailing_metadata_done = True
        else:
            await self.send_message(encoded)
            await self.send_trailing_metadata(metadata=trailing)

    async def send_trailing_metadata(
        self,
        *,
        status: Status = Status.OK,
        status_message: str | None = None,
        status_details: Any = None,
        metadata: Any = None,
    ) -> None:
        """End the call; grpclib's own would take no `grpc-retry-pushback-ms`."""
        if self._send_trailing_metadata_done:
            raise ProtocolError("trailing metadata was sent already")
        headers = []
        if not self._send_initial_metadata_done:
            headers += [(":status", "200"), ("content-type", self._content_type)]
        headers.append(("grpc-status", str(status.value)))
        if status_message is not None:
            # HTTP/2 has clients refuse values that begin or end with a space.
            headers.append(("grpc-message", encode_grpc_message(status_message.strip())))
        if status_details is not None and self._status_details_codec is not None:
            details = self._status_details_codec.encode(status, status_message, status_details)
            headers.append(("grpc-status-details-bin", encode_bin_value(details).decode()))
        own = MultiDict(metadata or ())
        pushback = own.pop(_PUSHBACK, None)
        if pushback is not None:
            headers.append((_PUSHBACK, pushback))
        headers += encode_metadata(own)
        await self._stream.send_headers(headers, end_stream=True)
        self._send_trailing_metadata_done = True

    @property
    def ended(self) -> bool:
        """Whether the caller has its status, or will get none."""
        return self._send_trailing_metadata_done or self._cancel_done


class Endpoint(grpclib.server.Handler):
    """Serves the requests of one connection."""

    def __init__(self, *arguments: Any, limits: ConnectionLimits) -> None:
        super().__init__(*arguments)
        self._limits = limits

    def accept(self, stream: Http2Stream, headers: Any, release_stream: Callable[[], Any]) -> None:
        """Serve a request in a task; the stream is released however the task ends."""
        self.__gc_step__()
        stream.buffer = cast(
            "Buffer", RequestBuffer(partial(stream.connection.ack, cast("int", stream.id)))
        )
        task = self.loop.create_task(self._serve(stream, headers))
        # A task that is cancelled before its first step never comes to a `finally`.
        task.add_done_callback(lambda _: release_stream())
        self._tasks[stream] = task

    def cancel(self, stream: Http2Stream) -> None:
        """Cancel the task that serves the stream."""
        task = self._tasks.pop(stream, None)
        if task is not None:
            task.cancel()
            self._cancelled.add(task)

    async def _serve(self, stream: Http2Stream, headers: Headers) -> None:
        try:
            await self._answer(stream, headers)
        except (StreamTerminatedError, StreamClosedError):
            pass
        except Exception:
            if stream.closable:
                log.exception("request failed outside of its call")
        finally:
            if stream.closable:
                # Not at once: grpclib's client would see the reset instead of the status before it.
                self.loop.call_later(_LAST_WORDS, _reset, stream)

    async def _answer(self, stream: Http2Stream, headers: Headers) -> None:
        fields = dict(headers)
        if fields.get(":method") != "POST":
            await _abort(stream, HTTPStatus.METHOD_NOT_ALLOWED)
            return
        if fields.get("content-type") not in _CONTENT_TYPES:
            await _abort(stream, HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
            return
        path = fields.get(":path", "")
        handler = self.mapping.get(path)
        call = self._call(stream, path, handler, fields)
        try:
            if fields.get("te") != "trailers":
                raise _invalid_metadata("te", "`trailers`")
            if _size(headers) > self._limits.metadata_bytes:
                raise reasons.metadata_too_large(self._limits.metadata_bytes)
            if handler is None:
                raise reasons.method_unknown(path[:_SHOWN])
            call.deadline = _deadline(headers)
            call.metadata = _metadata(headers)
            await self._handle(call, handler, stream)
        except CallError as error:
            request_id = parse_request_id(fields) or new_request_id()
            await _fail(call, to_grpc_error(error, request_id), request_id)
        except GRPCError as error:
            await _fail(call, error, parse_request_id(fields) or new_request_id())

    async def _handle(self, call: GrpcStream, handler: Handler, stream: Http2Stream) -> None:
        wrapper = stream.wrapper = Wrapper() if call.deadline is None else DeadlineWrapper()
        try:
            with _timer(wrapper, call.deadline), wrapper:
                await handler.func(call)
                if not call.ended:
                    await call.send_trailing_metadata()
        except TimeoutError as error:
            # grpclib's timer can be a moment ahead of the clock that tells the time remaining.
            if call.deadline is None:
                raise
            raise reasons.deadline_exceeded() from error
        except (CallError, GRPCError, StreamTerminatedError, StreamClosedError):
            raise
        except Exception as error:
            if not stream.closable:
                raise StreamTerminatedError("the client is gone") from error
            log.exception("call failed outside of the chain")
            raise reasons.internal() from error

    def _call(
        self,
        stream: Http2Stream,
        path: str,
        handler: Handler | None,
        fields: dict[str, str],
    ) -> GrpcStream:
        return GrpcStream(
            stream,
            path,
            Cardinality.UNARY_UNARY if handler is None else handler.cardinality,
            None if handler is None else handler.request_type,
            None if handler is None else handler.reply_type,
            codec=self.codec,
            status_details_codec=self.status_details_codec,
            dispatch=self.dispatch,
            user_agent=fields.get("user-agent"),
            request_bytes=self._limits.request_bytes,
        )


def _invalid_metadata(key: str, rule: str) -> CallError:
    return CallError(
        ErrorReason.INVALID_METADATA,
        f"invalid metadata: {key}",
        metadata={"key": key},
        violations=(FieldViolation(f"metadata.{key}", rule),),
    )


def _reset(stream: Http2Stream) -> None:
    if not stream.connection.is_closing() and stream.closable:
        stream.reset_nowait()


def _timer(wrapper: Wrapper, deadline: Deadline | None) -> AbstractContextManager[None]:
    if deadline is None or not isinstance(wrapper, DeadlineWrapper):
        return nullcontext()
    return wrapper.start(deadline)


def _size(headers: Headers) -> int:
    """Return the size of metadata as HTTP/2 counts it."""
    return sum(len(name) + len(value) for name, value in headers) + len(headers) * _HEADER_OVERHEAD


def _deadline(headers: Headers) -> Deadline | None:
    for name, value in headers:
        if name == "grpc-timeout" and len(value) > _LONGEST_TIMEOUT:
            raise _invalid_metadata(name, _TIMEOUT_WORDS)
    try:
        return Deadline.from_headers(headers)
    except ValueError as error:
        raise _invalid_metadata("grpc-timeout", _TIMEOUT_WORDS) from error


def _metadata(headers: Headers) -> Any:
    try:
        return decode_metadata(headers)
    except ValueError as error:
        key = next(name for name, _ in headers if name.endswith("-bin"))
        raise _invalid_metadata(key[:_SHOWN], "base64") from error


async def _fail(call: GrpcStream, error: GRPCError, request_id: str) -> None:
    if not call.ended:
        await call.send_trailing_metadata(
            status=error.status,
            status_message=error.message,
            status_details=error.details,
            metadata={"x-request-id": request_id},
        )


async def _abort(stream: Http2Stream, status: HTTPStatus) -> None:
    """Answer as HTTP what is no gRPC."""
    await stream.send_headers([(":status", str(status.value))], end_stream=True)
