"""HTTP/1.1: served beside HTTP/2 on one port, within the same limits."""

import asyncio
import gzip
import json
from contextlib import AsyncExitStack
from http import HTTPStatus

import aiohttp
import pytest
from edge_vocabulary import DIALOGS, IDENTITY, SUBSCRIBE, TYPING, RawClient, demo, now_limited
from http1_vocabulary import Wire, request, wire
from test_hostile_requests import refused

from chat3_user.app import Running
from support.patience import HANGS

JSON = {"content-type": "application/json", **IDENTITY}
STREAM = {"content_type": "application/connect+json"}


def enveloped(text: bytes) -> bytes:
    return b"\0" + len(text).to_bytes(4) + text


def chunked(*chunks: bytes) -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in (*chunks, b""))


async def served(wire: Wire) -> None:
    """Fail unless an honest call is answered on this connection."""
    wire.send(request())
    answer = await wire.answer()
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    assert json.loads(answer.body)["dialogs"]


async def nothing_is_broken(service: Running) -> None:
    # Honest clients, too, would be cut off by short limits where the machine stands still.
    now_limited(service, handshake_timeout=HANGS, request_timeout=HANGS, stall_timeout=HANGS)
    async with wire(service.grpc_port) as another:
        await served(another)
    async with await RawClient.open(service.grpc_port) as client:
        assert (await client.call()).status == 0


async def test_calls_follow_one_another_on_a_connection() -> None:
    async with demo() as service, wire(service.grpc_port) as client:
        for _ in range(3):
            await served(client)
        # A head and a body in any pieces.
        for piece in (request()[at : at + 7] for at in range(0, len(request()), 7)):
            client.send(piece)
            await asyncio.sleep(0)
        assert (await client.answer()).status == 200
        client.send(request(chunked(b"{", b"}"), length=False, transfer_encoding="chunked"))
        assert (await client.answer()).status == 200


async def test_honest_clients_at_full_concurrency_are_all_served() -> None:
    async with (
        demo() as service,
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=100)) as session,
    ):

        async def call() -> int:
            url = f"http://127.0.0.1:{service.grpc_port}{DIALOGS}"
            async with session.post(url, data=b"{}", headers=JSON) as response:
                await response.read()
                return response.status

        assert set(await asyncio.gather(*(call() for _ in range(500)))) == {200}


async def test_pipelined_requests_are_answered_in_their_order() -> None:
    async with demo() as service, wire(service.grpc_port) as client:
        client.send(*(request(x_request_id=f"r{number}") for number in range(200)))
        for number in range(200):
            assert (await client.answer()).headers["trailer-x-request-id"] == f"r{number}"


@pytest.mark.parametrize(
    ("path", "fields", "status"),
    [
        (DIALOGS, {"content_type": "application/grpc"}, 505),
        ("/chat3.tenant.v1.TenantService/WatchUpdates", STREAM, 505),
        (DIALOGS, {"content_type": "text/plain"}, 415),
        (DIALOGS, STREAM, 415),
        ("/", {"content_type": "application/json"}, 404),
    ],
)
async def test_what_is_no_call_is_answered_as_http(
    path: str, fields: dict[str, str], status: int
) -> None:
    async with demo() as service, wire(service.grpc_port) as client:
        client.send(request(path=path, **fields))
        assert (await client.answer()).status == status
        await served(client)


async def test_no_other_version_is_chosen_by_upgrade() -> None:
    async with demo() as service, wire(service.grpc_port) as client:
        for token in ("h2c", "websocket"):
            fields = {"connection": "Upgrade, HTTP2-Settings", "upgrade": token}
            client.send(request(http2_settings="AAMAAABkAAQAoAAAAAIAAAAA", **fields))
            assert (await client.answer()).status == 200


@pytest.mark.parametrize("target", [f"http://localhost{DIALOGS}", f"{DIALOGS}?a=b"])
async def test_a_target_may_have_an_authority_and_a_query(target: str) -> None:
    async with demo() as service, wire(service.grpc_port) as client:
        client.send(request(path=target))
        assert (await client.answer()).status == 200


