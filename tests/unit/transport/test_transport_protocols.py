"""Connect and gRPC-Web on the wire: what each protocol's specification says of one call."""

import gzip
import json
from base64 import b64decode, urlsafe_b64encode
from typing import Any

import pytest
from google.rpc import error_details_pb2
from grpclib.health.v1 import health_pb2
from transport_pair import PATH, Pair

from chat3_user.errors import reasons
from chat3_user.transport import ServerCall

HEALTH = "/grpc.health.v1.Health/Check"
"""A method whose descriptors every process has loaded."""
ORIGIN = "https://chat.example.com"


def framed(message: bytes, flags: int = 0) -> bytes:
    return bytes([flags]) + len(message).to_bytes(4) + message


def envelopes(body: bytes) -> list[tuple[int, bytes]]:
    found = []
    while body:
        end = 5 + int.from_bytes(body[1:5])
        assert len(body) >= end
        found.append((body[0], body[5:end]))
        body = body[end:]
    return found


async def echo(call: ServerCall) -> None:
    await call.answer(await call.receive() or b"", {"x-request-id": "r"})


async def twice(call: ServerCall) -> None:
    call.begin()
    await call.send([b"one", b"two"])
    call.finish({"x-request-id": "r"})


async def refuse(_: ServerCall) -> None:
    raise reasons.not_a_member("dlg_1")


async def served(pair: Pair, body: bytes, **fields: str) -> tuple[dict[str, str], bytes]:
    """Return the headers and the body of an answer."""
    stream = pair.ask(body, te="", **fields)
    await pair.settle()
    assert pair.ended(stream)
    return pair.headers(stream), b"".join(pair.data(stream))


async def test_a_unary_call_by_connect_is_plain_http() -> None:
    headers, body = await served(Pair(echo), b"abc", content_type="application/proto")
    assert headers == {
        ":status": "200",
        "content-type": "application/proto",
        "trailer-x-request-id": "r",
    }
    assert body == b"abc"


async def test_a_failed_unary_call_by_connect_has_a_status_and_all_details() -> None:
    headers, body = await served(Pair(refuse), b"", content_type="application/proto")
    assert (headers[":status"], headers["content-type"]) == ("403", "application/json")
    error = json.loads(body)
    assert error["code"] == "permission_denied"
    types = [detail["type"] for detail in error["details"]]
    assert types == ["google.rpc.ErrorInfo", "google.rpc.ResourceInfo", "google.rpc.RequestInfo"]
    raw = error["details"][0]["value"]
    info = error_details_pb2.ErrorInfo.FromString(b64decode(raw + "=" * (-len(raw) % 4)))
    assert info.reason == "ERROR_REASON_NOT_A_MEMBER"
    assert error["details"][0]["debug"]["reason"] == info.reason


async def test_a_path_without_a_method_is_not_found() -> None:
    pair = Pair(echo)
    headers, body = await served(
        pair, b"", content_type="application/proto", **{":path": "/a.Service/Other"}
    )
    assert headers[":status"] == "404"
    assert json.loads(body)["code"] == "unimplemented"
    assert pair.refused == ["method_unknown"]


@pytest.mark.parametrize(
    ("content_type", "end"),
    [
        ("application/connect+proto", (2, b'{"metadata":{"x-request-id":["r"]}}')),
        ("application/grpc-web+proto", (0x80, b"grpc-status: 0\r\nx-request-id: r\r\n")),
    ],
)
async def test_a_stream_ends_in_its_body(content_type: str, end: tuple[int, bytes]) -> None:
    headers, body = await served(
        Pair(twice, streams_answers=True), framed(b""), content_type=content_type
    )
    assert (headers[":status"], headers["content-type"]) == ("200", content_type)
    assert headers["x-accel-buffering"] == "no"
    assert headers["cache-control"] == "no-store, no-transform"
    assert envelopes(body) == [(0, b"one"), (0, b"two"), end]


async def test_a_failed_stream_by_connect_ends_with_the_error() -> None:
    headers, body = await served(
        Pair(refuse, streams_answers=True), framed(b""), content_type="application/connect+proto"
    )
    assert headers[":status"] == "200"
    [(flags, end)] = envelopes(body)
    assert flags == 2
    assert json.loads(end)["error"]["code"] == "permission_denied"


