"""Spans of OpenTelemetry for calls and streams; needs `opentelemetry-api`, the extra `otel`."""

from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry import propagate, trace
from opentelemetry.trace import SpanKind, Status, StatusCode, TracerProvider

from chat3_client.failures import Chat3Error
from chat3_client.hooks import Attempt, Hook


def tracing(provider: TracerProvider | None = None) -> Hook:
    """Return a hook that makes a client span of each attempt, and sends its context along.

    ``provider`` is the application's own by default. Attributes follow the conventions of RPC
    spans; nothing of a request's content is recorded.
    """
    tracer = trace.get_tracer("chat3_client", tracer_provider=provider)

    @contextmanager
    def hook(attempt: Attempt) -> Iterator[None]:
        service, _, method = attempt.method.rpartition("/")
        attributes: dict[str, str | int] = {
            "rpc.system": "grpc",
            "rpc.service": service,
            "rpc.method": method,
            "server.address": attempt.address,
        }
        if attempt.number > 1:
            attributes["rpc.grpc.attempt"] = attempt.number
        with tracer.start_as_current_span(
            attempt.method,
            kind=SpanKind.CLIENT,
            attributes=attributes,
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            propagate.inject(attempt.metadata)
            try:
                yield
            except Chat3Error as error:
                span.set_attribute("rpc.grpc.status_code", int(error.status.value))
                span.set_attribute("error.type", error.reason or error.status.name)
                span.set_status(Status(StatusCode.ERROR, error.reason or error.status.name))
                raise
            finally:
                request = attempt.answer.trailers.get("x-request-id")
                if request:
                    span.set_attribute("rpc.request.id", request)

    return hook
