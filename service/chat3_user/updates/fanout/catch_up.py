"""What a user has missed, a page at a time: for clients that hold no stream."""

import asyncio
import time
from collections.abc import Sequence
from functools import partial
from typing import Final, cast

from chat3_api.chat3.user.v1 import Gap, GapReason, ListUpdatesResponse, Update
from chat3_user.metrics.streams import StreamMetrics
from chat3_user.updates.broker import (
    LogError,
    LogPosition,
    LogReplacedError,
    LogUnavailableError,
)
from chat3_user.updates.decoded import Address, DecodedUpdate, Decoder
from chat3_user.updates.fanout.feed import Feed
from chat3_user.updates.fanout.feeds import Feeds
from chat3_user.updates.fanout.items import Filter, Item
from chat3_user.updates.fanout.log_reads import LogReads
from chat3_user.updates.fanout.responses import gap, gap_reason
from chat3_user.updates.log.replays import Part, Replays
from chat3_user.updates.log.tokens import NO_FEED, Missed, Token, scope_of
from chat3_user.wire import Encoded

PAGE_BYTES: Final = 1_048_576
"""Where a page ends whatever its number of updates: a quarter of what gRPC clients take."""

_LOOKED_AT: Final = 4096
"""How many of the user's entries one call looks at, most of them unwanted perhaps."""

_STEP: Final = 64
"""How many of them without letting others run."""


class CatchUps:
    """Answers from a feed's memory where that reaches back, else by the shared read of the log."""

    def __init__(
        self,
        feeds: Feeds,
        replays: Replays,
        log_reads: LogReads,
        decode: Decoder,
        metrics: StreamMetrics,
    ) -> None:
        self._metrics = metrics
        self._feeds = feeds
        self._replays = replays
        self._log_reads = log_reads
        self._decode = decode

    async def page(
        self, address: Address, token: Token | None, wanted: Filter, size: int
    ) -> ListUpdatesResponse:
        """Return at most ``size`` updates behind ``token``; without one, the present.

        Raises `CallError` when the broker is away.
        """
        found = await self._page(address, token, wanted, size)
        if found.gap is not None:
            self._metrics.gap_listed(str(found.gap.reason.name))
        return found

    async def _page(
        self, address: Address, token: Token | None, wanted: Filter, size: int
    ) -> ListUpdatesResponse:
        now_ms = int(time.time() * 1000)
        if token is not None and token.position is not None:
            # What was read for the page before has the next one too: nobody need be asked.
            part = self._replays.at_hand(address, token.position, _LOOKED_AT)
            if len(part.entries) > size:
                return await self._from_log(part, token, _Page(wanted, size), now_ms)
        look = partial(self._look, address, token, wanted, size, now_ms)
        found = await self._log_reads.run(look)
        if not isinstance(found, LogError):
            return found
        present = await self._present(address, now_ms)
        if token is None:
            return ListUpdatesResponse(next_resume_token=present)
        return ListUpdatesResponse(
            next_resume_token=present, gap=gap(gap_reason(found), token.time_ms)
        )

    async def _look(
        self, address: Address, token: Token | None, wanted: Filter, size: int, now_ms: int
    ) -> ListUpdatesResponse:
        """Look into memory, then into the log.

        Raises `LogError`.
        """
        feed = self._live_feed(address)
        if token is None:
            if feed is not None:
                return ListUpdatesResponse(next_resume_token=feed.token())
            return ListUpdatesResponse(next_resume_token=await self._end(address, now_ms))
        page = _Page(wanted, size)
        remembered = None if feed is None else feed.remembered(token)
        if feed is not None and remembered is not None:
            return _from_memory(feed, remembered, token, page)
        if token.position is None:
            raise LogUnavailableError
        part = await self._replays.behind(address, token.position, _LOOKED_AT)
        return await self._from_log(part, token, page, now_ms)

    async def _from_log(
        self, part: Part, token: Token, page: "_Page", now_ms: int
    ) -> ListUpdatesResponse:
        """Return a page of what the log has; a gap stands before its first update or ends it."""
        missed = Missed.since(token)
        position, found = token.position or part.until, None
        for number, entry in enumerate(part.entries, start=1):
            if not number % _STEP:
                await asyncio.sleep(0)
            if entry.is_gap:
                if page.updates:
                    break
                found = GapReason.LOG_UNREADABLE
            elif (decoded := self._decode(entry.body)) and missed.admits(decoded.digest):
                if not page.take(decoded):
                    break
                missed.had(decoded.digest)
            position = entry.position
        else:
            if not part.more:
                if missed.lost_track:
                    found = gap_reason(LogReplacedError())
                end = missed.token_at_end(token, part.until, now_ms)
                return page.response(end.encode(), _gap(found, token))
            position = part.until
        behind = missed.token_within(token, position)
        return page.response(behind.encode(), _gap(found, token), has_more=True)

    def _live_feed(self, address: Address) -> Feed | None:
        feed = self._feeds.get(*address)
        return feed if feed is not None and feed.live else None

    async def _present(self, address: Address, now_ms: int) -> str:
        """Return a token from which on nothing is lost, or a gap says so again."""
        feed = self._live_feed(address)
        if feed is not None:
            return feed.token()
        try:
            return await self._end(address, now_ms)
        except LogError:
            return _token(address, None, now_ms)

    async def _end(self, address: Address, now_ms: int) -> str:
        """Return the token of the log's end.

        Raises `LogError`.
        """
        return _token(address, await self._replays.end(), now_ms)


class _Page:
    """Updates on their way into one response, bounded by number and by bytes."""

    def __init__(self, wanted: Filter, size: int) -> None:
        self._wanted = wanted
        self._left = size
        self._bytes_left = PAGE_BYTES
        self.updates: list[Update] = []

    def take(self, item: Item | DecodedUpdate) -> bool:
        """Take an update if it is wanted; return whether there was room for it.

        One alone has room, whatever its size.
        """
        if not self._wanted.admits(item):
            return True
        update = item.update
        self._bytes_left -= len(cast("Encoded", update))
        if not self._left or (self.updates and self._bytes_left < 0):
            return False
        self._left -= 1
        self.updates.append(update)
        return True

    def response(
        self, token: str, gap_before: Gap | None = None, *, has_more: bool = False
    ) -> ListUpdatesResponse:
        """Return the page; ``token`` is the position behind it."""
        return ListUpdatesResponse(
            updates=self.updates, next_resume_token=token, has_more=has_more, gap=gap_before
        )


def _from_memory(
    feed: Feed, remembered: Sequence[Item], token: Token, page: _Page
) -> ListUpdatesResponse:
    """Return a page of what a feed remembers; the feed is kept for the next call, as for a stream.

    What comes meanwhile would be skipped: nothing is awaited here.
    """
    feed.idle_since = time.monotonic()
    behind = token.encode()
    for item in remembered:
        if not page.take(item):
            return page.response(behind, has_more=True)
        behind = item.token
    return page.response(feed.token())


def _token(address: Address, position: LogPosition | None, now_ms: int) -> str:
    return Token(
        scope=scope_of(*address),
        feed=NO_FEED,
        sequence=0,
        time_ms=now_ms,
        position=position,
        ids=(),
        complete=True,
    ).encode()


def _gap(reason: GapReason | None, token: Token) -> Gap | None:
    return None if reason is None else gap(reason, token.time_ms)
