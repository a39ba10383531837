"""What one connection may send beside its calls: a budget that frames are taken from.

h2 reads all that has come before anybody sees an event, and tells nothing of some frames. So frames
are counted where h2 takes them from its buffer: a flood is stopped in its middle.
"""

import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from h2.exceptions import DenialOfServiceError, FrameTooLargeError
from h2.frame_buffer import FrameBuffer
from h2.settings import SettingCodes
from hyperframe.frame import (
    ContinuationFrame,
    DataFrame,
    Frame,
    GoAwayFrame,
    HeadersFrame,
    PushPromiseFrame,
    RstStreamFrame,
    SettingsFrame,
)


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """What one connection, and all of a worker, may take; times are seconds, sizes bytes.

    ``max_age`` is the age at which a connection is asked to go away, 0 to 20 % earlier.
    ``control_frames`` is a number a second, ``rapid_resets`` one in `_RESET_SECONDS`.
    """

    max_age: float = 1800.0
    connections: int = 10_000
    streams: int = 100
    handshake_timeout: float = 10.0
    metadata_bytes: int = 16_384
    request_bytes: int = 524_288
    control_frames: int = 100
    rapid_resets: int = 100


HEADERS_FACTOR: Final = 4
"""Metadata up to the limit is taken, up to this many times as much answered, more ends the
connection."""

_HEADER_TABLE: Final = 4096
_KNOWN_SETTINGS: Final = frozenset(SettingCodes)
_RESET_SECONDS: Final = 10.0
_RAPID: Final = 1.0
"""A stream that is cancelled within so many seconds was opened for that."""

_BURST_SECONDS: Final = 20
_SETTINGS_COST: Final = 5
_TINY: Final = 64
_EARNED_BY_CALL: Final = 10
_EARNED_BYTES: Final = 500
"""Who takes data sends window updates and pings: so many bytes earn one."""


class Bucket:
    """Tokens that come back at a steady rate, up to a number."""

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

    def give(self, count: float) -> None:
        """Give ``count`` tokens back."""
        self._left = min(self._most, self._left + count)


class FrameBudget:
    """What is left to one connection for frames that carry no request.

    Requests earn frames, and so does what is sent: a busy client acknowledges and measures much.
    """

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

    def take(self, frame: Frame) -> None:
        """Account for a frame that has come.

        Raises `DenialOfServiceError` when there have been too many.
        """
        if isinstance(frame, HeadersFrame):
            self._opened(frame.stream_id)
            return
        if isinstance(frame, DataFrame):
            cost = 0 if len(frame.data) >= _TINY or "END_STREAM" in frame.flags else 1
        elif isinstance(frame, SettingsFrame):
            cost = _SETTINGS_COST
        elif isinstance(frame, GoAwayFrame):
            cost = 0
        else:
            cost = 1
        if cost and not self._control.take(cost):
            raise DenialOfServiceError(f"too many frames of type {type(frame).__name__}")
        if isinstance(frame, RstStreamFrame):
            opened = self._young.pop(frame.stream_id, None)
            if opened is not None and self._clock() - opened < _RAPID:
                self.reset()

    def reset(self) -> None:
        """Account for a stream that was reset as soon as it was open.

        Raises `DenialOfServiceError` when there have been too many.
        """
        if not self._resets.take(1):
            raise DenialOfServiceError("too many streams were cancelled at once")

    def sent(self, size: int) -> None:
        """Credit what a client has to acknowledge."""
        self._control.give(size / _EARNED_BYTES)

    def _opened(self, stream_id: int) -> None:
        if stream_id <= self._highest:
            return
        self._highest = stream_id
        self._control.give(_EARNED_BY_CALL)
        now = self._clock()
        self._young[stream_id] = now
        for old in tuple(itertools.islice(self._young, 2)):
            if now - self._young[old] >= _RAPID:
                del self._young[old]


class GuardedFrames(FrameBuffer):
    """h2's buffer of frames within the budget; nothing larger than a frame is ever kept."""

    def __init__(self, budget: FrameBudget, headers_bytes: int) -> None:
        super().__init__(server=True)
        self._budget = budget
        self._headers_bytes = headers_bytes

    def __next__(self) -> Frame:
        """Return the next frame.

        Raises `FrameTooLargeError` as soon as the frame's head says so: h2 would wait for all of
        it.
        """
        if len(self._data) >= 3:  # noqa: PLR2004 - a frame begins with three bytes of length
            length = int.from_bytes(self._data[:3])
            if length > self.max_frame_size:
                raise FrameTooLargeError(f"a frame of {length} bytes")
        frame = super().__next__()
        self._budget.take(frame)
        if isinstance(frame, SettingsFrame):
            frame.settings = _understood(frame.settings)
        return frame

    def _update_header_buffer(self, f: Frame | None) -> Frame | None:
        if self._headers_buffer or isinstance(
            f, HeadersFrame | ContinuationFrame | PushPromiseFrame
        ):
            held = sum(len(part.data) for part in self._headers_buffer)
            if held + len(getattr(f, "data", b"")) > self._headers_bytes:
                raise DenialOfServiceError("a block of headers is too large")
        return super()._update_header_buffer(f)


def _understood(settings: dict[int, int]) -> dict[int, int]:
    """Return the settings h2 acts on: it keeps all others too, each in a container of its own.

    The table in which we compress headers would grow as large as the client says.
    """
    known = {code: value for code, value in settings.items() if code in _KNOWN_SETTINGS}
    if SettingCodes.HEADER_TABLE_SIZE in known:
        known[SettingCodes.HEADER_TABLE_SIZE] = min(
            known[SettingCodes.HEADER_TABLE_SIZE], _HEADER_TABLE
        )
    return known
