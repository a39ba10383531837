"""A request's messages come whole, within bounds, inflated; anything else is a failure."""

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat3_api.chat3.user.v1 import ErrorReason
from chat3_user.errors import CallError
from chat3_user.transport.messages import MessageReader, frame


def reader(limit: int = 1000, *, compressed: bool = False, single: bool = True) -> MessageReader:
    return MessageReader(limit, compressed=compressed, single=single)


def refused(found: MessageReader, data: bytes) -> ErrorReason:
    with pytest.raises(CallError) as caught:
        found.feed(data)
    return caught.value.reason


@given(st.lists(st.tuples(st.binary(max_size=50), st.booleans())), st.integers(1, 30))
def test_messages_come_whole_in_whatever_pieces(sent: list[tuple[bytes, bool]], piece: int) -> None:
    raw = b"".join(frame(message, compress=compress) for message, compress in sent)
    found = reader(compressed=True, single=False)
    for at in range(0, len(raw), piece):
        found.feed(raw[at : at + piece])
    found.end()
    assert list(found.ready) == [message for message, _ in sent]


def test_a_length_over_the_limit_is_refused_before_the_message() -> None:
    assert refused(reader(10), b"\0\0\0\0\x0b") is ErrorReason.REQUEST_TOO_LARGE
    found = reader(10)
    found.feed(frame(b"x" * 10))
    assert list(found.ready) == [b"x" * 10]


def test_the_inflated_size_counts() -> None:
    small = frame(bytes(1000), compress=True)
    found = reader(1000, compressed=True)
    found.feed(small)
    assert list(found.ready) == [bytes(1000)]
    assert refused(reader(999, compressed=True), small) is ErrorReason.REQUEST_TOO_LARGE


@pytest.mark.parametrize(
    "broken", [b"", b"xx", gzip.compress(b"a")[:-1], gzip.compress(b"") + b"x"]
)
def test_what_is_no_gzip_is_refused(broken: bytes) -> None:
    raw = b"\1" + len(broken).to_bytes(4) + broken
    assert refused(reader(compressed=True), raw) is ErrorReason.INVALID_FIELD


def test_a_second_message_is_refused_at_its_first_byte() -> None:
    found = reader()
    found.feed(frame(b"one"))
    assert refused(found, b"\0") is ErrorReason.MESSAGE_COUNT_INVALID


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", ErrorReason.MESSAGE_COUNT_INVALID),
        (b"\0\0", ErrorReason.INVALID_FIELD),
        (b"\0\0\0\0\5four", ErrorReason.INVALID_FIELD),
    ],
)
def test_an_end_too_soon_is_a_failure(data: bytes, reason: ErrorReason) -> None:
    found = reader()
    found.feed(data)
    with pytest.raises(CallError) as caught:
        found.end()
    assert caught.value.reason is reason
