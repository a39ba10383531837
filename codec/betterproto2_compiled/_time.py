"""Timestamps and durations as ``datetime`` and ``timedelta``, without a message object between.

All arithmetic is on integers, so microseconds are exact. What is finer than a microsecond is cut
towards zero when decoding, as google protobuf's ``ToDatetime`` and ``ToTimedelta`` cut it.
"""

# ruff: noqa: PLR2004
# The numbers of the wire format are its vocabulary: tags, and the high bit of a varint's byte.
from __future__ import annotations

from array import array
from datetime import UTC, datetime, timedelta
from struct import Struct as Packer
from typing import TYPE_CHECKING, Any, Final

from betterproto2 import TYPE_INT32

from ._scalars import FROM_VARINT
from ._wire import (
    Encoded,
    encode_varint,
    read_short_varint,
    read_varint,
    skip_value,
)

if TYPE_CHECKING:
    from collections.abc import Callable

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SECONDS_A_DAY: Final = 86_400
_MICROSECONDS_A_SECOND: Final = 1_000_000
_FIRST_SECOND: Final = -62_135_596_800
_LAST_SECOND: Final = 253_402_300_799
_MICROSECOND: Final = timedelta(microseconds=1)
_TWO_POWER_64: Final = 1 << 64
_INT64_MAX: Final = (1 << 63) - 1
# The least numbers whose varints have so many bytes.
_FOUR_BYTES: Final = 1 << 21
_FIVE_BYTES: Final = 1 << 28
_SIX_BYTES: Final = 1 << 35
_SECONDS: Final = b"\x08"  # field 1, varint
_NANOS: Final = b"\x10"  # field 2, varint
_SECONDS_TAG: Final = 0x08
_NANOS_TAG: Final = 0x10

_PAIRS: Final = array("H", (n & 0x7F | 0x80 | (n >> 7 | 0x80) << 8 for n in range(1 << 14)))
"""Two varint bytes that more bytes follow, by their 14 bits, as the number to be packed."""

_pack_five_and_five = Packer("<BHHBBHHB").pack
_pack_five_and_four = Packer("<BHHBBHH").pack

_int32 = FROM_VARINT[TYPE_INT32]


def encode_timestamp(moment: datetime) -> Encoded:
    """Encode an aware ``datetime`` as a ``google.protobuf.Timestamp``.

    Raises:
        TypeError: It has no time zone, or is no ``datetime``.

    """
    since = moment - _EPOCH
    seconds = since.days * _SECONDS_A_DAY + since.seconds
    return encode_unix_time(seconds * _MICROSECONDS_A_SECOND + since.microseconds)


def encode_unix_time(microseconds: int) -> Encoded:
    """Encode the moment so many microseconds after 1970 as a ``google.protobuf.Timestamp``.

    Raises:
        OverflowError: It is outside the years 1 to 9999, which a Timestamp can mean.

    """
    encoded: Any
    seconds, nanos = divmod(microseconds, _MICROSECONDS_A_SECOND)
    nanos *= 1000
    if _FIVE_BYTES <= seconds < _SIX_BYTES and nanos >= _FOUR_BYTES:  # nearly always: in one go
        low, high = _PAIRS[seconds & 0x3FFF], _PAIRS[seconds >> 14 & 0x3FFF]
        if nanos >= _FIVE_BYTES:
            encoded = _pack_five_and_five(
                0x08,
                low,
                high,
                seconds >> 28,
                0x10,
                _PAIRS[nanos & 0x3FFF],
                _PAIRS[nanos >> 14 & 0x3FFF],
                nanos >> 28,
            )
        else:
            last = _PAIRS[nanos >> 14] & 0x7FFF  # no byte follows
            encoded = _pack_five_and_four(
                0x08, low, high, seconds >> 28, 0x10, _PAIRS[nanos & 0x3FFF], last
            )
        return encoded  # type: ignore[no-any-return]  # a NewType's call costs as much as the rest
    if not _FIRST_SECOND <= seconds <= _LAST_SECOND:
        raise OverflowError("a moment outside the years 1 to 9999")
    encoded = b""
    if seconds:
        encoded = _SECONDS + encode_varint(seconds if seconds > 0 else seconds + _TWO_POWER_64)
    if nanos:
        encoded += _NANOS + encode_varint(nanos)
    return Encoded(encoded)


def encode_duration(span: timedelta) -> bytes:
    """Encode a ``timedelta`` as a ``google.protobuf.Duration``; both parts have its sign."""
    total = span // _MICROSECOND
    if total >= 0:
        seconds, microseconds = divmod(total, _MICROSECONDS_A_SECOND)
        nanos = microseconds * 1000
    else:
        seconds, microseconds = divmod(-total, _MICROSECONDS_A_SECOND)
        seconds = _TWO_POWER_64 - seconds if seconds else 0
        nanos = _TWO_POWER_64 - microseconds * 1000 if microseconds else 0
    encoded = b""
    if seconds:
        encoded = _SECONDS + encode_varint(seconds)
    if nanos:
        encoded += _NANOS + encode_varint(nanos)
    return encoded


def _read_seconds_and_nanos(data: bytes, position: int, end: int, depth: int) -> tuple[int, int]:
    seconds = nanos = 0
    while position < end:
        tag = data[position]
        position += 1
        if tag > 0x7F:
            tag, position = read_short_varint(data, position, tag)
        if tag == _SECONDS_TAG:
            seconds = data[position]
            position += 1
            if seconds > 0x7F:
                seconds, position = read_varint(data, position, seconds)
                if seconds > _INT64_MAX:
                    seconds -= _TWO_POWER_64
        elif tag == _NANOS_TAG:
            nanos = data[position]
            position += 1
            if nanos > 0x7F:
                nanos, position = read_varint(data, position, nanos)
                nanos = _int32(nanos)
        else:
            position = skip_value(data, position, end, tag, depth)
    if position > end:
        raise IndexError
    return seconds, nanos


def decode_timestamp(data: bytes, position: int, end: int, depth: int) -> datetime:
    """Decode the ``google.protobuf.Timestamp`` in ``data[position:end]``.

    Raises:
        OverflowError: The moment is outside the years that ``datetime`` knows.

    """
    seconds, nanos = _read_seconds_and_nanos(data, position, end, depth)
    return _EPOCH + timedelta(0, seconds, nanos // 1000 if nanos >= 0 else -(-nanos // 1000))


def decode_duration(data: bytes, position: int, end: int, depth: int) -> timedelta:
    """Decode the ``google.protobuf.Duration`` in ``data[position:end]``.

    Raises:
        OverflowError: The span is longer than a ``timedelta`` can be.

    """
    seconds, nanos = _read_seconds_and_nanos(data, position, end, depth)
    return timedelta(0, seconds, nanos // 1000 if nanos >= 0 else -(-nanos // 1000))


TIME_ENCODERS: Final[dict[str, Callable[[Any], bytes]]] = {
    "Timestamp": encode_timestamp,
    "Duration": encode_duration,
}
TIME_DECODERS: Final = {"Timestamp": decode_timestamp, "Duration": decode_duration}
