"""Messages in a body: their envelopes (a flag, a length), and gzip where the client wants it."""

import zlib
from collections import deque
from typing import Final, Protocol

from chat3_user.errors import CallError, FieldViolation, invalid_fields, reasons

_PREFIX: Final = 5
_OVERHEAD: Final = 100
"""Bytes that a message which waits takes beside its own."""
_GZIP_WINDOW: Final = 31
_GZIP_LEVEL: Final = 1
_COMPRESSED: Final = 0x01
GZIP: Final = "gzip"
ENCODINGS: Final = "identity,gzip"
"""What a client may compress with."""


def squeezed(data: bytes) -> bytes:
    """Return data compressed with gzip."""
    squeezer = zlib.compressobj(_GZIP_LEVEL, wbits=_GZIP_WINDOW)
    return squeezer.compress(data) + squeezer.flush()


def envelope(flags: int, message: bytes) -> bytes:
    """Return a message with its prefix: flags and a length."""
    return flags.to_bytes() + len(message).to_bytes(4) + message


def frame(message: bytes, *, compress: bool = False) -> bytes:
    """Return a message of a call in its envelope."""
    if compress:
        return envelope(_COMPRESSED, squeezed(message))
    return b"\x00" + len(message).to_bytes(4) + message


class Reader(Protocol):
    """Takes the pieces of a body, gives its messages."""

    ready: deque[bytes]

    @property
    def held(self) -> int:
        """The number of bytes that nobody has taken yet."""
        ...

    def take(self) -> bytes:
        """Return the oldest message that is ready."""
        ...

    def feed(self, data: bytes) -> None:
        """Take a piece.

        Raises `CallError`.
        """
        ...

    def end(self) -> None:
        """Learn that nothing more comes.

        Raises `CallError`.
        """
        ...


class BodyReader:
    """Takes the pieces of a body that is one message, without an envelope."""

    __slots__ = ("_compressed", "_limit", "_pieces", "held", "ready")

    def __init__(self, limit: int, *, compressed: bool) -> None:
        self._limit = limit
        self._compressed = compressed
        self._pieces: list[bytes] = []
        self.held = 0
        self.ready: deque[bytes] = deque()

    def take(self) -> bytes:
        """Return the message."""
        self.held = 0
        return self.ready.popleft()

    def feed(self, data: bytes) -> None:
        """Take a piece.

        Raises `CallError` as soon as the body is seen to be too long.
        """
        self._pieces.append(data)
        self.held += len(data)
        if self.held > self._limit:
            raise reasons.request_too_large(self._limit)

    def end(self) -> None:
        """Have the message.

        Raises `CallError` for one that is not compressed as it says, or too long when inflated.
        """
        body = b"".join(self._pieces)
        self._pieces.clear()
        message = inflated(body, self._limit) if self._compressed and body else body
        self.held = len(message)
        self.ready.append(message)


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
            whole = inflated(message, self._limit) if raw[0] else message
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


def inflated(message: bytes, limit: int) -> bytes:
    """Return a message without its compression.

    Raises `CallError` for what is not gzip, or longer than ``limit``.
    """
    inflater = zlib.decompressobj(wbits=_GZIP_WINDOW)
    try:
        found = inflater.decompress(message, limit + 1)
    except zlib.error as error:
        raise _not_gzip() from error
    if len(found) > limit:
        raise reasons.request_too_large(limit)
    if not inflater.eof or inflater.unused_data:
        raise _not_gzip()
    return found


def _too_many() -> CallError:
    return reasons.message_count_invalid("the request has a second message")


def _not_gzip() -> CallError:
    return invalid_fields([FieldViolation("", "a message compressed with gzip")])
