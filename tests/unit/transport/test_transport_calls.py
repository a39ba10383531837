"""A call packs its messages, waits for its client, and ends with a status whatever happens."""

import asyncio
from typing import Any

import pytest
from transport_pair import Pair, Wire

from chat3_user.errors import reasons
from chat3_user.transport import ClientGoneError, ConnectionLimits, ServerCall, SlowClientError
from chat3_user.transport.failures import fail
from chat3_user.transport.grpc_call import GrpcCall
from support.patience import HANGS


def framed(*messages: bytes) -> bytes:
    return b"".join(b"\x00" + len(item).to_bytes(4) + item for item in messages)


async def forever(_: ServerCall) -> None:
    await asyncio.get_running_loop().create_future()


def answering(message: bytes) -> Any:
    async def serve(call: ServerCall) -> None:
        await call.answer(message, {"x-request-id": "r"})

    return serve


async def test_an_answer_with_room_leaves_in_one_write() -> None:
    pair = Pair(answering(b"abc"))
    stream = pair.ask()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert len(pair.wire.writes) == 1
    await pair.settle()
    assert pair.data(stream) == [framed(b"abc")]
    assert pair.trailers(stream) == {"grpc-status": "0", "x-request-id": "r"}
    assert not pair.connection.streams


@pytest.mark.parametrize("size", [100, 32_000, 200_000])
async def test_an_answer_waits_for_its_window(size: int) -> None:
    pair = Pair(answering(b"a" * size), window=10)
    stream = pair.ask()
    await pair.settle()
    assert not pair.ended(stream)
    while not pair.ended(stream):
        pair.widen(20_000, stream)
        pair.client.increment_flow_control_window(20_000)
        await pair.settle()
    assert b"".join(pair.data(stream)) == framed(b"a" * size)


async def test_messages_are_packed_into_frames_and_taken_out() -> None:
    batch = [b"a" * 5000 for _ in range(7)]

    async def serve(call: ServerCall) -> None:
        call.begin()
        assert await call.send(batch)

    pair = Pair(serve)
    stream = pair.ask()
    await pair.settle()
    assert [len(data) for data in pair.data(stream)] == [3 * 5005, 3 * 5005, 5005]
    assert batch == []
    assert pair.trailers(stream)["grpc-status"] == "0"


async def test_an_interruption_leaves_whole_messages_unsent() -> None:
    interrupted = asyncio.get_running_loop().create_future()
    batch = [b"a" * 9000, b"b" * 9000]
    sent: list[bool] = []

    async def serve(call: ServerCall) -> None:
        call.begin()
        sent.append(await call.send(batch, interrupted))

    pair = Pair(serve, window=10_000)
    stream = pair.ask()
    await pair.settle()
    assert pair.data(stream) == [framed(b"a" * 9000)]
    interrupted.set_result(None)
    await pair.settle()
    assert (sent, batch) == ([False], [b"b" * 9000])
    assert pair.ended(stream)


async def test_a_client_that_opens_no_window_is_slow_and_has_its_status() -> None:
    async def serve(call: ServerCall) -> None:
        call.begin()
        with pytest.raises(SlowClientError):
            await call.send([b"a"])
        fail(call, reasons.slow_consumer(), "r", {})

    pair = Pair(serve, ConnectionLimits(stall_timeout=0.02), window=0)
    stream = pair.ask()
    async with asyncio.timeout(HANGS):
        while not pair.ended(stream):
            await asyncio.sleep(0.01)
            pair.read()
    assert pair.trailers(stream)["grpc-status"] == "8"
    assert not pair.resets()
    assert not pair.connection.streams
    again = pair.ask()
    await pair.settle()
    assert again in pair.connection.streams


async def test_what_goes_now_goes_whole_or_not_at_all() -> None:
    pair = Pair(forever, window=100)
    stream = pair.ask()
    await pair.settle()
    (call,) = pair.calls
    call.begin()
    assert call.send_now(b"a" * 50)
    assert not call.send_now(b"b" * 50)
    assert not call.send_now(b"c" * 20_000)
    pair.connection.pause_writing()
    assert not call.send_now(b"")
    pair.connection.resume_writing()
    assert call.send_now(b"")
    await pair.settle()
    assert pair.data(stream) == [framed(b"a" * 50), framed(b"")]
    pair.client.reset_stream(stream)
    pair.send()
    assert not call.send_now(b"")


