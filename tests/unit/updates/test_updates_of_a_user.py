"""A feed and its subscriptions: order, repetition, memory, bounds, filters."""

import asyncio
import itertools
import time
from collections.abc import Iterator
from typing import Any, cast

import pytest

from betterproto2_compiled import Encoded, encode
from chat3_api.chat3.user.v1 import ErrorReason, GapReason, Update, UpdateKind
from chat3_user.errors import CallError, reasons
from chat3_user.metrics import Metrics
from chat3_user.updates.broker import LogPosition
from chat3_user.updates.decoded import DecodedUpdate
from chat3_user.updates.fanout.feed import Feed
from chat3_user.updates.fanout.items import Filter, Item
from chat3_user.updates.fanout.settings import BufferLimits, TailLimits
from chat3_user.updates.fanout.subscription import Subscription
from chat3_user.updates.log.tokens import Token, decode_token, digest_of
from chat3_user.updates.log.watermarks import Watermark
from chat3_user.updates.routing import is_update
from support.patience import HANGS

NAME = b"work"


def an_update(
    event: str, kind: UpdateKind = UpdateKind.MESSAGE_CREATED, dialog: str = ""
) -> DecodedUpdate:
    kind = UpdateKind.MESSAGE_CREATED
    update = cast("Update", encode(Update(event_id=event, kind=kind)))
    return DecodedUpdate("t", "alice", digest_of(event), "", kind, update)


def a_feed(count: int = 100, size: int = 10_000, newest: Watermark | None = None) -> Feed:
    feed = Feed(
        "t", "alice", NAME, lambda: newest or Watermark(None, 0, 0), TailLimits(count, size)
    )
    feed.go_live(Watermark(LogPosition(1, 1), 1.0, 1))
    return feed


def a_subscription(count: int = 100, size: int = 10_000, **wanted: Any) -> Subscription:
    return Subscription(
        "c", Filter(**wanted), BufferLimits(count, size), Metrics().streams.of("user")
    )


def opened(subscription: Subscription, *backlog: Item) -> Subscription:
    subscription.open(iter(backlog), lambda _: True)
    return subscription


def an_item(name: str = "x", kind: UpdateKind = UpdateKind.MESSAGE_CREATED) -> Item:
    return Item(Encoded(b"x" * 10), name, digest_of(name), 0, kind)


def token_of(feed: Feed, text: str) -> Token:
    return decode_token(text, feed.scope, 2**52)


def drained(subscription: Subscription) -> list[str]:
    return [item.token for item in subscription.drain()]


async def test_all_streams_get_the_same_bytes_in_order() -> None:
    feed, streams = a_feed(), [opened(a_subscription()) for _ in range(3)]
    feed.subscriptions.update(streams)
    for event in ("a", "b", "a", "c"):
        feed.take(an_update(event))
    got = [stream.drain() for stream in streams]
    assert len(got[0]) == 3
    assert all(x.encoded is y.encoded for x, y in zip(got[0], got[1], strict=True))
    assert [token_of(feed, item.token).sequence for item in got[2]] == [1, 2, 3]


async def test_what_comes_before_the_feed_is_live_is_remembered_and_not_sent() -> None:
    """It was published before any stream began, and has no token that could be resumed from."""
    feed = Feed("t", "alice", NAME, lambda: Watermark(None, 0.0, 0), TailLimits(100, 10_000))
    stream = opened(a_subscription())
    feed.subscriptions.add(stream)
    feed.take(an_update("early"))
    feed.go_live(Watermark(LogPosition(1, 1), time.monotonic(), 0))
    feed.take(an_update("early"))
    feed.take(an_update("later"))
    (item,) = stream.drain()
    token = token_of(feed, item.token)
    assert token.position == LogPosition(1, 1)
    assert token.ids == [digest_of("early"), digest_of("later")]


async def test_a_token_carries_what_was_delivered_behind_its_mark() -> None:
    feed = a_feed()
    feed.take(an_update("a"))
    token = token_of(feed, feed.token())
    assert token.ids == [digest_of("a")]
    assert token.complete
    assert token.position == LogPosition(1, 1)
    for number in range(40):
        feed.take(an_update(str(number)))
    token = token_of(feed, feed.token())
    assert token.ids == [digest_of(str(number)) for number in range(24, 40)]
    assert not token.complete


