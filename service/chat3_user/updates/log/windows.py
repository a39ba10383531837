"""What was read of the updates log and is kept, and the reading of what is missing of it."""

from collections.abc import Iterator
from contextlib import aclosing, suppress
from typing import Final

from chat3_user.updates.broker import (
    LogEntry,
    LogExpiredError,
    LogPosition,
    LogReplacedError,
    LogUnreadableError,
    UpdatesLog,
)
from chat3_user.updates.decoded import Address, AddressReader
from chat3_user.updates.log.window import Window

STRETCH: Final = 10_000
"""Entries of the log that are read at once for a part of it: about one and a half seconds."""


class TooMuchError(LogUnreadableError):
    """More was missed than memory may hold at once."""


class Windows:
    """One window that reaches to the end of the log, and one far back; one caller reads at a time.

    Each is dropped when it is larger than ``keep_bytes``.
    """

    def __init__(self, log: UpdatesLog, address_of: AddressReader, keep_bytes: int) -> None:
        self._log = log
        self._address_of = address_of
        self._keep_bytes = keep_bytes
        self._window: Window | None = None
        self._far: Window | None = None

    @property
    def size(self) -> int:
        """The number of bytes in memory."""
        return sum(window.size for window in (self._window, self._far) if window is not None)

    def drop(self) -> None:
        """Forget what was read."""
        self._window = self._far = None

    def holding(self, position: LogPosition) -> Iterator[Window]:
        """Return the windows that hold ``position``."""
        for window in (self._window, self._far):
            if window is not None and window.holds(position):
                yield window

    def are_far(self, after: LogPosition, end: LogPosition) -> bool:
        """Return whether more than a stretch would have to be read to reach ``end``."""
        if end.offset - after.offset <= STRETCH:
            return False
        return self._window is None or not self._window.holds(after)

    async def stretch(self, after: LogPosition, end: LogPosition) -> Window:
        """Return a window of bounded length that goes on from ``after``.

        Raises `LogError`.
        """
        if self._far is not None and self._far.goes_on_from(after):
            return self._far
        window = Window(start=after, end=after)
        async with aclosing(self._log.read(after, end)) as entries:
            async for entry in entries:
                self._take(window, entry)
                window.end = entry.position
                if window.read >= STRETCH or window.size > self._keep_bytes:
                    break
        self._far = window
        return window

    async def reach(
        self, after: LogPosition, end: LogPosition, wanted: set[Address] | None
    ) -> Window:
        """Return a window that holds ``after`` and reaches to ``end``.

        One that is too large to be kept has the entries of ``wanted`` only, where that is given.
        Raises `LogError`; `TooMuchError` when even those are too many.
        """
        kept, self._window = self._window, None
        try:
            if kept is not None and kept.end.offset <= end.offset:
                with suppress(LogExpiredError, LogReplacedError):
                    sooner = await self._begin_sooner(kept, after, wanted)
                    return await self._extend(sooner, end, wanted)
            # Nothing is kept, or of another log; what is asked for may yet be of this one.
            return await self._extend(Window(start=after, end=after), end, wanted)
        except (LogExpiredError, LogReplacedError):
            self._window = kept
            raise

    async def _begin_sooner(
        self, window: Window, after: LogPosition, wanted: set[Address] | None
    ) -> Window:
        """Return a window that holds ``after`` too, having read only what goes before."""
        if after.offset >= window.start.offset:
            return window
        sooner = Window(start=after, end=after, size=window.size)
        await self._read(sooner, window.start, wanted)
        sooner.join(window)
        return sooner

    async def _extend(
        self, window: Window, end: LogPosition, wanted: set[Address] | None
    ) -> Window:
        if end.offset > window.end.offset:
            await self._read(window, end, wanted)
        elif window.end != end:
            raise LogReplacedError
        if not window.partial:
            self._window = window
        return window

    async def _read(self, window: Window, until: LogPosition, wanted: set[Address] | None) -> None:
        most = self._keep_bytes if wanted is None else 2 * self._keep_bytes
        async with aclosing(self._log.read(window.end, until)) as entries:
            async for entry in entries:
                if window.size > most:
                    raise TooMuchError("too much was missed to be replayed")
                window.partial = window.partial or window.size > self._keep_bytes
                self._take(window, entry, wanted if window.partial else None)
        window.end = until

    def _take(self, window: Window, entry: LogEntry, wanted: set[Address] | None = None) -> None:
        window.append(entry)
        address = self._address_of(entry.body) if entry.is_update else None
        if address is not None and (wanted is None or address in wanted):
            window.keep(address, entry)
