"""What happens to every call: identify, validate, admit, run, translate failures.

A request is whole before it comes here. It takes a place when it is valid, and spends a rate when
its caller is proved.
"""

import asyncio
import math
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from typing import Any, Protocol

from grpclib.const import Status

from chat3_user.call_context import CallContext, current_call
from chat3_user.calls.call import Asked, Call
from chat3_user.calls.callers import Callers
from chat3_user.calls.proof import LASTING
from chat3_user.calls.service import Service
from chat3_user.calls.settings import DeadlineSettings
from chat3_user.errors import CallError, RetryPacing, reasons
from chat3_user.finished_call import FinishedCall, Observer
from chat3_user.limits.admission import Admission
from chat3_user.limits.rates import Kind
from chat3_user.telemetry import OFF, Tracing
from chat3_user.transport import ClientGoneError, ServerCall, SlowClientError
from chat3_user.transport.failures import fail, translated
from chat3_user.transport.request_ids import request_id_of, trace_id_of
from chat3_user.validation import Identity, validate
from chat3_user.validation.rules import Rules
from chat3_user.wire import Encoded, decode, encode

Unary = Callable[[Call, Any], Awaitable[Any]]
Streaming = Callable[[Call, Any], AsyncGenerator[list[Encoded], None]]
Bidi = Callable[[Call, AsyncIterator[Asked]], AsyncGenerator[list[Encoded], None]]
Serve = Callable[[ServerCall], Awaitable[None]]
_Run = Callable[[Call], Awaitable[None]]

_DEADLINE_MARGIN = 0.005
"""Seconds by which a call is ended before its caller gives up, so that it learns why."""


class Method(Protocol):
    """What the chain has to know of a method of the contract."""

    @property
    def name(self) -> str:
        """The method's name in the contract."""

    @property
    def service(self) -> Service:
        """The service that it belongs to."""

    @property
    def label(self) -> str:
        """What names it among the methods of all services."""

    @property
    def request(self) -> type[Any]:
        """The type of its requests."""

    @property
    def kind(self) -> Kind:
        """The kind of its calls, by which rates are set."""

    @property
    def rules(self) -> Rules:
        """The rules of its requests."""


