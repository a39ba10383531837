"""How a stream begins: now, or at a token by way of the updates log; how a feed catches up."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice

from msgspec import structs

from chat3_api.chat3.user.v1 import GapReason, ResumeOutcome
from chat3_user.updates.broker import (
    LogEntry,
    LogError,
    LogPosition,
    LogReplacedError,
    LogUnavailableError,
)
from chat3_user.updates.decoded import DecodedUpdate, Decoder
from chat3_user.updates.fanout.feed import Feed
from chat3_user.updates.fanout.items import Item
from chat3_user.updates.fanout.responses import MISSED, gap_item, gap_reason, update_item
from chat3_user.updates.log.replays import Replays
from chat3_user.updates.log.tokens import Missed, Token
from chat3_user.updates.log.watermarks import Watermark


@dataclass(frozen=True, slots=True)
class Resumption:
    """What goes before live updates; of those held meanwhile only the ``fresh`` ones follow.

    ``outcome`` tells of ``items`` before they are sent: with a gap among them or with none.
    """

    outcome: ResumeOutcome
    token: str
    items: Iterator[Item]
    fresh: Callable[[bytes], bool] = lambda _: True


def fresh_start(feed: Feed) -> Resumption:
    """Return the start of a stream without a token."""
    return Resumption(ResumeOutcome.FRESH, token=feed.token(), items=iter(()))


def from_memory(token: Token, remembered: Iterable[Item]) -> Resumption:
    """Return the start of a stream whose feed remembers all since its token."""
    items = tuple(structs.replace(item, made_at=MISSED) for item in remembered)
    sent = {item.digest for item in items}
    return Resumption(
        ResumeOutcome.RESUMED,
        token=token.encode(),
        items=iter(items),
        fresh=lambda digest: digest not in sent,
    )


def after_gap(feed: Feed, token: Token, error: LogError) -> Resumption:
    """Return the start of a stream whose log failed with ``error``."""
    gap = gap_item(feed.token(), gap_reason(error), token.time_ms)
    return Resumption(ResumeOutcome.RESUMED_WITH_GAP, token=token.encode(), items=iter((gap,)))


async def from_log(feed: Feed, token: Token, replays: Replays, decode: Decoder) -> Resumption:
    """Return the start of a stream that goes on behind ``token``.

    Raises `LogError`.
    """
    if token.position is None:
        raise LogUnavailableError
    found = await replays.behind(feed.address, token.position)
    missed = Missed.since(token)
    updates = undelivered(found.entries, feed, decode, missed)
    items = _replayed(updates, token, missed, found.until)
    # The first item shows whether the place of the token was found: without it, it is a gap.
    first = list(islice(items, 1))
    has_gap = any(item.is_gap for item in first) or any(entry.is_gap for entry in found.entries)
    return Resumption(
        ResumeOutcome.RESUMED_WITH_GAP if has_gap else ResumeOutcome.RESUMED,
        token=token.encode(),
        items=chain(first, items),
        fresh=missed.is_fresh,
    )


async def catch_up(feed: Feed, replays: Replays, decode: Decoder) -> LogError | None:
    """Give a feed what it missed; return why the log has not all of it."""
    watermark = feed.watermark
    taken, now_ms = time.monotonic(), int(time.time() * 1000)
    missed = feed.missed()
    try:
        if watermark.position is None:
            raise LogUnavailableError
        found = await replays.behind(feed.address, watermark.position)
        recovered: set[bytes] = set()
        for _, decoded in undelivered(found.entries, feed, decode, missed):
            if decoded is None:
                feed.gap(GapReason.LOG_UNREADABLE, watermark.time_ms)
            else:
                feed.take(decoded)
                recovered.add(decoded.digest)
        if missed.lost_track:
            raise LogReplacedError
    except LogError as error:
        return error
    feed.recovered(Watermark(found.until, taken, now_ms), recovered)
    return None


def undelivered(
    entries: Sequence[LogEntry], feed: Feed, decode: Decoder, missed: Missed
) -> Iterator[tuple[LogPosition, DecodedUpdate | None]]:
    """Decode what the log has for a feed's user and ``missed`` admits, each update once.

    ``None`` stands for a gap in the log.
    """
    for entry in entries:
        if entry.is_gap:
            yield entry.position, None
            continue
        decoded = decode(entry.body)
        if decoded is None or decoded.tenant_id != feed.tenant_id:
            continue
        if missed.admits(decoded.digest):
            missed.had(decoded.digest)
            yield entry.position, decoded


def _replayed(
    updates: Iterator[tuple[LogPosition, DecodedUpdate | None]],
    token: Token,
    missed: Missed,
    end: LogPosition,
) -> Iterator[Item]:
    """Encode lazily: a client that reads slowly costs no memory for what it has not read."""

    def behind(position: LogPosition) -> str:
        return missed.token_within(token, position).encode()

    for position, decoded in updates:
        if decoded is None:
            yield gap_item(behind(position), GapReason.LOG_UNREADABLE, token.time_ms)
        else:
            yield update_item(decoded, behind(position), missed=True)
    if missed.lost_track:
        token_behind = missed.token_at_end(token, end, token.time_ms).encode()
        yield gap_item(token_behind, gap_reason(LogReplacedError()), token.time_ms)
