"""Scalar values: Python objects to wire bytes and wire numbers back, with every check.

The generated code does the common cases itself and comes here for the others: large and
negative numbers, repeated fields, map keys and whatever is wrong.
"""

# ruff: noqa: PLR2004
# The numbers of the wire format are its vocabulary: tags, and the high bit of a varint's byte.
from __future__ import annotations

from struct import Struct as Packer
from typing import TYPE_CHECKING, Any, Final

from betterproto2 import (
    TYPE_BOOL,
    TYPE_BYTES,
    TYPE_DOUBLE,
    TYPE_ENUM,
    TYPE_FIXED32,
    TYPE_FIXED64,
    TYPE_FLOAT,
    TYPE_INT32,
    TYPE_INT64,
    TYPE_SFIXED32,
    TYPE_SFIXED64,
    TYPE_SINT32,
    TYPE_SINT64,
    TYPE_STRING,
    TYPE_UINT32,
    TYPE_UINT64,
)

from ._errors import WireError
from ._wire import FIXED32, FIXED64, LENGTH, VARINT, encode_varint, read_varint

if TYPE_CHECKING:
    from collections.abc import Callable

_TWO_POWER_64: Final = 1 << 64

PACKERS: Final = {
    TYPE_DOUBLE: Packer("<d"),
    TYPE_FLOAT: Packer("<f"),
    TYPE_FIXED32: Packer("<I"),
    TYPE_FIXED64: Packer("<Q"),
    TYPE_SFIXED32: Packer("<i"),
    TYPE_SFIXED64: Packer("<q"),
}
"""The types of fixed width; a packer's ``size`` is 4 or 8."""

INTEGER_RANGES: Final = {
    TYPE_ENUM: (-(1 << 31), (1 << 31) - 1),
    TYPE_INT32: (-(1 << 31), (1 << 31) - 1),
    TYPE_SINT32: (-(1 << 31), (1 << 31) - 1),
    TYPE_SFIXED32: (-(1 << 31), (1 << 31) - 1),
    TYPE_UINT32: (0, (1 << 32) - 1),
    TYPE_FIXED32: (0, (1 << 32) - 1),
    TYPE_INT64: (-(1 << 63), (1 << 63) - 1),
    TYPE_SINT64: (-(1 << 63), (1 << 63) - 1),
    TYPE_SFIXED64: (-(1 << 63), (1 << 63) - 1),
    TYPE_UINT64: (0, (1 << 64) - 1),
    TYPE_FIXED64: (0, (1 << 64) - 1),
}


def wire_type_of(proto_type: str) -> int:
    """Tell the wire type of a field's single value."""
    if proto_type in PACKERS:
        return FIXED64 if PACKERS[proto_type].size == 8 else FIXED32
    if proto_type == TYPE_BOOL or proto_type in INTEGER_RANGES:
        return VARINT
    return LENGTH


def _wrong_type(expected: str, value: object) -> TypeError:
    return TypeError(f"expected {expected}, not {type(value).__name__}")


def checked_int(value: Any) -> int:
    """Give back an ``int`` that is no ``bool``."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise _wrong_type("int", value)
    return value


def checked_bool(value: Any) -> bool:
    """Give back a ``bool``; 0 and 1 are none."""
    if not isinstance(value, bool):
        raise _wrong_type("bool", value)
    return value


def checked_float(value: Any) -> float:
    """Give back a ``float``, or an ``int`` that stands for one."""
    if isinstance(value, bool) or not isinstance(value, float | int):
        raise _wrong_type("float", value)
    return value


def checked_str(value: Any) -> str:
    """Give back a ``str``."""
    if not isinstance(value, str):
        raise _wrong_type("str", value)
    return value


def checked_bytes(value: Any) -> bytes:
    """Give back ``bytes``; other buffers are copied."""
    if isinstance(value, bytes):
        return value
    if isinstance(value, bytearray | memoryview):
        return bytes(value)
    raise _wrong_type("bytes", value)


def _integer_encoder(proto_type: str) -> Callable[[Any], bytes]:
    lowest, highest = INTEGER_RANGES[proto_type]
    zigzag = proto_type in {TYPE_SINT32, TYPE_SINT64}
    packer = PACKERS.get(proto_type)

    def encode_integer(value: Any) -> bytes:
        number = checked_int(value)
        if not lowest <= number <= highest:
            raise OverflowError(f"out of range for {proto_type}")
        if packer is not None:
            return packer.pack(number)
        if zigzag:
            number = number << 1 if number >= 0 else ~(number << 1)
        elif number < 0:
            number += _TWO_POWER_64
        return encode_varint(number)

    return encode_integer


def _encode_bool(value: Any) -> bytes:
    return b"\x01" if checked_bool(value) else b"\x00"


def encode_double(value: Any) -> bytes:
    """Encode eight bytes; an ``int`` becomes the nearest double, as in google protobuf."""
    return PACKERS[TYPE_DOUBLE].pack(checked_float(value))


def _encode_float(value: Any) -> bytes:
    return PACKERS[TYPE_FLOAT].pack(checked_float(value))


def _encode_str(value: Any) -> bytes:
    return checked_str(value).encode()


SCALAR_ENCODERS: Final[dict[str, Callable[[Any], bytes]]] = {
    **{proto_type: _integer_encoder(proto_type) for proto_type in INTEGER_RANGES},
    TYPE_BOOL: _encode_bool,
    TYPE_DOUBLE: encode_double,
    TYPE_FLOAT: _encode_float,
    TYPE_STRING: _encode_str,
    TYPE_BYTES: checked_bytes,
}
"""One strict encoder per scalar type; the bytes have neither tag nor length."""


def _signed(bits: int) -> Callable[[int], int]:
    mask = (1 << bits) - 1
    sign = 1 << bits - 1

    def to_signed(raw: int) -> int:
        return ((raw & mask) ^ sign) - sign

    return to_signed


def _zigzag(bits: int) -> Callable[[int], int]:
    mask = (1 << bits) - 1

    def from_zigzag(raw: int) -> int:
        raw &= mask
        return (raw >> 1) ^ -(raw & 1)

    return from_zigzag


def _low_32_bits(raw: int) -> int:
    return raw & 0xFFFFFFFF


def _same(raw: int) -> int:
    return raw


FROM_VARINT: Final[dict[str, Callable[[int], int]]] = {
    TYPE_BOOL: bool,
    TYPE_ENUM: _signed(32),
    TYPE_INT32: _signed(32),
    TYPE_INT64: _signed(64),
    TYPE_UINT32: _low_32_bits,
    TYPE_UINT64: _same,
    TYPE_SINT32: _zigzag(32),
    TYPE_SINT64: _zigzag(64),
}
"""What a varint means in a field of the type; larger values are cut, as google cuts them."""


def read_packed_varints(
    data: bytes, position: int, end: int, convert: Callable[[int], Any]
) -> list[Any]:
    """Read the varints that fill ``data[position:end]``."""
    values = []
    while position < end:
        raw = data[position]
        position += 1
        if raw > 0x7F:
            raw, position = read_varint(data, position, raw)
        values.append(convert(raw))
    if position > end:
        raise WireError(f"truncated: a packed value goes on beyond byte {end}")
    return values


def read_packed_fixed(data: bytes, position: int, end: int, packer: Packer) -> list[Any]:
    """Read the numbers of fixed width that fill ``data[position:end]``."""
    if (end - position) % packer.size:
        raise WireError(f"truncated: a packed value goes on beyond byte {end}")
    return [value for (value,) in packer.iter_unpack(data[position:end])]
