"""The shared read of the log: one reader for all who wait, bounded memory, failures apart."""

import asyncio

import pytest
from replays_vocabulary import CountingLog, replays

from chat3_user.updates.broker import (
    GAP,
    LogExpiredError,
    LogPosition,
    LogReplacedError,
    LogUnreadableError,
)
from chat3_user.updates.log.replays import Replays
from support.patience import HANGS


async def bodies(reader: Replays, user: str, after: LogPosition) -> list[bytes]:
    async with asyncio.timeout(HANGS):
        part = await reader.behind(("t", user), after)
    return [entry.body.removeprefix(f"{user} ".encode()) for entry in part.entries]


async def test_everybody_who_waits_shares_one_read() -> None:
    log = CountingLog()
    reader = replays(log)
    start = await log.end()
    for number in range(100):
        log.update(f"user{number % 10}", str(number))
    log.gate.clear()
    waiting = [asyncio.create_task(bodies(reader, f"user{number}", start)) for number in range(10)]
    await asyncio.sleep(0)
    log.gate.set()
    found = await asyncio.gather(*waiting)
    assert log.reads == 1
    assert found[3] == [str(number).encode() for number in range(3, 100, 10)]
    await reader.close()


async def test_who_comes_a_moment_later_costs_only_what_is_new() -> None:
    log = CountingLog()
    reader = replays(log)
    start = await log.end()
    for number in range(50):
        log.update("alice", str(number))
    assert len(await bodies(reader, "alice", start)) == 50
    log.update("alice", "new")
    assert (await bodies(reader, "alice", start))[-1] == b"new"
    assert log.read_entries == 51


async def test_who_was_away_longer_costs_only_what_is_older() -> None:
    log = CountingLog()
    reader = replays(log)
    start = await log.end()
    for number in range(50):
        log.update(f"user{number % 5}", str(number))
    middle = await log.end()
    log.gap()
    for number in range(50, 100):
        log.update(f"user{number % 5}", str(number))
    expected = [str(number).encode() for number in range(3, 100, 5)]
    assert await bodies(reader, "user3", middle) == [GAP, *expected[10:]]
    assert await bodies(reader, "user3", start) == [*expected[:10], GAP, *expected[10:]]
    assert await bodies(reader, "user3", middle) == [GAP, *expected[10:]]
    assert log.read_entries == 101


async def test_who_was_away_too_long_costs_others_nothing() -> None:
    log = CountingLog(capacity=20)
    reader = replays(log)
    start = await log.end()
    for number in range(30):
        log.update("alice", str(number))
    recent = await log.end()
    log.update("alice", "new")
    assert await bodies(reader, "alice", recent) == [b"new"]
    for unusable in (start, LogPosition(recent.offset - 3, 7)):
        with pytest.raises((LogExpiredError, LogReplacedError)):
            await bodies(reader, "alice", unusable)
    assert await bodies(reader, "alice", recent) == [b"new"]
    assert log.read_entries == 1


async def test_what_was_kept_of_another_log_is_dropped() -> None:
    log, other = CountingLog(), CountingLog("another")
    reader = replays(log)
    log.update("alice", "0")
    middle = await log.end()
    log.update("alice", "1")
    assert await bodies(reader, "alice", middle) == [b"1"]
    start = await other.end()
    for number in range(5):
        other.update("alice", str(number))
    log.__dict__.update(other.__dict__)
    assert len(await bodies(reader, "alice", start)) == 5


async def test_what_nobody_asks_for_is_dropped() -> None:
    log = CountingLog()
    reader = replays(log, keep_seconds=-1)
    start = await log.end()
    log.update("alice", "1")
    await bodies(reader, "alice", start)
    reader.expire()
    await bodies(reader, "alice", start)
    assert log.read_entries == 2


async def test_a_window_beyond_its_bounds_is_not_kept_but_answered() -> None:
    log = CountingLog()
    reader = replays(log, keep_bytes=8_000)
    start = await log.end()
    for number in range(100):
        log.update("bob" if number % 2 else "alice", str(number))
    found = await bodies(reader, "alice", start)
    with_bob = await bodies(reader, "bob", start)
    assert len(found) == len(with_bob) == 50
    assert log.reads == 2


async def test_more_than_memory_allows_is_refused() -> None:
    log = CountingLog()
    reader = replays(log, keep_bytes=1_000)
    start = await log.end()
    for number in range(100):
        log.update("alice", str(number) * 10)
    with pytest.raises(LogUnreadableError):
        await bodies(reader, "alice", start)


async def test_an_unusable_position_fails_alone() -> None:
    log = CountingLog()
    reader = replays(log)
    start = await log.end()
    log.update("alice", "1")
    answers = await asyncio.gather(
        bodies(reader, "alice", start),
        bodies(reader, "alice", LogPosition(start.offset, 7)),
        bodies(reader, "alice", LogPosition(start.offset + 100, 7)),
        return_exceptions=True,
    )
    assert answers[0] == [b"1"]
    assert isinstance(answers[1], LogReplacedError)
    assert isinstance(answers[2], LogReplacedError)


async def test_an_expired_position_fails_alone() -> None:
    log = CountingLog(capacity=10)
    reader = replays(log)
    start = await log.end()
    for number in range(20):
        log.update("alice", str(number))
    recent = await log.end()
    log.update("alice", "new")
    answers = await asyncio.gather(
        bodies(reader, "alice", start), bodies(reader, "alice", recent), return_exceptions=True
    )
    assert isinstance(answers[0], LogExpiredError)
    assert answers[1] == [b"new"]


async def test_holes_stand_among_everybodys_entries() -> None:
    log = CountingLog()
    reader = replays(log)
    start = await log.end()
    log.update("alice", "1")
    log.gap()
    log.update("alice", "2")
    assert await bodies(reader, "alice", start) == [b"1", GAP, b"2"]
    assert await bodies(reader, "bob", start) == [GAP]


async def test_a_log_that_fails_fails_all_who_wait_and_no_later_one() -> None:
    log = CountingLog()
    reader = replays(log)
    start = await log.end()
    log.update("alice", "1")
    log.broken = LogUnreadableError("x")
    answers = await asyncio.gather(
        bodies(reader, "alice", start), reader.end(), return_exceptions=True
    )
    assert all(isinstance(answer, LogUnreadableError) for answer in answers)
    log.broken = None
    assert await bodies(reader, "alice", start) == [b"1"]


async def test_marks_are_shared() -> None:
    log = CountingLog()
    reader = replays(log)
    ends = await asyncio.gather(*(reader.end() for _ in range(5)))
    assert set(ends) == {await log.end()}


async def test_closing_ends_those_who_wait() -> None:
    log = CountingLog()
    reader = replays(log)
    log.gate.clear()
    waiting = asyncio.create_task(reader.end())
    await asyncio.sleep(0.01)
    await reader.close()
    with pytest.raises(LogUnreadableError):
        await waiting
