"""What one request may be: its size, its metadata, its form. What is not, is told why."""

import asyncio
import gzip

import pytest
from edge_vocabulary import DIALOGS, SUBSCRIBE, TYPING, RawClient, demo, headers, message
from grpclib.client import Channel
from grpclib.const import Cardinality, Status
from grpclib.exceptions import GRPCError
from hyperframe.frame import DataFrame

from chat3_api.chat3.user import v1 as pb
from support.patience import HANGS


async def test_a_message_over_the_limit_is_refused_before_it_is_sent() -> None:
    async with (
        demo(request_max_bytes=2000) as service,
        await RawClient.open(service.grpc_port) as client,
    ):
        stream = client.begin()
        client.h2.send_data(stream, message(length=2**32 - 1)[:5])  # and not one byte more
        client.flush()
        answer = await client.ended(stream)
        assert (answer.status, answer.reason) == (3, "REQUEST_TOO_LARGE")
        assert dict(answer.info.metadata) == {"limit_bytes": "2000"}
        assert (await client.call()).status == 0


async def test_a_message_of_exactly_the_limit_is_read() -> None:
    request = pb.SendMessageRequest(dialog_id="dlg_demoalicebob00000000", content="x" * 1500)
    body = bytes(request)
    path = "/chat3.user.v1.UserService/SendMessage"
    async with (
        demo(request_max_bytes=len(body)) as service,
        await RawClient.open(service.grpc_port) as client,
    ):
        assert (await client.call(headers(path), message(body))).status == 0
    async with (
        demo(request_max_bytes=len(body) - 1) as service,
        await RawClient.open(service.grpc_port) as client,
    ):
        assert (await client.call(headers(path), message(body))).reason == "REQUEST_TOO_LARGE"


@pytest.mark.parametrize(
    "path",
    ["/grpc.health.v1.Health/Check", "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"],
)
async def test_health_and_reflection_are_bounded_too(path: str) -> None:
    async with demo() as service, await RawClient.open(service.grpc_port) as client:
        stream = client.begin(headers(path, x_api_key=""))
        client.h2.send_data(stream, message(length=2**32 - 1)[:5])
        client.flush()
        assert (await client.ended(stream)).reason == "REQUEST_TOO_LARGE"
        answer = await client.call(headers(path), message(b"\xff\xff\xff"))
        assert (answer.status, answer.reason) == (3, "INVALID_FIELD")


@pytest.mark.parametrize("flag", [1, 2, 255])
async def test_a_message_compressed_in_no_way_is_refused(flag: int) -> None:
    async with demo() as service, await RawClient.open(service.grpc_port) as client:
        answer = await client.call(body=message(b"", compressed=flag))
    assert (answer.status, answer.reason) == (13, "MESSAGE_FRAMING_INVALID")


async def test_an_unknown_compression_is_refused_and_the_known_ones_named() -> None:
    async with demo() as service, await RawClient.open(service.grpc_port) as client:
        answer = await client.call(headers(grpc_encoding="zstd"), message(b"", compressed=1))
    assert (answer.status, answer.reason) == (12, "COMPRESSION_UNSUPPORTED")
    assert answer.headers["grpc-accept-encoding"] == "identity,gzip"


async def test_a_request_in_gzip_is_read_and_answered_in_kind() -> None:
    sent = headers(grpc_encoding="gzip", grpc_accept_encoding="identity,deflate,gzip")
    request = bytes(pb.GetUserDialogsRequest(page_size=1))
    async with demo() as service, await RawClient.open(service.grpc_port) as client:
        answer = await client.call(sent, message(gzip.compress(request), compressed=1))
        plain = await client.call(body=message(request))
    assert (answer.status, plain.status) == (0, 0)
    assert answer.headers["grpc-encoding"] == "gzip"
    assert (answer.data[0], plain.data[0]) == (1, 0)
    assert "grpc-encoding" not in plain.headers
    assert gzip.decompress(answer.data[5:]) == plain.data[5:]


async def test_a_small_message_that_inflates_past_the_limit_is_refused() -> None:
    bomb = gzip.compress(bytes(10_000_000))
    async with demo() as service, await RawClient.open(service.grpc_port) as client:
        answer = await client.call(headers(grpc_encoding="gzip"), message(bomb, compressed=1))
        assert (answer.status, answer.reason) == (3, "REQUEST_TOO_LARGE")
        broken = await client.call(headers(grpc_encoding="gzip"), message(b"x" * 9, compressed=1))
        assert (broken.status, broken.reason) == (3, "INVALID_FIELD")


async def test_a_second_message_is_refused() -> None:
    async with demo() as service, await RawClient.open(service.grpc_port) as client:
        for body in (message() * 2, message() + b"\0"):
            answer = await client.call(body=body)
            assert (answer.status, answer.reason) == (12, "MESSAGE_COUNT_INVALID")


@pytest.mark.parametrize("content_type", ["Application/gRPC", "application/grpc+proto;charset=x"])
async def test_a_media_type_has_no_case_and_may_have_parameters(content_type: str) -> None:
    async with demo() as service, await RawClient.open(service.grpc_port) as client:
        assert (await client.call(headers(content_type=content_type))).status == 0


@pytest.mark.parametrize("body", [b"\0", b"\0\0\0\0", b"\0\0\0\0\x05", b"\0\0\0\0\x05abcd"])
async def test_a_message_cut_short_is_an_invalid_argument(body: bytes) -> None:
    async with demo() as service, await RawClient.open(service.grpc_port) as client:
        answer = await client.call(body=body)
    assert (answer.status, answer.reason) == (3, "INVALID_FIELD")


