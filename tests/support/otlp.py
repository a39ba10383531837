"""A receiver of OTLP over HTTP, with the messages of opentelemetry-proto, and the spans it got."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1 import trace_pb2

from support.servers import web_server

PATIENCE = 60.0


@dataclass(frozen=True)
class Linked:
    """A link to a span, perhaps of another trace."""

    trace_id: str
    span_id: str
    attributes: Mapping[str, Any]


@dataclass(frozen=True)
class Received:
    """A span as a receiver has it; times are nanoseconds since 1970."""

    service: str
    pid: int
    name: str
    kind: str
    trace_id: str
    span_id: str
    parent_id: str
    start: int
    end: int
    failed: bool
    attributes: Mapping[str, Any]
    links: tuple[Linked, ...]


def _values(pairs: Any) -> dict[str, Any]:
    return {pair.key: _value(pair) for pair in pairs}


def _value(pair: KeyValue) -> Any:
    kind = pair.value.WhichOneof("value")
    return None if kind is None else getattr(pair.value, kind)


def spans_of(request: ExportTraceServiceRequest) -> list[Received]:
    """Return the spans of a request as it was exported."""
    return [
        Received(
            service=str(_values(resource.resource.attributes).get("service.name")),
            pid=int(_values(resource.resource.attributes).get("process.pid", 0)),
            name=span.name,
            kind=trace_pb2.Span.SpanKind.Name(span.kind).removeprefix("SPAN_KIND_"),
            trace_id=span.trace_id.hex(),
            span_id=span.span_id.hex(),
            parent_id=span.parent_span_id.hex(),
            start=span.start_time_unix_nano,
            end=span.end_time_unix_nano,
            failed=span.status.code == trace_pb2.Status.STATUS_CODE_ERROR,
            attributes=_values(span.attributes),
            links=tuple(
                Linked(link.trace_id.hex(), link.span_id.hex(), _values(link.attributes))
                for link in span.links
            ),
        )
        for resource in request.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]


@dataclass
class Receiver:
    """What was received so far; ``url`` is what OTEL_EXPORTER_OTLP_ENDPOINT names."""

    url: str = ""
    spans: list[Received] = field(default_factory=list)
    _came: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def environment(self) -> dict[str, str]:
        """The variables of a process that exports every span to here, without waiting long."""
        return {"OTEL_EXPORTER_OTLP_ENDPOINT": self.url, "OTEL_BSP_SCHEDULE_DELAY": "50"}

    async def export(self, request: web.Request) -> web.Response:
        """Take what an exporter sends."""
        assert request.content_type == "application/x-protobuf"
        self.spans += spans_of(ExportTraceServiceRequest.FromString(await request.read()))
        self._came.set()
        return web.Response(
            body=ExportTraceServiceResponse().SerializeToString(),
            content_type="application/x-protobuf",
        )

    async def wait(self, wanted: Callable[[Received], bool], count: int = 1) -> list[Received]:
        """Wait for so many spans, and return them in the order of their beginning."""
        async with asyncio.timeout(PATIENCE):
            while len(found := [span for span in self.spans if wanted(span)]) < count:
                self._came.clear()
                await self._came.wait()
        return sorted(found, key=lambda span: span.start)

    async def named(self, name: str, count: int = 1, **attributes: str) -> list[Received]:
        """Wait for spans of a name; underscores in the names of attributes stand for dots."""
        asked = {key.replace("_", "."): value for key, value in attributes.items()}
        return await self.wait(
            lambda span: span.name == name and asked.items() <= span.attributes.items(), count
        )


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    """Run a receiver at a free port."""
    receiver = Receiver()
    app = web.Application(client_max_size=2**26)
    app.router.add_post("/v1/traces", receiver.export)
    async with web_server(app) as port:
        receiver.url = f"http://127.0.0.1:{port}"
        yield receiver
