"""Codecs for betterproto2 messages, compiled once per class from its field metadata."""

from __future__ import annotations

from ._compile import builder, decode, encode
from ._errors import DecodeError, EncodeError
from ._plain_struct import PlainStruct, plain, plain_struct_class
from ._time import encode_timestamp, encode_unix_time
from ._wire import Encoded

__all__ = (
    "DecodeError",
    "EncodeError",
    "Encoded",
    "PlainStruct",
    "builder",
    "decode",
    "encode",
    "encode_timestamp",
    "encode_unix_time",
    "plain",
    "plain_struct_class",
)