async def test_a_client_that_waits_for_100_continue_is_told() -> None:
    async with demo() as service, wire(service.grpc_port) as client:
        client.send(request(b"", expect="100-continue", content_length="2"))
        assert (await client.head())[0] == HTTPStatus.CONTINUE
        client.send(b"{}")
        assert (await client.answer()).status == 200
        await served(client)


async def test_a_mutation_is_not_called_by_get() -> None:
    async with demo() as service, wire(service.grpc_port) as client:
        client.send(request(b"", method="GET", path=f"{TYPING}?encoding=json&message=%7B%7D"))
        answer = await client.answer()
        assert (answer.status, answer.headers["allow"]) == (405, "POST")
        await served(client)


@pytest.mark.parametrize(
    "head",
    [
        b"content-length: 2\r\ntransfer-encoding: chunked\r\n",
        b"content-length: 2\r\ncontent-length: 3\r\n",
        b"content-length: 2, 3\r\n",
        b"content-length: +2\r\n",
        b"content-length: 0x2\r\n",
        b"content-length : 2\r\n",
        b"transfer-encoding: identity, chunked, identity\r\n",
        b"transfer-encoding: xchunked\r\n",
        b"transfer-encoding : chunked\r\n",
        b"transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n",
        b"x-folded: a\r\n b\r\ncontent-length: 2\r\n",
        b"x-user-id: bob\rcontent-length: 2\r\n",
        b"x-more: a\0b\r\ncontent-length: 2\r\n",
        b"host: other\r\ncontent-length: 2\r\n",
        b"\x0bcontent-length: 2\r\n",
    ],
)
async def test_a_request_that_two_servers_may_read_in_two_ways_is_refused(head: bytes) -> None:
    """What a proxy in front takes for a body is never answered as a request."""
    smuggled = request(path=TYPING)
    body = b"0\r\n\r\n" if b"ransfer" in head else b"{}"
    plain = request(b"", length=False)
    async with demo() as service:
        async with wire(service.grpc_port) as client:
            client.send(plain[:-2] + head + b"\r\n" + body + smuggled)
            answer = await client.answer()
            assert answer.status == 400
            assert await client.closed() == b""
        assert await refused(service, "broken_rule") == 1
        await nothing_is_broken(service)


@pytest.mark.parametrize(
    "body",
    [
        b"ffffffffffffffffff\r\n{}\r\n",
        b"-2\r\n{}\r\n0\r\n\r\n",
        b"2\n{}\n0\n\n",
        b"2\r\n{}0\r\n\r\n",
        b"2\r\n{}\r\n0\r\n" + b"x: y\r\n" * 10_000,
    ],
    ids=lambda body: body[:12],
)
async def test_a_broken_chunk_ends_the_connection(body: bytes) -> None:
    async with demo(connection_handshake_timeout=1) as service:
        async with wire(service.grpc_port) as client:
            client.send(request(body, length=False, transfer_encoding="chunked"))
            said = await client.closed()
            assert said.count(b"HTTP/1.1 ") <= 1
            assert not said or said.startswith((b"HTTP/1.1 4", b"HTTP/1.0 4"))
        await nothing_is_broken(service)


@pytest.mark.parametrize("start", [b"", b"P", b"POST / HTTP/1.1\r\nhost: x\r\nx-a: "])
async def test_a_head_that_does_not_end_is_cut_off(start: bytes) -> None:
    async with demo(connection_handshake_timeout=0.3) as service:
        async with wire(service.grpc_port) as client:
            client.send(start)
            # A drop now and then buys no time.
            ended = asyncio.create_task(client.closed())
            while not ended.done():
                client.send(b"a" if start[1:] else b"")
                await asyncio.sleep(0.05)
            assert (await ended)[:12] in (b"", b"HTTP/1.1 408")
        assert await refused(service, "unfinished_headers" if start[1:] else "handshake") == 1
        await nothing_is_broken(service)


async def test_a_second_head_that_does_not_end_is_cut_off() -> None:
    async with demo() as service, wire(service.grpc_port) as client:
        await served(client)
        now_limited(service, handshake_timeout=0.3)
        client.send(b"POST / HT")
        assert (await client.closed())[:12] == b"HTTP/1.1 408"


