"""What a stream says of its resume token is true when it is said: with a gap, or without one."""

import asyncio
import secrets
from collections.abc import AsyncGenerator
from contextlib import aclosing

import pytest
from msgspec.structs import replace

from chat3_api.chat3.user.v1 import GapReason, ResumeOutcome, SubscribeUpdatesResponse
from chat3_user.updates.broker import GAP, LogEntry, LogPosition
from chat3_user.updates.fanout.hub import Hub
from chat3_user.updates.log.tokens import IDS_MAX, Token, decode_token, scope_of
from support.hub import ALL, Puppet, Reader, a_hub, streamed
from support.patience import HANGS

ALICE = ("t", "alice")


def read_token(text: str) -> Token:
    return decode_token(text, scope_of(*ALICE), 2**52)


async def left_at(hub: Hub, broker: Puppet, count: int = 1) -> Token:
    """Return the token of a stream that has had so many updates."""
    reader = await Reader.open(hub)
    for number in range(1, count + 1):
        await broker.update(number)
    await reader.has(*range(1, count + 1))
    await reader.close()
    return read_token(reader.token)


async def opened(hub: Hub, token: Token, *, until: int) -> list[SubscribeUpdatesResponse]:
    """Return what a stream says first, up to so many responses."""
    found: list[SubscribeUpdatesResponse] = []
    async with asyncio.timeout(HANGS), aclosing(streamed(hub, ALICE, token)) as stream:
        async for response in stream:
            found.append(response)
            if len(found) == until:
                break
    return found


def outcome_of(responses: list[SubscribeUpdatesResponse]) -> ResumeOutcome:
    established = responses[0].connection_established
    assert established is not None
    return established.resume_outcome


async def test_a_stream_without_a_token_is_fresh() -> None:
    async with a_hub() as (hub, _):
        reader = await Reader.open(hub)
        assert reader.outcome is ResumeOutcome.FRESH
        await reader.close()


async def test_a_gap_from_before_a_fresh_stream_is_not_on_it() -> None:
    async with a_hub() as (hub, _):
        other = await Reader.open(hub)
        with hub.subscription(*ALICE, "c", ALL) as (feed, subscription):
            feed.gap(GapReason.LOG_UNREADABLE, 1)
            assert subscription.holds_gap
            resumption = await hub.begin(feed, subscription, None)
            assert resumption.outcome is ResumeOutcome.FRESH
            assert subscription.idle
        await other.close()


@pytest.mark.parametrize("elsewhere", [False, True])
async def test_a_stream_that_misses_nothing_says_so(*, elsewhere: bool) -> None:
    async with a_hub() as (hub, broker):
        token = await left_at(hub, broker)
        await broker.update(2)
        if not elsewhere:
            found = await opened(hub, token, until=2)
        else:
            async with a_hub(broker) as (other, _):
                found = await opened(other, token, until=2)
        assert outcome_of(found) is ResumeOutcome.RESUMED
        assert [response.update is not None for response in found] == [False, True]


async def test_a_note_of_a_gap_in_the_log_is_announced_wherever_it_stands() -> None:
    async with a_hub() as (hub, broker):
        token = await left_at(hub, broker)
        await broker.update(2)
        broker.log.append(GAP, is_update=False)
        await broker.update(3)
        async with a_hub(broker) as (other, _):
            found = await opened(other, token, until=4)
        assert outcome_of(found) is ResumeOutcome.RESUMED_WITH_GAP
        assert [response.gap is not None for response in found] == [False, False, True, False]


async def test_a_place_that_is_not_found_is_announced_as_a_gap() -> None:
    """A token that does not carry all its ids finds its place by them, or not at all."""
    async with a_hub() as (hub, broker):
        token = await left_at(hub, broker)
        unknown = [secrets.token_bytes(6) for _ in range(IDS_MAX)]
        lost = replace(token, ids=unknown, complete=False, passed=0)
        await broker.update(2)
        async with a_hub(broker) as (other, _):
            found = await opened(other, lost, until=2)
        assert outcome_of(found) is ResumeOutcome.RESUMED_WITH_GAP
        gap = found[1].gap
        assert gap is not None
        assert gap.reason is GapReason.LOG_REPLACED


async def test_a_place_that_is_found_among_many_is_no_gap() -> None:
    async with a_hub() as (hub, broker):
        token = await left_at(hub, broker, count=IDS_MAX + 10)
        assert not token.complete
        await broker.update(99)
        async with a_hub(broker) as (other, _):
            found = await opened(other, token, until=2)
        assert outcome_of(found) is ResumeOutcome.RESUMED
        update = found[1].update
        assert update is not None
        assert update.event_id == "99"


async def test_a_log_that_does_not_know_the_position_is_announced_as_a_gap() -> None:
    async with a_hub() as (hub, broker):
        token = await left_at(hub, broker)
        foreign = replace(token, position=LogPosition(0, 1))
        async with a_hub(broker) as (other, _):
            found = await opened(other, foreign, until=2)
        assert outcome_of(found) is ResumeOutcome.RESUMED_WITH_GAP
        assert found[1].gap is not None


async def test_a_gap_that_is_told_while_the_log_is_read_is_announced() -> None:
    async with a_hub() as (hub, broker):
        token = await left_at(hub, broker)
        await broker.update(2)
        async with a_hub(broker) as (other, _):
            listening = await Reader.open(other)
            reading, read = asyncio.Event(), broker.log.read

            async def slowly(
                after: LogPosition, until: LogPosition
            ) -> AsyncGenerator[LogEntry, None]:
                reading.set()
                feed = other._feeds.get(*ALICE)
                assert feed is not None
                feed.gap(GapReason.LOG_UNREADABLE, 1)
                async for entry in read(after, until):
                    yield entry

            broker.log.read = slowly  # type: ignore[method-assign]
            found = await opened(other, token, until=3)
            assert reading.is_set()
            assert outcome_of(found) is ResumeOutcome.RESUMED_WITH_GAP
            assert [response.gap is not None for response in found] == [False, False, True]
            await listening.close()


async def test_a_gap_may_come_later_on_any_stream() -> None:
    async with a_hub() as (hub, broker):
        token = await left_at(hub, broker)
        reader = await Reader.open(hub, token.encode())
        assert reader.outcome is ResumeOutcome.RESUMED
        feed = hub._feeds.get(*ALICE)
        assert feed is not None
        feed.gap(GapReason.LOG_UNREADABLE, 1)
        await broker.update(2)
        async with asyncio.timeout(HANGS):
            while not reader.got:
                await asyncio.sleep(0)
        assert (reader.gaps, reader.outcome) == (1, ResumeOutcome.RESUMED)
        await reader.close()
