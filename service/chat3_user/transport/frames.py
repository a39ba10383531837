"""Reads the heads of frames before the engine does: what a connection may send beside its calls.

The engine reads all that has come before anybody sees an event, and reports nothing of some
frames. So frames are counted as they come in, by their nine bytes of head: a flood is stopped in
its middle.
"""

import itertools
import time
from collections.abc import Callable
from typing import Final

from chat3_user.transport.codes import ErrorCode
from chat3_user.transport.limits import ConnectionLimits

PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

_HEAD: Final = 9
_LARGEST: Final = 16_384
_DATA, _HEADERS, _PRIORITY, _RST_STREAM, _SETTINGS, _GOAWAY, _CONTINUATION = 0, 1, 2, 3, 4, 7, 9
_END_STREAM, _END_HEADERS = 1, 4

_RESET_SECONDS: Final = 10.0
_RAPID: Final = 1.0
"""A stream that is cancelled within so many seconds was opened for that."""

_MOST_SPEAKING: Final = 10_000
"""Streams without an end that are remembered: far more than a client may have open."""

_BURST_SECONDS: Final = 20
_SETTINGS_COST: Final = 5
_TINY: Final = 64
_EARNED_BY_CALL: Final = 10
_EARNED_BYTES: Final = 500
"""Receivers send WINDOW_UPDATE and PING frames: so many bytes earn one."""


class BrokenRuleError(Exception):
    """A connection has to end; ``code`` is HTTP/2's, the text says why."""

    def __init__(self, code: ErrorCode, problem: str) -> None:
        super().__init__(problem)
        self.code = code

    @property
    def loggable(self) -> str:
        """The text: words of ours, and numbers."""
        return str(self)


class Bucket:
    """Tokens that come back at a steady rate, up to a number."""

    __slots__ = ("_at", "_clock", "_left", "_most", "_rate")

    def __init__(self, most: float, a_second: float, clock: Callable[[], float]) -> None:
        self._most = most
        self._rate = a_second
        self._clock = clock
        self._left = most
        self._at = clock()

    def take(self, count: float) -> bool:
        """Take ``count`` tokens; return whether there were so many."""
        now = self._clock()
        self._left = min(self._most, self._left + (now - self._at) * self._rate) - count
        self._at = now
        return self._left >= 0

    def has(self, count: float) -> bool:
        """Return whether there are ``count`` tokens."""
        return self._left + (self._clock() - self._at) * self._rate >= count

    def give(self, count: float) -> None:
        """Give ``count`` tokens back."""
        self._left = min(self._most, self._left + count)


