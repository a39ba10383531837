"""The shared read of the updates log: one reader a worker, however many streams want to resume.

What was read is kept for a while, by user, so that those who come a moment later cost only what was
published since. Requests that come while a read is under way are served by the next one together.
"""

import asyncio
import time
import zlib
from array import array
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from heapq import merge
from typing import Any

from chat3_user.updates.broker import (
    LogEntry,
    LogError,
    LogExpiredError,
    LogPosition,
    LogReplacedError,
    LogUnreadableError,
    UpdatesLog,
)
from chat3_user.updates.decoded import Address, AddressReader

_ENTRY_BYTES = 200
"""What an entry costs in memory besides its body."""


@dataclass(slots=True)
class _Window:
    """A contiguous part of the log: entries behind ``start``, up to ``end``.

    A ``partial`` one has the entries of those users only who were waiting when it was read.
    """

    start: LogPosition
    end: LogPosition
    checksums: "array[int]" = field(default_factory=lambda: array("I"))
    by_user: dict[Address, list[LogEntry]] = field(default_factory=dict)
    gaps: list[LogEntry] = field(default_factory=list)
    size: int = 0
    partial: bool = False

    def append(self, entry: LogEntry) -> None:
        missing = entry.offset - self.start.offset - 1 - len(self.checksums)
        self.checksums.extend([0] * missing)
        self.checksums.append(zlib.crc32(entry.body))
        if entry.is_gap:
            self.gaps.append(entry)

    def keep(self, address: Address, entry: LogEntry) -> None:
        self.size += len(entry.body) + _ENTRY_BYTES
        self.by_user.setdefault(address, []).append(entry)

    def join(self, later: "_Window") -> None:
        """Take over what a window holds that begins where this one ends.

        Raises `LogReplacedError`.
        """
        self.verify(later.start)
        self.end = later.end
        self.checksums.extend(later.checksums)
        self.gaps += later.gaps
        for address, entries in later.by_user.items():
            self.by_user.setdefault(address, []).extend(entries)

    def verify(self, position: LogPosition) -> None:
        index = position.offset - self.start.offset - 1
        found = self.start.checksum if index < 0 else self.checksums[index]
        if found != position.checksum:
            raise LogReplacedError


@dataclass(frozen=True, slots=True)
class _Request:
    address: Address
    after: LogPosition
    answer: asyncio.Future[tuple[list[LogEntry], LogPosition]]


