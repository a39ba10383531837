"""Hostile bytes: random, damaged, and well-formed fields in places where nobody expects them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from codec_oracle import EDGES, Pair, google_messages
from google.protobuf.unknown_fields import UnknownFieldSet
from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Callable

    from google.protobuf.descriptor import Descriptor
    from google.protobuf.message import Message as GoogleMessage


def varint(value: int, padding: int = 0) -> bytes:
    value &= 2**64 - 1
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    for _ in range(padding):
        out[-1] |= 128
        out.append(0)
    return bytes(out)


def tag(number: int, wire_type: int, padding: int = 0) -> bytes:
    return varint(number << 3 | wire_type, padding)


def delimited(number: int, payload: bytes) -> bytes:
    return tag(number, 2) + varint(len(payload)) + payload


def _field(draw: Callable[[Any], Any], descriptor: Descriptor, depth: int) -> bytes:
    fields = list(descriptor.fields)
    field = draw(st.sampled_from(fields)) if fields and draw(st.integers(0, 9)) else None
    number = field.number if field else draw(st.integers(0, 2**29 - 1) | st.integers(0, 40))
    message = field.message_type if field else None
    wire_type = draw(st.sampled_from([0, 0, 1, 2, 2, 2, 3, 5, 6 if depth == 0 else 2]))
    padding = draw(st.sampled_from([0] * 12 + [1, 3]))
    key = tag(number, wire_type, padding)
    padding = draw(st.sampled_from([0] * 12 + [1, 4]))
    if message is not None and draw(st.integers(0, 9)):
        payload = wire_fields(draw, message, depth - 1)
        return tag(number, 2) + varint(len(payload), padding) + payload
    if wire_type == 0:
        return key + varint(draw(st.sampled_from(EDGES) | st.integers(0, 2**64)), padding)
    if wire_type == 1:
        return key + draw(st.binary(min_size=8, max_size=8))
    if wire_type == 5:
        return key + draw(st.binary(min_size=4, max_size=4))
    if wire_type == 3:
        return key + wire_fields(draw, descriptor, depth - 1) + tag(number, 4)
    payload = draw(st.binary(max_size=8) | st.text(max_size=4).map(str.encode))
    return key + varint(len(payload), padding) + payload


def wire_fields(draw: Callable[[Any], Any], descriptor: Descriptor, depth: int) -> bytes:
    if depth <= 0:
        return b""
    return b"".join(_field(draw, descriptor, depth) for _ in range(draw(st.integers(0, 4))))


@st.composite
def hostile_bytes(draw: Callable[[Any], Any], pair: Pair) -> bytes:
    how = draw(st.integers(0, 3))
    if how == 0:
        return bytes(draw(st.binary(max_size=40)))
    if how == 1:
        wire = bytearray(draw(google_messages(pair.google)).SerializeToString())
        for _ in range(draw(st.integers(0, 3))):
            if wire:
                wire[draw(st.integers(0, len(wire) - 1))] = draw(st.integers(0, 255))
        return bytes(wire[: draw(st.integers(0, len(wire)))])
    return wire_fields(draw, pair.google.DESCRIPTOR, 5)


class NotComparable(Exception):  # noqa: N818 (no error: it steers the test)
    """Google and we keep the same bytes in different places; documented in the README."""


_UNWRAPPED = {
    f"google.protobuf.{name}Value" for name in ("Int64", "String", "Bool")
}  # fmt: skip


def as_python_can_say(  # noqa: C901 (one branch for each kind of field)
    message: GoogleMessage, *, wrapped: bool = False
) -> GoogleMessage:
    """Cut what ``datetime`` and ``timedelta`` cannot hold, in place, as the README says."""
    name = message.DESCRIPTOR.full_name
    if wrapped and name in {"google.protobuf.Timestamp", "google.protobuf.Duration"}:
        message.DiscardUnknownFields()
        sign = -1 if message.nanos < 0 else 1
        micros = message.seconds * 10**6 + sign * (abs(message.nanos) // 1000)
        if name.endswith("Duration") and micros < 0:
            message.seconds = -(-micros // 10**6)
            message.nanos = -(-micros % 10**6) * 1000
        else:
            message.seconds = micros // 10**6
            message.nanos = micros % 10**6 * 1000
        return message
    if wrapped and name in _UNWRAPPED:
        message.DiscardUnknownFields()
    maps = set()
    for field in message.DESCRIPTOR.fields:
        value = getattr(message, field.name)
        entry = field.message_type is not None and field.message_type.GetOptions().map_entry
        if entry:
            maps.add(field.number)
            if field.message_type.fields_by_name["value"].message_type is not None:
                for key in value:
                    as_python_can_say(value[key], wrapped=True)
        elif field.message_type is not None and field.is_repeated:
            for item in value:
                as_python_can_say(item, wrapped=True)
        elif field.message_type is not None and message.HasField(field.name):
            as_python_can_say(value, wrapped=True)
    if any(
        unknown.field_number in maps and unknown.wire_type == 2
        for unknown in UnknownFieldSet(message)
    ):
        raise NotComparable
    return message