class CallChain:
    """Turns methods into what the transport serves.

    ``observers`` get the record of each call, in turn, when it has ended. ``deadlines`` bound unary
    calls, those that bring none too.
    """

    def __init__(
        self,
        observers: Sequence[Observer],
        deadlines: DeadlineSettings,
        admission: Admission,
        callers: Callers,
        tracing: Tracing = OFF,
    ) -> None:
        self._tracing = tracing
        self._observers = observers
        self._callers = callers
        self._deadlines = deadlines
        self._admission = admission
        self._pacing = RetryPacing()

    def unary(self, method: Method, answer: Unary) -> Serve:
        """Return what serves calls of a method that answers once."""

        async def handle(stream: ServerCall) -> None:
            async def run(call: Call) -> None:
                request = await _request(stream, method)
                call.span.about(request)
                call.deadline = self._deadline(stream)
                async with asyncio.timeout_at(call.deadline):
                    with self._admission.call(call.identity, stream.peer):
                        await self._admission.spend(method.kind, call.identity, call.trailing)
                        response = await answer(call, request)
                    # A client that opens no window would keep the call for ever.
                    await stream.answer(encode(response), call.trailing)

            await self._handle(method, stream, run)

        return handle

    def streaming(self, method: Method, stream_of: Streaming) -> Serve:
        """Return what serves calls of a method that answers with a stream."""

        async def handle(stream: ServerCall) -> None:
            async def run(call: Call) -> None:
                request = await _request(stream, method)
                await self._stream(method, stream, call, lambda: stream_of(call, request))

            await self._handle(method, stream, run)

        return handle

    def bidi(self, method: Method, stream_of: Bidi) -> Serve:
        """Return what serves calls of a method that takes requests while it answers.

        Its caller is admitted before the first request has come.
        """

        async def handle(stream: ServerCall) -> None:
            async def run(call: Call) -> None:
                requests = self._requests(method, stream, call)
                await self._stream(method, stream, call, lambda: stream_of(call, requests))

            await self._handle(method, stream, run)

        return handle

    async def _stream(
        self,
        method: Method,
        stream: ServerCall,
        call: Call,
        answer: Callable[[], AsyncGenerator[list[Encoded], None]],
    ) -> None:
        """Send what a method says, as long as its caller may have the stream."""
        with self._admission.stream(call.identity, stream.peer) as opening:
            async with asyncio.timeout_at(stream.deadline - _DEADLINE_MARGIN):
                await self._admission.spend(method.kind, call.identity, call.trailing)
                call.send_now = stream.send_now
                responses = answer()
                try:
                    async for batch in responses:
                        opening.proved()
                        stream.begin()
                        await _send(stream, call, batch)
                finally:
                    await responses.aclose()

    async def _requests(
        self, method: Method, stream: ServerCall, call: Call
    ) -> AsyncIterator[Asked]:
        """Yield what a client asks for while it listens; the first request is part of the call."""
        first = True
        while (data := await stream.receive()) is not None:
            request: Any = decode(method.request, data)
            problem: CallError | None = None
            try:
                if not first:
                    await self._admission.spend(method.kind, call.identity, {})
                validate(request, method.rules)
            except CallError as error:
                problem = error
            first = False
            yield Asked(request, problem)

    async def _handle(self, method: Method, stream: ServerCall, run: _Run) -> None:
        started, label, service = time.perf_counter(), method.label, method.service
        context = CallContext(request_id_of(stream.metadata))
        current_call.set(context)
        request_id = context.request_id
        status, reason, proof = Status.OK, "", LASTING
        identity: Identity | None = None
        trailing = {"x-request-id": request_id}
        with self._tracing.call(
            service.full_name, method.name, stream.metadata, stream.protocol
        ) as span:
            try:
                identity, proof = await self._callers.identified(service, stream.metadata)
                await run(Call(label, request_id, identity, trailing, proof=proof, span=span))
                stream.finish(trailing)
            except (asyncio.CancelledError, ClientGoneError):
                status = Status.CANCELLED
                raise
            except Exception as error:
                if stream.ended:
                    status = Status.CANCELLED
                    raise ClientGoneError from error
                known = proof.told(translated(error, method=label, request_id=request_id))
                known = self._pacing.paced(known)
                failure = fail(stream, known, request_id, trailing)
                status, reason = failure.status, known.reason.name or ""
            finally:
                finished = FinishedCall(
                    method=label,
                    path=stream.path,
                    protocol=stream.protocol,
                    status=status.name,
                    reason=reason,
                    tenant="" if identity is None else identity.tenant_id,
                    user="" if identity is None else identity.user_id,
                    peer=stream.peer.address,
                    seconds=round(time.perf_counter() - started, 6),
                    upstream_seconds=round(context.upstream_seconds, 6),
                    upstream_requests=context.upstream_requests,
                    bytes_in=stream.bytes_in,
                    bytes_out=stream.bytes_out,
                    request_id=request_id,
                    trace_id=span.trace_id or trace_id_of(stream.metadata),
                )
                span.finished(finished)
                for observe in self._observers:
                    observe(finished)

    def _deadline(self, stream: ServerCall) -> float:
        """Return when a unary call is ended, by the loop's clock."""
        now = asyncio.get_running_loop().time()
        if stream.deadline == math.inf:
            return now + self._deadlines.default
        return max(now, min(stream.deadline - _DEADLINE_MARGIN, now + self._deadlines.longest))


async def _send(stream: ServerCall, call: Call, batch: list[Encoded]) -> None:
    """Send a batch; a client that takes nothing for too long has its stream ended by the method."""
    try:
        await stream.send(batch, call.interrupted)
    except SlowClientError:
        if call.slow is None:
            raise reasons.slow_consumer() from None
        call.slow()


async def _request(stream: ServerCall, method: Method) -> Any:
    """Return the request of a call, valid."""
    data = await stream.receive()
    if data is None:
        raise reasons.message_count_invalid("the request has no message")
    request: Any = decode(method.request, data)
    validate(request, method.rules)
    return request
