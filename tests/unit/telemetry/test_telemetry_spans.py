"""Spans: one a call, one a request to the platform, linked, and nothing secret in them."""

from collections.abc import Iterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
from aiohttp import web
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode
from opentelemetry.util._once import Once

from chat3_user.errors import CallError
from chat3_user.telemetry import client_span, server_span
from chat3_user.tenant_api.models import Model
from chat3_user.tenant_api.route import Request, Route
from chat3_user.tenant_api.transport import Http
from chat3_user.validation import Identity

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = {"traceparent": f"00-{TRACE}-b7ad6b7169203331-01"}
SECRETS = ("key-secret", "secret-user", "hunter2")
IDENTITY = Identity("key-secret", "tnt_one", "secret-user")
SERVICE = "chat3.user.v1.UserService"
ROUTE = "/api/users/{user_id}/dialogs"


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    """Install an SDK for the test only; the API itself would keep it for ever."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", None)
    monkeypatch.setattr(trace, "_TRACER_PROVIDER_SET_ONCE", Once())
    trace.set_tracer_provider(provider)
    yield exporter
    provider.shutdown()


def finished(exporter: InMemorySpanExporter) -> dict[SpanKind, ReadableSpan]:
    return {span.kind: span for span in exporter.get_finished_spans()}


async def call(status: int = 200, body: Any = None) -> dict[str, str]:
    """Make a call within a span, as the chain does; return the headers the platform got."""
    got: dict[str, str] = {}

    async def answer(request: web.Request) -> web.Response:
        got.update(request.headers)
        return web.json_response(body or {}, status=status)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app, access_log=None)
    async with AsyncExitStack() as stack:
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://user:hunter2@127.0.0.1:{runner.addresses[0][1]}"
        http = Http(url, connections=1, connect_timeout=1)
        await http.open()
        stack.push_async_callback(http.close)
        path = "/api/users/secret-user/dialogs?filter=secret-user"
        with server_span(SERVICE, "GetUserDialogs", PARENT) as span:
            try:
                await http.call(Request(Route("GET", ROUTE, Model), IDENTITY, path, {}))
                span.answered(0)
            except CallError:
                span.answered(14)
    return got


async def test_a_call_and_its_request_are_one_trace(spans: InMemorySpanExporter) -> None:
    headers = await call()
    found = finished(spans)
    server, client = found[SpanKind.SERVER], found[SpanKind.CLIENT]
    assert format(server.context.trace_id, "032x") == TRACE
    assert server.parent is not None
    assert client.parent is not None
    assert format(server.parent.span_id, "016x") == "b7ad6b7169203331"
    assert client.parent.span_id == server.context.span_id
    sent = headers["traceparent"].split("-")
    assert sent[1] == TRACE
    assert sent[2] == format(client.context.span_id, "016x")


async def test_spans_say_what_was_called_and_how_it_ended(spans: InMemorySpanExporter) -> None:
    await call()
    found = finished(spans)
    server, client = found[SpanKind.SERVER], found[SpanKind.CLIENT]
    assert server.name == f"{SERVICE}/GetUserDialogs"
    assert dict(server.attributes or {}) == {
        "rpc.system": "grpc",
        "chat3.protocol": "grpc",
        "rpc.service": SERVICE,
        "rpc.method": "GetUserDialogs",
        "rpc.grpc.status_code": 0,
    }
    assert client.name == f"GET {ROUTE}"
    assert dict(client.attributes or {}) == {
        "http.request.method": "GET",
        "url.template": ROUTE,
        "http.response.status_code": 200,
    }
    assert client.status.status_code is StatusCode.UNSET


async def test_a_failed_request_says_so(spans: InMemorySpanExporter) -> None:
    await call(status=503)
    client = finished(spans)[SpanKind.CLIENT]
    assert client.status.status_code is StatusCode.ERROR
    assert (client.attributes or {})["error.type"] == "503"
    assert (client.attributes or {})["http.response.status_code"] == 503


async def test_a_request_that_reached_nobody_says_so(spans: InMemorySpanExporter) -> None:
    http = Http("http://127.0.0.1:1", connections=1, connect_timeout=1)
    await http.open()
    with pytest.raises(CallError):
        await http.call(Request(Route("GET", ROUTE, Model), IDENTITY, "/x", {}))
    await http.close()
    client = finished(spans)[SpanKind.CLIENT]
    assert (client.attributes or {})["error.type"] == "ClientConnectorError"


@pytest.mark.parametrize("status", [200, 401, 500])
async def test_nothing_secret_is_in_a_span(spans: InMemorySpanExporter, status: int) -> None:
    await call(status)
    for span in spans.get_finished_spans():
        told = span.to_json()
        assert not [secret for secret in SECRETS if secret in told]


async def test_without_an_sdk_nothing_is_added() -> None:
    headers: dict[str, str] = {}
    with server_span(SERVICE, "M", PARENT) as outer, client_span("GET", ROUTE, headers) as inner:
        outer.answered(0)
        inner.failed("x")
    assert headers == {}


async def test_a_call_by_connect_says_so(spans: InMemorySpanExporter) -> None:
    with server_span(SERVICE, "GetUser", PARENT, "connect") as span:
        span.answered(5)
    assert dict(finished(spans)[SpanKind.SERVER].attributes or {}) == {
        "rpc.system": "connect_rpc",
        "rpc.service": SERVICE,
        "rpc.method": "GetUser",
        "rpc.connect_rpc.error_code": "not_found",
        "chat3.protocol": "connect",
    }