async def test_memory_gives_what_came_after_a_token() -> None:
    feed = a_feed()
    tokens = [token_of(feed, feed.token())]
    for event in ("a", "b", "c"):
        feed.take(an_update(event))
        tokens.append(token_of(feed, feed.token()))
    for number, token in enumerate(tokens):
        remembered = feed.remembered(token)
        assert remembered is not None
        assert [item.sequence for item in remembered] == list(range(number + 1, 4))


async def test_memory_is_bounded_and_says_when_it_does_not_reach_back() -> None:
    feed = a_feed(count=2)
    before = token_of(feed, feed.token())
    for event in ("a", "b"):
        feed.take(an_update(event))
    assert feed.remembered(before) is not None
    feed.take(an_update("c"))
    assert feed.remembered(before) is None
    small = a_feed(size=1)
    start = token_of(small, small.token())
    small.take(an_update("a"))
    assert small.remembered(start) is None


async def test_memory_of_another_feed_or_of_a_later_moment_tells_nothing() -> None:
    feed = a_feed()
    token = token_of(feed, feed.token())
    other = Feed("t", "alice", b"elsw", lambda: Watermark(None, 0, 0), TailLimits(9, 999))
    assert other.remembered(token) is None
    feed.take(an_update("a"))
    late = token_of(feed, feed.token())
    assert a_feed().remembered(late) is None


async def test_a_gap_is_told_to_all_and_ends_memory() -> None:
    feed, stream = a_feed(), opened(a_subscription(kinds=frozenset({UpdateKind.USER_CHANGED})))
    feed.subscriptions.add(stream)
    before = token_of(feed, feed.token())
    feed.gap(GapReason.EXPIRED, 1)
    assert len(stream.drain()) == 1
    assert feed.remembered(before) is None


async def test_a_newer_mark_counts_once_it_was_taken_after_the_feed_went_live() -> None:
    older, newer = Watermark(LogPosition(5, 5), 0.5, 5), Watermark(LogPosition(9, 9), 2.0, 9)
    assert a_feed(newest=older).watermark.position == LogPosition(1, 1)
    assert a_feed(newest=newer).watermark.position == LogPosition(9, 9)
    with pytest.raises(RuntimeError):
        _ = Feed("t", "a", NAME, lambda: newer, TailLimits(1, 1)).watermark


async def test_position_and_ids_of_a_token_belong_to_one_mark() -> None:
    newest = [Watermark(None, 0.0, 0)]
    feed = Feed("t", "a", NAME, lambda: newest[0], TailLimits(9, 9_000))
    feed.go_live(Watermark(LogPosition(1, 1), 0.0, 1))
    feed.take(an_update("before"))
    newest[0] = Watermark(LogPosition(9, 9), time.monotonic() + 60, 9)
    token = token_of(feed, feed.token())
    assert (token.position, token.ids) == (LogPosition(9, 9), [])


async def test_what_comes_before_opening_follows_the_backlog_unless_it_was_in_it() -> None:
    stream = a_subscription()
    for name in ("late", "again"):
        stream.offer(an_item(name))
    stream.open(iter([an_item("first"), an_item("again")]), lambda d: d != digest_of("again"))
    assert drained(stream) == ["first", "again"]
    assert drained(stream) == ["late"]
    stream.offer(an_item("again"))
    stream.offer(an_item("new"))
    assert drained(stream) == ["new"]


async def test_a_long_backlog_is_drained_in_steps() -> None:
    produced = itertools.count()

    def backlog() -> Iterator[Item]:
        for number in range(200):
            next(produced)
            yield an_item(str(number))

    stream = a_subscription()
    stream.open(backlog(), lambda _: True)
    first = stream.drain()
    assert 0 < len(first) < 200
    assert next(produced) == len(first)
    names = [item.token for item in first]
    while step := drained(stream):
        names += step
    assert names == [str(number) for number in range(200)]


