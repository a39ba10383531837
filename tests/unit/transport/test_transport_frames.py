"""Frames are counted by their heads, in whatever pieces they come."""

import pytest
from hyperframe.frame import (
    ContinuationFrame,
    DataFrame,
    Frame,
    HeadersFrame,
    PingFrame,
    PriorityFrame,
    RstStreamFrame,
)
from hypothesis import given
from hypothesis import strategies as st

from chat3_user.transport.codes import ErrorCode
from chat3_user.transport.frames import PREFACE, BrokenRuleError, FrameBudget, FrameReader
from chat3_user.transport.limits import ConnectionLimits

PING = PingFrame(0, opaque_data=b"12345678")


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


class Peer:
    """A client's half of a connection: what it sends is read at once."""

    def __init__(self, clock: Clock, control: int = 1, resets: int = 3) -> None:
        limits = ConnectionLimits(control_frames=control, rapid_resets=resets)
        self.budget = FrameBudget(limits, clock)
        self.reader = FrameReader(self.budget)
        self.reader.read(PREFACE)

    def send(self, *frames: Frame) -> None:
        for frame in frames:
            self.reader.read(frame.serialize())


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def peer(clock: Clock) -> Peer:
    return Peer(clock)


def opened(stream: int, *, ended: bool = False) -> HeadersFrame:
    return HeadersFrame(stream, b"\x82", flags=["END_HEADERS", *(["END_STREAM"] if ended else [])])


def test_twenty_seconds_worth_may_come_at_once(peer: Peer, clock: Clock) -> None:
    for _ in range(20):
        peer.send(PING)
    with pytest.raises(BrokenRuleError, match="type 6") as caught:
        peer.send(PING)
    assert caught.value.code is ErrorCode.ENHANCE_YOUR_CALM
    clock.now += 5
    peer.send(PING)


def test_a_call_and_what_is_sent_earn_frames(peer: Peer) -> None:
    for stream in range(1, 200, 2):
        peer.send(opened(stream), *[PING] * 10)
    for _ in range(100):
        peer.budget.sent(500)
        peer.send(PING)


def test_data_that_carries_a_message_is_free(peer: Peer) -> None:
    peer.send(opened(1))
    for _ in range(1000):
        peer.send(DataFrame(1, b"x" * 64))
    for _ in range(30):
        peer.send(opened(stream := 3 + 2 * _), DataFrame(stream, b"", flags=["END_STREAM"]))


def test_data_without_a_message_is_not(peer: Peer) -> None:
    peer.send(opened(1))
    with pytest.raises(BrokenRuleError, match="type 0"):
        peer.send(*[DataFrame(1, b"")] * 40)


def test_streams_reset_in_their_first_second_are_few(peer: Peer) -> None:
    for stream in (1, 3, 5):
        peer.send(opened(stream), RstStreamFrame(stream))
    with pytest.raises(BrokenRuleError, match="cancelled"):
        peer.send(opened(7), RstStreamFrame(7))


def test_a_stream_that_lived_for_a_second_may_be_reset(peer: Peer, clock: Clock) -> None:
    for stream in range(1, 100, 2):
        peer.send(opened(stream))
        clock.now += 1.1
        peer.send(RstStreamFrame(stream))
    assert len(peer.budget._young) <= 2
    assert not peer.budget._speaking


@pytest.mark.parametrize(
    "late", [DataFrame(1, b"x" * 99), opened(1), opened(1, ended=True)], ids=lambda f: str(f)[:20]
)
@pytest.mark.parametrize("end", ["data", "headers", "reset"])
def test_what_comes_to_a_stream_its_client_has_ended_is_a_fault(
    peer: Peer, end: str, late: Frame
) -> None:
    match end:
        case "headers":
            peer.send(opened(1, ended=True))
        case "data":
            peer.send(opened(1), DataFrame(1, b"", flags=["END_STREAM"]))
        case _:
            peer.send(opened(1), RstStreamFrame(1))
    with pytest.raises(BrokenRuleError) as caught:
        peer.send(late)
    assert caught.value.code is ErrorCode.STREAM_CLOSED


def test_trailers_of_an_open_stream_are_none(peer: Peer) -> None:
    peer.send(opened(1), DataFrame(1, b"x" * 99), opened(1, ended=True))
    assert peer.budget.opened == 1


def test_what_is_no_http2_is_seen_at_its_first_byte() -> None:
    reader = FrameReader(FrameBudget(ConnectionLimits()))
    with pytest.raises(BrokenRuleError, match="not HTTP/2"):
        reader.read(b"G")


def test_a_frame_too_large_is_refused_by_its_head(peer: Peer) -> None:
    with pytest.raises(BrokenRuleError) as caught:
        peer.reader.read((2**24 - 1).to_bytes(3) + b"\0\0\0\0\0\1")
    assert caught.value.code is ErrorCode.FRAME_SIZE_ERROR


def test_priority_of_the_connection_is_a_fault(peer: Peer) -> None:
    raw = PriorityFrame(1, depends_on=3, stream_weight=1).serialize()
    with pytest.raises(BrokenRuleError):
        peer.reader.read(raw[:5] + bytes(4) + raw[9:])


def test_a_block_of_headers_is_open_until_its_last_byte(peer: Peer) -> None:
    raw = HeadersFrame(1, b"\x82\x84").serialize()
    last = ContinuationFrame(1, b"\x86\x87", flags=["END_HEADERS"]).serialize()
    for piece in (raw[:9], raw[9:], last[:9], last[9:12]):
        peer.reader.read(piece)
        assert peer.reader.in_block or piece == last[9:12]
    assert not peer.reader.in_block
    assert peer.reader.blocks == 1


@given(st.lists(st.integers(1, 40)), st.integers(0, 5))
def test_pieces_make_no_difference(cuts: list[int], tail: int) -> None:
    frames = (
        opened(1),
        DataFrame(1, b"x" * 70),
        PING,
        DataFrame(1, b"", flags=["END_STREAM"]),
        HeadersFrame(3, b"\x82"),
        ContinuationFrame(3, b"\x84", flags=["END_HEADERS"]),
        RstStreamFrame(3),
        HeadersFrame(5, b"\x82"),
    )
    raw = PREFACE + b"".join(frame.serialize() for frame in frames) + bytes(tail)
    whole = FrameReader(FrameBudget(ConnectionLimits(), Clock()))
    whole.read(raw)
    pieces = FrameReader(FrameBudget(ConnectionLimits(), Clock()))
    for cut in cuts:
        pieces.read(raw[:cut])
        raw = raw[cut:]
    pieces.read(raw)
    assert (pieces.in_block, pieces.blocks) == (whole.in_block, whole.blocks) == (True, 3)
    assert pieces._budget.opened == whole._budget.opened == 3
    assert pieces._budget._control._left == whole._budget._control._left
    assert pieces._head == whole._head