@pytest.mark.parametrize("chunks", [False, True])
async def test_a_body_that_does_not_end_is_refused_in_time(*, chunks: bool) -> None:
    async with demo(request_timeout=0.3) as service:
        async with wire(service.grpc_port) as client:
            if chunks:
                client.send(request(b"", length=False, transfer_encoding="chunked"), b"1\r\n{\r\n")
            else:
                client.send(request(b"{", content_length="1000"))
            answer = await client.answer()
            assert answer.status == HTTPStatus.GATEWAY_TIMEOUT
            assert json.loads(answer.body)["code"] == "deadline_exceeded"
            await client.closed()
        assert await refused(service, "request_unfinished") == 1
        await nothing_is_broken(service)


async def test_half_sent_bodies_do_not_use_up_memory() -> None:
    async with demo(unfinished_max_bytes=1_048_576, request_max_bytes=524_288) as service:
        clients = [wire(service.grpc_port) for _ in range(8)]
        opened = [await client.__aenter__() for client in clients]
        for client in opened:
            client.send(request(b"x" * 400_000, content_length="500000"))
        answers = [asyncio.create_task(client.answer()) for client in opened]
        done, pending = await asyncio.wait(answers, return_when=asyncio.FIRST_COMPLETED)
        assert {task.result().status for task in done} == {503}
        assert await refused(service, "unfinished_budget") >= 1
        await nothing_is_broken(service)
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)
        for each in clients:
            await each.__aexit__(None, None, None)


@pytest.mark.parametrize("declared", [False, True])
async def test_a_body_over_the_limit_is_refused(*, declared: bool) -> None:
    async with demo(request_max_bytes=2048) as service:
        async with wire(service.grpc_port) as client:
            if declared:
                client.send(request(b" " * 3000))
            else:
                body = chunked(*[b" " * 100] * 30)
                client.send(request(body, length=False, transfer_encoding="chunked"))
            answer = await client.answer()
            assert answer.status == 400
            assert b"REQUEST_TOO_LARGE" in answer.body
        await nothing_is_broken(service)


async def test_a_flood_of_tiny_chunks_is_cut_off() -> None:
    """Chunks of nothing but overhead: the message stays small, the wire does not."""
    async with demo(request_max_bytes=1024, metadata_max_bytes=1024) as service:
        async with wire(service.grpc_port) as client:
            extension = b"1;" + b"x" * 200 + b"\r\n \r\n"
            client.send(request(b"", length=False, transfer_encoding="chunked"))
            for _ in range(100):
                client.send(extension)
            await client.closed()
        await nothing_is_broken(service)


@pytest.mark.parametrize(
    ("count", "status"), [(20, 200), (200, 400), (2000, 400)], ids=["few", "many", "a flood"]
)
async def test_headers_have_a_limit(count: int, status: int) -> None:
    fields = {f"x_more_{number}": "y" for number in range(count)}
    async with demo() as service:
        async with wire(service.grpc_port) as client:
            client.send(request(**fields))
            answer = await client.answer()
            assert answer.status == status
            if count == 200:
                assert b"METADATA_TOO_LARGE" in answer.body
        await nothing_is_broken(service)


@pytest.mark.parametrize("size", [20_000, 200_000])
async def test_a_query_has_the_limit_of_headers(size: int) -> None:
    target = f"{DIALOGS}?encoding=json&message=%7B%7D&x={'y' * size}"
    async with demo() as service:
        async with wire(service.grpc_port) as client:
            client.send(request(b"", method="GET", path=target))
            assert (await client.answer()).status == 400
        await nothing_is_broken(service)


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        (gzip.compress(b" " * 50_000_000), {"content_encoding": "gzip"}),
        (b"[" * 200_000, {}),
        (b'{"pageSize":' * 40_000, {}),
        (b'{"pageSize":' + b"9" * 100_000 + b"}", {}),
        (b'{"pageSize":1e999999999}', {}),
        (b'{"filter":"' + b"\\ud800" * 1000 + b'"}', {}),
    ],
    ids=["gzip", "arrays", "objects", "a number", "an exponent", "surrogates"],
)
async def test_bombs_are_refused(body: bytes, fields: dict[str, str]) -> None:
    async with demo() as service, wire(service.grpc_port) as client:
        client.send(request(body, **fields))
        answer = await client.answer()
        assert answer.status == 400
        assert json.loads(answer.body)["code"] == "invalid_argument"
        await served(client)