@pytest.mark.parametrize("how", ["reset", "lost"])
async def test_a_client_that_leaves_cancels_its_call(how: str) -> None:
    cancelled = asyncio.Event()

    async def serve(call: ServerCall) -> None:
        try:
            await forever(call)
        finally:
            cancelled.set()

    pair = Pair(serve)
    stream = pair.ask()
    await pair.settle()
    if how == "reset":
        pair.client.reset_stream(stream)
        pair.send()
    else:
        pair.connection.connection_lost(None)
    await asyncio.wait_for(cancelled.wait(), HANGS)
    (call,) = pair.calls
    assert call.ended
    with pytest.raises(ClientGoneError):
        await call.answer(b"", {})
    assert not pair.connection.streams


async def test_a_call_that_is_cancelled_as_it_begins_harms_no_neighbour() -> None:
    """Its answer finds a stream that the engine has closed and nobody has heard of yet."""
    pair = Pair(answering(b"abc"))
    gone = pair.client.get_next_available_stream_id()
    pair.client.send_headers(
        gone, [(":method", "GET"), (":path", "/"), (":scheme", "http"), (":authority", "x")]
    )
    pair.client.reset_stream(gone)
    stream = pair.ask()
    await pair.settle()
    assert pair.trailers(stream)["grpc-status"] == "0"
    assert pair.gone is None


async def test_a_method_is_not_started_before_its_request_is_whole() -> None:
    pair = Pair(answering(b"abc"))
    stream = pair.ask(bytes(4), end=False)
    await pair.settle()
    assert not pair.calls
    pair.client.send_data(stream, b"\0", end_stream=True)
    pair.send()
    await pair.settle()
    assert pair.trailers(stream)["grpc-status"] == "0"


@pytest.mark.parametrize("timeout", ["10m", None])
async def test_a_request_must_be_whole_in_time(timeout: str | None) -> None:
    limits = ConnectionLimits(request_timeout=0.05 if timeout is None else 60)
    pair = Pair(forever, limits)
    metadata = {} if timeout is None else {"grpc_timeout": timeout}
    stream = pair.ask(b"", end=False, **metadata)
    other = pair.ask()
    async with asyncio.timeout(HANGS):
        while not pair.ended(stream):
            await asyncio.sleep(0.01)
            pair.read()
    assert pair.trailers(stream)["grpc-status"] == "4"
    assert other in pair.connection.streams
    assert pair.refused == ["request_unfinished"]
    assert pair.listener.unfinished.total == 0


async def test_unfinished_requests_hold_no_more_than_the_budget() -> None:
    pair = Pair(forever, ConnectionLimits(unfinished_bytes=50_000))
    begin = b"\0" + (50_000).to_bytes(4)
    streams = [pair.ask(begin + bytes(10_000), end=False) for _ in range(6)]
    assert pair.listener.unfinished.total <= 50_000
    await pair.settle()
    refused = [stream for stream in streams if pair.ended(stream)]
    assert refused == streams[: len(refused)]
    assert 1 <= len(refused) < 6
    assert {pair.trailers(stream)["grpc-status"] for stream in refused} == {"14"}
    # Their streams stay until the client has ended them, their bytes do not.
    for stream in refused:
        call = pair.connection.streams[stream].inbound
        assert isinstance(call, GrpcCall)
        assert call._reader is None


async def test_a_process_that_ends_gives_every_call_its_status() -> None:
    pair = Pair(forever)
    streams = [pair.ask() for _ in range(3)]
    await pair.settle()
    closing = asyncio.create_task(pair.listener.close())
    await pair.settle()
    assert {pair.trailers(stream)["grpc-status"] for stream in streams} == {"14"}
    pair.connection.connection_lost(None)
    await closing


