"""The end of the updates log: one reader for all streams of this worker that have come so far."""

import asyncio
import logging
import random
import time
from collections.abc import Iterator
from contextlib import aclosing, suppress
from typing import Final, Protocol

from chat3_api.chat3.user.v1 import GapReason
from chat3_user.updates.broker import (
    LogEntry,
    LogError,
    LogExpiredError,
    LogPosition,
    LogReplacedError,
    LogUnreadableError,
    UpdatesLog,
)
from chat3_user.updates.decoded import AddressReader, Decoder
from chat3_user.updates.fanout.background_tasks import BackgroundTasks
from chat3_user.updates.fanout.dispatcher import Dispatcher
from chat3_user.updates.fanout.following.entries import (
    LOOK_BACK,
    Followed,
    followed_gap,
    followed_update,
)
from chat3_user.updates.fanout.following.recent import Nearby, Passed, Recent
from chat3_user.updates.fanout.following.stretches import LENGTH
from chat3_user.updates.log.replays import Replays

log = logging.getLogger(__name__)

_CONFIRM_EVERY: Final = 5.0
_STALLED_AFTER: Final = 10.0
_PAUSE: Final = 0.5
_A_LITTLE: Final = 0.25
_STEP: Final = 64
"""Entries that are handed on without letting others run."""

_MARGIN: Final = 2 * LOOK_BACK
"""Entries before those that the tail begins with: others who come may have missed a little more."""


class Following(Protocol):
    """What the tail knows of a stream: called in the log's order, never awaited."""

    @property
    def tenant_id(self) -> str:
        """The tenant whose updates it gets."""

    @property
    def position(self) -> LogPosition:
        """Its place in the log; of one that has none yet, the offset is negative."""

    def offer(self, followed: Followed) -> None:
        """Take an update of the tenant, or a gap."""

    def lost(self) -> None:
        """Learn that the log has lost the tail's place: the stream has to look for its own."""

    def nudge(self) -> None:
        """Learn that the tail has begun, or ceased, to flow."""


class _IdleError(LogError):
    """Nobody follows."""


