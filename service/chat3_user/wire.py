"""The wire seam: everything this service knows of betterproto2's codec and its replacement."""

from typing import Any

import betterproto2
from grpclib.encoding.base import CodecBase

from betterproto2_compiled import (
    DecodeError,
    Encoded,
    builder,
    decode,
    encode,
    encode_unix_time,
    plain,
)
from chat3_api.google.protobuf import Struct

__all__ = [
    "DecodeError",
    "Encoded",
    "GrpcCodec",
    "builder",
    "decode",
    "encode",
    "encode_unix_time",
    "plain",
    "struct",
]


def struct(data: dict[str, Any] | None) -> Struct | None:
    """Return JSON data as what it is: the codec takes a dict in place of a Struct."""
    given: Any = data
    return given  # type: ignore[no-any-return]  # a cast would be a call


class GrpcCodec(CodecBase):
    """Encodes and decodes for grpclib: contract messages compiled, others by their own methods.

    The others are google protobuf's, of the health and reflection services.
    """

    __content_subtype__ = "proto"

    def encode(self, message: Any, message_type: Any) -> bytes:  # noqa: ARG002 - grpclib's signature
        """Return the bytes of a message; what is encoded already passes."""
        if isinstance(message, bytes):
            return message
        if isinstance(message, betterproto2.Message):
            return encode(message)
        encoded: bytes = message.SerializeToString()
        return encoded

    def decode(self, data: bytes, message_type: Any) -> Any:
        """Return the message in ``data``.

        Raises `DecodeError` for contract messages, google protobuf's own error for others.
        """
        if issubclass(message_type, betterproto2.Message):
            return decode(message_type, data)
        return message_type.FromString(data)
