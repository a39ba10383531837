"""Spans of OpenTelemetry: what they say, in the words of the semantic conventions 1.44.

`docs/tracing.md` has the table of them. What calls carry stays out: no content, key or token.
"""

import random
from collections.abc import Mapping
from contextvars import ContextVar
from types import TracebackType
from typing import Any, Final, Self

from opentelemetry.context import Context, attach, detach
from opentelemetry.trace import (
    Span,
    SpanContext,
    Status,
    StatusCode,
    format_span_id,
    format_trace_id,
    set_span_in_context,
)

from chat3_user.finished_call import SERVER_ERRORS, FinishedCall
from chat3_user.telemetry.carriers import unsampled_headers
from chat3_user.telemetry.spans import CallSpan, DeliverySpan, OperationSpan, SilentSpan
from chat3_user.telemetry.tracing import Named

_ERROR: Final = Status(StatusCode.ERROR)
_BAD_REQUEST: Final = 400

_CONNECT_NAMES: Final = {"CANCELLED": "canceled"}


class _Current(SilentSpan):
    """A span that is current between its beginning and its end."""

    __slots__ = ("_context", "_failed", "_span", "_token")

    def __init__(self, span: Span, context: Context | None = None) -> None:
        self._span = span
        self._context = set_span_in_context(span, context)
        self._failed = False

    @property
    def context(self) -> Context:
        """The context of what belongs to it."""
        return self._context

    def __enter__(self) -> Self:
        self._token = attach(self._context)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        detach(self._token)
        if kind is not None and not self._failed:
            self._fail(kind.__name__)
        self._span.end()

    def _fail(self, kind: str) -> None:
        self._failed = True
        self._span.set_attribute("error.type", kind)
        self._span.set_status(_ERROR)


class OtelCallSpan(_Current, CallSpan):
    """A call to a method of ours."""

    __slots__ = ()

    @property
    def trace_id(self) -> str:
        """The id of its trace in hexadecimal."""
        return format_trace_id(self._span.get_span_context().trace_id)

    def about(self, request: Any) -> None:
        """Note which dialog and which message a request names."""
        for name, attribute in _ABOUT.items():
            value = getattr(request, name, None)
            if isinstance(value, str) and value:
                self._span.set_attribute(attribute, value)

    def wrote(self, message_id: str) -> None:
        """Note the message that the call has written."""
        self._span.set_attribute("chat3.message.id", message_id)

    def finished(self, call: FinishedCall) -> None:
        """Note what is known of the call at its end."""
        # How it ended is said here: what is raised from now on only ends the task.
        self._failed = True
        status = call.status
        if call.protocol == "connect":
            status = _CONNECT_NAMES.get(status, status.lower()) if status != "OK" else ""
        told = {
            "rpc.response.status_code": status,
            "chat3.peer": call.peer,
            "chat3.tenant.id": call.tenant,
            "chat3.user.id": call.user,
            "chat3.request.id": call.request_id,
            "chat3.error.reason": call.reason,
        }
        self._span.set_attributes({name: value for name, value in told.items() if value})
        if call.status in SERVER_ERRORS:
            self._fail(status)


class UnsampledCallSpan(CallSpan):
    """A call that is not sampled: nothing is made for what happens within it.

    ``came`` are the headers that it came with.
    """

    __slots__ = ("_begun_by_caller", "_came", "_headers", "_token", "_trace_id")

    def __init__(self, trace_id: str, came: Mapping[str, str], *, begun_by_caller: bool) -> None:
        self._trace_id = trace_id
        self._came = came
        self._begun_by_caller = begun_by_caller
        self._headers: Mapping[str, str] | None = None

    def __enter__(self) -> Self:
        self._token = unsampled_call.set(self)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        unsampled_call.reset(self._token)

    @property
    def trace_id(self) -> str:
        """The id of its trace in hexadecimal."""
        return self._trace_id

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers that tell others of the trace, and that it is not sampled."""
        if self._headers is None:
            span_id = format_span_id(random.getrandbits(64) or 1)
            self._headers = unsampled_headers(
                self._trace_id, span_id, self._came, begun_by_caller=self._begun_by_caller
            )
        return self._headers


unsampled_call: Final[ContextVar[UnsampledCallSpan | None]] = ContextVar(
    "unsampled_call", default=None
)
"""The call that this code runs for, where that is not sampled."""

_ABOUT: Final = {"dialog_id": "chat3.dialog.id", "message_id": "chat3.message.id"}


class OtelOperationSpan(_Current, OperationSpan):
    """A request to tenant-api, or an operation of a store."""

    __slots__ = ()

    def answered(self, status: int) -> None:
        """Note the HTTP status of the answer."""
        self._span.set_attribute("http.response.status_code", status)
        if status >= _BAD_REQUEST:
            self._fail(str(status))

    def resulted(self, outcome: str) -> None:
        """Record the outcome of a store's operation."""
        self._span.set_attribute("chat3.store.outcome", outcome)

    def failed(self, kind: str) -> None:
        """Note that the operation failed, and how."""
        self._fail(kind)


class OtelDeliverySpan(_Current, DeliverySpan):
    """An update on its way to the streams of its user."""

    __slots__ = ("_streams",)

    def __init__(self, span: Span, context: Context) -> None:
        super().__init__(span, context)
        self._streams = 0

    def handed_to(self, stream: SpanContext | None) -> None:
        """Note a stream that the update was handed to."""
        self._streams += 1
        self._span.set_attribute("chat3.streams", self._streams)
        if stream is not None:
            self._span.add_link(stream, {"chat3.link": "stream"})


def told_of(named: Named) -> dict[str, str]:
    """Return the attributes of a delivery that say what an update names."""
    told = {
        "messaging.message.id": named.event_id,
        "chat3.event.id": named.event_id,
        "chat3.event.type": named.source_event_type,
        "chat3.update.type": named.update_type,
        "chat3.tenant.id": named.tenant_id,
        "chat3.user.id": named.user_id,
        "chat3.dialog.id": named.dialog_id,
        "chat3.message.id": named.message_id,
    }
    return {name: value for name, value in told.items() if value}