class Replays:
    """Answers what the log holds for a user behind a position.

    ``keep_seconds`` and ``keep_bytes`` bound the memory of what was read. `close` ends the reader.
    """

    def __init__(
        self, log: UpdatesLog, address_of: AddressReader, *, keep_seconds: float, keep_bytes: int
    ) -> None:
        self._log = log
        self._address_of = address_of
        self._keep_seconds = keep_seconds
        self._keep_bytes = keep_bytes
        self._waiting: list[_Request] = []
        self._end_asked: list[asyncio.Future[LogPosition]] = []
        self._window: _Window | None = None
        self._used = 0.0
        self._reader: asyncio.Task[None] | None = None

    async def behind(
        self, address: Address, after: LogPosition
    ) -> tuple[list[LogEntry], LogPosition]:
        """Return the user's entries behind ``after``, and a position up to which they are complete.

        Gaps stand among the entries.

        The position is taken after the call began. Raises `LogError`.
        """
        answer: asyncio.Future[tuple[list[LogEntry], LogPosition]] = (
            asyncio.get_running_loop().create_future()
        )
        self._waiting.append(_Request(address, after, answer))
        self._start()
        return await answer

    async def end(self) -> LogPosition:
        """Return the log's end, taken after the call began and shared with others who ask."""
        answer: asyncio.Future[LogPosition] = asyncio.get_running_loop().create_future()
        self._end_asked.append(answer)
        self._start()
        return await answer

    def expire(self) -> None:
        """Drop what was read when nobody has asked for it for a while."""
        if time.monotonic() - self._used > self._keep_seconds:
            self._window = None

    async def close(self) -> None:
        """End the reader."""
        if self._reader is not None:
            self._reader.cancel()
            await asyncio.gather(self._reader, return_exceptions=True)

    def _start(self) -> None:
        if self._reader is None or self._reader.done():
            self._reader = asyncio.create_task(self._serve(), name="replay-reader")

    async def _serve(self) -> None:
        while self._waiting or self._end_asked:
            requests, self._waiting = self._waiting, []
            end_asked, self._end_asked = self._end_asked, []
            try:
                end = await self._log.end()
                if requests:
                    await self._serve_batch(requests, end)
            except LogError as error:
                _fail([*(request.answer for request in requests), *end_asked], error)
            except BaseException as error:
                failure = LogUnreadableError(repr(error))
                _fail([*(request.answer for request in requests), *end_asked], failure)
                raise
            for answer in end_asked:
                if not answer.done():
                    answer.set_result(end)

    async def _serve_batch(self, requests: list[_Request], end: LogPosition) -> None:
        """Answer ``requests``; one with an unusable position fails alone."""
        self._used = time.monotonic()
        wanted = {request.address for request in requests}
        left = sorted(requests, key=lambda request: request.after.offset)
        while left:
            try:
                window = await self._reach(left[0].after, end, wanted)
            except (LogExpiredError, LogReplacedError) as error:
                _fail([left.pop(0).answer], error)
                continue
            for request in left:
                _answer(request, window)
            return

    async def _reach(self, after: LogPosition, end: LogPosition, wanted: set[Address]) -> _Window:
        """Return a window that holds ``after`` and reaches to ``end``."""
        kept, self._window = self._window, None
        try:
            if kept is not None and kept.end.offset <= end.offset:
                with suppress(LogExpiredError, LogReplacedError):
                    sooner = await self._begin_sooner(kept, after, wanted)
                    return await self._extend(sooner, end, wanted)
            # Nothing is kept, or of another log; what is asked for may yet be of this one.
            return await self._extend(_Window(start=after, end=after), end, wanted)
        except (LogExpiredError, LogReplacedError):
            self._window = kept
            raise

    async def _begin_sooner(
        self, window: _Window, after: LogPosition, wanted: set[Address]
    ) -> _Window:
        """Return a window that holds ``after`` too, having read only what goes before."""
        if after.offset >= window.start.offset:
            return window
        sooner = _Window(start=after, end=after, size=window.size)
        await self._read(sooner, window.start, wanted)
        sooner.join(window)
        return sooner

    async def _extend(self, window: _Window, end: LogPosition, wanted: set[Address]) -> _Window:
        if end.offset > window.end.offset:
            await self._read(window, end, wanted)
        elif window.end != end:
            raise LogReplacedError
        if not window.partial:
            self._window = window
        return window

    async def _read(self, window: _Window, until: LogPosition, wanted: set[Address]) -> None:
        async for entry in self._log.read(window.end, until):
            window.append(entry)
            window.partial = window.partial or window.size > self._keep_bytes
            if window.size > 2 * self._keep_bytes:
                raise LogUnreadableError("too much was missed to be replayed")
            address = self._address_of(entry.body) if entry.is_update else None
            if address is not None and (not window.partial or address in wanted):
                window.keep(address, entry)
        window.end = until


def _answer(request: _Request, window: _Window) -> None:
    if request.answer.done():
        return
    try:
        if request.after.offset > window.end.offset:
            raise LogReplacedError
        window.verify(request.after)
    except LogReplacedError as error:
        request.answer.set_exception(error)
        return
    entries = merge(
        window.by_user.get(request.address, ()), window.gaps, key=lambda entry: entry.offset
    )
    found = [entry for entry in entries if entry.offset > request.after.offset]
    request.answer.set_result((found, window.end))


def _fail(answers: Iterable[asyncio.Future[Any]], error: LogError) -> None:
    for answer in answers:
        if not answer.done():
            answer.set_exception(error)
