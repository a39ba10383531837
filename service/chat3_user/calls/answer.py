"""The answer of a unary call in one write: headers, message and trailers, beside h2.

h2 takes two header blocks, a data frame and their checks for each answer, which costs more than the
rest of a small call. All our answers look alike, so their header blocks are made once, from HPACK
literals that leave the compression state alone; only the trailers vary. h2 still keeps the windows
and learns that the stream has ended. Whatever is out of the ordinary goes through h2.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from h2.stream import StreamInputs

_FRAME: Final = 16 * 1024
"""HTTP/2's default maximum for a frame."""

_SEVEN_BITS, _MORE = 0x7F, 0x80

_DATA, _HEADERS = b"\x00", b"\x01"
_END_HEADERS, _END_BOTH = b"\x04", b"\x05"


def _length(size: int) -> bytes:
    """Return an HPACK string length: seven bits, then groups of seven with a bit for more."""
    if size < _SEVEN_BITS:
        return bytes((size,))
    rest, groups = size - _SEVEN_BITS, [_SEVEN_BITS]
    while rest > _SEVEN_BITS:
        groups.append(rest & _SEVEN_BITS | _MORE)
        rest >>= 7
    return bytes((*groups, rest))


def _literal(name: str, value: str) -> bytes:
    """Return an HPACK literal field without indexing."""
    return b"".join(
        (b"\x00", _length(len(name)), name.encode(), _length(len(value)), value.encode())
    )


def _frame(kind: bytes, flags: bytes, stream_id: bytes, payload: bytes) -> bytes:
    return len(payload).to_bytes(3) + kind + flags + stream_id + payload


# `:status: 200` stands in HPACK's static table.
_INITIAL: Final = b"\x88" + _literal("content-type", "application/grpc+proto")
_OK: Final = _literal("grpc-status", "0")


def send_answer(stream: Any, message: bytes, trailing: Mapping[str, str]) -> bool:
    """Send grpclib's ``stream`` its whole answer; return whether that could be done at once.

    It cannot while the client's window is too small, the transport is full, or the client has just
    changed its header table.
    """
    http = stream._stream  # noqa: SLF001 - grpclib offers nothing between a call and its frames
    connection = http._h2_connection  # noqa: SLF001
    state = connection.streams.get(http.id)
    data = b"\x00" + len(message).to_bytes(4) + message
    if (
        state is None
        or state.closed
        or not http.connection.write_ready.is_set()
        or connection.local_flow_control_window(http.id) < len(data)
        or connection.encoder.header_table.resized
    ):
        return False
    stream_id = http.id.to_bytes(4)
    trailers = b"".join((_OK, *(_literal(name, value) for name, value in trailing.items())))
    state.state_machine.process_input(StreamInputs.SEND_HEADERS)
    state.state_machine.process_input(StreamInputs.SEND_END_STREAM)
    connection.outbound_flow_control_window -= len(data)
    state.outbound_flow_control_window -= len(data)
    http._transport.write(  # noqa: SLF001
        b"".join(
            (
                _frame(_HEADERS, _END_HEADERS, stream_id, _INITIAL),
                *_data_frames(stream_id, data),
                _frame(_HEADERS, _END_BOTH, stream_id, trailers),
            )
        )
    )
    http.connection.headers_send_process()
    return True


def _data_frames(stream_id: bytes, data: bytes) -> Iterable[bytes]:
    if len(data) <= _FRAME:
        return (_frame(_DATA, b"\x00", stream_id, data),)
    return [
        _frame(_DATA, b"\x00", stream_id, data[start : start + _FRAME])
        for start in range(0, len(data), _FRAME)
    ]
