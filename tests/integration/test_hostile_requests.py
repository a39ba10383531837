"""Requests that break rules, or use up what is others': who sends them is stopped alone."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import ngh2
import pytest
from aiohttp import web
from edge_vocabulary import SUBSCRIBE, RawClient, demo, headers, message, now_limited
from h2.errors import ErrorCodes
from hyperframe.frame import ContinuationFrame, HeadersFrame

from chat3_user.app import Running
from support.patience import HANGS
from support.platform_health import answers_health
from support.scrape import scraped
from support.servers import web_server

WATCH = "/grpc.health.v1.Health/Watch"
REFLECTION = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"

Fields = list[tuple[str, str]]


async def refused(service: Running, kind: str) -> float:
    """Return how often the service refused something of a kind."""
    return (await scraped(service.ops_port)).value("chat3_refused_total", kind=kind)


def without(name: str) -> Fields:
    return [field for field in headers() if field[0] != name]


def early(*fields: tuple[str, str]) -> Fields:
    """Return headers with more fields before those that are not HTTP/2's own."""
    sent = headers()
    return [*sent[:4], *fields, *sent[4:]]


@pytest.mark.parametrize(
    "fields",
    [
        early((":path", "/other")),
        early((":path", headers()[2][1])),
        early((":method", "POST")),
        early((":unknown", "x")),
        early((":status", "200")),
        [*headers(), (":path", "/late")],
        [*headers(), ("X-Upper", "x")],
        [*headers(), ("connection", "close")],
        [*headers(), ("transfer-encoding", "chunked")],
        [*headers(), ("x-more", "bob\r\nx-user-id: bob")],
        [*headers(), ("x-more", "a\0b")],
        [*headers(), ("x-more", "a\nb")],
        [*without("te"), ("te", "gzip")],
        without(":path"),
        without(":method"),
        without(":scheme"),
    ],
    ids=lambda fields: "-".join(name for name, _ in fields)[-60:],
)
async def test_malformed_headers_reset_their_stream_alone(fields: Fields) -> None:
    """Of two `:path` the last one won: a proxy that checks paths could be passed."""
    async with demo() as service, await RawClient.open(service.grpc_port) as client:
        neighbour = client.begin()
        answer = await client.ended(client.begin(fields))
        assert (answer.reset, answer.headers) == (ErrorCodes.PROTOCOL_ERROR, {})
        client.h2.send_data(neighbour, message(), end_stream=True)
        client.flush()
        assert (await client.ended(neighbour)).status == 0
        assert await refused(service, "malformed_headers") == 1


@pytest.mark.parametrize("length", ["3", "6", "x", "-1"])
async def test_a_wrong_content_length_resets_its_stream_alone(length: str) -> None:
    async with demo() as service, await RawClient.open(service.grpc_port) as client:
        neighbour = client.begin()
        bad = client.begin(headers(content_length=length))
        client.send(b"\0\0\x05\0\1" + bad.to_bytes(4) + message())
        assert (await client.ended(bad)).reset == ErrorCodes.PROTOCOL_ERROR
        client.h2.send_data(neighbour, message(), end_stream=True)
        client.flush()
        assert (await client.ended(neighbour)).status == 0
        assert (await client.call(headers(content_length="5"))).status == 0


async def test_more_fields_than_the_limit_are_answered_and_far_more_end_the_connection() -> None:
    async with demo() as service:
        async with await RawClient.open(service.grpc_port) as client:
            answer = await client.call([*headers(), *[("a", "b")] * 120])
            assert (answer.status, answer.reason) == (3, "METADATA_TOO_LARGE")
            assert (await client.call([*headers(), *[("a", "b")] * 100])).status == 0
            client.begin([*headers(), *[("a", "b")] * 1900])
            assert (await client.turned_away()).error_code == ErrorCodes.ENHANCE_YOUR_CALM
        async with await RawClient.open(service.grpc_port) as client:
            assert (await client.call()).status == 0


@pytest.mark.parametrize("first", ["whole frame", "half a frame", "continued"])
async def test_headers_without_an_end_are_ended_at_the_handshakes_limit(first: str) -> None:
    async with demo() as service, await RawClient.open(service.grpc_port) as client:
        assert (await client.call()).status == 0
        # On a busy machine the handshake before may take longer.
        now_limited(service, handshake_timeout=0.3)
        head = HeadersFrame(3, b"\x82").serialize()
        if first == "half a frame":
            head = HeadersFrame(3, b"\x82" * 20, flags=["END_HEADERS"]).serialize()[:15]
        elif first == "continued":
            head += ContinuationFrame(3, b"\x84").serialize()
        client.send(head)
        assert (await client.turned_away()).additional_data == b"headers without an end"
        assert await refused(service, "unfinished_headers") == 1