async def test_messages_of_a_stream_come_in_turn_and_have_an_end() -> None:
    heard: list[bytes | None] = []

    async def serve(call: ServerCall) -> None:
        while True:
            heard.append(await call.receive())
            if heard[-1] is None:
                break

    pair = Pair(serve, streams_requests=True)
    stream = pair.ask(framed(b"one", b"two"), end=False)
    await pair.settle()
    assert heard == [b"one", b"two"]
    pair.client.send_data(stream, framed(b"three"), end_stream=True)
    pair.send()
    await pair.settle()
    assert heard == [b"one", b"two", b"three", None]
    assert pair.trailers(stream)["grpc-status"] == "0"


async def test_a_client_that_sends_far_ahead_is_stopped() -> None:
    pair = Pair(forever, streams_requests=True)
    stream = pair.ask(framed(*[b"x"] * 100), end=False)
    await pair.settle()
    assert pair.trailers(stream)["grpc-status"] == "14"


async def test_what_waits_for_a_method_counts_until_it_is_taken() -> None:
    gate = asyncio.Event()

    async def serve(call: ServerCall) -> None:
        await gate.wait()
        for _ in range(3):
            await call.receive()
        await forever(call)

    pair = Pair(serve, streams_requests=True)
    budget = pair.listener.unfinished
    stream = pair.ask(framed(*[b"x" * 5000] * 3), end=False)
    pair.client.send_data(stream, framed(b"y" * 400)[:100])
    pair.send()
    await pair.settle()
    assert budget.total >= 15_100
    gate.set()
    await pair.settle()
    assert 100 <= budget.total < 1000
    pair.client.reset_stream(stream)
    pair.send()
    await pair.settle()
    assert budget.total == 0


async def test_a_stream_of_requests_that_waits_gives_way_when_the_worker_needs_the_room() -> None:
    pair = Pair(forever, ConnectionLimits(unfinished_bytes=10_000), streams_requests=True)
    stream = pair.ask(framed(*[b"x" * 5000] * 3), end=False)
    await pair.settle()
    assert pair.trailers(stream)["grpc-status"] == "14"
    assert "unfinished_budget" in pair.refused


async def test_a_stream_of_requests_may_wait_for_longer_than_a_request_takes() -> None:
    pair = Pair(forever, ConnectionLimits(request_timeout=0.05), streams_requests=True)
    stream = pair.ask(framed(b"x" * 5000), end=False)
    await asyncio.sleep(0.2)
    await pair.settle()
    assert not pair.refused
    assert not pair.calls[0].ended, stream


async def test_a_wrong_content_length_ends_its_stream_alone() -> None:
    pair = Pair(answering(b"abc"))
    other = pair.ask(bytes(4), end=False)
    pair.client.config.validate_outbound_headers = False
    bad = pair.ask(bytes(5), end=False, content_length="3")
    await pair.settle()
    assert pair.resets() == [(bad, 1)]
    pair.client.send_data(other, b"\0", end_stream=True)
    pair.send()
    await pair.settle()
    assert pair.trailers(other)["grpc-status"] == "0"


async def test_a_dead_client_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chat3_user.transport.lifetime._KEEPALIVE", 0.02)
    monkeypatch.setattr("chat3_user.transport.lifetime._KEEPALIVE_TIMEOUT", 0.02)
    pair = Pair(forever)
    async with asyncio.timeout(HANGS):
        while not pair.wire.closed:
            await asyncio.sleep(0.01)
    assert pair.refused == ["keepalive"]


async def test_a_client_that_answers_pings_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chat3_user.transport.lifetime._KEEPALIVE", 0.01)
    monkeypatch.setattr("chat3_user.transport.lifetime._KEEPALIVE_TIMEOUT", 0.2)
    pair = Pair(forever)
    for _ in range(20):
        await asyncio.sleep(0.01)
        pair.read()
        pair.send()
    assert not pair.wire.closed


@pytest.mark.parametrize("said", [b"", b"PRI * HTTP/2.0\r\n"])
async def test_a_client_that_has_said_nothing_is_sent_away_too(said: bytes) -> None:
    pair = Pair(forever)
    silent = pair.listener.connection()
    wire = Wire(pair)
    silent.connection_made(wire)
    silent.data_received(said)
    silent.lifetime.go_away()
    silent.lifetime._close_when_idle()
    assert wire.closed
    assert b"\x07\0\0\0\0\0\x7f\xff\xff\xff" in b"".join(wire.writes)
