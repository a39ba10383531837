"""What one connection may do, and how many there may be."""

import asyncio
import socket
import struct

import pytest
from edge_vocabulary import RawClient, demo, headers, message, now_limited
from h2.errors import ErrorCodes
from hpack import Encoder
from hyperframe.frame import (
    ContinuationFrame,
    DataFrame,
    ExtensionFrame,
    Frame,
    HeadersFrame,
    PingFrame,
    PriorityFrame,
    RstStreamFrame,
    SettingsFrame,
    WindowUpdateFrame,
)

from chat3_user.app import Running
from support.patience import HANGS

CALM = ErrorCodes.ENHANCE_YOUR_CALM


async def _next_call_works(service: Running) -> None:
    # An honest client, too, would be cut off by a short limit where the machine stands still.
    now_limited(service, handshake_timeout=HANGS)
    async with await RawClient.open(service.grpc_port) as client:
        assert (await client.call()).status == 0


async def test_streams_over_the_limit_are_refused_and_the_others_served() -> None:
    async with (
        demo(connection_streams=5) as service,
        await RawClient.open(service.grpc_port) as client,
    ):
        assert (await client.call()).status == 0
        assert client.h2.remote_settings.max_concurrent_streams == 5
        client.h2.remote_settings[3] = 100  # forget that
        client.h2.remote_settings.acknowledge()
        open_ = [client.begin() for _ in range(5)]
        refused = await client.ended(client.begin())
        assert refused.reset == ErrorCodes.REFUSED_STREAM
        for stream in open_:
            client.h2.send_data(stream, message(), end_stream=True)
            client.flush()
            assert (await client.ended(stream)).status == 0


async def test_a_burst_before_the_client_knows_the_limit_is_served() -> None:
    """HTTP/2 engines end the connection, and all calls on it, over one stream too many."""
    async with (
        demo(connection_streams=5) as service,
        await RawClient.open(service.grpc_port) as client,
    ):
        client.h2.remote_settings[3] = 1000
        client.h2.remote_settings.acknowledge()
        streams = [client.begin() for _ in range(200)]
        for stream in streams:
            client.h2.send_data(stream, message(), end_stream=True)
        client.flush()
        answers = [await client.ended(stream) for stream in streams]
        assert all(answer.status == 0 for answer in answers)


async def test_connections_over_the_limit_are_turned_away_with_a_word() -> None:
    async with demo(connections_max=2) as service:
        first = await RawClient.open(service.grpc_port)
        second = await RawClient.open(service.grpc_port)
        assert (await first.call()).status == 0
        assert (await second.call()).status == 0
        async with await RawClient.open(service.grpc_port) as third:
            gone = await third.turned_away()
        assert (gone.error_code, gone.additional_data) == (0, b"too many connections")
        await first.close()
        async with asyncio.timeout(HANGS):
            while len(service.server.connections) > 1:
                await asyncio.sleep(0.01)
        await _next_call_works(service)
        await second.close()


@pytest.mark.parametrize("preface", [b"PRI * HTTP/2.0\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"])
async def test_a_client_that_says_nothing_more_is_closed(preface: bytes) -> None:
    async with (
        demo() as service,
        await RawClient.open(service.grpc_port, greet=False) as client,
    ):
        async with asyncio.timeout(HANGS):
            while not service.server.connections:
                await asyncio.sleep(0.01)
        # The time for its first bytes has begun; what counts is the time for the rest.
        now_limited(service, handshake_timeout=0.3)
        client.send(preface)
        gone = await client.turned_away()
    assert gone.error_code == ErrorCodes.SETTINGS_TIMEOUT