class Tail:
    """Follows the log while there are streams; ``position`` is how far it has come.

    ``time_ms`` (Unix milliseconds) is a time by which all that was published stands before
    ``position``, 0 while none is known. ``flowing`` says whether what is published comes.
    """

    def __init__(
        self,
        log: UpdatesLog,
        replays: Replays,
        dispatcher: Dispatcher,
        decode: Decoder,
        address_of: AddressReader,
        *,
        confirm_every: float = _CONFIRM_EVERY,
    ) -> None:
        self._log = log
        self._replays = replays
        self._dispatcher = dispatcher
        self._decode = decode
        self._address_of = address_of
        self._confirm_every = confirm_every
        self._followers: dict[str, set[Following]] = {}
        self._background = BackgroundTasks()
        self._task: asyncio.Task[None] | None = None
        self._begun = asyncio.Event()
        self._advanced = asyncio.Event()
        self._recent = Recent()
        self._reading = False
        self.position = LogPosition(-1, 0)
        self.time_ms = 0
        self.flowing = False
        self.entries_read = 0

    async def close(self) -> None:
        """Stop following."""
        await self._background.close()

    def join(self, follower: Following) -> None:
        """Offer to ``follower`` what comes from now on."""
        self._followers.setdefault(follower.tenant_id, set()).add(follower)
        if self._task is None:
            self._task = self._background.start(self._run(), "updates-tail")

    def leave(self, follower: Following) -> None:
        """Undo `join`."""
        others = self._followers.get(follower.tenant_id, set())
        others.discard(follower)
        if not others:
            self._followers.pop(follower.tenant_id, None)

    async def ready(self) -> None:
        """Wait until ``position`` is known: from there on, all that comes is offered.

        Raises `LogError`.
        """
        if not self._begun.is_set():
            # Where there is no log, it is not waited for.
            await self.present()
            try:
                async with asyncio.timeout(_STALLED_AFTER):
                    await self._begun.wait()
            except TimeoutError as error:
                raise LogUnreadableError("the log cannot be followed") from error

    async def around(self, place: LogPosition, tenant_id: str, look_back: int) -> Nearby | None:
        """Return what a tenant has behind ``place``, and the ``look_back`` entries up to there.

        The reader is waited for where ``place`` is a little ahead of it. From its place then on, a
        stream that has joined is offered all. Returns nothing where the reader does not know.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(_A_LITTLE):
                while self._reading and self.position.offset < place.offset:
                    self._advanced.clear()
                    await self._advanced.wait()
        return self._recent.around(place, tenant_id, look_back) if self._reading else None

    async def present(self) -> tuple[LogPosition, int]:
        """Return the log's end, and a time by which all that was published stands before it.

        The time is that of the call, unless the broker went away meanwhile: one that has restarted
        may have taken what its log never got, and the log says so only when a session has begun.
        Raises `LogError`.
        """
        losses, live, now_ms = self._dispatcher.losses, self._dispatcher.live, _now_ms()
        end = await self._replays.end()
        sure = live and self._dispatcher.losses == losses
        return end, now_ms if sure else self.time_ms

    async def _run(self) -> None:
        """Read for as long as anybody follows, whatever becomes of the broker."""
        lost: LogError | None = None
        while True:
            try:
                await self._begin(lost)
                lost = None
                self._reading = True
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(self._read())
                    tasks.create_task(self._confirm())
            except* (LogExpiredError, LogReplacedError) as errors:
                lost = next(_leaves(errors))
            except* LogError:
                pass
            except* Exception:
                log.exception("the updates log could not be followed")
            self._reading = False
            self._advanced.set()
            self._flows(flowing=False)
            if not self._followers:
                self._begun.clear()
                self._recent.begin(0)
                self._task = None
                return
            await self._dispatcher.wait_live()
            await asyncio.sleep(_PAUSE * random.uniform(0.5, 1.0))

    async def _begin(self, lost: LogError | None) -> None:
        """Find where to begin, if that is not known, or no more."""
        if self._begun.is_set() and lost is None:
            return
        if lost is not None:
            for follower in self._all():
                follower.lost()
        self.position, self.time_ms = await self.present()
        await self._look_back()
        self._begun.set()

    async def _look_back(self) -> None:
        """Read what those who wait have missed, if it is little, and what stands before that."""
        end = self.position
        missed = [end.offset - follower.position.offset for follower in self._all()]
        count = max((number for number in missed if 0 < number <= LENGTH), default=0) + _MARGIN
        self._recent.begin(max(0, end.offset + 1 - count))
        async with aclosing(self._log.read(end, end, count)) as entries:
            async for entry in entries:
                self._recent.add(Passed(entry, self._tenant_of(entry)))

    async def _read(self) -> None:
        async with aclosing(self._log.follow(self.position)) as batches:
            async for entries in batches:
                self.entries_read += len(entries)
                for begin in range(0, len(entries), _STEP):
                    if begin:
                        await asyncio.sleep(0)
                    for entry in entries[begin : begin + _STEP]:
                        self._take(entry)
                    self._advanced.set()

    def _take(self, entry: LogEntry) -> None:
        self.position = entry.position
        tenant_id = self._tenant_of(entry)
        self._recent.add(Passed(entry, tenant_id))
        if entry.is_update:
            followers = self._followers.get(tenant_id)
            if followers and (decoded := self._decode(entry.body)) is not None:
                followed = followed_update(entry, decoded, self.time_ms)
                for follower in tuple(followers):
                    follower.offer(followed)
        elif entry.is_gap:
            for follower in self._all():
                reason = GapReason.LOG_UNREADABLE
                gap = followed_gap(follower.tenant_id, self.position, reason, self.time_ms)
                follower.offer(gap)

    def _tenant_of(self, entry: LogEntry) -> str:
        """Return the tenant whose update it is; empty where it is nobody's."""
        address = self._address_of(entry.body) if entry.is_update else None
        return "" if address is None else address[0]

    async def _confirm(self) -> None:
        """See now and then that the reader comes to the log's end; else it has stalled."""
        while True:
            end, at_ms = await self.present()
            try:
                async with asyncio.timeout(_STALLED_AFTER):
                    while self.position.offset < end.offset:
                        self._advanced.clear()
                        await self._advanced.wait()
            except TimeoutError as error:
                raise LogUnreadableError("nothing comes") from error
            self.time_ms = at_ms
            self._flows(flowing=self._dispatcher.live)
            await asyncio.sleep(self._confirm_every)
            if not self._followers:
                raise _IdleError

    def _flows(self, *, flowing: bool) -> None:
        if flowing != self.flowing:
            self.flowing = flowing
            for follower in self._all():
                follower.nudge()

    def _all(self) -> tuple[Following, ...]:
        return tuple(follower for group in self._followers.values() for follower in group)


def _leaves(error: BaseException) -> Iterator[LogError]:
    """Return the errors of a group, whatever groups are in it."""
    if isinstance(error, BaseExceptionGroup):
        for each in error.exceptions:
            yield from _leaves(each)
    elif isinstance(error, LogError):
        yield error


def _now_ms() -> int:
    return int(time.time() * 1000)
