"""Parts of a replay: bounded, cheap to go on with, and no burden for others."""

import asyncio

import pytest
from replays_vocabulary import CountingLog, replays, texts

from chat3_user.updates.broker import LogPosition
from chat3_user.updates.log import windows
from chat3_user.updates.log.replays import Part, Replays

ALICE = ("t", "alice")
BOB = ("t", "bob")


@pytest.fixture(autouse=True)
def short_stretches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(windows, "STRETCH", 100)


async def all_parts(reader: Replays, after: LogPosition, limit: int) -> list[Part]:
    """Go on from part to part, with what is at hand where that is enough."""
    parts = [await reader.behind(ALICE, after, limit)]
    while parts[-1].more:
        part = reader.at_hand(ALICE, parts[-1].until, limit)
        if len(part.entries) < limit:
            part = await reader.behind(ALICE, parts[-1].until, limit)
        parts.append(part)
    return parts


async def test_a_part_has_so_many_entries_and_ends_behind_the_last() -> None:
    log = CountingLog()
    reader = replays(log)
    start = await log.end()
    for number in range(10):
        log.update("alice", str(number))
        log.update("bob", str(number))
    parts = await all_parts(reader, start, 4)
    assert [texts(part) for part in parts] == [
        ["0", "1", "2", "3"],
        ["4", "5", "6", "7"],
        ["8", "9"],
    ]
    assert parts[0].until == parts[0].entries[-1].position
    assert parts[-1].until == await log.end()
    assert log.reads == 1


async def test_a_part_that_takes_all_there_is_goes_on_once_more_and_ends() -> None:
    log = CountingLog()
    reader = replays(log)
    start = await log.end()
    log.update("alice", "1")
    parts = await all_parts(reader, start, 1)
    assert [(texts(part), part.more) for part in parts] == [(["1"], True), ([], False)]


async def test_gaps_count_and_stand_where_they_were() -> None:
    log = CountingLog()
    reader = replays(log)
    start = await log.end()
    for number in range(3):
        log.update("alice", str(number))
        log.gap()
    parts = await all_parts(reader, start, 4)
    assert [[entry.is_gap for entry in part.entries] for part in parts] == [
        [False, True, False, True],
        [False, True],
    ]


async def test_a_position_far_back_is_reached_in_stretches_that_are_read_once() -> None:
    log = CountingLog()
    reader = replays(log)
    start = await log.end()
    for number in range(350):
        log.update("alice" if not number % 50 else "bob", str(number))
    parts = await all_parts(reader, start, 1000)
    assert [text for part in parts for text in texts(part)] == [str(n) for n in range(0, 350, 50)]
    assert [part.until.offset - start.offset for part in parts] == [100, 200, 300, 350]
    assert log.read_entries == 350


async def test_small_parts_of_one_stretch_read_it_once() -> None:
    log = CountingLog()
    reader = replays(log)
    start = await log.end()
    for number in range(250):
        log.update("alice", str(number))
    parts = await all_parts(reader, start, 7)
    assert [text for part in parts for text in texts(part)] == [str(n) for n in range(250)]
    # A stretch ends in the middle of a part: what is left of it there is read once more.
    assert log.read_entries <= 250 + 2 * 7


async def test_what_memory_holds_is_at_hand_without_asking_the_broker() -> None:
    log = CountingLog()
    reader = replays(log)
    start = await log.end()
    for number in range(20):
        log.update("alice", str(number))
    assert reader.at_hand(ALICE, start, 5).entries == []
    first = await reader.behind(ALICE, start, 5)
    asked = log.ends
    second = reader.at_hand(ALICE, first.until, 5)
    assert (texts(second), second.more) == (["5", "6", "7", "8", "9"], True)
    assert second.until == second.entries[-1].position
    assert log.ends == asked
    # Of another log, or behind all that was read.
    assert reader.at_hand(ALICE, LogPosition(first.until.offset, 7), 5).entries == []
    assert reader.at_hand(ALICE, await log.end(), 5).entries == []
    assert reader.at_hand(ALICE, LogPosition(10_000, 7), 5).entries == []


async def test_what_is_at_hand_expires() -> None:
    log = CountingLog()
    reader = replays(log, keep_seconds=-1)
    start = await log.end()
    for number in range(350):
        log.update("alice", str(number))
    await reader.behind(ALICE, start, 5)
    assert reader.at_hand(ALICE, start, 5).entries
    reader.expire()
    assert not reader.at_hand(ALICE, start, 5).entries


