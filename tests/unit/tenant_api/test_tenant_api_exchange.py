"""What goes over the wire to tenant-api, and what is read back, whatever form the answer has."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest

import chat3_user.tenant_api.exchange as exchanges
from chat3_user.tenant_api.exchange import EndlessError, Exchange
from chat3_user.validation import Identity
from support.patience import HANGS

ALICE = Identity("key-secret", "tnt_one", "alice")
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


class Script:
    """A server that reads requests and answers the n-th of them all with what it is told."""

    def __init__(self, *answers: bytes, after: bytes = OK) -> None:
        self.requests: list[bytes] = []
        self.connections = 0
        self.hold = False
        self._answers = list(answers)
        self._after = after

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                _, _, rest = head.lower().partition(b"content-length: ")
                size = int(rest.split(b"\r\n")[0]) if rest else 0
                self.requests.append(head + await reader.readexactly(size))
                if self.hold:
                    await reader.read()
                    return
                answer = self._answers.pop(0) if self._answers else self._after
                writer.write(answer)
                await writer.drain()
                if b"close" in answer.lower() or not answer:
                    return
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def talking(script: Script, path: str = "", user: str = "") -> AsyncIterator[Exchange]:
    server = await asyncio.start_server(script.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    exchange = Exchange(
        f"http://{user}127.0.0.1:{port}{path}", connections=10, connect_timeout=HANGS, ssl=True
    )
    try:
        yield exchange
    finally:
        await exchange.close()
        server.close()


async def get(exchange: Exchange, path: str = "/api/x?y=1") -> tuple[int, bytes]:
    return await exchange.send("GET", path, ALICE, {}, None)


async def test_a_read_says_who_asks_and_nothing_else() -> None:
    script = Script()
    async with talking(script) as exchange:
        assert await get(exchange) == (200, b"{}")
    line, *headers = script.requests[0].decode().split("\r\n")
    assert line == "GET /api/x?y=1 HTTP/1.1"
    host = headers.pop(0)
    assert host.startswith("Host: 127.0.0.1:")
    assert headers == [
        "User-Agent: chat3-user-service",
        "X-API-Key: key-secret",
        "X-Tenant-Id: tnt_one",
        "",
        "",
    ]


async def test_a_write_has_its_body_and_its_length() -> None:
    script = Script()
    async with talking(script) as exchange:
        await exchange.send("POST", "/a", ALICE, {"traceparent": "00-1"}, b'{"a":1}')
        await exchange.send("POST", "/b", ALICE, {}, None)
    assert b"\r\ntraceparent: 00-1\r\n" in script.requests[0]
    assert script.requests[0].endswith(
        b'\r\nContent-Type: application/json\r\nContent-Length: 7\r\n\r\n{"a":1}'
    )
    assert script.requests[1].endswith(b"\r\nContent-Length: 0\r\n\r\n")


async def test_a_base_url_may_have_a_path_and_credentials() -> None:
    script = Script()
    async with talking(script, path="/chat3/", user="us:pa@") as exchange:
        await get(exchange)
    assert script.requests[0].startswith(b"GET /chat3/api/x?y=1 HTTP/1.1\r\n")
    assert b"\r\nAuthorization: Basic dXM6cGE=\r\n" in script.requests[0]


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "a\nb", "a\0b", "é"])
async def test_nothing_can_end_its_line(value: str) -> None:
    script = Script()
    async with talking(script) as exchange:
        with pytest.raises(ValueError, match="the header tracestate"):
            await exchange.send("GET", "/a", ALICE, {"tracestate": value}, None)
        with pytest.raises(ValueError, match="the header X-API-Key"):
            await exchange.send("GET", "/a", Identity(value, "t", "u"), {}, None)
        with pytest.raises(ValueError, match="the path"):
            await get(exchange, f"/{value}")
    assert script.requests == []


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\n\r\nabc", (404, b"abc")),
        (b"HTTP/1.1 204 No Content\r\n\r\n", (204, b"")),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", (200, b"")),
        (
            CHUNKED + b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
            (200, b"abcde"),
        ),
        (b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nto the end", (200, b"to the end")),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n" + OK, (200, b"{}")),
        (b"HTTP/1.1 302 Found\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n", (302, b"")),
    ],
)
async def test_every_form_of_answer_is_read(answer: bytes, expected: tuple[int, bytes]) -> None:
    script = Script(answer)
    async with talking(script) as exchange:
        assert await get(exchange) == expected
        assert await get(exchange) == (200, b"{}")


async def test_a_connection_is_used_again() -> None:
    script = Script()
    async with talking(script) as exchange:
        for _ in range(3):
            await get(exchange)
    assert script.connections == 1


async def test_a_read_on_a_connection_that_was_closed_meanwhile_is_sent_again() -> None:
    script = Script(OK, b"")
    async with talking(script) as exchange:
        await get(exchange)
        assert await get(exchange) == (200, b"{}")
    assert len(script.requests) == 3


async def test_a_write_on_a_connection_that_was_closed_meanwhile_is_not() -> None:
    script = Script(OK, b"")
    async with talking(script) as exchange:
        await get(exchange)
        with pytest.raises(aiohttp.ServerDisconnectedError):
            await exchange.send("POST", "/a", ALICE, {}, b"{}")
    assert len(script.requests) == 2


@pytest.mark.parametrize(
    "answer",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\nConnection: close\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
    ],
)
async def test_what_is_no_answer_is_a_failure(answer: bytes) -> None:
    script = Script(answer)
    async with talking(script) as exchange:
        with pytest.raises(aiohttp.ClientError):
            await get(exchange)
        assert await get(exchange) == (200, b"{}")
    assert script.connections == 2


async def test_an_answer_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchanges, "ANSWER_LIMIT", 100_000)
    script = Script(b"HTTP/1.1 200 OK\r\nContent-Length: 400000\r\n\r\n" + b"a" * 400_000)
    async with talking(script) as exchange:
        with pytest.raises(EndlessError) as failure:
            await get(exchange)
        assert failure.value.status == 200
        assert await get(exchange) == (200, b"{}")
    assert script.connections == 2


async def test_a_cancelled_request_takes_its_connection_along() -> None:
    script = Script()
    script.hold = True
    async with talking(script) as exchange:
        request = asyncio.create_task(get(exchange))
        async with asyncio.timeout(HANGS):
            while not script.requests:
                await asyncio.sleep(0.001)
        request.cancel()
        with pytest.raises(asyncio.CancelledError):
            await request
        script.hold = False
        assert await get(exchange) == (200, b"{}")
    assert script.connections == 2


async def test_nobody_listens() -> None:
    exchange = Exchange("http://127.0.0.1:1", connections=1, connect_timeout=HANGS, ssl=True)
    with pytest.raises(aiohttp.ClientConnectorError):
        await get(exchange)
    await exchange.close()
