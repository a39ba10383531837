"""Catching up without a stream: pages, tokens, gaps, bounds; from memory and from the log."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from chat3_api.chat3.user.v1 import ErrorReason, GapReason, UpdateKind
from chat3_user.errors import CallError
from chat3_user.updates.broker import (
    GAP,
    LogEntry,
    LogPosition,
    LogUnavailableError,
    LogUnreadableError,
)
from chat3_user.updates.fanout import catch_up, log_reads
from chat3_user.updates.fanout.items import Filter
from chat3_user.updates.fanout.settings import HubSettings
from chat3_user.updates.log import windows
from chat3_user.updates.log.tokens import decode_token, digest_of, scope_of
from support.hub import Phone, Puppet, Reader, a_hub
from support.patience import HANGS

NOTHING = Filter(frozenset({UpdateKind.TYPING}))
SCOPE = scope_of("t", "alice")


async def published(broker: Puppet, first: int, last: int, **of: Any) -> None:
    for number in range(first, last + 1):
        await broker.update(number, **of)


class CountedReads:
    """Counts what is read of a broker's log, and can spoil it."""

    def __init__(self, broker: Puppet) -> None:
        self.entries = self.ends = 0
        self.problem: Exception | None = None
        self.gate = asyncio.Event()
        self.gate.set()
        read, end = broker.log.read, broker.log.end

        async def reading(after: LogPosition, until: LogPosition) -> AsyncGenerator[LogEntry, None]:
            async for entry in read(after, until):
                self.entries += 1
                yield entry

        async def ending() -> LogPosition:
            self.ends += 1
            await self.gate.wait()
            if self.problem is not None:
                raise self.problem
            return await end()

        broker.log.read = reading  # type: ignore[method-assign]
        broker.log.end = ending  # type: ignore[method-assign]


async def test_without_a_token_there_is_nothing_but_the_present() -> None:
    async with a_hub() as (hub, broker):
        await published(broker, 1, 3)
        phone = Phone(hub)
        answer = await phone.wakes()
        assert (answer.updates, answer.has_more, answer.gap) == ([], False, None)
        await published(broker, 4, 6)
        await phone.catches_up()
        assert phone.got == [4, 5, 6]


async def test_the_present_of_a_user_with_a_stream_reads_no_log() -> None:
    async with a_hub() as (hub, broker):
        stream = await Reader.open(hub)
        await broker.update(1)
        reads = CountedReads(broker)
        phone = Phone(hub)
        await phone.wakes()
        await broker.update(2)
        await phone.catches_up()
        assert phone.got == [2]
        assert (reads.entries, reads.ends) == (0, 0)
        await stream.close()