async def test_who_is_near_does_not_wait_for_all_who_are_far() -> None:
    log = CountingLog()
    reader = replays(log)
    starts = []
    for number in range(2_000):
        if not number % 200:
            starts.append(await log.end())
        log.update("alice", str(number))
    near = await log.end()
    log.update("bob", "new")
    done: list[str] = []

    async def asks(name: str, after: LogPosition) -> None:
        await reader.behind(BOB, after, 10)
        done.append(name)

    far = [asyncio.create_task(asks("far", start)) for start in starts]
    while not done:
        await asyncio.sleep(0)
    await asks("near", near)
    assert done.index("near") < len(starts) / 2
    await asyncio.gather(*far)


async def test_far_requests_are_served_together_where_they_can() -> None:
    log = CountingLog()
    reader = replays(log)
    start = await log.end()
    for number in range(500):
        log.update("alice", str(number))
    parts = await asyncio.gather(*(reader.behind(ALICE, start, 10) for _ in range(50)))
    assert log.reads == 1
    assert log.read_entries == 100
    assert {tuple(texts(part)) for part in parts} == {tuple(str(n) for n in range(10))}


async def test_who_has_given_up_is_not_read_for() -> None:
    log = CountingLog()
    reader = replays(log)
    start = await log.end()
    for number in range(500):
        log.update("alice", str(number))
    log.gate.clear()
    first = asyncio.create_task(reader.behind(ALICE, start, 10))
    await asyncio.sleep(0)
    second = asyncio.create_task(reader.behind(ALICE, LogPosition(start.offset, 7), 10))
    await asyncio.sleep(0)
    for task in (first, second):
        task.cancel()
    await asyncio.gather(first, second, return_exceptions=True)
    log.gate.set()
    await reader.end()
    assert log.reads <= 1


async def test_an_unusable_position_far_back_fails_alone() -> None:
    log = CountingLog(capacity=400)
    reader = replays(log)
    gone = await log.end()
    for number in range(300):
        log.update("alice", str(number))
    usable = await log.end()
    for number in range(300, 600):
        log.update("alice", str(number))
    answers = await asyncio.gather(
        reader.behind(ALICE, gone, 10),
        reader.behind(ALICE, LogPosition(usable.offset, 7), 10),
        reader.behind(ALICE, usable, 10),
        return_exceptions=True,
    )
    assert [type(answer).__name__ for answer in answers[:2]] == [
        "LogExpiredError",
        "LogReplacedError",
    ]
    assert isinstance(answers[2], Part)
    assert texts(answers[2])[0] == "300"


async def test_a_stretch_of_another_log_serves_nobody_of_this_one() -> None:
    log, other = CountingLog(), CountingLog("another")
    reader = replays(log)
    for number in range(300):
        log.update("alice", f"old {number}")
        other.update("alice", f"new {number}")
    start = LogPosition(0, (await CountingLog().end()).checksum)
    assert texts(await reader.behind(ALICE, start, 1)) == ["old 0"]
    log.__dict__.update(other.__dict__)
    begun = LogPosition(0, (await CountingLog("another").end()).checksum)
    assert texts(await reader.behind(ALICE, begun, 1)) == ["new 0"]


async def test_more_than_memory_allows_is_given_in_parts() -> None:
    log = CountingLog()
    reader = replays(log, keep_bytes=5_000)
    start = await log.end()
    for number in range(90):
        log.update("alice", str(number) * 10)
    parts = await all_parts(reader, start, 1000)
    assert len(parts) > 2
    assert [text for part in parts for text in texts(part)] == [str(n) * 10 for n in range(90)]


async def test_a_stretch_ends_where_memory_does() -> None:
    log = CountingLog()
    reader = replays(log, keep_bytes=5_000)
    start = await log.end()
    for number in range(200):
        log.update("alice", str(number) * 10)
    part = await reader.behind(ALICE, start, 1000)
    assert part.more
    assert sum(len(entry.body) + 200 for entry in part.entries) < 6_000


async def test_deletions_are_heard_of_before_what_they_delete_is_returned_and_once() -> None:
    log, heard = CountingLog(), list[bytes]()
    reader = replays(log, hear=heard.append)
    start = await log.end()
    log.update("alice", "text")
    log.update("bob", '"message.deleted" of bob')
    log.update("alice", '"message.deleted" 1')
    first = await reader.behind(ALICE, start, 1)
    assert texts(first) == ["text"]
    assert heard == [b'alice "message.deleted" 1']
    log.update("alice", '"message.deleted" 2')
    await reader.behind(ALICE, start)
    reader.at_hand(ALICE, start, 1)
    assert heard == [b'alice "message.deleted" 1', b'alice "message.deleted" 2']
    reader.at_hand(BOB, start, 1)
    assert heard[-1] == b'bob "message.deleted" of bob'
