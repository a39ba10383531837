"""The hub when its broker comes and goes at the worst moments, step by step."""

import asyncio
import time
from dataclasses import replace

from chat3_user.mapping.addresses import address_of
from chat3_user.mapping.updates import UpdateDecoder
from chat3_user.updates.fanout.feed import _OVERLAP
from chat3_user.updates.fanout.hub import Hub
from chat3_user.updates.fanout.settings import HubSettings
from support.hub import Puppet, Reader, a_hub


async def test_a_kept_queue_goes_on_where_it_was() -> None:
    async with a_hub() as (hub, broker):
        reader = await Reader.open(hub)
        await broker.update(1)
        broker.sink.lost()
        broker.flowing = False
        await broker.update(2)
        broker.flow(again=1)
        broker.sink.regained(complete=True)
        await broker.update(3)
        await reader.has(1, 2, 3)
        await reader.close()


async def test_a_hole_is_filled_from_the_log() -> None:
    async with a_hub() as (hub, broker):
        reader = await Reader.open(hub)
        await broker.update(1)
        broker.sink.lost()
        broker.flowing = False
        await broker.update(2)
        broker.queue.clear()
        broker.sink.regained(complete=False)
        broker.flowing = True
        await broker.update(3)
        await reader.has(1, 2, 3)
        await reader.close()


async def test_a_log_that_fails_with_its_broker_is_no_gap() -> None:
    """The reader sees the connection die before the hub is told."""
    async with a_hub() as (hub, broker):
        reader = await (await Reader.open(hub)).close()
        await broker.update(1)
        other, ours = Hub(broker, UpdateDecoder().decode, address_of, HubSettings()), broker.sink
        await other.open()
        broker.dying = True
        coming = asyncio.create_task(Reader.open(other, reader.token))
        while broker.dying:
            await asyncio.sleep(0)
        again = await coming
        await again.has(1)
        await again.close()
        await other.close()
        await broker.open(ours)


async def test_a_recovery_cut_short_is_made_up_for() -> None:
    """What was held in it is gone from the queue, though the queue itself was kept."""
    async with a_hub() as (hub, broker):
        reader = await Reader.open(hub)
        broker.sink.lost()
        broker.flowing = False
        await broker.update(1)
        broker.queue.clear()
        broker.sink.regained(complete=False)
        broker.flow()
        await broker.update(2)
        broker.sink.lost()
        broker.sink.regained(complete=True)
        await broker.update(3)
        await reader.has(1, 2, 3)
        await reader.close()


async def test_what_was_read_from_the_log_does_not_come_again_by_the_queue() -> None:
    """However much it was: more than a feed remembers, and later than the recovery."""
    async with a_hub() as (hub, broker):
        reader = await Reader.open(hub)
        broker.sink.lost()
        broker.flowing = False
        for number in range(900):
            await broker.update(number)
        late = broker.queue[600:]
        del broker.queue[600:]
        broker.flow()
        broker.flowing = False
        broker.sink.regained(complete=False)
        await hub.wait_live()
        broker.queue[:0] = late
        broker.flow()
        await reader.has(*range(900))
        await reader.close()


async def test_what_comes_again_is_no_news_to_a_feed_made_since() -> None:
    """It was for nobody here when it came, and it has not been acknowledged yet."""
    async with a_hub() as (hub, broker):
        await broker.update(1)
        reader = await Reader.open(hub)
        await broker.update(2)
        broker.sink.lost()
        broker.flow(again=2)
        broker.sink.regained(complete=True)
        await broker.update(3)
        await reader.has(2, 3)
        await reader.close()


async def test_a_worker_that_lags_repeats_nothing_to_a_client_that_comes_from_another() -> None:
    """The client has had elsewhere what this worker's queue still holds."""
    ahead = Puppet()
    async with a_hub() as (here, lagging), a_hub(ahead) as (elsewhere, _):
        ahead._log = lagging.log
        elsewhere._replays._log = lagging.log
        stays = await Reader.open(here)
        moved = await Reader.open(elsewhere)
        lagging.flowing = False
        for number in (1, 2, 3):
            await lagging.update(number)
            ahead.sink.delivered(lagging.queue[-1])
        # All before the watermark is known by its place in the log alone.
        watermark = await elsewhere._watermarks.take()
        elsewhere._watermarks.newest = replace(watermark, taken=time.monotonic() + _OVERLAP)
        await lagging.update(4)
        ahead.sink.delivered(lagging.queue[-1])
        await moved.has(1, 2, 3, 4)
        back = await Reader.open(here, (await moved.close()).token)
        lagging.flow()
        await lagging.update(5)
        await back.has(5)
        await stays.has(1, 2, 3, 4, 5)
        await back.close()
        await stays.close()


async def test_a_stream_begins_behind_what_its_workers_queue_still_holds() -> None:
    """It was published before; a client that came from another worker may have had it there."""
    async with a_hub() as (hub, broker):
        broker.flowing = False
        await broker.update(1)
        reader = await Reader.open(hub)
        await broker.update(2)
        broker.flow()
        await reader.has(2)
        again = await Reader.open(hub, (await reader.close()).token)
        await broker.update(3)
        await again.has(3)
        await again.close()


async def test_a_recovery_holds_back_nothing_of_nobody_here() -> None:
    """All updates come to every worker: what is held must not grow with them."""
    async with a_hub() as (hub, broker):
        reader = await Reader.open(hub)
        broker.sink.lost()
        for number in range(1, 50):
            await broker.update(number, "bob")
        await broker.update(50)
        assert hub._dispatcher._held is not None
        assert len(hub._dispatcher._held) == 1
        broker.sink.regained(complete=True)
        await reader.has(50)
        await reader.close()


async def test_a_stream_that_begins_in_a_recovery_waits_for_its_end() -> None:
    async with a_hub() as (hub, broker):
        reader = await Reader.open(hub)
        broker.sink.lost()
        coming = asyncio.create_task(Reader.open(hub, user="bob"))
        await broker.update(1, "bob")
        for _ in range(20):
            await asyncio.sleep(0)
        assert not coming.done()
        broker.sink.regained(complete=True)
        bob = await coming
        await broker.update(2, "bob")
        await bob.has(2)
        await bob.close()
        await reader.close()


async def test_memory_of_a_feed_that_was_made_anew_says_nothing_of_the_one_before() -> None:
    """Both count their updates; a token of the first must not be taken for one of the second."""
    async with a_hub() as (hub, broker):
        first = await Reader.open(hub)
        await broker.update(1)
        await first.has(1)
        token = (await first.close()).token
        (feed,) = hub._feeds
        hub._feeds.remove(feed)  # as after the grace period
        await broker.update(2)
        second = await Reader.open(hub)
        await broker.update(3)
        await broker.update(4)
        await second.has(3, 4)
        back = await Reader.open(hub, token)
        await back.has(2, 3, 4)
        await back.close()
        await second.close()
