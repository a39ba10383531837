"""The codec of the Struct class: plain data where possible, the compiled messages otherwise."""

# ruff: noqa: SLF001
# The codec of a class sees inside it.
from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._plain_wire import decode_plain, encode_plain

if TYPE_CHECKING:
    from collections.abc import Callable


def plain_struct_encoder(
    encode_struct: Callable[[Any, int], bytes],
) -> Callable[[Any, int], bytes]:
    """Make the encoder of a PlainStruct class from that of its Struct class."""

    def encode_plain_struct(struct: Any, depth: int) -> bytes:
        plain = struct._plain
        if plain is None or struct._unknown_fields or depth < 0:
            return encode_struct(struct, depth)
        return encode_plain(plain, depth)

    return encode_plain_struct


def plain_struct_decoder(
    plain_class: type[Any], decode_struct: Callable[[bytes, int, int, int], Any]
) -> Callable[[bytes, int, int, int], Any]:
    """Make the decoder that gives a PlainStruct, from that of the Struct class.

    What plain data cannot say without loss, such as a Value of no kind or an unknown field,
    stays in Value objects.
    """
    new = object.__new__

    def decode_plain_struct(data: bytes, position: int, end: int, depth: int) -> Any:
        plain = decode_plain(data, position, end, depth)
        if plain is None:
            whole = decode_struct(data, position, end, depth)
            struct = plain_class(fields=whole.fields)
            struct._unknown_fields = whole._unknown_fields
            return struct
        struct = new(plain_class)
        struct._plain = plain
        struct._unknown_fields = b""
        return struct

    return decode_plain_struct
