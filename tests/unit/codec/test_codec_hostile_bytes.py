"""Whatever the bytes: one error type, google's verdict, and no time or memory to be had."""

from __future__ import annotations

import gc
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from codec_fuzz import NotComparable, as_python_can_say, delimited, hostile_bytes, tag, varint
from codec_oracle import Pair, deterministic
from google.protobuf.message import DecodeError as GoogleDecodeError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from betterproto2_compiled import DecodeError, decode, encode

if TYPE_CHECKING:
    from collections.abc import Iterator

thorough = settings(max_examples=4000, suppress_health_check=list(HealthCheck))


@pytest.mark.timeout(600)
@thorough
@given(data=st.data())
def test_google_accepts_the_same_bytes_and_means_the_same(
    every: list[Pair], data: st.DataObject
) -> None:
    pair = data.draw(st.sampled_from(every))
    wire = data.draw(hostile_bytes(pair))
    try:
        theirs = pair.google.FromString(wire)
    except GoogleDecodeError:
        with pytest.raises(DecodeError):
            decode(pair.ours, wire)
        return
    try:
        ours = decode(pair.ours, wire)
    except DecodeError as error:
        # Google lets field number 0 pass inside groups and in messages without fields.
        assert "out of Python's range" in str(error) or "field number 0" in str(error)  # noqa: PT017
        return
    try:
        expected = as_python_can_say(theirs)
    except NotComparable:
        return
    assert deterministic(pair.google.FromString(encode(ours))) == deterministic(expected)


def one(pairs: dict[str, Pair], name: str) -> Pair:
    return pairs[f"codec.test.{name}"]


@pytest.mark.parametrize(
    ("name", "wire", "text"),
    [
        ("Scalars", b"\x72", "Scalars.a_string: truncated"),
        ("Scalars", b"\x72\x05abc", "Scalars.a_string: truncated"),
        ("Scalars", b"\x72\x01\xff", "Scalars.a_string: not UTF-8 at byte 2"),
        ("Scalars", b"\x72\x03\xed\xa0\x80", "Scalars.a_string: not UTF-8"),
        ("Scalars", b"\x10", "Scalars.an_int32: truncated at byte 1"),
        ("Scalars", b"\x10\x80", "Scalars.an_int32: truncated at byte 2"),
        ("Scalars", b"\x10" + b"\xff" * 10 + b"\x01", "Scalars.an_int32: .* more than 10 bytes"),
        ("Scalars", b"\x49\0\0\0", "Scalars.a_double: truncated"),
        ("Scalars", b"\x00\x01", "field number 0"),
        ("Scalars", b"\x80\x80\x80\x80\x80\x01", "more than 32 bits"),
        ("Scalars", b"\x72\xff\xff\xff\xff\xff\x01", "more than 32 bits"),
        ("Scalars", b"\x72\xff\xff\xff\xff\x0f", "beyond"),
        ("Scalars", b"\x16", "wire type 6"),
        ("Scalars", b"\x17", "wire type 7"),
        ("Scalars", b"\x14", "a group that was not open"),
        ("Scalars", b"\x13\x1c", "a group that was not open"),
        ("Scalars", b"\x13", "still open"),
        ("Repeateds", b"\x4a\x07" + b"\0" * 7, "Repeateds.doubles: truncated"),
        ("Repeateds", b"\x12\x01\x80", "Repeateds.int32s: truncated"),
        ("Repeateds", b"\x12\x01\x80\x01", "Repeateds.int32s: truncated"),
        ("Repeateds", b"\x8a\x01\x02\x1a\x05", "Tree.label: truncated"),
        ("Maps", b"\x0a\x03\x0a\x01\xff", "Maps.strings: not UTF-8"),
        ("Choice", b"\x42\x02\x1a\x05\x10\x01", "Tree.label: truncated"),
        ("WellKnown", b"\x0a\x0a\x08" + b"\xff" * 8 + b"\x7f", "WellKnown.time: out of Python's"),
    ],
)  # fmt: skip
def test_the_error_says_what_and_where(
    all_types: dict[str, Pair], name: str, wire: bytes, text: str
) -> None:
    with pytest.raises(DecodeError, match=text):
        decode(one(all_types, name).ours, wire)


def test_an_error_text_never_shows_the_value(all_types: dict[str, Pair]) -> None:
    with pytest.raises(DecodeError) as caught:
        decode(one(all_types, "Scalars").ours, b"\x72\x0bsecretword\xff")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("number", [1, 3, 4, 5, 9])
@pytest.mark.parametrize("depth", [99, 100, 101, 150, 100_000])
def test_nesting_ends_where_google_ends_it(
    all_types: dict[str, Pair], number: int, depth: int
) -> None:
    if depth > 1000:  # without making quadratically many bytes: only the lengths are nested
        wire = b"".join(tag(number, 2) + varint(5 * left) for left in range(depth, 0, -1))
    else:
        wire = b""
        for level in range(depth):
            wire = delimited(2 if number == 5 and level % 2 == 0 else number, wire)
    pair = one(all_types, "Tree")
    try:
        pair.google.FromString(wire)
    except GoogleDecodeError:
        with pytest.raises(DecodeError):
            decode(pair.ours, wire)
    else:
        decode(pair.ours, wire)


