"""Spans: one a call, one a request to the platform, linked, and nothing secret in them."""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from typing import Any

import pytest
from aiohttp import web
from grpclib.const import Status
from multidict import CIMultiDict
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ALWAYS_ON, Sampler
from opentelemetry.trace import StatusCode

from chat3_user.call_context import CallContext, current_call
from chat3_user.errors import CallError
from chat3_user.finished_call import FinishedCall
from chat3_user.telemetry import OFF, Tracing
from chat3_user.tenant_api.models import Model
from chat3_user.tenant_api.resilience import Resilient
from chat3_user.tenant_api.route import Request, Route
from chat3_user.tenant_api.settings import ResilienceSettings
from chat3_user.tenant_api.transport import Http
from chat3_user.validation import Identity
from support.patience import HANGS
from support.recorded_spans import Recording

TRACE, CALLER = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
PARENT = {"traceparent": f"00-{TRACE}-{CALLER}-01"}
SECRETS = ("key-secret", "secret-user", "hunter2")
IDENTITY = Identity("key-secret", "tnt_one", "secret-user")
SERVICE = "chat3.user.v1.UserService"
ROUTE = "/api/users/{user_id}/dialogs"
REQUEST = Request(
    Route("GET", ROUTE, Model), IDENTITY, "/api/users/secret-user/dialogs?filter=secret-user", {}
)
SERVER, CLIENT = f"{SERVICE}/GetUserDialogs", f"GET {ROUTE}"


@pytest.fixture
def recording() -> Recording:
    return Recording()


def ended(status: str = "OK", protocol: str = "grpc", **more: Any) -> FinishedCall:
    told: dict[str, Any] = {
        "method": "GetUserDialogs",
        "path": f"/{SERVER}",
        "reason": "",
        "tenant": "tnt_one",
        "user": "",
        "peer": "192.0.2.1",
        "seconds": 0.1,
        "upstream_seconds": 0.05,
        "upstream_requests": 1,
        "bytes_in": 1,
        "bytes_out": 1,
        "request_id": "r1",
        "trace_id": "",
        **more,
    }
    return FinishedCall(status=status, protocol=protocol, **told)


async def call(
    tracing: Tracing,
    status: int = 200,
    *,
    metadata: Mapping[str, str] = PARENT,
    fails_first: int = 0,
) -> Mapping[str, str]:
    """Make a call within a span, as the chain does; return the headers the platform got."""
    got: CIMultiDict[str] = CIMultiDict()
    asked = 0

    async def answer(request: web.Request) -> web.Response:
        nonlocal asked
        asked += 1
        got.update(request.headers)
        return web.json_response({}, status=503 if asked <= fails_first else status)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app, access_log=None)
    async with AsyncExitStack() as stack:
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://user:hunter2@127.0.0.1:{runner.addresses[0][1]}"
        http = Http(url, connections=1, connect_timeout=HANGS, tracing=tracing)
        await http.open()
        stack.push_async_callback(http.close)
        api = Resilient(http, ResilienceSettings(wait_first=0.001, wait_longest=0.002))
        current_call.set(CallContext("request-1"))
        with tracing.call(SERVICE, "GetUserDialogs", metadata, "grpc") as span:
            try:
                await api.call(REQUEST)
                span.finished(ended())
            except CallError:
                span.finished(ended("UNAVAILABLE", reason="UPSTREAM_UNAVAILABLE"))
    return got


def told(span: ReadableSpan) -> dict[str, Any]:
    return dict(span.attributes or {})


def parent_of(span: ReadableSpan) -> str:
    return "" if span.parent is None else format(span.parent.span_id, "016x")


async def test_a_call_and_its_request_are_one_trace(recording: Recording) -> None:
    headers = await call(recording.tracing)
    server, client = recording.named(SERVER), recording.named(CLIENT)
    assert format(server.context.trace_id, "032x") == TRACE
    assert parent_of(server) == CALLER
    assert parent_of(client) == format(server.context.span_id, "016x")
    assert headers["traceparent"] == f"00-{TRACE}-{client.context.span_id:016x}-01"


