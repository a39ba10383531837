"""The frames that are written past the engine, because it cannot.

An engine that has failed writes nothing any more, so the GOAWAY that says why is made here. And
libnghttp2 has trailers wait behind the windows as if they were data, so a client that opens none
would never have its status: the end of such a stream is made here, from HPACK literals that leave
the compression state alone.
"""

from collections.abc import Iterable
from typing import Final

from chat3_user.transport.fields import Fields

_MOST_WORDS: Final = 200
_LARGEST: Final = 16_384
_SEVEN_BITS, _MORE = 0x7F, 0x80
_HEADERS, _CONTINUATION = b"\x01", b"\x09"
_END_STREAM, _END_HEADERS = 1, 4


def goaway_frame(last_stream: int, code: int, problem: str) -> bytes:
    """Return a GOAWAY frame."""
    words = problem.encode()[:_MOST_WORDS]
    payload = last_stream.to_bytes(4) + code.to_bytes(4) + words
    return _frame(b"\x07", 0, 0, payload)


def trailers_frames(stream_id: int, fields: Fields) -> bytes:
    """Return the frames that end a stream with ``fields``."""
    block = b"".join(
        part for name, value in fields for part in (b"\x00", *_text(name), *_text(value))
    )
    pieces = [block[at : at + _LARGEST] for at in range(0, len(block), _LARGEST)]
    frames = []
    for number, piece in enumerate(pieces):
        flags = 0 if number else _END_STREAM
        if number == len(pieces) - 1:
            flags |= _END_HEADERS
        frames.append(_frame(_CONTINUATION if number else _HEADERS, flags, stream_id, piece))
    return b"".join(frames)


def reset_frame(stream_id: int, code: int) -> bytes:
    """Return a RST_STREAM frame."""
    return _frame(b"\x03", 0, stream_id, code.to_bytes(4))


def _frame(kind: bytes, flags: int, stream_id: int, payload: bytes) -> bytes:
    return b"".join(
        (len(payload).to_bytes(3), kind, bytes((flags,)), stream_id.to_bytes(4), payload)
    )


def _text(text: bytes) -> Iterable[bytes]:
    """Return an HPACK string: seven bits of length, then groups of seven with a bit for more."""
    size = len(text)
    if size < _SEVEN_BITS:
        return bytes((size,)), text
    rest, groups = size - _SEVEN_BITS, [_SEVEN_BITS]
    while rest > _SEVEN_BITS:
        groups.append(rest & _SEVEN_BITS | _MORE)
        rest >>= 7
    return bytes((*groups, rest)), text
