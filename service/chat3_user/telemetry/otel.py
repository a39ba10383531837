"""Spans by the OpenTelemetry API; their names are those of the semantic conventions 1.44.

`docs/tracing.md` has the table of them. What calls carry stays out: no content, key or token.
"""

from collections.abc import Callable, Mapping, MutableMapping
from functools import lru_cache
from types import TracebackType
from typing import Any, Final, Self

from opentelemetry import propagate
from opentelemetry.context import Context, attach, detach
from opentelemetry.trace import (
    Link,
    Span,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    Tracer,
    format_trace_id,
    get_current_span,
    set_span_in_context,
)

from chat3_user.finished_call import FinishedCall
from chat3_user.telemetry.spans import CallSpan, DeliverySpan, OperationSpan, SilentSpan
from chat3_user.telemetry.tracing import Carrier, Deliveries, Named, Requests, Tracing

_NOWHERE: Final = Context()
_ERROR: Final = Status(StatusCode.ERROR)
_BAD_REQUEST: Final = 400

_SERVER_ERRORS: Final = frozenset(
    {"UNKNOWN", "DEADLINE_EXCEEDED", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS"}
)
"""The statuses that are the server's failures; all others are the caller's affair."""

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
        if self._span.is_recording():
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
        if not self._span.is_recording():
            return
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
        if call.status in _SERVER_ERRORS:
            self._fail(status)


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
        """Note what an operation of a store came to."""
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


class OtelDeliveries:
    """Traces updates that come from one place."""

    __slots__ = ("_attributes", "_name", "_named_in", "_tracer")

    def __init__(
        self, tracer: Tracer, system: str, destination: str, named_in: Callable[[bytes], Named]
    ) -> None:
        self._tracer = tracer
        self._named_in = named_in
        self._name = f"process {destination}"
        self._attributes = {
            "messaging.system": system,
            "messaging.destination.name": destination,
            "messaging.operation.name": "process",
            "messaging.operation.type": "process",
        }

    def delivery(self, body: bytes, carrier: Carrier) -> DeliverySpan | None:
        """Begin a delivery; what its publisher did not sample is not sampled here either."""
        context, links = _NOWHERE, list[Link]()
        if "traceparent" in carrier:
            context = propagate.extract(carrier, _NOWHERE)
            created = get_current_span(context).get_span_context()
            if created.is_valid:
                if not created.trace_flags.sampled:
                    return None
                links.append(Link(created, {"chat3.link": "creation"}))
        span = self._tracer.start_span(
            self._name, context, SpanKind.CONSUMER, self._attributes, links
        )
        if not span.is_recording():
            return None
        span.set_attributes(_told_of(self._named_in(body)))
        return OtelDeliverySpan(span, context)

    @property
    def stream(self) -> SpanContext | None:
        """The context of the call that opens a stream here, where that is sampled."""
        context = get_current_span().get_span_context()
        return context if context.is_valid and context.trace_flags.sampled else None


def _told_of(named: Named) -> dict[str, str]:
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


class OtelRequests(Requests):
    """Traces requests to one server."""

    __slots__ = ("_server", "_tracer")

    def __init__(self, tracer: Tracer, host: str, port: int) -> None:
        self._tracer = tracer
        self._server: dict[str, str | int] = {"server.address": host, "server.port": port}

    def request(
        self, method: str, route: str, headers: MutableMapping[str, str], resend: int
    ) -> OperationSpan:
        """Begin a request, and put the trace context into its headers."""
        attributes: dict[str, str | int] = {
            "http.request.method": method,
            "url.template": route,
            **self._server,
        }
        if resend:
            attributes["http.request.resend_count"] = resend
        span = self._tracer.start_span(
            f"{method} {route}", kind=SpanKind.CLIENT, attributes=attributes
        )
        operation = OtelOperationSpan(span)
        propagate.inject(headers, operation.context)
        return operation


class OtelTracing(Tracing):
    """Traces the process by a tracer."""

    __slots__ = ("_tracer",)

    on = True

    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer

    def sampled_trace_id(self) -> str:
        """Return the id of the trace that is being recorded, in hexadecimal; empty when none is."""
        context = get_current_span().get_span_context()
        return format_trace_id(context.trace_id) if context.trace_flags.sampled else ""

    def call(
        self, service: str, method: str, metadata: Mapping[str, str], protocol: str
    ) -> CallSpan:
        """Begin a call to a method of ours, in the trace that its metadata name."""
        context = propagate.extract(metadata, _NOWHERE)
        name, attributes = _called(service, method, protocol)
        span = self._tracer.start_span(name, context, SpanKind.SERVER, attributes)
        return OtelCallSpan(span, context)

    def requests(self, host: str, port: int) -> Requests:
        """Return what traces requests to a server."""
        return OtelRequests(self._tracer, host, port)

    def operation(self, system: str, name: str) -> OperationSpan:
        """Begin an operation of a store."""
        attributes = {"db.system.name": system, "db.operation.name": name}
        span = self._tracer.start_span(name, kind=SpanKind.CLIENT, attributes=attributes)
        return OtelOperationSpan(span)

    def deliveries(
        self, system: str, destination: str, named_in: Callable[[bytes], Named]
    ) -> Deliveries:
        """Return what traces updates from a ``destination`` of a messaging ``system``."""
        return OtelDeliveries(self._tracer, system, destination, named_in)


@lru_cache(256)
def _called(service: str, method: str, protocol: str) -> tuple[str, dict[str, str]]:
    name = f"{service}/{method}"
    return name, {
        "rpc.system.name": "connectrpc" if protocol == "connect" else "grpc",
        "rpc.method": name,
        "chat3.protocol": protocol,
    }