@pytest.mark.parametrize("tracing", [Recording().tracing, OFF])
async def test_the_platform_gets_the_request_id(tracing: Tracing) -> None:
    headers = await call(tracing)
    assert headers["X-Request-Id"] == "request-1"
    assert ("traceparent" in headers) is tracing.on


async def test_the_platform_gets_the_callers_baggage_and_trace_state(
    recording: Recording,
) -> None:
    more = {"baggage": "shop=north,tier=gold", "tracestate": "vendor=1"}
    headers = await call(recording.tracing, metadata={**PARENT, **more})
    assert headers["baggage"] == "shop=north,tier=gold"
    assert headers["tracestate"] == "vendor=1"


@pytest.mark.parametrize(
    ("name", "value", "passed"),
    [
        ("baggage", "a=%20b;p , c = d", True),
        ("baggage", "v" * 4096, True),
        ("baggage", "v" * 4097, False),
        ("baggage", "", False),
        ("baggage", "a=\u00e9", False),
        ("tracestate", f"v={'w' * 255},x={'y' * 252}", True),
        ("tracestate", f"v={'w' * 255},x={'y' * 253}", False),
    ],
)
async def test_what_comes_with_a_context_is_passed_on_as_it_came_or_not_at_all(
    recording: Recording, name: str, value: str, *, passed: bool
) -> None:
    headers = await call(recording.tracing, metadata={**PARENT, name: value})
    assert headers.get(name) == (value if passed else None)


@pytest.mark.parametrize(
    "hostile",
    [
        {"baggage": "a=b%0d%0aX-API-Key: other"},
        {"baggage": ",".join(f"k{n}={'v' * 100}" for n in range(500))},
        {"baggage": "a=\u2028,=,;;,\x01=\x02"},
        {"tracestate": "a=b\x0bc"},
        {"tracestate": ",".join(f"k{n}=v" for n in range(500))},
        {"traceparent": "00-" + "0" * 32 + "-" + "0" * 16 + "-01"},
        {"traceparent": "ff" * 4000},
    ],
)
async def test_no_header_of_a_caller_breaks_a_call_or_reaches_the_platform_raw(
    recording: Recording, hostile: dict[str, str]
) -> None:
    headers = await call(recording.tracing, metadata={**PARENT, **hostile})
    assert recording.named(SERVER).status.status_code is StatusCode.UNSET
    assert headers["X-API-Key"] == IDENTITY.api_key
    assert len(headers.get("baggage", "")) <= 4096
    assert all(value.isprintable() for value in headers.values())


async def test_spans_say_what_was_called_and_how_it_ended(recording: Recording) -> None:
    await call(recording.tracing)
    assert told(recording.named(SERVER)) == {
        "rpc.system.name": "grpc",
        "rpc.method": SERVER,
        "rpc.response.status_code": "OK",
        "chat3.protocol": "grpc",
        "chat3.peer": "192.0.2.1",
        "chat3.tenant.id": "tnt_one",
        "chat3.request.id": "r1",
    }
    client = recording.named(CLIENT)
    assert told(client).pop("server.port") > 0
    assert {key: value for key, value in told(client).items() if key != "server.port"} == {
        "http.request.method": "GET",
        "url.template": ROUTE,
        "http.response.status_code": 200,
        "server.address": "127.0.0.1",
    }
    assert client.status.status_code is StatusCode.UNSET


async def test_each_attempt_of_a_request_has_a_span(recording: Recording) -> None:
    await call(recording.tracing, fails_first=2)
    attempts = [span for span in recording.spans if span.name == CLIENT]
    assert [told(span).get("http.request.resend_count") for span in attempts] == [None, 1, 2]
    assert [span.status.status_code for span in attempts] == [
        StatusCode.ERROR,
        StatusCode.ERROR,
        StatusCode.UNSET,
    ]