@pytest.mark.parametrize("levels", [32, 33, 34, 49, 50, 51])
@pytest.mark.parametrize("kind", ["Struct", "ListValue"])
def test_json_nests_as_deep_as_google_lets_it(
    all_types: dict[str, Pair], levels: int, kind: str
) -> None:
    wire = b""
    for _ in range(levels):
        if kind == "Struct":
            wire = delimited(1, delimited(1, b"k") + delimited(2, delimited(5, wire)))
        else:
            wire = delimited(1, delimited(6, wire))
    pair = all_types[f"google.protobuf.{kind}"]
    try:
        pair.google.FromString(wire)
    except GoogleDecodeError:
        with pytest.raises(DecodeError):
            decode(pair.ours, wire)
    else:
        assert encode(decode(pair.ours, wire)) == wire


MEGABYTE = 1 << 20


@contextmanager
def undisturbed() -> Iterator[None]:
    """Run the block without the garbage collector and without whatever traces lines.

    What these take depends on all that other tests have left behind, and is the greater part.
    """
    tracer = sys.gettrace()
    gc.disable()
    sys.settrace(None)
    try:
        yield
    finally:
        sys.settrace(tracer)
        gc.enable()


def growth(pair: Pair, small: bytes, large: bytes, times: int = 1) -> float:
    """Return how many times as long decoding ``large`` takes as decoding ``small``."""

    def seconds(wire: bytes) -> float:
        started = time.process_time()
        for _ in range(times):
            decode(pair.ours, wire)
        return time.process_time() - started

    with undisturbed():
        return seconds(large) / min(seconds(small) for _ in range(3))


def check_same(pair: Pair, wire: bytes) -> None:
    with undisturbed():
        again = encode(decode(pair.ours, wire))
    assert deterministic(pair.google.FromString(again)) == deterministic(
        pair.google.FromString(wire)
    )


@pytest.mark.parametrize(
    ("name", "piece", "nested"),
    [
        pytest.param("Tree", b"\x1a\x01a", True, id="merged-messages"),
        pytest.param("Tree", b"\x38\x01", True, id="merged-unknown"),
        pytest.param("Tree", b"\x38\x01", False, id="unknown-fields"),
        pytest.param("Tree", b"\x3b\x3c", False, id="unknown-groups"),
        pytest.param("Tree", b"\x22\x00", False, id="empty-messages"),
        pytest.param("Tree", b"\x1a\x00\x0a\x00", False, id="out-of-order"),
        pytest.param("Choice", b"\x42\x00\x10\x01", False, id="oneof-switches"),
        pytest.param("Choice", b"\x42\x00", False, id="oneof-merges"),
        pytest.param("Repeateds", b"\x12\x01\x01", False, id="tiny-packed"),
        pytest.param("Maps", b"\x0a\x00", False, id="one-map-key"),
        pytest.param("WellKnown", b"\x1a\x04\x0a\x02\x12\x00", False, id="structs"),
    ],
)
def test_the_time_for_a_megabyte_of_malice_grows_with_its_size_only(
    all_types: dict[str, Pair], name: str, piece: bytes, *, nested: bool
) -> None:
    pair = one(all_types, name)
    piece = delimited(1, piece) if nested else piece
    large = piece * (MEGABYTE // len(piece))
    small = piece * (len(large) // len(piece) // 16)
    # Sixteen times the bytes: quadratic time would be 256 times as long.
    assert growth(pair, small, large) < 64
    check_same(pair, large)


def _nested_repeats(levels: int) -> bytes:
    """A singular message twice at each level: decoding eagerly would take 2**levels steps."""
    wire = b""
    for _ in range(levels):
        wire = delimited(1, wire) + delimited(1, b"")
    return wire


def test_messages_that_stand_twice_at_each_level_are_not_decoded_twice(
    all_types: dict[str, Pair],
) -> None:
    pair = one(all_types, "Tree")
    # Eight levels more: decoding twice would take 256 times as long.
    assert growth(pair, _nested_repeats(8), _nested_repeats(16), 20) < 64
    check_same(pair, _nested_repeats(99))


def _odd_structs(levels: int, fields: int) -> bytes:
    """Structs in structs, each with a field that plain data cannot keep."""
    filler = delimited(1, delimited(1, b"a") + delimited(2, delimited(3, b"text"))) * fields
    wire = b""
    for level in range(levels):
        wire = filler + delimited(
            1, delimited(1, str(level).encode()) + delimited(2, delimited(5, wire))
        ) + b"\x38\x01"  # fmt: skip
    return wire


def test_a_struct_that_is_odd_at_each_level_is_read_once_a_level_at_most(
    all_types: dict[str, Pair],
) -> None:
    pair = all_types["google.protobuf.Struct"]
    # Sixteen times the fields: quadratic time would be 256 times as long.
    assert growth(pair, _odd_structs(32, 188), _odd_structs(32, 3000)) < 64
    # Eight levels more at the same number of fields: reading twice a level would be 256 times.
    assert growth(pair, _odd_structs(8, 400), _odd_structs(16, 400)) < 32
    check_same(pair, _odd_structs(32, 3000))


def test_any_buffer_is_accepted(all_types: dict[str, Pair]) -> None:
    cls = one(all_types, "Scalars").ours
    for kind in (bytes, bytearray, memoryview):
        assert decode(cls, kind(b"\x72\x01a")) == decode(cls, b"\x72\x01a")