@pytest.mark.parametrize("size", [1, 2, 7, 25, 100])
async def test_pages_of_any_size_say_all_once_and_in_order(size: int) -> None:
    async with a_hub() as (hub, broker):
        phone = Phone(hub)
        await phone.wakes()
        await published(broker, 1, 25)
        lengths = await phone.catches_up(size)
        assert phone.got == list(range(1, 26))
        assert max(lengths) <= size
        assert len(lengths) == -(-25 // size)
        assert await phone.catches_up(size) == [0]


async def test_a_client_that_lost_the_answer_gets_it_again() -> None:
    async with a_hub() as (hub, broker):
        phone = Phone(hub)
        await phone.wakes()
        await published(broker, 1, 5)
        before = phone.token
        first = await phone.wakes(3)
        again = Phone(hub, before)
        assert (await again.wakes(3)).updates == first.updates
        assert again.token == phone.token
        await again.catches_up()
        assert again.got == [1, 2, 3, 4, 5]


async def test_a_quick_catch_up_reads_no_log_and_misses_nothing_on_its_way() -> None:
    async with a_hub() as (hub, broker):
        stream = await Reader.open(hub)
        await broker.update(1)
        await stream.has(1)
        token = (await stream.close()).token
        await published(broker, 2, 5)
        broker.flowing = False
        await published(broker, 6, 9)
        reads = CountedReads(broker)
        phone = Phone(hub, token)
        await phone.catches_up(3)
        assert phone.got == list(range(2, 10))
        assert (reads.entries, reads.ends) == (0, 0)


async def test_a_feed_lives_while_its_user_asks() -> None:
    async with a_hub() as (hub, broker):
        token = (await (await Reader.open(hub)).close()).token
        (feed,) = hub._feeds
        feed.idle_since -= 1_000
        await broker.update(1)
        await Phone(hub, token).wakes()
        idle_since, feed.idle_since = feed.idle_since, 0.0
        assert asyncio.get_running_loop().time() - idle_since < 100


async def test_tokens_fit_the_stream_and_the_call() -> None:
    async with a_hub() as (hub, broker):
        phone = Phone(hub)
        await phone.wakes()
        await published(broker, 1, 3)
        await phone.wakes(2)
        stream = await Reader.open(hub, phone.token)
        await broker.update(4)
        await stream.has(3, 4)
        phone.token = (await stream.close()).token
        await published(broker, 5, 6)
        await phone.catches_up(1)
        assert phone.got == [1, 2, 5, 6]
        stream = await Reader.open(hub, phone.token)
        await broker.update(7)
        await stream.has(7)
        await stream.close()


async def test_a_token_of_another_worker_is_as_good() -> None:
    here_broker, elsewhere_broker = Puppet(), Puppet()
    elsewhere_broker._log = here_broker.log
    async with a_hub(here_broker) as (here, _), a_hub(elsewhere_broker) as (elsewhere, _):
        stream = await Reader.open(here)
        await published(here_broker, 1, 20)
        await stream.has(*range(1, 21))
        phone = Phone(elsewhere, (await stream.close()).token)
        await published(here_broker, 21, 24)
        await phone.wakes(2)
        phone.hub = here
        await phone.wakes(1)
        phone.hub = elsewhere
        await phone.catches_up()
        assert phone.got == [21, 22, 23, 24]


async def test_what_is_published_twice_comes_once_wherever_a_page_ends() -> None:
    async with a_hub() as (hub, broker):
        phone = Phone(hub)
        await phone.wakes()
        for number in range(1, 8):
            await broker.update(number)
            await broker.update(number)
        await phone.catches_up(1)
        stream = await Reader.open(hub, phone.token)
        await broker.update(7)
        await broker.update(8)
        await stream.has(8)
        assert phone.got == [1, 2, 3, 4, 5, 6, 7]
        await stream.close()


async def test_what_is_not_wanted_moves_the_token() -> None:
    async with a_hub() as (hub, broker):
        phone = Phone(hub)
        await phone.wakes()
        await published(broker, 1, 50)
        assert await phone.catches_up(1, NOTHING) == [0]
        await broker.update(51)
        await phone.catches_up()
        assert phone.got == [51]
        # From memory as well.
        stream = await Reader.open(hub)
        await broker.update(52)
        await stream.has(52)
        phone.token = (await stream.close()).token
        await published(broker, 53, 60)
        assert await phone.catches_up(1, NOTHING) == [0]
        await phone.catches_up()
        assert phone.got == [51]


async def test_a_user_sees_nothing_of_others() -> None:
    async with a_hub() as (hub, broker):
        phone = Phone(hub)
        await phone.wakes()
        for number in range(1, 10):
            await broker.update(number, "bob" if number % 3 else "alice")
        await phone.catches_up(2)
        assert phone.got == [3, 6, 9]


async def test_a_page_is_bounded_by_bytes() -> None:
    async with a_hub() as (hub, broker):
        phone = Phone(hub)
        await phone.wakes()
        await published(broker, 1, 40, padding=100_000)
        lengths = await phone.catches_up(1000)
        assert phone.got == list(range(1, 41))
        assert max(lengths) == catch_up.PAGE_BYTES // 100_000


async def test_a_page_from_memory_is_bounded_by_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catch_up, "PAGE_BYTES", 35_000)
    async with a_hub() as (hub, broker):
        token = (await (await Reader.open(hub)).close()).token
        await published(broker, 1, 10, padding=10_000)
        reads, phone = CountedReads(broker), Phone(hub, token)
        assert await phone.catches_up(1000) == [3, 3, 3, 1]
        assert phone.got == list(range(1, 11))
        assert reads.entries == 0


async def test_an_update_larger_than_a_page_is_a_page() -> None:
    async with a_hub() as (hub, broker):
        phone = Phone(hub)
        await phone.wakes()
        await broker.update(1)
        await broker.update(2, padding=2 * catch_up.PAGE_BYTES)
        await broker.update(3)
        assert await phone.catches_up() == [1, 1, 1]
        assert phone.got == [1, 2, 3]


async def test_a_page_costs_what_it_holds_however_much_was_missed() -> None:
    async with a_hub() as (hub, broker):
        phone = Phone(hub)
        await phone.wakes()
        await published(broker, 1, 3_000)
        await phone.wakes(10)
        decoded, decode = 0, hub.catch_ups._decode

        def counting(body: bytes) -> Any:
            nonlocal decoded
            decoded += 1
            return decode(body)

        hub.catch_ups._decode = counting
        reads = CountedReads(broker)
        for _ in range(10):
            await phone.wakes(10)
        assert phone.got == list(range(1, 111))
        assert decoded == 10 * 11
        assert (reads.entries, reads.ends) == (0, 0)


