"""The sender packs messages into frames, waits for a window, and can be interrupted."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from betterproto2_compiled import Encoded
from chat3_user.calls.sender import StreamSender


class H2:
    """A stream of HTTP/2 with a window that the test opens."""

    id = 1

    def __init__(self, window: int) -> None:
        self.window = window
        self.sent: list[bytes] = []
        self.window_updated = asyncio.Event()
        self.connection = SimpleNamespace(
            write_ready=asyncio.Event(), data_send_process=lambda: None
        )
        self.connection.write_ready.set()
        stream = SimpleNamespace(outbound_flow_control_window=0)
        self._h2_connection = SimpleNamespace(
            local_flow_control_window=lambda _: self.window,
            outbound_flow_control_window=0,
            streams={1: stream},
        )
        self._transport = SimpleNamespace(write=self._written)

    def _written(self, frame: bytes) -> None:
        length = int.from_bytes(frame[:3])
        assert frame[3:5] == b"\x00\x00"
        assert int.from_bytes(frame[5:9]) == 1
        data = frame[9:]
        assert len(data) == length
        self._take(data)

    def _take(self, data: bytes) -> None:
        self.sent.append(data)
        self.window -= len(data)

    async def send_data(self, data: bytes) -> None:
        self._take(data)

    def open(self, size: int) -> None:
        self.window += size
        self.window_updated.set()


def sender(h2: H2) -> StreamSender:
    return StreamSender(SimpleNamespace(_stream=h2))


def framed(*messages: bytes) -> bytes:
    return b"".join(b"\x00" + len(item).to_bytes(4) + item for item in messages)


def encoded(*sizes: int) -> list[Encoded]:
    return [Encoded(bytes([65 + place % 26]) * size) for place, size in enumerate(sizes)]


async def test_several_messages_share_a_frame() -> None:
    h2 = H2(100_000)
    messages = encoded(10, 0, 20)
    assert await sender(h2).send(list(messages), None)
    assert h2.sent == [framed(*map(bytes, messages))]


async def test_frames_are_no_larger_than_http2_lets_them_be() -> None:
    h2 = H2(10_000_000)
    messages = encoded(*[5000] * 10)
    assert await sender(h2).send(list(messages), None)
    assert b"".join(h2.sent) == framed(*map(bytes, messages))
    assert len(h2.sent) == 4
    assert max(map(len, h2.sent)) <= 16_384


async def test_a_large_message_goes_alone() -> None:
    h2 = H2(10_000_000)
    messages = encoded(10, 100_000, 10)
    assert await sender(h2).send(list(messages), None)
    assert [len(data) for data in h2.sent] == [15, 100_005, 15]


async def test_a_message_waits_until_it_fits_the_window() -> None:
    h2 = H2(10)
    sending = asyncio.create_task(sender(h2).send(encoded(100), None))
    for opened in (50, 30):
        await asyncio.sleep(0)
        h2.open(opened)
        await asyncio.sleep(0)
        assert h2.sent == []
    h2.open(50)
    async with asyncio.timeout(30):
        assert await sending
    assert len(h2.sent) == 1


async def test_a_message_beyond_any_window_does_not_wait_for_all_of_it() -> None:
    h2 = H2(32 * 1024)
    async with asyncio.timeout(30):
        assert await sender(h2).send(encoded(100_000), None)


@pytest.mark.parametrize("blocked", ["window", "connection"])
async def test_a_wait_can_be_interrupted_and_tells_what_was_not_sent(blocked: str) -> None:
    h2 = H2(20 if blocked == "window" else 1000)
    if blocked == "connection":
        h2.connection.write_ready.clear()
    interrupted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    messages: list[Any] = encoded(100)
    sending = asyncio.create_task(sender(h2).send(messages, interrupted))
    await asyncio.sleep(0)
    interrupted.set_result(None)
    async with asyncio.timeout(30):
        assert not await sending
    assert h2.sent == []
    assert len(messages) == 1
