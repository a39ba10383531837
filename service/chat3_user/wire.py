"""The seam to the compiled codec of contract messages: no other module here imports it."""

from typing import Any

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
