"""The shared read of the updates log: one reader a worker, however many want to resume.

What was read is kept for a while, by user, so that those who come a moment later cost only what was
published since. Requests that come while a read is under way are served by the next one together.

Who takes a part of what the log holds, and comes back for the next, is given one: a position far
back costs a read of bounded length, and others wait no longer than that.
"""

import asyncio
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from chat3_user.call_context import apart
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
from chat3_user.updates.log.window import Window
from chat3_user.updates.log.windows import TooMuchError, Windows


@dataclass(frozen=True, slots=True)
class Part:
    """A user's entries, gaps among them, complete up to ``until``.

    ``more`` says that the log goes on behind ``until`` with what was published before the call.
    """

    entries: list[LogEntry]
    until: LogPosition
    more: bool = False


@dataclass(frozen=True, slots=True)
class _Request:
    """``limit`` is given by who takes a part: that many entries at most."""

    address: Address
    after: LogPosition
    limit: int | None
    answer: asyncio.Future[Part]


class Replays:
    """Answers what the log holds for a user behind a position.

    ``hear`` is called with the deletions among a user's entries before these are returned.
    ``keep_seconds`` and ``keep_bytes`` bound the memory of what was read; ``time_read`` hears how
    many seconds each shared read took. `close` ends the reader.
    """

    def __init__(
        self,
        log: UpdatesLog,
        address_of: AddressReader,
        hear: Callable[[bytes], object],
        *,
        keep_seconds: float,
        keep_bytes: int,
        time_read: Callable[[float], None],
    ) -> None:
        self._time_read = time_read
        self._log = log
        self._windows = Windows(log, address_of, keep_bytes)
        self._hear = hear
        self._keep_seconds = keep_seconds
        self._waiting: list[_Request] = []
        self._end_asked: list[asyncio.Future[LogPosition]] = []
        self._used = 0.0
        self._reader: asyncio.Task[None] | None = None

    async def behind(self, address: Address, after: LogPosition, limit: int | None = None) -> Part:
        """Return the user's entries behind ``after``: all, or a part where there is a ``limit``.

        The log's end is taken after the call began. Raises `LogError`.
        """
        answer: asyncio.Future[Part] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Request(address, after, limit, answer))
        self._start()
        return await answer

    def at_hand(self, address: Address, after: LogPosition, limit: int) -> Part:
        """Return the first of the user's entries behind ``after`` that memory holds.

        The broker is not asked: more may have been published.
        """
        for window in self._windows.holding(after):
            self._used = time.monotonic()
            entries = self._found(window, address, after, limit)
            if entries:
                return Part(entries, entries[-1].position, more=True)
        return Part([], after, more=True)

    async def end(self) -> LogPosition:
        """Return the log's end, taken after the call began and shared with others who ask."""
        answer: asyncio.Future[LogPosition] = asyncio.get_running_loop().create_future()
        self._end_asked.append(answer)
        self._start()
        return await answer

    @property
    def kept_bytes(self) -> int:
        """The number of bytes that are kept of what was read."""
        return self._windows.size

    def expire(self) -> None:
        """Drop what was read when nobody has asked for it for a while."""
        if time.monotonic() - self._used > self._keep_seconds:
            self._windows.drop()

    async def close(self) -> None:
        """End the reader."""
        if self._reader is not None:
            self._reader.cancel()
            await asyncio.gather(self._reader, return_exceptions=True)

    def _start(self) -> None:
        if self._reader is None or self._reader.done():
            self._reader = asyncio.create_task(self._serve(), name="replay-reader", context=apart())

    async def _serve(self) -> None:
        while self._waiting or self._end_asked:
            # Who has given up is not read for.
            requests = [request for request in self._waiting if not request.answer.done()]
            self._waiting = []
            end_asked, self._end_asked = self._end_asked, []
            try:
                end = await self._log.end()
                if requests:
                    began = time.perf_counter()
                    await self._serve_batch(requests, end)
                    self._time_read(time.perf_counter() - began)
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
        near: list[_Request] = []
        far: list[_Request] = []
        for request in requests:
            # A part will do for some: the log is not read to its end for them.
            is_far = request.limit is not None and self._windows.are_far(request.after, end)
            (far if is_far else near).append(request)
        if near:
            await self._serve_near(near, end)
        if far:
            await self._serve_far(far, end)
        self._used = time.monotonic()

    async def _serve_near(self, requests: list[_Request], end: LogPosition) -> None:
        """Answer ``requests`` by a read to the end; one with an unusable position fails alone."""
        wanted: set[Address] | None = None
        if any(request.limit is None for request in requests):
            wanted = {request.address for request in requests}
        left = sorted(requests, key=lambda request: request.after.offset)
        while left:
            try:
                window = await self._windows.reach(left[0].after, end, wanted)
            except (LogExpiredError, LogReplacedError) as error:
                _fail([left.pop(0).answer], error)
                continue
            except TooMuchError as error:
                _fail([request.answer for request in left if request.limit is None], error)
                parts = [request for request in left if request.limit is not None]
                if parts:
                    await self._serve_far(parts, end)
                return
            for request in left:
                self._answer(request, window, end)
            return

    async def _serve_far(self, requests: list[_Request], end: LogPosition) -> None:
        """Answer the first of ``requests``, and whom that serves too; the others wait their turn.

        Requests that have come meanwhile, and are near, are served before those.
        """
        first, *others = requests
        waiting: list[_Request] = []
        try:
            window = await self._windows.stretch(first.after, end)
        except (LogExpiredError, LogReplacedError) as error:
            _fail([first.answer], error)
            waiting = others
        else:
            self._answer(first, window, end)
            for other in others:
                if window.goes_on_from(other.after):
                    self._answer(other, window, end)
                else:
                    waiting.append(other)
        self._waiting[:0] = waiting

    def _answer(self, request: _Request, window: Window, end: LogPosition) -> None:
        if request.answer.done():
            return
        if not window.holds(request.after):
            request.answer.set_exception(LogReplacedError())
            return
        entries = self._found(window, request.address, request.after, request.limit)
        if len(entries) == request.limit:
            part = Part(entries, entries[-1].position, more=True)
        else:
            part = Part(entries, window.end, more=window.end.offset < end.offset)
        request.answer.set_result(part)

    def _found(
        self, window: Window, address: Address, after: LogPosition, limit: int | None
    ) -> list[LogEntry]:
        """Return what a window holds for a user.

        Deletions in it are heard of first, so that what goes before them comes without what the
        deleted message said.
        """
        for body in window.new_deletions(address):
            self._hear(body)
        return window.behind(address, after, limit)


def _fail(answers: Iterable[asyncio.Future[Any]], error: LogError) -> None:
    for answer in answers:
        if not answer.done():
            answer.set_exception(error)
