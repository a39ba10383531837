"""Tracing by the OpenTelemetry API: which spans there are, and whose children they are."""

from collections.abc import Callable, Mapping, MutableMapping
from functools import lru_cache
from typing import Final

from opentelemetry.context import Context
from opentelemetry.trace import (
    Link,
    SpanContext,
    SpanKind,
    Tracer,
    format_trace_id,
    get_current_span,
)

from chat3_user.telemetry.carriers import context_in, put_into, unsampled_in
from chat3_user.telemetry.early import Early
from chat3_user.telemetry.otel_spans import (
    OtelCallSpan,
    OtelDeliverySpan,
    OtelOperationSpan,
    UnsampledCallSpan,
    told_of,
    unsampled_call,
)
from chat3_user.telemetry.spans import CallSpan, DeliverySpan, OperationSpan
from chat3_user.telemetry.tracing import Carrier, Deliveries, Named, Requests, Tracing

_NOWHERE: Final = Context()
_UNSAMPLED: Final = OperationSpan()


class OtelDeliveries:
    """Traces updates that come from one place."""

    __slots__ = ("_attributes", "_early", "_name", "_named_in", "_tracer")

    def __init__(
        self,
        tracer: Tracer,
        early: Early | None,
        system: str,
        destination: str,
        named_in: Callable[[bytes], Named],
    ) -> None:
        self._tracer = tracer
        self._early = early
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
        parent = carrier.get("traceparent")
        if parent is None:
            if self._early is not None and self._early.refused():
                return None
        elif unsampled_in(parent):
            return None
        else:
            context = context_in(carrier)
            created = get_current_span(context).get_span_context()
            if created.is_valid:
                links.append(Link(created, {"chat3.link": "creation"}))
        span = self._tracer.start_span(
            self._name, context, SpanKind.CONSUMER, self._attributes, links
        )
        if not span.is_recording():
            return None
        span.set_attributes(told_of(self._named_in(body)))
        return OtelDeliverySpan(span, context)

    @property
    def stream(self) -> SpanContext | None:
        """The context of the call that opens a stream here, where that is sampled."""
        context = get_current_span().get_span_context()
        return context if context.is_valid and context.trace_flags.sampled else None


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
        call = unsampled_call.get()
        if call is not None:
            headers.update(call.headers)
            return _UNSAMPLED
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
        put_into(headers, operation.context)
        return operation


class OtelTracing(Tracing):
    """Traces the process by a tracer; ``early`` knows what the sampler refuses, where it can."""

    __slots__ = ("_early", "_tracer")

    on = True

    def __init__(self, tracer: Tracer, early: Early | None = None) -> None:
        self._tracer = tracer
        self._early = early

    def sampled_trace_id(self) -> str:
        """Return the id of the trace that is being recorded, in hexadecimal; empty when none is."""
        context = get_current_span().get_span_context()
        return format_trace_id(context.trace_id) if context.trace_flags.sampled else ""

    def call(
        self, service: str, method: str, metadata: Mapping[str, str], protocol: str
    ) -> CallSpan:
        """Begin a call to a method of ours, in the trace that its metadata name."""
        parent = metadata.get("traceparent")
        if self._early is not None:
            if parent is None:
                drawn = self._early.refused()
                trace_id = format_trace_id(drawn) if drawn else ""
            else:
                trace_id = unsampled_in(parent)
            if trace_id:
                begun = parent is not None
                return UnsampledCallSpan(trace_id, metadata, begun_by_caller=begun)
        context = context_in(metadata)
        name, attributes = _called(service, method, protocol)
        span = self._tracer.start_span(name, context, SpanKind.SERVER, attributes)
        if not span.is_recording():
            trace_id = format_trace_id(span.get_span_context().trace_id)
            begun = get_current_span(context).get_span_context().is_valid
            return UnsampledCallSpan(trace_id, metadata, begun_by_caller=begun)
        return OtelCallSpan(span, context)

    def requests(self, host: str, port: int) -> Requests:
        """Return what traces requests to a server."""
        return OtelRequests(self._tracer, host, port)

    def operation(self, system: str, name: str) -> OperationSpan:
        """Begin an operation of a store."""
        if unsampled_call.get() is not None:
            return _UNSAMPLED
        attributes = {"db.system.name": system, "db.operation.name": name}
        span = self._tracer.start_span(name, kind=SpanKind.CLIENT, attributes=attributes)
        return OtelOperationSpan(span)

    def deliveries(
        self, system: str, destination: str, named_in: Callable[[bytes], Named]
    ) -> Deliveries:
        """Return what traces updates from a ``destination`` of a messaging ``system``."""
        return OtelDeliveries(self._tracer, self._early, system, destination, named_in)


@lru_cache(256)
def _called(service: str, method: str, protocol: str) -> tuple[str, dict[str, str]]:
    name = f"{service}/{method}"
    return name, {
        "rpc.system.name": "connectrpc" if protocol == "connect" else "grpc",
        "rpc.method": name,
        "chat3.protocol": protocol,
    }
