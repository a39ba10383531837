"""Spans of calls in and out, by the OpenTelemetry API; free of cost while no SDK is installed.

An operator turns tracing on by running the service with an OpenTelemetry SDK, for example through
`opentelemetry-instrument`. Attribute names follow the semantic conventions for RPC and HTTP.
"""

from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import AbstractContextManager, contextmanager
from http import HTTPStatus

from grpclib.const import Status as RpcStatus
from opentelemetry import propagate, trace
from opentelemetry.trace import Span, SpanKind, Status, StatusCode

trace.get_tracer_provider()  # loads the SDK that the environment names, if any


class SpanSink:
    """What is known about a finished operation; this one, without a span, forgets it."""

    __slots__ = ()

    @property
    def trace_id(self) -> str:
        """The id of its trace in hexadecimal; empty without one."""
        return ""

    def answered(self, status: int) -> None:
        """Note the protocol's own status code."""

    def failed(self, kind: str) -> None:
        """Note that the operation failed, and how."""


class _HttpSpan(SpanSink):
    __slots__ = ("_span",)

    def __init__(self, span: Span) -> None:
        self._span = span

    @property
    def trace_id(self) -> str:
        """The id of its trace in hexadecimal."""
        context = self._span.get_span_context()
        return trace.format_trace_id(context.trace_id) if context.is_valid else ""

    def answered(self, status: int) -> None:
        self._span.set_attribute("http.response.status_code", status)
        if status >= HTTPStatus.BAD_REQUEST:
            self.failed(str(status))

    def failed(self, kind: str) -> None:
        self._span.set_attribute("error.type", kind)
        self._span.set_status(Status(StatusCode.ERROR))


class _RpcSpan(_HttpSpan):
    __slots__ = ()

    def answered(self, status: int) -> None:
        self._span.set_attribute("rpc.grpc.status_code", status)


class _ConnectSpan(_HttpSpan):
    __slots__ = ()

    def answered(self, status: int) -> None:
        if status:
            self._span.set_attribute("rpc.connect_rpc.error_code", RpcStatus(status).name.lower())


_SILENT = SpanSink()


class _Silence(AbstractContextManager[SpanSink]):
    def __enter__(self) -> SpanSink:
        return _SILENT

    def __exit__(self, *_: object) -> None:
        return None


_silence = _Silence()


def _tracing() -> bool:
    # `get_tracer_provider` would read the environment every time.
    return trace._TRACER_PROVIDER is not None  # noqa: SLF001 - as said


def sampled_trace_id() -> str:
    """Return the id of the trace that is being recorded, in hexadecimal; empty when none is."""
    if not _tracing():
        return ""
    context = trace.get_current_span().get_span_context()
    return trace.format_trace_id(context.trace_id) if context.trace_flags.sampled else ""


def client_span(
    method: str, route: str, headers: MutableMapping[str, str]
) -> AbstractContextManager[SpanSink]:
    """Span an HTTP request to tenant-api and put the trace context into its headers."""
    return _client_span(method, route, headers) if _tracing() else _silence


def server_span(
    service: str, method: str, metadata: Mapping[str, str], protocol: str = "grpc"
) -> AbstractContextManager[SpanSink]:
    """Span a call to a service of ours, continuing the trace its metadata names."""
    return _server_span(service, method, metadata, protocol) if _tracing() else _silence


@contextmanager
def _client_span(method: str, route: str, headers: MutableMapping[str, str]) -> Iterator[SpanSink]:
    attributes = {"http.request.method": method, "url.template": route}
    with _tracer().start_as_current_span(
        f"{method} {route}", kind=SpanKind.CLIENT, attributes=attributes
    ) as span:
        propagate.inject(headers)
        yield _HttpSpan(span)


@contextmanager
def _server_span(
    service: str, method: str, metadata: Mapping[str, str], protocol: str
) -> Iterator[SpanSink]:
    connect = protocol == "connect"
    attributes = {
        "rpc.system": "connect_rpc" if connect else "grpc",
        "rpc.service": service,
        "rpc.method": method,
        "chat3.protocol": protocol,
    }
    with _tracer().start_as_current_span(
        f"{service}/{method}",
        context=propagate.extract(metadata),
        kind=SpanKind.SERVER,
        attributes=attributes,
        record_exception=False,
    ) as span:
        yield _ConnectSpan(span) if connect else _RpcSpan(span)


def _tracer() -> trace.Tracer:
    return trace.get_tracer("chat3_user")