async def test_no_message_is_no_call_of_the_method() -> None:
    async with demo() as service, await RawClient.open(service.grpc_port) as client:
        answer = await client.ended(client.begin(end=True))
    assert (answer.status, answer.reason) == (12, "MESSAGE_COUNT_INVALID")


async def test_a_message_in_pieces_with_empty_frames_between_is_read() -> None:
    """To grpclib a DATA frame without data was the end of the request."""
    async with demo() as service, await RawClient.open(service.grpc_port) as client:
        stream = client.begin()
        for piece in (b"\0", b"", b"\0\0", b"", b"\0\0"):
            client.send(DataFrame(stream, piece))
        client.send(DataFrame(stream, b"", flags=["END_STREAM"]))
        assert (await client.ended(stream)).status == 0


async def test_a_request_that_never_comes_ends_at_the_deadline() -> None:
    async with (
        demo(request_timeout=0.3) as service,
        await RawClient.open(service.grpc_port) as client,
    ):
        answer = await client.ended(client.begin(), HANGS)
        assert (answer.status, answer.reason) == (4, "DEADLINE_EXCEEDED")
        answer = await client.ended(client.begin(headers(grpc_timeout="100m")), HANGS)
        assert (answer.status, answer.reason) == (4, "DEADLINE_EXCEEDED")


async def test_an_answer_nobody_takes_ends_at_the_deadline() -> None:
    """A client that opens no window held the call for ever."""
    async with (
        demo(default_deadline=0.5) as service,
        await RawClient.open(service.grpc_port) as client,
    ):
        client.h2.update_settings({4: 0})  # the window of new streams
        client.flush()
        assert (await client.call()).status == 4


async def test_metadata_over_the_limit_is_told_so() -> None:
    async with (
        demo(metadata_max_bytes=2048) as service,
        await RawClient.open(service.grpc_port) as client,
    ):
        answer = await client.call(headers(x_more="y" * 3000))
        assert (answer.status, answer.reason) == (3, "METADATA_TOO_LARGE")
        assert dict(answer.info.metadata) == {"limit_bytes": "2048"}
        assert (await client.call()).status == 0


async def test_an_unknown_method_is_unimplemented() -> None:
    path = "/chat3.user.v1.UserService/NoSuchMethod"
    async with demo() as service, await RawClient.open(service.grpc_port) as client:
        answer = await client.call(headers(path))
    assert (answer.status, answer.reason) == (12, "METHOD_UNKNOWN")
    assert dict(answer.info.metadata) == {"method": path}
    assert answer.headers["content-type"] == "application/grpc+proto"


@pytest.mark.parametrize(
    ("changed", "key"),
    [
        ({"te": ""}, "te"),
        ({"grpc_timeout": "soon"}, "grpc-timeout"),
        ({"grpc_timeout": "9" * 20 + "S"}, "grpc-timeout"),
        ({"some_bin": "a"}, "some-bin"),
        ({"x_user_id": "caf\u00e9"}, "x-user-id"),
    ],
)
async def test_malformed_headers_are_named(changed: dict[str, str], key: str) -> None:
    """grpclib let some of these hang, and others end the whole connection."""
    async with demo() as service, await RawClient.open(service.grpc_port) as client:
        answer = await client.call(headers(**changed))
        assert (answer.status, answer.reason) == (3, "INVALID_METADATA")
        assert dict(answer.info.metadata) == {"key": key}
        assert (await client.call()).status == 0


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"content_type": "text/html"}, "415"),
        ({"content_type": ""}, "415"),
        ({"content_type": "application/grpc-web-text"}, "415"),
        ({"content_type": "application/json; charset=latin-1"}, "415"),
        ({"content_type": "application/connect+proto"}, "415"),
        ({":path": SUBSCRIBE, "content_type": "application/proto"}, "415"),
        ({":method": "GET"}, "415"),
        ({":method": "GET", ":path": "/"}, "404"),
        ({":method": "GET", ":path": TYPING}, "405"),
        ({":method": "PUT"}, "405"),
        ({":method": "OPTIONS"}, "405"),
    ],
)
async def test_what_is_no_call_is_answered_as_http(changed: dict[str, str], status: str) -> None:
    async with demo() as service, await RawClient.open(service.grpc_port) as client:
        answer = await client.call(headers(**changed))
        assert (answer.headers[":status"], answer.headers["content-type"]) == (status, "text/plain")
        assert ("allow" in answer.headers) == (status == "405")
        assert (await client.call()).status == 0


async def test_the_longest_deadline_is_no_fault() -> None:
    async with demo() as service, await RawClient.open(service.grpc_port) as client:
        assert (await client.call(headers(grpc_timeout="99999999H"))).status == 0
        assert (await client.call(headers(grpc_timeout="0n"))).status == 4


async def test_grpclibs_client_reads_an_early_refusal() -> None:
    """Trailers and RST_STREAM in one packet made it report the reset instead of the status."""
    async with demo() as service, Channel("127.0.0.1", service.grpc_port) as channel:
        for _ in range(20):
            with pytest.raises(GRPCError) as caught:  # noqa: PT012 - any of these may tell
                async with channel.request(
                    DIALOGS + "X", Cardinality.UNARY_UNARY, bytes, bytes
                ) as stream:
                    await stream.send_request()
                    await asyncio.sleep(0)
                    await stream.recv_message()
            assert caught.value.status is Status.UNIMPLEMENTED