async def test_a_failed_call_by_grpc_web_ends_with_its_status() -> None:
    headers, body = await served(Pair(refuse), framed(b""), content_type="application/grpc-web")
    assert headers[":status"] == "200"
    [(flags, end)] = envelopes(body)
    assert flags == 0x80
    trailers = dict(line.split(": ", 1) for line in end.decode().splitlines())
    assert trailers["grpc-status"] == "7"
    assert trailers["grpc-status-details-bin"]


@pytest.mark.parametrize("name", ["gzip", "br"])
async def test_compression_is_gzip_or_refused(name: str) -> None:
    headers, body = await served(
        Pair(echo),
        gzip.compress(b"abc" * 100),
        content_type="application/proto",
        content_encoding=name,
        accept_encoding="gzip, br",
    )
    if name == "gzip":
        assert headers["content-encoding"] == "gzip"
        assert gzip.decompress(body) == b"abc" * 100
    else:
        assert headers[":status"] == "501"
        assert headers["accept-encoding"] == "identity,gzip"


async def test_a_bomb_is_not_inflated() -> None:
    pair = Pair(echo)
    headers, _ = await served(
        pair,
        gzip.compress(bytes(600_000)),
        content_type="application/proto",
        content_encoding="gzip",
    )
    assert headers[":status"] == "400"
    assert pair.refused == ["request_too_large"]
    assert not pair.calls


@pytest.mark.parametrize(
    ("content_type", "open_", "close"),
    [
        ("application/json", lambda text: text, lambda body: body),
        ("application/json; charset=UTF-8", lambda text: text, lambda body: body),
        ("application/grpc-web+json", framed, lambda body: envelopes(body)[0][1]),
    ],
)
async def test_json_becomes_protobuf_and_back(content_type: str, open_: Any, close: Any) -> None:
    got = []

    async def check(call: ServerCall) -> None:
        got.append(health_pb2.HealthCheckRequest.FromString(await call.receive() or b""))
        await call.answer(health_pb2.HealthCheckResponse(status="SERVING").SerializeToString(), {})

    text = b'{"service": "a", "unknown": [{}]}'
    _, body = await served(Pair(check, path=HEALTH), open_(text), content_type=content_type)
    assert got == [health_pb2.HealthCheckRequest(service="a")]
    assert close(body) == b'{"status":"SERVING"}'


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"[]",
        b"null",
        b'"a"',
        b'{"service":',
        b'{"service": 1}',
        b'{"service": "a", "service": "b"}',
        b'{"service": "\xff"}',
        b'{"service": "\\ud800"}',
        b"[" * 100_000,
        b'{"x":' * 40_000,
        b'{"x":' + b"1" * 200_000 + b"}",
    ],
    ids=lambda text: text[:20],
)
async def test_what_is_no_json_is_an_invalid_argument(text: bytes) -> None:
    async def check(call: ServerCall) -> None:
        await call.receive()

    headers, body = await served(Pair(check, path=HEALTH), text, content_type="application/json")
    assert headers[":status"] == "400"
    error = json.loads(body)
    assert error["code"] == "invalid_argument"
    assert len(body) < 2000


@pytest.mark.parametrize(
    ("fields", "key"),
    [
        ({"connect_protocol_version": "2"}, "connect-protocol-version"),
        ({"connect_timeout_ms": "1s"}, "connect-timeout-ms"),
        ({"connect_timeout_ms": "1" * 11}, "connect-timeout-ms"),
        ({"some_bin": "a"}, "some-bin"),
    ],
)
async def test_malformed_headers_are_named(fields: dict[str, str], key: str) -> None:
    headers, body = await served(Pair(echo), b"", content_type="application/proto", **fields)
    assert headers[":status"] == "400"
    assert json.loads(body)["details"][0]["debug"]["metadata"] == {"key": key}


