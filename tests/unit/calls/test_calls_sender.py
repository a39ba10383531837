"""The sender packs messages into frames, waits for a window, and can be interrupted.

It writes beside h2 on a real stream of grpclib; another h2 is the client and judges every frame.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Self

import pytest
from grpclib.config import Configuration
from grpclib.const import Cardinality
from grpclib.encoding.proto import ProtoCodec
from grpclib.events import _DispatchServerEvents
from grpclib.protocol import AbstractHandler
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, StreamEnded
from h2.settings import SettingCodes, Settings

from betterproto2_compiled import Encoded
from chat3_user.calls.endpoint import GrpcStream
from chat3_user.calls.sender import StreamSender
from chat3_user.http2.connection import Connection
from chat3_user.limits.frames import ConnectionLimits

LARGE = 10_000_000


class Wire(asyncio.Transport):
    """A transport whose other end is the client."""

    def __init__(self, arrive: Callable[[bytes], None]) -> None:
        super().__init__()
        self._arrive = arrive
        self._closed = False

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return default

    def write(self, data: Any) -> None:
        self._arrive(bytes(data))

    def get_write_buffer_size(self) -> int:
        return 0

    def is_closing(self) -> bool:
        return self._closed

    def close(self) -> None:
        self._closed = True


class Accepting(AbstractHandler):
    """Takes the one call there is."""

    def accept(self, stream: Any, headers: Any, release_stream: Any) -> None:
        self.stream = stream

    def cancel(self, stream: Any) -> None:
        """Do nothing: no call is cancelled here."""

    def close(self) -> None:
        """Do nothing: the call has no task."""


class Client:
    """A client that has made a call and opens its windows as the test says."""

    def __init__(self, window: int, connection_window: int) -> None:
        self.frames: list[bytes] = []
        self.acknowledges = self.ended = False
        self.h2 = H2Connection(H2Configuration(client_side=True))
        self.h2.local_settings = Settings(
            client=True, initial_values={SettingCodes.INITIAL_WINDOW_SIZE: window}
        )
        handler = Accepting()
        self.server = Connection(
            handler,
            Configuration().__for_server__(),
            H2Configuration(client_side=False, header_encoding="latin-1"),
            open_connections=set(),
            limits=ConnectionLimits(),
        )
        self.h2.initiate_connection()
        self.server.connection_made(Wire(self._arrive))
        if connection_window > 65_535:
            self.h2.increment_flow_control_window(connection_window - 65_535)
        head = {":method": "POST", ":path": "/", ":scheme": "http", ":authority": "x"}
        self.h2.send_headers(1, list(head.items()), end_stream=True)
        self._leave()
        self.stream = GrpcStream(
            handler.stream,
            "/",
            Cardinality.UNARY_STREAM,
            None,
            None,
            codec=ProtoCodec(),
            status_details_codec=None,
            dispatch=_DispatchServerEvents(),
            request_bytes=1000,
        )
        self.sender = StreamSender(self.stream)

    @classmethod
    async def calling(cls, window: int, connection_window: int = LARGE) -> Self:
        client = cls(window, connection_window)
        await client.sender.begin()
        return client

    def open(self, size: int, stream: int | None = 1) -> None:
        """Open a window: that of the call, or that of the connection."""
        self.h2.increment_flow_control_window(size, stream)
        self._leave()

    def _arrive(self, data: bytes) -> None:
        for event in self.h2.receive_data(data):
            if isinstance(event, DataReceived):
                self.frames.append(event.data)
                if self.acknowledges:
                    self.h2.acknowledge_received_data(event.flow_controlled_length, 1)
                    asyncio.get_running_loop().call_soon(self._leave)
            elif isinstance(event, StreamEnded):
                self.ended = True

    def _leave(self) -> None:
        self.server.data_received(self.h2.data_to_send())


def framed(*messages: bytes) -> bytes:
    return b"".join(b"\x00" + len(item).to_bytes(4) + item for item in messages)


def encoded(*sizes: int) -> list[Encoded]:
    return [Encoded(bytes([65 + place % 26]) * size) for place, size in enumerate(sizes)]


async def test_several_messages_share_a_frame() -> None:
    client = await Client.calling(100_000)
    messages = encoded(10, 0, 20)
    assert await client.sender.send(list(messages), None)
    assert client.frames == [framed(*map(bytes, messages))]


async def test_frames_are_no_larger_than_http2_lets_them_be() -> None:
    client = await Client.calling(LARGE)
    messages = encoded(*[5000] * 10)
    assert await client.sender.send(list(messages), None)
    assert b"".join(client.frames) == framed(*map(bytes, messages))
    assert len(client.frames) == 4


async def test_a_large_message_goes_alone() -> None:
    client = await Client.calling(LARGE)
    assert await client.sender.send(encoded(10, 100_000, 10), None)
    first, *middle, last = client.frames
    assert (len(first), sum(map(len, middle)), len(last)) == (15, 100_005, 15)


async def test_a_message_waits_until_it_fits_the_window() -> None:
    client = await Client.calling(10)
    sending = asyncio.create_task(client.sender.send(encoded(100), None))
    for opened in (50, 30):
        await asyncio.sleep(0)
        client.open(opened)
        await asyncio.sleep(0)
        assert client.frames == []
    client.open(50)
    async with asyncio.timeout(30):
        assert await sending
    assert len(client.frames) == 1


async def test_a_message_waits_for_the_window_of_the_connection_too() -> None:
    client = await Client.calling(LARGE, 65_535)
    assert await client.sender.send(encoded(*[10_000] * 6), None)
    sending = asyncio.create_task(client.sender.send(encoded(10_000), None))
    await asyncio.sleep(0)
    taken = len(client.frames)
    client.open(10_000, None)
    async with asyncio.timeout(30):
        assert await sending
    assert len(client.frames) == taken + 1


async def test_h2_counts_what_was_written_beside_it() -> None:
    """All of both windows is used, by messages of every way to send, and the call ends as ever."""
    window = 3 * 16_384 + 40_005
    client = await Client.calling(window, 65_535 + window)
    assert await client.sender.send(encoded(16_379, 16_379), None)
    assert client.sender.send_now(encoded(16_379)[0])
    assert await client.sender.send(encoded(40_000), None)
    assert not client.sender.send_now(encoded(0)[0])
    assert sum(map(len, client.frames)) == window
    assert client.h2.remote_flow_control_window(1) == 0
    await client.stream.send_trailing_metadata()
    assert client.ended


async def test_a_message_beyond_any_window_does_not_wait_for_all_of_it() -> None:
    client = await Client.calling(32 * 1024)
    client.acknowledges = True
    async with asyncio.timeout(30):
        assert await client.sender.send(encoded(100_000), None)
    assert sum(map(len, client.frames)) == 100_005


@pytest.mark.parametrize("blocked", ["window", "connection"])
async def test_a_wait_can_be_interrupted_and_tells_what_was_not_sent(blocked: str) -> None:
    client = await Client.calling(20 if blocked == "window" else 1000)
    if blocked == "connection":
        client.server.pause_writing()
    interrupted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    messages: list[Any] = encoded(100)
    sending = asyncio.create_task(client.sender.send(messages, interrupted))
    await asyncio.sleep(0)
    interrupted.set_result(None)
    async with asyncio.timeout(30):
        assert not await sending
    assert client.frames == []
    assert len(messages) == 1
