"""The outbox: order, delay, retries, and an end that loses nothing it could still publish."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

import pytest

from chat3_embedded import Settings, UnpublishableUpdateError
from chat3_embedded.outbox import Outbox, OutgoingUpdate

if TYPE_CHECKING:
    from embedded_publisher import FlakyPublisher

FAST = Settings(publish_retry_first=0.001, publish_retry_most=0.004, drain_timeout=0.2)


def update(name: str) -> OutgoingUpdate:
    return OutgoingUpdate(name, b"{}", {}, 0)


async def test_updates_are_published_in_order(publisher: FlakyPublisher) -> None:
    async with Outbox(publisher, FAST) as outbox:
        for number in range(50):
            outbox.put(update(str(number)))
        await outbox.drained()
    assert publisher.taken == [str(number) for number in range(50)]


async def test_a_delayed_update_comes_after_what_is_put_in_meanwhile(
    publisher: FlakyPublisher,
) -> None:
    async with Outbox(publisher, FAST) as outbox:
        outbox.put(update("late"), delay=0.05)
        outbox.put(update("later"), delay=0.1)
        outbox.put(update("now"))
        await outbox.drained()
    assert publisher.taken == ["now", "late", "later"]


async def test_what_is_put_in_before_the_start_is_published(publisher: FlakyPublisher) -> None:
    outbox = Outbox(publisher, FAST)
    outbox.put(update("early"))
    async with outbox:
        await outbox.drained()
    assert publisher.taken == ["early"]


async def test_a_failing_broker_holds_up_everything_and_loses_nothing(
    publisher: FlakyPublisher,
) -> None:
    publisher.refusals = 5
    async with Outbox(publisher, FAST) as outbox:
        for name in ("a", "b", "c"):
            outbox.put(update(name))
        await publisher.tried(2)
        assert not outbox.healthy
        assert outbox.waiting == 3
        await outbox.drained()
        assert outbox.healthy
    assert publisher.taken == ["a", "b", "c"]
    assert publisher.attempts == 8


async def test_what_can_never_be_published_is_dropped(
    publisher: FlakyPublisher, caplog: pytest.LogCaptureFixture
) -> None:
    publisher.refusals, publisher.error = 1, UnpublishableUpdateError("too long")
    async with Outbox(publisher, FAST) as outbox:
        outbox.put(update("poison"))
        outbox.put(update("b"))
        await outbox.drained()
    assert publisher.taken == ["b"]
    assert "update dropped" in caplog.text


async def test_closing_publishes_what_waits_without_its_delay(publisher: FlakyPublisher) -> None:
    async with Outbox(publisher, FAST) as outbox:
        outbox.put(update("a"), delay=60)
        outbox.put(update("b"))
    assert publisher.taken == ["b", "a"]
    assert outbox.waiting == 0


async def test_closing_gives_up_on_a_broker_that_stays_away(
    publisher: FlakyPublisher, caplog: pytest.LogCaptureFixture
) -> None:
    publisher.refusals = 1_000_000
    outbox = Outbox(publisher, FAST)
    outbox.start()
    outbox.put(update("a"))
    outbox.put(update("b"))
    await outbox.close()
    assert "2 unpublished updates" in caplog.text
    await outbox.close()


async def test_closing_that_is_cancelled_still_ends_the_task(publisher: FlakyPublisher) -> None:
    publisher.gate.clear()
    outbox = Outbox(publisher, Settings())
    outbox.start()
    outbox.put(update("a"))
    await publisher.tried(1)
    closing = asyncio.create_task(outbox.close())
    await asyncio.sleep(0)
    closing.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await closing
    names = {task.get_name() for task in asyncio.all_tasks()}
    assert "tenant-api outbox" not in names