@pytest.mark.parametrize(("count", "size"), [(3, 10_000), (100, 35)])
async def test_a_slow_stream_is_ended(count: int, size: int) -> None:
    stream = opened(a_subscription(count, size))
    assert drained(stream) == []
    for number in range(3):
        stream.offer(an_item(str(number)))
    assert not stream.ended.done()
    stream.offer(an_item("too much"))
    assert stream.ended.done()
    with pytest.raises(CallError) as caught:
        stream.drain()
    assert caught.value.reason is ErrorReason.SLOW_CONSUMER


async def test_typing_is_dropped_before_anything_else() -> None:
    stream = opened(a_subscription(count=3))
    assert drained(stream) == []
    for name in ("t1", "m1", "t2"):
        kind = UpdateKind.TYPING if name[0] == "t" else UpdateKind.MESSAGE_CREATED
        stream.offer(an_item(name, kind))
    stream.offer(an_item("m2"))
    assert drained(stream) == ["m1", "m2"]
    assert not stream.ended.done()


async def test_a_stream_too_slow_for_live_updates_still_gets_its_backlog() -> None:
    stream = a_subscription(count=1)
    stream.open(iter([an_item("old")]), lambda _: True)
    for number in range(3):
        stream.offer(an_item(str(number)))
    assert drained(stream) == ["old"]
    with pytest.raises(CallError):
        stream.drain()


async def test_an_ended_stream_takes_nothing_and_keeps_its_first_reason() -> None:
    stream = opened(a_subscription())
    stream.offer(an_item())
    stream.end(reasons.slow_consumer())
    stream.end(reasons.internal())
    stream.offer(an_item())
    with pytest.raises(CallError) as caught:
        stream.drain()
    assert caught.value.reason is ErrorReason.SLOW_CONSUMER


async def test_waiting_ends_by_an_offer_by_an_end_and_by_time() -> None:
    stream = opened(a_subscription())
    assert drained(stream) == []
    for wake in (
        lambda: stream.offer(an_item()),
        stream.nudge,
        lambda: stream.end(reasons.internal()),
    ):
        waiting = asyncio.create_task(stream.wait(60))
        await asyncio.sleep(0)
        wake()
        async with asyncio.timeout(HANGS):
            await waiting
        if not stream.ended.done():
            stream.drain()
    quiet = opened(a_subscription())
    quiet.drain()
    async with asyncio.timeout(HANGS):
        await quiet.wait(0.01)


@pytest.mark.parametrize(
    ("wanted", "passes"),
    [
        ({}, {"m1", "m2", "user", "beat"}),
        ({"kinds": frozenset({UpdateKind.USER_CHANGED})}, {"user", "beat"}),
        ({"dialog_ids": frozenset({"d1"})}, {"m1", "user", "beat"}),
        (
            {"kinds": frozenset({UpdateKind.MESSAGE_CREATED}), "dialog_ids": frozenset({"d2"})},
            {"m2", "beat"},
        ),
    ],
)
async def test_filters_admit(wanted: dict[str, Any], passes: set[str]) -> None:
    stream = opened(a_subscription(**wanted))
    for name, kind, dialog in (
        ("m1", UpdateKind.MESSAGE_CREATED, "d1"),
        ("m2", UpdateKind.MESSAGE_CREATED, "d2"),
        ("user", UpdateKind.USER_CHANGED, ""),
        ("beat", None, ""),
    ):
        stream.offer(Item(Encoded(b""), name, b"", 0, kind, dialog))
    assert set(drained(stream)) == passes


@pytest.mark.parametrize(
    ("key", "matches"),
    [
        ("update.dialog.user.alice.message", True),
        ("update.dialog.tnt_one.user.alice.message", True),
        ("update.dialog.a.b.c.d.e.f", True),
        ("update", True),
        ("", False),
        ("updates.dialog.user.alice.message", False),
        ("fence.update", False),
    ],
)
def test_the_first_word_of_a_key_tells_an_update(key: str, matches: bool) -> None:  # noqa: FBT001
    assert is_update(key) is matches
