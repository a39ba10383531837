"""gRPC's framing of messages: a flag, a length, and gzip where the client wants it."""

import zlib
from collections import deque
from typing import Final

from chat3_user.errors import CallError, FieldViolation, invalid_fields, reasons

_PREFIX: Final = 5
_OVERHEAD: Final = 100
"""Bytes that a message which waits takes beside its own."""
_GZIP_WINDOW: Final = 31
_GZIP_LEVEL: Final = 1
GZIP: Final = "gzip"
ENCODINGS: Final = "identity,gzip"
"""What a client may compress with."""


def frame(message: bytes, *, compress: bool = False) -> bytes:
    """Return a message with gRPC's prefix."""
    if compress:
        squeezer = zlib.compressobj(_GZIP_LEVEL, wbits=_GZIP_WINDOW)
        message = squeezer.compress(message) + squeezer.flush()
        return b"\x01" + len(message).to_bytes(4) + message
    return b"\x00" + len(message).to_bytes(4) + message


class MessageReader:
    """Takes the pieces of a request, gives its messages: within bounds, whole, inflated.

    ``single`` is for methods that take one message: a second one is a fault.
    """

    __slots__ = (
        "_compressed",
        "_limit",
        "_pieces",
        "_single",
        "_size",
        "_taken",
        "_waiting",
        "_wanted",
        "ready",
    )

    def __init__(self, limit: int, *, compressed: bool, single: bool) -> None:
        self._limit = limit
        self._compressed = compressed
        self._single = single
        # Pieces are joined once: a buffer that grows leaves holes in memory behind it.
        self._pieces: list[bytes] = []
        self._size = 0
        self._wanted = _PREFIX
        self._taken = 0
        self._waiting = 0
        self.ready: deque[bytes] = deque()

    @property
    def held(self) -> int:
        """The number of bytes that nobody has taken yet."""
        return self._waiting + self._size

    def take(self) -> bytes:
        """Return the oldest message that is ready."""
        message = self.ready.popleft()
        self._waiting -= len(message) + _OVERHEAD
        return message

    def feed(self, data: bytes) -> None:
        """Take a piece.

        Raises `CallError` as soon as a message is seen to be too long, or one too many.
        """
        self._pieces.append(data)
        self._size += len(data)
        if self._single and self._taken:
            raise _too_many()
        while self._size >= self._wanted:
            raw = self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)
            self._pieces = [raw]
            self._wanted = _PREFIX + self._length(raw)
            if self._size < self._wanted:
                return
            message, rest = raw[_PREFIX : self._wanted], raw[self._wanted :]
            self._pieces, self._size, self._wanted = [rest], len(rest), _PREFIX
            self._taken += 1
            whole = self._inflated(message) if raw[0] else message
            self._waiting += len(whole) + _OVERHEAD
            self.ready.append(whole)
            if rest and self._single:
                raise _too_many()

    def _length(self, raw: bytes) -> int:
        """Return the length in a message's prefix."""
        if raw[0] > 1 or (raw[0] and not self._compressed):
            raise reasons.message_framing_invalid()
        length = int.from_bytes(raw[1:_PREFIX])
        if length > self._limit:
            raise reasons.request_too_large(self._limit)
        return length

    def end(self) -> None:
        """Learn that nothing more comes.

        Raises `CallError` for a message that was cut short, or none where one is needed.
        """
        if self._size:
            raise invalid_fields([FieldViolation("", "a whole message")])
        if self._single and not self._taken:
            raise reasons.message_count_invalid("the request has no message")

    def _inflated(self, message: bytes) -> bytes:
        inflater = zlib.decompressobj(wbits=_GZIP_WINDOW)
        try:
            inflated = inflater.decompress(message, self._limit + 1)
        except zlib.error as error:
            raise _not_gzip() from error
        if len(inflated) > self._limit:
            raise reasons.request_too_large(self._limit)
        if not inflater.eof or inflater.unused_data:
            raise _not_gzip()
        return inflated


def _too_many() -> CallError:
    return reasons.message_count_invalid("the request has a second message")


def _not_gzip() -> CallError:
    return invalid_fields([FieldViolation("", "a message compressed with gzip")])
