"""Codecs for betterproto2 messages, compiled once per class from its field metadata."""

from __future__ import annotations

from ._compile import Encoded, decode, encode
from ._errors import DecodeError, EncodeError
from ._plain_struct import PlainStruct, plain, plain_struct_class

__all__ = (
    "DecodeError",
    "EncodeError",
    "Encoded",
    "PlainStruct",
    "decode",
    "encode",
    "plain",
    "plain_struct_class",
)