class FrameBudget:
    """What is left to one connection for frames that carry no request.

    Requests earn frames, and so does what is sent: a busy client acknowledges and measures much.
    """

    __slots__ = ("_clock", "_control", "_highest", "_resets", "_speaking", "_young", "opened")

    def __init__(
        self, limits: ConnectionLimits, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._clock = clock
        most = limits.control_frames * _BURST_SECONDS
        self._control = Bucket(most, limits.control_frames, clock)
        rate = limits.rapid_resets / _RESET_SECONDS
        self._resets = Bucket(limits.rapid_resets, rate, clock)
        self._young: dict[int, float] = {}
        self._highest = 0
        self._speaking: dict[int, None] = {}
        self.opened = 0
        """How many streams were opened so far."""

    def take(self, kind: int, flags: int, stream: int, size: int) -> None:
        """Account for a frame that comes.

        Raises `BrokenRuleError` when there have been too many.
        """
        if kind <= _HEADERS:
            self._follow(kind, flags, stream)
            if kind == _HEADERS:
                return
        if kind == _DATA:
            cost = 0 if size >= _TINY or flags & _END_STREAM else 1
        elif kind == _SETTINGS:
            cost = _SETTINGS_COST
        else:
            cost = 0 if kind == _GOAWAY else 1
        if cost and not self._control.take(cost):
            raise BrokenRuleError(ErrorCode.ENHANCE_YOUR_CALM, f"too many frames of type {kind}")
        if kind == _PRIORITY and not stream:
            raise BrokenRuleError(ErrorCode.PROTOCOL_ERROR, "PRIORITY of no stream")
        if kind == _RST_STREAM:
            self._speaking.pop(stream, None)
            opened = self._young.pop(stream, None)
            if opened is not None and self._clock() - opened < _RAPID:
                self.reset()

    def reset(self) -> None:
        """Account for a stream that was reset as soon as it was open.

        Raises `BrokenRuleError` when there have been too many.
        """
        if not self._resets.take(1):
            raise BrokenRuleError(
                ErrorCode.ENHANCE_YOUR_CALM, "too many streams were cancelled at once"
            )

    def sent(self, size: int) -> None:
        """Credit what a client has to acknowledge."""
        self._control.give(size / _EARNED_BYTES)

    def _follow(self, kind: int, flags: int, stream: int) -> None:
        """Follow what a client opens and ends: the engine forgets streams, and ignores what comes.

        Raises `BrokenRuleError` for a stream that the client itself has ended.
        """
        ends = flags & _END_STREAM
        if stream > self._highest:
            if kind == _HEADERS:
                self._open(stream)
                if not ends:
                    self._speaking[stream] = None
        elif stream not in self._speaking:
            raise BrokenRuleError(ErrorCode.STREAM_CLOSED, f"stream {stream} is closed")
        elif ends:
            del self._speaking[stream]

    def _open(self, stream: int) -> None:
        self._highest = stream
        if len(self._speaking) > _MOST_SPEAKING:
            del self._speaking[next(iter(self._speaking))]
        self.opened += 1
        self._control.give(_EARNED_BY_CALL)
        now = self._clock()
        self._young[stream] = now
        for old in tuple(itertools.islice(self._young, 2)):
            if now - self._young[old] >= _RAPID:
                del self._young[old]


class FrameReader:
    """Follows the frames of one connection, whatever pieces they come in."""

    __slots__ = ("_budget", "_head", "_last", "_preface", "_skip", "blocks", "in_block")

    def __init__(self, budget: FrameBudget) -> None:
        self._budget = budget
        self._preface = 0
        self._head = b""
        self._skip = 0
        self._last = False
        self.in_block = False
        """Whether a block of headers has begun and not come whole."""
        self.blocks = 0
        """How many blocks of headers have begun: tells one unfinished block from the next."""

    @property
    def greeted(self) -> bool:
        """Whether the client's preface has come."""
        return self._preface == len(PREFACE)

    def read(self, data: bytes) -> None:
        """Account for what has come.

        Raises `BrokenRuleError`; a frame that is too large is refused by its head.
        """
        position, end = 0, len(data)
        if self._preface < len(PREFACE):
            position = min(end, len(PREFACE) - self._preface)
            if data[:position] != PREFACE[self._preface : self._preface + position]:
                raise BrokenRuleError(ErrorCode.PROTOCOL_ERROR, "this is not HTTP/2")
            self._preface += position
        if self._head:
            missing = _HEAD - len(self._head)
            self._head += data[position : position + missing]
            position += missing
            if len(self._head) < _HEAD:
                return
            head, self._head = self._head, b""
            self._skip = self._take(head, 0)
        position += self._skip
        if position <= end and self._last:
            self._end_block()
        while end - position >= _HEAD:
            position += _HEAD + self._take(data, position)
            if self._last and position <= end:
                self._end_block()
        if position < end:
            self._head = bytes(data[position:])
            self._skip = 0
        else:
            self._skip = position - end

    def _end_block(self) -> None:
        self._last = self.in_block = False

    def _take(self, data: bytes, at: int) -> int:
        """Account for the frame whose head is there; return the length of its payload."""
        size = int.from_bytes(data[at : at + 3])
        if size > _LARGEST:
            raise BrokenRuleError(ErrorCode.FRAME_SIZE_ERROR, f"a frame of {size} bytes")
        kind, flags = data[at + 3], data[at + 4]
        if kind == _HEADERS:
            self.blocks += 1
            self.in_block = True
            self._last = bool(flags & _END_HEADERS)
        elif kind == _CONTINUATION:
            self._last = self.in_block and bool(flags & _END_HEADERS)
        stream = int.from_bytes(data[at + 5 : at + 9]) & 0x7FFF_FFFF
        self._budget.take(kind, flags, stream, size)
        return size