async def test_a_call_has_the_time_that_its_client_gives() -> None:
    async def serve(call: ServerCall) -> None:
        raise TimeoutError

    pair = Pair(serve)
    headers, _ = await served(
        pair, b"", content_type="application/proto", connect_timeout_ms="5000"
    )
    assert pair.calls[0].deadline < float("inf")
    assert headers[":status"] == "504"


async def test_a_method_without_side_effects_is_called_by_get() -> None:
    message = urlsafe_b64encode(b"a?>b").rstrip(b"=").decode()
    pair = Pair(echo, safe=True)
    headers, body = await served(
        pair,
        b"ignored",
        content_type="",
        **{
            ":method": "GET",
            ":path": f"{PATH}?encoding=proto&base64=1&message={message}&connect=v1",
        },
    )
    assert (headers[":status"], body) == ("200", b"a?>b")
    assert headers["cache-control"] == "private, no-store"
    assert {"authorization", "x-api-key", "x-tenant-id", "x-user-id", "origin"} <= set(
        headers["vary"].split(", ")
    )


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("encoding=proto&message=abc", "200"),
        ("encoding=proto&message=%00%ff+", "200"),
        ("encoding=proto&message=", "200"),
        ("encoding=proto", "400"),
        ("encoding=proto&message=abc&connect=v2", "400"),
        ("encoding=proto&message=a&base64=1", "400"),
        ("encoding=proto&message=a&compression=br", "501"),
        ("encoding=proto&message=a&compression=gzip", "400"),
        ("encoding=xml&message=abc", "415"),
        ("", "415"),
        ("encoding=proto&message=" + "a" * 20_000, "400"),
    ],
    ids=lambda text: text[:50],
)
async def test_a_query_is_a_request_or_refused(query: str, status: str) -> None:
    headers, _ = await served(
        Pair(echo, safe=True), b"", **{":method": "GET", ":path": f"{PATH}?{query}"}
    )
    assert headers[":status"] == status


async def test_a_method_with_side_effects_is_not_called_by_get() -> None:
    pair = Pair(echo)
    headers, _ = await served(
        pair, b"", **{":method": "GET", ":path": f"{PATH}?encoding=proto&message="}
    )
    assert (headers[":status"], headers["allow"]) == ("405", "POST")
    assert not pair.calls


async def preflight(pair: Pair, origin: str) -> dict[str, str]:
    headers, _ = await served(
        pair,
        b"",
        content_type="",
        origin=origin,
        access_control_request_method="POST",
        access_control_request_headers="content-type,x-api-key",
        **{":method": "OPTIONS"},
    )
    return headers


async def test_pages_of_listed_origins_may_call() -> None:
    pair = Pair(echo, cors=f"https://other.example.com, {ORIGIN}")
    headers = await preflight(pair, ORIGIN)
    assert headers[":status"] == "204"
    assert headers["access-control-allow-origin"] == ORIGIN
    assert "POST" in headers["access-control-allow-methods"]
    assert {"content-type", "x-api-key", "connect-protocol-version", "x-grpc-web"} <= set(
        headers["access-control-allow-headers"].split(", ")
    )
    assert int(headers["access-control-max-age"]) > 0
    headers, _ = await served(pair, b"", content_type="application/proto", origin=ORIGIN)
    assert headers["access-control-allow-origin"] == ORIGIN
    assert headers["vary"] == "origin"
    exposed = headers["access-control-expose-headers"].split(", ")
    assert {"grpc-status", "trailer-x-request-id"} <= set(exposed)
    assert "access-control-allow-credentials" not in headers


@pytest.mark.parametrize("listed", ["", ORIGIN])
@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example.com",
        "null",
        "*",
        "",
        f"{ORIGIN}.evil.example",
        ORIGIN.upper(),
        f"{ORIGIN}, {ORIGIN}",
        "http://chat.example.com",
        f"{ORIGIN}:8443",
    ],
)
async def test_pages_of_other_origins_may_not(listed: str, origin: str) -> None:
    pair = Pair(echo, cors=listed)
    headers = await preflight(pair, origin)
    assert headers[":status"] == "403"
    assert not [name for name in headers if name.startswith("access-control")]
    headers, _ = await served(pair, b"", content_type="application/proto", origin=origin)
    assert not [name for name in headers if name.startswith("access-control")]