async def test_requests_that_wait_behind_a_stream_count_as_unfinished() -> None:
    """A stream needs no key here, and lasts; what is sent behind it is kept meanwhile."""
    watching = request(
        enveloped(b"{}"), path="/grpc.health.v1.Health/Watch", content_type=STREAM["content_type"]
    )
    async with demo(unfinished_max_bytes=1_048_576) as service:
        async with AsyncExitStack() as stack:
            opened = [await stack.enter_async_context(wire(service.grpc_port)) for _ in range(16)]
            for client in opened:
                client.send(watching, request(path="/nothing") * 1000)
            for client in opened:
                await client.head()
            while not await refused(service, "unfinished_budget"):
                await asyncio.sleep(0.01)
        await nothing_is_broken(service)


async def test_one_address_has_so_many_connections_whatever_they_speak() -> None:
    async with demo(connections_per_address=2) as service:
        async with wire(service.grpc_port) as first:
            await served(first)
            async with await RawClient.open(service.grpc_port) as second:
                assert (await second.call()).status == 0
                async with wire(service.grpc_port) as third:
                    third.send(request())
                    await third.closed()
        while service.server.connections:
            await asyncio.sleep(0.01)
        assert await refused(service, "connection_limit") == 1
        await nothing_is_broken(service)


async def test_a_connection_is_asked_to_go_at_its_age() -> None:
    async with demo(connection_max_age=0.3) as service:
        said = b""
        # On a busy machine it can be old before its first request has come.
        while not said:
            async with wire(service.grpc_port) as client:
                client.send(request())
                said = await client.closed()
        assert said.startswith(b"HTTP/1.1 200 ")
        assert said.count(b"HTTP/1.1 ") == 1


async def test_a_stream_tells_proxies_to_hold_nothing_back() -> None:
    async with demo() as service, wire(service.grpc_port) as client:
        client.send(request(enveloped(b"{}"), path=SUBSCRIBE, **STREAM))
        status, headers = await client.head()
        assert (status, headers["content-type"]) == (200, "application/connect+json")
        assert headers["x-accel-buffering"] == "no"
        assert headers["cache-control"] == "no-store, no-transform"
        assert headers["transfer-encoding"] == "chunked"


async def test_a_client_that_leaves_its_stream_is_forgotten() -> None:
    async with demo() as service:
        async with wire(service.grpc_port) as client:
            client.send(request(enveloped(b"{}"), path=SUBSCRIBE, **STREAM))
            await client.head()
            assert service.hub.stream_count == 1
        while service.hub.stream_count or service.server.connections:
            await asyncio.sleep(0.01)


async def test_a_client_that_does_not_read_is_cut_off() -> None:
    """It pipelines, so that its answers pile up."""
    async with demo(stall_timeout=0.2) as service:
        async with wire(service.grpc_port) as client:
            client.writer.transport.pause_reading()  # type: ignore[attr-defined]
            ended = asyncio.create_task(client.writer.wait_closed())
            while not ended.done() and not await refused(service, "unread_answers"):
                client.send(request() * 50)
                await asyncio.sleep(0.01)
            ended.cancel()
        await nothing_is_broken(service)


async def test_a_drain_ends_streams_with_a_reason_and_closes_idle_connections() -> None:
    async with (
        demo() as service,
        wire(service.grpc_port) as idle,
        wire(service.grpc_port) as client,
    ):
        await served(idle)
        client.send(request(enveloped(b"{}"), path=SUBSCRIBE, **STREAM))
        await client.head()
        draining = asyncio.create_task(service.server.drain(5))
        assert await idle.closed() == b""
        assert not draining.done(), "a stream is a call in flight"
        closing = asyncio.create_task(service.server.close())
        said = await client.closed()
        assert b'"unavailable"' in said
        assert b"SHUTTING_DOWN" in said
        assert said.endswith(b"0\r\n\r\n")
        await asyncio.gather(draining, closing)


async def test_a_proxy_says_whose_the_connection_is() -> None:
    header = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c" + bytes([192, 0, 2, 7, 127, 0, 0, 1]) + bytes(4)
    async with demo(proxy_protocol=True) as service, wire(service.grpc_port) as client:
        client.send(header)
        await served(client)
        (connection,) = service.server.connections
        assert connection.address == "192.0.2.7"
