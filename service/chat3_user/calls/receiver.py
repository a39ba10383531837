"""Takes one request message off a stream: within bounds, whole, not compressed.

grpclib would buffer whatever length a client names before anybody looks at it.
"""

from typing import Any, Final

from h2.exceptions import ProtocolError

from chat3_user.errors import CallError, FieldViolation, invalid_fields, reasons

_PREFIX: Final = 5


async def receive(stream: Any, limit: int) -> bytes | None:
    """Return the next message of grpclib's ``stream``; nothing when the client sends no more.

    Raises `CallError` for a message that is compressed, longer than ``limit`` or cut short; what is
    too long is not read.
    """
    prefix = await _read(stream, _PREFIX)
    if not prefix:
        return None
    if len(prefix) < _PREFIX:
        raise _cut_short()
    if prefix[0]:
        raise reasons.compression_unsupported()
    length = int.from_bytes(prefix[1:])
    if length > limit:
        raise reasons.request_too_large(limit)
    message = await _read(stream, length) if length else b""
    if len(message) < length:
        raise _cut_short()
    return message


async def _read(stream: Any, size: int) -> bytes:
    try:
        data: bytes = await stream.recv_data(size)
    except ProtocolError as error:
        # h2 takes no acknowledgement on a connection that is over.
        raise _cut_short() from error
    return data


def _cut_short() -> CallError:
    return invalid_fields([FieldViolation("", "a whole message")])
