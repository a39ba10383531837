"""What the hub needs of a broker and of an updates log; two implementations stand behind it.

`AmqpBroker` speaks to RabbitMQ, `MemoryBroker` lives in the process. One test suite holds both.
"""

import zlib
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Protocol

from chat3_user.telemetry import NO_CARRIER, Carrier


class BrokerUnavailableError(Exception):
    """There is no connection to the broker right now."""


class LogError(Exception):
    """The updates log cannot give what was asked; the subclass says why."""


class LogUnavailableError(LogError):
    """There is no updates log."""


class LogExpiredError(LogError):
    """The position is older than what the log still holds."""


class LogReplacedError(LogError):
    """The log is not the one the position was taken from."""


class LogUnreadableError(LogError):
    """The log could not be read to the end in time."""


@dataclass(frozen=True, slots=True)
class LogPosition:
    """A place in the updates log: the entry at ``offset``, recognised by its ``checksum``."""

    offset: int
    checksum: int


GAP = b"hole "
"""The beginning of an entry which says that updates before it may never have reached the log.

Its bytes stay as they are: logs in use, and workers of an older version, have them.
"""

_DELETION = b'"message.deleted"'


@dataclass(frozen=True, slots=True)
class LogEntry:
    """An entry of the updates log: an update as it was published, or a note of the service."""

    offset: int
    body: bytes
    is_update: bool

    @property
    def is_gap(self) -> bool:
        """Whether updates before this entry may be missing from the log."""
        return not self.is_update and self.body.startswith(GAP)

    @property
    def is_deletion(self) -> bool:
        """Whether it may tell of a deleted message; a text can have the same words."""
        return _DELETION in self.body

    @property
    def position(self) -> LogPosition:
        """The place of this entry."""
        return LogPosition(self.offset, zlib.crc32(self.body))


class UpdatesLog(Protocol):
    """What was published to all users, in order, for as long as it is kept."""

    async def end(self) -> LogPosition:
        """Return the log's end: all that was published before the call stands before it.

        Raises `LogError`.
        """

    def read(
        self, after: LogPosition, until: LogPosition, look_back: int = 0
    ) -> AsyncGenerator[LogEntry, None]:
        """Read the entries behind ``after``, up to and including ``until``.

        A reader that stops earlier closes the generator. With ``look_back`` so many entries up to
        ``after`` come before them, as far as the log has them. Raises `LogError`;
        `LogReplacedError` and `LogExpiredError` before the first entry behind ``after``.
        """

    def follow(self, after: LogPosition) -> AsyncGenerator[list[LogEntry], None]:
        """Read the entries behind ``after``, and those that come, as many at once as there are.

        It ends with a `LogError`, or when its reader closes it; `LogReplacedError` and
        `LogExpiredError` come before the first entry.
        """


class Sink(Protocol):
    """Who receives what a broker has to say; called in the order of publishing, never awaited."""

    def delivered(self, body: bytes, carrier: Carrier = NO_CARRIER) -> None:
        """Take an update, whoever it is for: only its body says that.

        ``carrier`` has the trace context that its publisher sent with it, if any.
        """

    def barrier_reached(self, barrier: str) -> None:
        """Learn that all which was published before `Broker.send_barrier` has been delivered."""

    def lost(self) -> None:
        """Learn that the broker is gone: what is published from now on is not delivered."""

    def regained(self, *, complete: bool) -> None:
        """Learn that the broker is back.

        ``complete`` says that what was published meanwhile is being delivered; else it stands in
        the log.
        """


class Broker(Protocol):
    """A source of all updates."""

    @property
    def log(self) -> UpdatesLog:
        """The updates log; its methods raise `LogUnavailableError` where there is none."""

    @property
    def live(self) -> bool:
        """Whether updates are being delivered."""

    async def open(self, sink: Sink) -> None:
        """Start delivering to ``sink``; returns before the broker is reached."""

    async def close(self) -> None:
        """Stop delivering and leave nothing behind at the broker."""

    async def send_barrier(self, barrier: str) -> None:
        """Send ``barrier`` through the queue of the updates; `Sink.barrier_reached` tells of it.

        Raises `BrokerUnavailableError`.
        """