async def test_unwanted_updates_without_end_do_not_keep_a_call(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(catch_up, "_LOOKED_AT", 100)
    async with a_hub() as (hub, broker):
        phone = Phone(hub)
        await phone.wakes()
        await published(broker, 1, 250)
        answer = await phone.wakes(10, NOTHING)
        assert (answer.updates, answer.has_more) == ([], True)
        await phone.catches_up(1000)
        assert phone.got == list(range(101, 251))


async def test_a_token_far_back_gets_further_with_every_call(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Also where the log holds nothing of the user for long."""
    monkeypatch.setattr(windows, "STRETCH", 50)
    async with a_hub() as (hub, broker):
        phone = Phone(hub)
        await phone.wakes()
        await published(broker, 1, 180, user="bob")
        await broker.update(181)
        assert await phone.catches_up() == [0, 0, 0, 1]
        assert phone.got == [181]


async def test_a_gap_ends_a_page_and_stands_before_the_next() -> None:
    async with a_hub() as (hub, broker):
        phone = Phone(hub)
        await phone.wakes()
        await published(broker, 1, 2)
        for _ in range(2):
            broker.log.append(GAP, is_update=False)
        await published(broker, 3, 4)
        first = await phone.wakes()
        assert (first.gap, first.has_more, phone.got) == (None, True, [1, 2])
        second = await phone.wakes()
        assert second.gap is not None
        assert second.gap.reason is GapReason.LOG_UNREADABLE
        assert (second.has_more, phone.got) == (False, [1, 2, 3, 4])
        await phone.wakes()
        assert len(phone.gaps) == 1


async def test_a_gap_at_the_end_is_told_once() -> None:
    async with a_hub() as (hub, broker):
        phone = Phone(hub)
        await phone.wakes()
        await broker.update(1)
        broker.log.append(GAP, is_update=False)
        assert await phone.catches_up() == [1, 0]
        assert len(phone.gaps) == 1
        assert await phone.catches_up() == [0]
        assert len(phone.gaps) == 1


async def test_a_log_that_does_not_reach_back_is_a_gap_and_the_present() -> None:
    async with a_hub() as (hub, broker):
        phone = Phone(hub)
        await phone.wakes()
        await published(broker, 1, 5)
        for _ in range(3):
            broker.log._entries.popleft()
        answer = await phone.wakes()
        assert (answer.updates, answer.has_more) == ([], False)
        assert [gap.reason for gap in phone.gaps] == [GapReason.EXPIRED]
        await broker.update(6)
        await phone.catches_up()
        assert phone.got == [6]
        assert len(phone.gaps) == 1


async def test_the_token_of_another_log_is_a_gap() -> None:
    async with a_hub() as (old, broker), a_hub() as (hub, other):
        other.log.append(b"another", is_update=False)
        await published(broker, 1, 3)
        phone = Phone(old)
        await phone.wakes()
        phone.hub = hub
        await phone.wakes()
        assert [gap.reason for gap in phone.gaps] == [GapReason.LOG_REPLACED]
        await other.update(4)
        await phone.catches_up()
        assert phone.got == [4]


@pytest.mark.parametrize(
    ("problem", "reason"),
    [
        (LogUnavailableError(), GapReason.LOG_UNAVAILABLE),
        (LogUnreadableError("slow"), GapReason.LOG_UNREADABLE),
    ],
)
async def test_a_log_that_fails_is_a_gap_each_time(problem: Exception, reason: GapReason) -> None:
    async with a_hub() as (hub, broker):
        phone = Phone(hub)
        await phone.wakes()
        await broker.update(1)
        reads = CountedReads(broker)
        reads.problem = problem
        for _ in range(2):
            await phone.wakes()
        fresh = Phone(hub)
        await fresh.wakes()
        await fresh.wakes()
        reads.problem = None
        assert [gap.reason for gap in phone.gaps] == [reason, GapReason.LOG_UNAVAILABLE]
        assert [gap.reason for gap in fresh.gaps] == [GapReason.LOG_UNAVAILABLE]
        for client in (phone, fresh):
            await client.wakes()
            assert client.gaps[-1].reason is GapReason.LOG_UNAVAILABLE
            gaps = len(client.gaps)
            await broker.update(2)
            await client.catches_up()
            assert client.got == [2]
            assert len(client.gaps) == gaps
            client.got.clear()


async def test_a_gap_spans_from_the_token_to_the_present() -> None:
    async with a_hub() as (hub, broker):
        phone = Phone(hub)
        await phone.wakes()
        made = decode_token(phone.token, SCOPE, 2**52).time_ms
        broker.log._entries.clear()
        broker.log.append(b"another", is_update=False)
        await phone.wakes()
        (gap,) = phone.gaps
        assert gap.from_time is not None
        assert gap.to_time is not None
        assert int(gap.from_time.timestamp() * 1000) == made
        assert gap.to_time.timestamp() * 1000 >= decode_token(phone.token, SCOPE, 2**52).time_ms


async def test_updates_that_never_reached_the_log_are_a_gap_where_they_are_missed() -> None:
    """A live client had more than a token can name, and the log has none of them."""
    async with a_hub() as (hub, broker):
        stream = await Reader.open(hub)
        for number in range(20):
            await broker.update(number)
        await stream.has(*range(20))
        token = decode_token((await stream.close()).token, SCOPE, 2**52)
        unknown = [digest_of(str(number)) for number in range(16)]
        assert not token.complete
        lost = replace_ids(token, unknown)
        phone = Phone(hub, lost)
        await phone.wakes()
        assert [gap.reason for gap in phone.gaps] == [GapReason.LOG_REPLACED]
        await broker.update(21)
        await phone.catches_up()
        assert phone.got == [21]
        assert len(phone.gaps) == 1


def replace_ids(token: Any, ids: list[bytes]) -> str:
    moved = type(token)(
        token.scope, bytes(4), 0, token.time_ms, token.position, ids, complete=False
    )
    text: str = moved.encode()
    return text


async def test_a_call_waits_for_what_was_published_before_it_and_no_longer() -> None:
    async with a_hub() as (hub, broker):
        phone = Phone(hub)
        await phone.wakes()
        reads = CountedReads(broker)
        await broker.update(1)
        reads.gate.clear()
        asking = asyncio.create_task(phone.wakes())
        while not reads.ends:
            await asyncio.sleep(0)
        reads.gate.set()
        answer = await asking
        assert not answer.has_more
        assert phone.got == [1]


async def test_a_caller_that_gives_up_keeps_nobody_waiting() -> None:
    async with a_hub() as (hub, broker):
        phone = Phone(hub)
        await phone.wakes()
        reads = CountedReads(broker)
        await broker.update(1)
        reads.gate.clear()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await phone.wakes()
        reads.gate.set()
        await phone.catches_up()
        assert phone.got == [1]


async def test_a_broker_that_stays_away_is_no_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_reads, "PATIENCE", 0.05)
    async with a_hub() as (hub, broker):
        phone = Phone(hub)
        await phone.wakes()
        await broker.update(1)
        broker.sink.lost()
        for client in (phone, Phone(hub)):
            with pytest.raises(CallError) as caught:
                await client.wakes()
            assert caught.value.reason is ErrorReason.UPDATES_UNAVAILABLE
        broker.sink.regained(complete=True)
        await phone.catches_up()
        assert phone.got == [1]
        assert not phone.gaps


async def test_a_broker_that_dies_in_the_middle_is_asked_again() -> None:
    async with a_hub() as (hub, broker):
        phone = Phone(hub)
        await phone.wakes()
        await broker.update(1)
        broker.dying = True
        await phone.catches_up()
        assert broker.failed_reads == 1
        assert phone.got == [1]
        assert not phone.gaps


async def test_many_who_wake_at_once_cost_one_read() -> None:
    async with a_hub() as (hub, broker):
        phones = [Phone(hub, user=f"user{number % 50}") for number in range(200)]
        await asyncio.gather(*(phone.wakes() for phone in phones))
        for number in range(500):
            await broker.update(number, f"user{number % 50}")
        reads = CountedReads(broker)
        await asyncio.gather(*(phone.catches_up(3) for phone in phones))
        assert all(
            phone.got == list(range(index % 50, 500, 50)) for index, phone in enumerate(phones)
        )
        # All of it once; what is left behind a page of each may be read once more, with the ends.
        assert reads.entries <= 500 + 10


async def test_what_was_read_for_catch_ups_expires_without_any_stream() -> None:
    settings = HubSettings(watermark_interval=0.01, replay_keep=0.05)
    async with a_hub(settings=settings) as (hub, broker):
        phone = Phone(hub)
        await phone.wakes()
        await published(broker, 1, 10)
        await phone.wakes(3)
        kept = hub._replays._windows
        assert kept._window is not None
        async with asyncio.timeout(HANGS):
            while kept._window is not None:
                await asyncio.sleep(0.01)