async def test_a_subscriber_that_opens_no_window_is_ended_like_every_slow_one() -> None:
    async with (
        demo(stall_timeout=0.3) as service,
        await RawClient.open(service.grpc_port) as client,
    ):
        client.h2.update_settings({4: 0})
        client.flush()
        answer = await client.call(headers(SUBSCRIBE))
        assert (answer.status, answer.reason) == (8, "SLOW_CONSUMER")
        assert "resume_token" in answer.info.metadata
        # The connection is as good as before.
        client.h2.update_settings({4: 65_535})
        client.flush()
        assert (await client.call()).status == 0


@asynccontextmanager
async def platform_with_one_key() -> AsyncIterator[tuple[str, list[str]]]:
    """Serve a tenant-api that takes the key `good-key` and keeps which keys it was asked about."""
    asked: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        key = request.headers.get("x-api-key", "")
        asked.append(key)
        if key != "good-key":
            return web.json_response({"error": "Unauthorized"}, status=401)
        if not request.path.endswith("/dialogs"):
            return web.json_response({"data": {"userId": "alice"}})
        page = {"page": 1, "limit": 10, "total": 0, "pages": 0}
        return web.json_response({"data": [], "pagination": page})

    app = web.Application()
    answers_health(app)
    app.router.add_route("*", "/{path:.*}", answer)
    async with web_server(app) as port:
        yield f"http://127.0.0.1:{port}", asked


@pytest.mark.parametrize("kind", ["read", "subscribe"])
async def test_a_bogus_key_spends_nobody_elses_rate(kind: str) -> None:
    path = {} if kind == "read" else {"path": SUBSCRIBE}
    async with AsyncExitStack() as stack:
        url, _ = await stack.enter_async_context(platform_with_one_key())
        rates = {f"rate_limit_user_{kind}": "2/hour"}
        service = await stack.enter_async_context(demo(tenant_api_url=url, **rates))
        client = await stack.enter_async_context(await RawClient.open(service.grpc_port))
        for number in range(5):
            answer = await client.call(headers(**path, x_api_key=f"bogus-{number}"))
            assert (answer.status, answer.reason) == (16, "API_KEY_INVALID")
        stream = client.begin(headers(**path, x_api_key="good-key"))
        client.h2.send_data(stream, message(), end_stream=True)
        client.flush()
        answer = client.answers[stream]
        async with asyncio.timeout(HANGS):
            while not answer.data and not answer.ended.is_set():
                await asyncio.sleep(0.01)
        assert answer.status in (0, None), answer.reason


async def test_an_address_that_brings_bogus_keys_is_stopped_before_the_platform_is_asked() -> None:
    async with AsyncExitStack() as stack:
        url, asked = await stack.enter_async_context(platform_with_one_key())
        service = await stack.enter_async_context(
            demo(tenant_api_url=url, refused_keys_per_address="5/hour")
        )
        client = await stack.enter_async_context(await RawClient.open(service.grpc_port))
        assert (await client.call(headers(x_api_key="good-key"))).status == 0
        answers = [await client.call(headers(x_api_key=f"bogus-{n}")) for n in range(8)]
        assert [answer.reason for answer in answers] == [
            *["API_KEY_INVALID"] * 5,
            *["RATE_LIMITED"] * 3,
        ]
        assert answers[-1].info.metadata["subject"] == "address"
        assert len(asked) == 6
        assert (await client.call(headers(x_api_key="good-key"))).status == 0


async def test_half_sent_requests_take_no_place() -> None:
    async with (
        demo(calls_max=3, request_timeout=1.0) as service,
        await RawClient.open(service.grpc_port) as hostile,
        await RawClient.open(service.grpc_port) as honest,
    ):
        held = [hostile.begin(headers(grpc_timeout="99999999H")) for _ in range(50)]
        for _ in range(20):
            assert (await honest.call()).status == 0
        answers = [await hostile.ended(stream, HANGS) for stream in held]
        assert {answer.reason for answer in answers} == {"DEADLINE_EXCEEDED"}
        assert await refused(service, "request_unfinished") == 50


async def test_the_longest_deadline_is_cut() -> None:
    async def never(_: web.Request) -> web.Response:
        await asyncio.sleep(60)
        return web.Response()

    app = web.Application()
    answers_health(app)
    app.router.add_route("*", "/{path:.*}", never)
    async with (
        web_server(app) as port,
        demo(tenant_api_url=f"http://127.0.0.1:{port}", deadline_max=0.3) as service,
        await RawClient.open(service.grpc_port) as client,
    ):
        answer = await client.call(headers(grpc_timeout="99999999H"))
        assert (answer.status, answer.reason) == (4, "DEADLINE_EXCEEDED")