@pytest.mark.parametrize(
    "start",
    [b"", b"P", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc", b"\0" * 100, b"PRI * HTTP/2.1\r\n\r\n"],
)
async def test_what_is_no_http_is_closed(start: bytes) -> None:
    async with demo(connection_handshake_timeout=0.3) as service:
        async with await RawClient.open(service.grpc_port, greet=False) as client:
            client.send(start)
            async with asyncio.timeout(HANGS):
                await client.closed.wait()
        await _next_call_works(service)


def _flood(kind: str, stream: int) -> list[Frame]:  # noqa: PLR0911 - a kind each
    match kind:
        case "ping":
            return [PingFrame(0, opaque_data=b"12345678")] * 3000
        case "settings":
            return [SettingsFrame(0, settings={4: 65535})] * 600
        case "priority":
            return [PriorityFrame(stream, depends_on=0, stream_weight=1)] * 3000
        case "window":
            return [WindowUpdateFrame(0, window_increment=1)] * 3000
        case "empty data":
            return [DataFrame(stream, b"")] * 3000
        case "tiny data":
            return [DataFrame(stream, b"\0")] * 3000
        case "unknown":
            return [ExtensionFrame(type=0xBB, stream_id=0, body=b"")] * 3000
        case _:
            return [RstStreamFrame(stream + 2 * i, error_code=8) for i in range(3000)]


@pytest.mark.parametrize(
    "kind",
    ["ping", "settings", "priority", "window", "empty data", "tiny data", "unknown"],
)
async def test_a_flood_ends_the_connection(kind: str) -> None:
    async with demo() as service:
        async with await RawClient.open(service.grpc_port) as client:
            stream = client.begin()
            client.send(*_flood(kind, stream))
            gone = await client.turned_away()
            assert gone.error_code == CALM
        await _next_call_works(service)


@pytest.mark.parametrize("kind", ["ping", "settings", "priority", "window", "unknown"])
async def test_a_few_of_these_frames_harm_nobody(kind: str) -> None:
    async with demo() as service, await RawClient.open(service.grpc_port) as client:
        stream = client.begin()
        client.send(*_flood(kind, stream)[:100])
        client.h2.send_data(stream, message(), end_stream=True)
        client.flush()
        assert (await client.ended(stream)).status == 0
        assert (await client.call()).status == 0


async def test_rapid_resets_end_the_connection() -> None:
    async with demo() as service:
        async with await RawClient.open(service.grpc_port) as client:
            for _ in range(150):
                stream = client.begin()
                client.h2.reset_stream(stream, ErrorCodes.CANCEL)
            client.flush()
            gone = await client.turned_away()
            assert gone.error_code == CALM
        await _next_call_works(service)


async def test_calls_that_are_cancelled_before_they_begin_leave_nothing_behind() -> None:
    """A stream that stays would keep its connection from ever becoming idle."""
    async with demo() as service, await RawClient.open(service.grpc_port) as client:
        for _ in range(50):
            client.h2.reset_stream(client.begin(), ErrorCodes.CANCEL)
        client.flush()
        assert (await client.call()).status == 0
        (connection,) = service.server.connections
        async with asyncio.timeout(HANGS):
            while connection.streams:
                await asyncio.sleep(0.01)


async def test_a_header_bomb_ends_the_connection() -> None:
    """Small on the wire, large once it is unpacked: one entry of the table, named many times."""
    async with demo() as service:
        async with await RawClient.open(service.grpc_port) as client:
            bomb = Encoder().encode([("x", "y" * 3900)]) + b"\xbe" * 10_000
            client.send(HeadersFrame(1, bomb, flags=["END_HEADERS"]))
            assert (await client.turned_away()).error_code == CALM
        await _next_call_works(service)


@pytest.mark.parametrize("size", [0, 16_000])
async def test_headers_without_end_end_the_connection(size: int) -> None:
    async with demo() as service:
        async with await RawClient.open(service.grpc_port) as client:
            client.send(HeadersFrame(1, b"\x82"))
            client.send(*[ContinuationFrame(1, b"\x82" * size)] * 100)
            async with asyncio.timeout(HANGS):
                await client.closed.wait()
        await _next_call_works(service)


async def test_a_frame_too_large_is_refused_by_its_head() -> None:
    """Nothing of its 16 MB is waited for."""
    async with demo() as service:
        async with await RawClient.open(service.grpc_port) as client:
            stream = client.begin()
            client.send(struct.pack(">I", 2**24 - 1)[1:] + b"\0\0" + stream.to_bytes(4))
            assert (await client.turned_away()).error_code == ErrorCodes.FRAME_SIZE_ERROR
        await _next_call_works(service)


def _settings(first: int, count: int) -> bytes:
    # hyperframe would write the low byte alone.
    body = b"".join(struct.pack(">HL", code, 1) for code in range(first, first + count))
    return len(body).to_bytes(3) + b"\x04\0\0\0\0\0" + body


async def test_settings_without_meaning_are_not_kept() -> None:
    async with demo() as service, await RawClient.open(service.grpc_port) as client:
        for first in range(100, 2100, 20):
            client.send(_settings(first, 20))
        client.send(SettingsFrame(0, settings={1: 2**32 - 1}))
        for _ in range(200):
            assert (await client.call()).status == 0
        (connection,) = service.server.connections
        assert len(connection.engine.remote_settings) < 20


async def test_a_frame_of_many_settings_ends_the_connection() -> None:
    async with demo() as service:
        async with await RawClient.open(service.grpc_port) as client:
            client.send(_settings(100, 2000))
            assert (await client.turned_away()).error_code == CALM
        await _next_call_works(service)


async def test_frames_nobody_knows_are_ignored() -> None:
    async with demo() as service, await RawClient.open(service.grpc_port) as client:
        client.send(b"\0\0\x06\xee\0\0\0\0\0grease")
        assert (await client.call()).status == 0


async def test_a_client_that_reads_nothing_is_cut_off_before_memory_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("chat3_user.transport.http2_connection._UNREAD_BYTES", 100_000)
    async with demo(connection_control_frames=10_000_000) as service:
        small = socket.socket()
        small.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        small.connect(("127.0.0.1", service.grpc_port))
        reader, writer = await asyncio.open_connection(sock=small)
        reader._transport.pause_reading()  # type: ignore[attr-defined]
        writer.write(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + SettingsFrame(0).serialize())
        ping = PingFrame(0, opaque_data=b"12345678").serialize() * 1000
        with pytest.raises(ConnectionError):  # noqa: PT012 - some write finds out
            for _ in range(5000):
                writer.write(ping)
                await writer.drain()
        writer.close()
        await asyncio.gather(writer.wait_closed(), return_exceptions=True)
        await _next_call_works(service)


async def test_a_busy_client_may_ping_and_update_its_windows() -> None:
    async with (
        demo(connection_control_frames=5) as service,
        await RawClient.open(service.grpc_port) as client,
    ):
        for _ in range(100):
            client.send(
                PingFrame(0, opaque_data=b"12345678"), WindowUpdateFrame(0, window_increment=1)
            )
            assert (await client.call(headers())).status == 0
