"""The codec of the Struct class: plain data where possible, the compiled messages otherwise."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ._plain_wire import decode_plain, encode_plain


def plain_struct_encoder(
    encode_struct: Callable[[Any, int], bytes],
) -> Callable[[Any, int], bytes]:
    """Make the encoder of a PlainStruct class from that of its Struct class."""

    def encode_plain_struct(struct: Any, depth: int) -> bytes:
        plain = struct._plain  # noqa: SLF001
        if plain is None or struct._unknown_fields or depth < 0:  # noqa: SLF001
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
            struct._unknown_fields = whole._unknown_fields  # noqa: SLF001
            return struct
        struct = new(plain_class)
        struct._plain = plain  # noqa: SLF001
        struct._unknown_fields = b""  # noqa: SLF001
        return struct

    return decode_plain_struct