@pytest.mark.parametrize("path", [WATCH, REFLECTION])
async def test_health_and_reflection_streams_are_bounded(path: str) -> None:
    async with (
        demo(library_calls_max=10) as service,
        await RawClient.open(service.grpc_port) as client,
    ):
        sent = headers(path, x_api_key="", x_user_id="", x_tenant_id="")
        streams = []
        for _ in range(9):
            stream = client.begin(sent)
            client.h2.send_data(stream, message(), end_stream=path == WATCH)
            client.flush()
            streams.append(stream)
        last = await client.ended(streams[-1])
        assert (last.status, last.reason) == (14, "OVERLOADED")
        assert not any(client.answers[stream].ended.is_set() for stream in streams[:8])
        client.h2.reset_stream(streams[0])
        client.flush()
        assert (await client.call()).status == 0
        again = client.begin(sent)
        client.h2.send_data(again, message(), end_stream=path == WATCH)
        client.flush()
        async with asyncio.timeout(HANGS):
            while not client.answers[again].data:
                await asyncio.sleep(0.01)


async def test_connections_of_one_address_leave_room_for_others() -> None:
    async with demo(connections_per_address=2) as service, AsyncExitStack() as stack:
        for _ in range(2):
            client = await stack.enter_async_context(await RawClient.open(service.grpc_port))
            assert (await client.call()).status == 0
        third = await stack.enter_async_context(await RawClient.open(service.grpc_port))
        gone = await third.turned_away()
        assert gone.additional_data == b"too many connections from one address"
        assert await refused(service, "connection_limit") == 1


def proxied(address: str) -> bytes:
    parts = bytes(int(part) for part in address.split("."))
    return b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c" + parts + bytes((127, 0, 0, 1)) + bytes(4)


async def test_a_proxy_that_announces_its_clients_has_them_told_apart() -> None:
    async with (
        demo(proxy_protocol=True, connections_per_address=1) as service,
        AsyncExitStack() as stack,
    ):
        for address in ("192.0.2.1", "192.0.2.2", "192.0.2.1"):
            client = await stack.enter_async_context(
                await RawClient.open(service.grpc_port, greet=False)
            )
            header = proxied(address)
            client.send(header[:7])
            await asyncio.sleep(0.02)
            client.send(header[7:])
            client.silent = False
            client.h2.initiate_connection()
            client.flush()
            if address not in {item.address for item in service.server.connections}:
                assert (await client.call()).status == 0
            else:
                await client.turned_away()
        bare = await stack.enter_async_context(await RawClient.open(service.grpc_port))
        async with asyncio.timeout(HANGS):
            await bare.closed.wait()
        assert await refused(service, "proxy_header") == 1


async def test_a_trusted_proxys_clients_have_budgets_of_their_own() -> None:
    async with AsyncExitStack() as stack:
        url, _ = await stack.enter_async_context(platform_with_one_key())
        service = await stack.enter_async_context(
            demo(tenant_api_url=url, refused_keys_per_address="1/hour", trusted_proxies=1)
        )
        client = await stack.enter_async_context(await RawClient.open(service.grpc_port))
        reasons = [
            (await client.call(headers(x_api_key="bogus", x_forwarded_for=hops))).reason
            for hops in ("192.0.2.1", "192.0.2.2", "192.0.2.9, 192.0.2.1", "192.0.2.1, 192.0.2.3")
        ]
    assert reasons == ["API_KEY_INVALID", "API_KEY_INVALID", "RATE_LIMITED", "API_KEY_INVALID"]


class Patient:
    """A client that reads on after GOAWAY, which h2 does not."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._engine = ngh2.Connection(ngh2.Role.CLIENT)
        self._engine.initiate_connection()

    def call(self) -> None:
        sent = [(name.encode(), value.encode()) for name, value in headers()]
        stream = self._engine.send_request(sent)
        self._engine.send_data(stream, message(), end_stream=True)
        self._writer.write(self._engine.data_to_send())

    async def heard(self) -> list[object]:
        """Return what has come when the connection is closed."""
        events: list[object] = []
        while data := await self._reader.read(65_536):
            self._engine.receive_data(data)
            events += self._engine.events()
            self._writer.write(self._engine.data_to_send())
        self._writer.close()
        return events


async def test_a_call_that_outlives_the_drain_has_its_status() -> None:
    async with AsyncExitStack() as stack:
        reached = asyncio.Event()

        async def never(_: web.Request) -> web.Response:
            reached.set()
            await asyncio.sleep(60)
            return web.Response()

        app = web.Application()
        answers_health(app)
        app.router.add_route("*", "/{path:.*}", never)
        url = f"http://127.0.0.1:{await stack.enter_async_context(web_server(app))}"
        running = AsyncExitStack()
        service = await running.enter_async_context(demo(tenant_api_url=url, shutdown_grace=0.2))
        client = Patient(*await asyncio.open_connection("127.0.0.1", service.grpc_port))
        client.call()
        await reached.wait()
        heard = asyncio.create_task(client.heard())
        await running.aclose()
        events = await asyncio.wait_for(heard, HANGS)
    assert any(isinstance(event, ngh2.GoAwayReceived) for event in events)
    (answer,) = [event for event in events if isinstance(event, ngh2.ResponseReceived)]
    status = dict(answer.headers)
    assert status[b"grpc-status"] == b"14"
    assert b"process is stopping" in status[b"grpc-message"]