async def test_a_failed_request_says_so(recording: Recording) -> None:
    await call(recording.tracing, status=404)
    client = recording.named(CLIENT)
    assert client.status.status_code is StatusCode.ERROR
    assert told(client)["error.type"] == "404"
    assert told(client)["http.response.status_code"] == 404


async def test_a_request_that_reached_nobody_says_so(recording: Recording) -> None:
    http = Http(
        "http://127.0.0.1:1", connections=1, connect_timeout=HANGS, tracing=recording.tracing
    )
    await http.open()
    with pytest.raises(CallError):
        await http.call(REQUEST)
    await http.close()
    client = recording.named(CLIENT)
    assert told(client)["error.type"] == "ClientConnectorError"
    assert client.status.status_code is StatusCode.ERROR


ERRORS = {
    Status.UNKNOWN,
    Status.DEADLINE_EXCEEDED,
    Status.UNIMPLEMENTED,
    Status.INTERNAL,
    Status.UNAVAILABLE,
    Status.DATA_LOSS,
}


@pytest.mark.parametrize("status", list(Status))
@pytest.mark.parametrize("protocol", ["grpc", "grpc_web", "connect"])
def test_a_call_failed_where_the_conventions_blame_the_server(
    recording: Recording, status: Status, protocol: str
) -> None:
    with recording.tracing.call(SERVICE, "GetUser", {}, protocol) as span:
        span.finished(ended(status.name, protocol))
    server = recording.named(f"{SERVICE}/GetUser")
    failed = server.status.status_code is StatusCode.ERROR
    assert failed is (status in ERRORS)
    assert ("error.type" in told(server)) is failed
    assert told(server)["rpc.system.name"] == ("connectrpc" if protocol == "connect" else "grpc")


def test_the_codes_of_connect_are_its_own(recording: Recording) -> None:
    for status in ("OK", "CANCELLED", "NOT_FOUND"):
        with recording.tracing.call(SERVICE, "GetUser", {}, "connect") as span:
            span.finished(ended(status, "connect"))
    codes = [told(span).get("rpc.response.status_code") for span in recording.spans]
    assert codes == [None, "canceled", "not_found"]


@pytest.mark.parametrize("status", [200, 401, 500])
async def test_nothing_secret_is_in_a_span(recording: Recording, status: int) -> None:
    await call(recording.tracing, status)
    for span in recording.spans:
        text = span.to_json()
        assert not [secret for secret in SECRETS if secret in text]


async def test_a_trace_that_is_not_sampled_goes_on(recording: Recording) -> None:
    unsampled = Recording(ALWAYS_OFF)
    headers = await call(unsampled.tracing)
    assert headers["traceparent"].startswith(f"00-{TRACE}-")
    assert headers["traceparent"].endswith("-00")
    assert headers["traceparent"].split("-")[2] != CALLER
    assert not unsampled.spans


async def test_a_call_that_is_not_sampled_passes_baggage_on(recording: Recording) -> None:
    unsampled = {"traceparent": f"00-{TRACE}-{CALLER}-00", "baggage": "shop=north"}
    headers = await call(recording.tracing, metadata=unsampled)
    assert headers["baggage"] == "shop=north"
    assert not recording.spans


def test_what_happens_outside_of_calls_is_sampled_by_itself(recording: Recording) -> None:
    with recording.tracing.operation("redis", "renew") as span:
        span.failed("StoreUnavailableError")
    (renewed,) = recording.spans
    assert renewed.parent is None
    assert told(renewed)["error.type"] == "StoreUnavailableError"


@pytest.mark.parametrize("sampler", [ALWAYS_ON, ALWAYS_OFF])
def test_the_log_has_the_trace_of_every_call_and_exemplars_those_that_are_recorded(
    sampler: Sampler,
) -> None:
    tracing = Recording(sampler).tracing
    assert tracing.sampled_trace_id() == ""
    with tracing.call(SERVICE, "GetUser", PARENT, "grpc") as span:
        assert span.trace_id == TRACE
        assert tracing.sampled_trace_id() == (TRACE if sampler is ALWAYS_ON else "")
    assert tracing.sampled_trace_id() == ""
