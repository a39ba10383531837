"""The wire format: varints, tags, skipping what is unknown.

Tables hold the short varints, because lengths, counts and enum values are nearly always short
and one tuple lookup is cheaper in CPython than any arithmetic.
"""

# ruff: noqa: PLR2004
# The numbers of the wire format are its vocabulary: tags, and the high bit of a varint's byte.
from __future__ import annotations

from functools import cache
from typing import Final, NewType

from ._errors import WireError

MAX_DEPTH: Final = 100
"""Nesting that google protobuf accepts and produces by default."""


Encoded = NewType("Encoded", bytes)
"""An already encoded message, to stand where `encode` expects a message.

It may be the message itself or the value of a message field; in the place of a list of messages it
is the whole field, as a message with nothing else is encoded. The bytes are copied as they are,
unchecked: at run time any ``bytes`` in the place of a message are taken for its encoding, so only
type checkers tell a mistake.
"""

VARINT: Final = 0
FIXED64: Final = 1
LENGTH: Final = 2
START_GROUP: Final = 3
END_GROUP: Final = 4
FIXED32: Final = 5

_CHUNK: Final = 14  # bits: two varint bytes
_CHUNK_SIZE: Final = 1 << _CHUNK
_CHUNK_MASK: Final = _CHUNK_SIZE - 1
_LONGEST_VARINT: Final = 10  # bytes
_LONGEST_TAG: Final = 5
_UINT32_MASK: Final = (1 << 32) - 1
_UINT64_MASK: Final = (1 << 64) - 1

SHORT_VARINTS: Final = tuple(
    bytes((value,)) if value < 0x80 else bytes((value & 0x7F | 0x80, value >> 7))
    for value in range(_CHUNK_SIZE)
)
"""Every varint of one or two bytes, by value."""

CONTINUED_VARINTS: Final = tuple(
    bytes((value & 0x7F | 0x80, value >> 7 | 0x80)) for value in range(_CHUNK_SIZE)
)
"""Two varint bytes that more bytes follow, by their 14 bits."""


def encode_varint(value: int) -> bytes:
    """Encode a number from 0 up to 2**64 - 1; the caller has checked the range."""
    if value < _CHUNK_SIZE:
        return SHORT_VARINTS[value]
    if value < 1 << 28:
        return CONTINUED_VARINTS[value & _CHUNK_MASK] + SHORT_VARINTS[value >> _CHUNK]
    encoded = CONTINUED_VARINTS[value & _CHUNK_MASK]
    value >>= _CHUNK
    while value >= _CHUNK_SIZE:
        encoded += CONTINUED_VARINTS[value & _CHUNK_MASK]
        value >>= _CHUNK
    return encoded + SHORT_VARINTS[value]


def encode_tag(number: int, wire_type: int) -> bytes:
    """Encode the key that stands before a field's value."""
    return encode_varint(number << 3 | wire_type)


@cache
def tag_and_short_varint(tag: bytes) -> tuple[bytes, ...]:
    """Give the tag joined with every one-byte varint: a length below 128, or a small value."""
    return tuple(tag + SHORT_VARINTS[value] for value in range(128))


def read_varint(data: bytes, position: int, first: int) -> tuple[int, int]:
    """Finish a varint whose first byte (with its high bit set) stands before ``position``.

    Returns:
        The value, cut to 64 bits, and the position after it.

    Raises:
        IndexError: The data end inside the varint.
        WireError: It has more than ten bytes.

    """
    value = first & 0x7F
    for shift in range(7, 7 * _LONGEST_VARINT, 7):
        byte = data[position]
        position += 1
        if byte < 0x80:
            return (value | byte << shift) & _UINT64_MASK, position
        value |= (byte & 0x7F) << shift
    raise WireError(f"a varint of more than 10 bytes before byte {position}")


def read_short_varint(data: bytes, position: int, first: int) -> tuple[int, int]:
    """Finish a tag or a length, which may have at most five bytes and 32 bits.

    Raises:
        IndexError: The data end inside the varint.
        WireError: It is longer or larger.

    """
    value = first & 0x7F
    for shift in range(7, 7 * _LONGEST_TAG, 7):
        byte = data[position]
        position += 1
        if byte < 0x80:
            value |= byte << shift
            if value > _UINT32_MASK:
                break
            return value, position
        value |= (byte & 0x7F) << shift
    raise WireError(f"a tag or length of more than 32 bits before byte {position}")


def skip_value(  # noqa: C901, PLR0912 (one branch for each wire type)
    data: bytes, position: int, end: int, tag: int, depth: int
) -> int:
    """Step over the value of an unknown field; return the position after it.

    Groups are walked with a stack of our own, so nesting costs no Python frames.

    Raises:
        IndexError: The data end inside the value.
        WireError: The tag or the value is not valid.

    """
    open_groups: list[int] = []
    while True:
        wire_type = tag & 7
        number = tag >> 3
        if not number:
            raise WireError(f"field number 0 before byte {position}")
        if wire_type == VARINT:
            value = data[position]
            position += 1
            if value > 0x7F:
                value, position = read_varint(data, position, value)
        elif wire_type == LENGTH:
            length = data[position]
            position += 1
            if length > 0x7F:
                length, position = read_short_varint(data, position, length)
            position += length
        elif wire_type == FIXED64:
            position += 8
        elif wire_type == FIXED32:
            position += 4
        elif wire_type == START_GROUP:
            open_groups.append(number)
            if len(open_groups) > depth:
                raise WireError(f"nested deeper than {MAX_DEPTH} levels at byte {position}")
        elif wire_type == END_GROUP:
            if not open_groups or open_groups.pop() != number:
                raise WireError(f"the end of a group that was not open before byte {position}")
        else:
            raise WireError(f"wire type {wire_type} before byte {position} does not exist")
        if position > end:
            raise WireError(f"truncated: a value goes on beyond byte {end}")
        if not open_groups:
            return position
        if position == end:
            raise WireError(f"truncated: a group is still open at byte {end}")
        tag = data[position]
        position += 1
        if tag > 0x7F:
            tag, position = read_short_varint(data, position, tag)


def check_framing(data: bytes, position: int, end: int, depth: int) -> None:
    """Check that ``data[position:end]`` is a row of whole fields, whatever is in them.

    Raises:
        IndexError: The data end inside a field.
        WireError: A tag or a value is not valid.

    """
    while position < end:
        tag = data[position]
        position += 1
        if tag > 0x7F:
            tag, position = read_short_varint(data, position, tag)
        position = skip_value(data, position, end, tag, depth)
