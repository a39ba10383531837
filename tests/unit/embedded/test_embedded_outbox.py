"""The outbox: order, delay, retries, and an end that loses nothing it could still publish."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from chat3_embedded import Settings, Store, UnpublishableUpdateError
from chat3_embedded.outbox import Outbox
from chat3_embedded.store.records import OutgoingUpdate

if TYPE_CHECKING:
    from pathlib import Path

    from embedded_publisher import FlakyPublisher

FAST = Settings(publish_retry_first=0.001, publish_retry_most=0.004, drain_timeout=0.2)


def update(name: str) -> OutgoingUpdate:
    return OutgoingUpdate(name, b"{}", {}, 0)


async def test_updates_are_published_in_order(publisher: FlakyPublisher, store: Store) -> None:
    async with Outbox(publisher, FAST, store.outgoing) as outbox:
        for number in range(50):
            outbox.put(update(str(number)))
        await outbox.drained()
    assert publisher.taken == [str(number) for number in range(50)]


async def test_updates_wait_for_the_relay(publisher: FlakyPublisher, store: Store) -> None:
    async with Outbox(publisher, replace(FAST, relay_delay=0.05), store.outgoing) as outbox:
        outbox.put(update("a"))
        outbox.put(update("b"))
        await asyncio.sleep(0)
        assert outbox.waiting == 2
        await outbox.drained()
    assert publisher.taken == ["a", "b"]


async def test_what_one_process_put_in_the_next_one_publishes(
    publisher: FlakyPublisher, tmp_path: Path
) -> None:
    path = str(tmp_path / "a.sqlite")
    with Store(path) as store:
        outbox = Outbox(publisher, FAST, store.outgoing)
        for name in "abc":
            outbox.put(update(name))
    with Store(path) as store:
        async with Outbox(publisher, FAST, store.outgoing) as outbox:
            assert outbox.waiting == 3
            await outbox.drained()
    assert publisher.taken == ["a", "b", "c"]


async def test_what_was_being_published_is_published_again(
    publisher: FlakyPublisher, store: Store
) -> None:
    publisher.gate.clear()
    killed = Outbox(publisher, FAST, store.outgoing)
    killed.start()
    killed.put(update("a"))
    await publisher.tried(1)
    async with Outbox(publisher, FAST, store.outgoing) as outbox:
        await publisher.tried(2)
        publisher.gate.set()
        await outbox.drained()
    await killed.close()
    assert publisher.taken == ["a", "a"]


async def test_published_updates_are_kept_where_that_is_wanted(
    publisher: FlakyPublisher, store: Store
) -> None:
    for keep in (False, True):
        settings = replace(FAST, keep_updates=keep)
        async with Outbox(publisher, settings, store.outgoing) as outbox:
            outbox.put(update(str(keep)))
            await outbox.drained()
            await outbox.close()
    assert [kept.routing_key for kept in store.outgoing.kept()] == ["True"]


async def test_what_is_put_in_before_the_start_is_published(
    publisher: FlakyPublisher, store: Store
) -> None:
    outbox = Outbox(publisher, FAST, store.outgoing)
    outbox.put(update("early"))
    async with outbox:
        await outbox.drained()
    assert publisher.taken == ["early"]


async def test_a_failing_broker_holds_up_everything_and_loses_nothing(
    publisher: FlakyPublisher,
    store: Store,
) -> None:
    publisher.refusals = 5
    async with Outbox(publisher, FAST, store.outgoing) as outbox:
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
    publisher: FlakyPublisher, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    publisher.refusals, publisher.error = 1, UnpublishableUpdateError("too long")
    async with Outbox(publisher, FAST, store.outgoing) as outbox:
        outbox.put(update("poison"))
        outbox.put(update("b"))
        await outbox.drained()
    assert publisher.taken == ["b"]
    assert "update dropped" in caplog.text


async def test_closing_publishes_what_waits_without_its_delay(
    publisher: FlakyPublisher, store: Store
) -> None:
    async with Outbox(publisher, replace(FAST, relay_delay=60), store.outgoing) as outbox:
        outbox.put(update("a"))
        outbox.put(update("b"))
    assert publisher.taken == ["a", "b"]
    assert outbox.waiting == 0


async def test_closing_gives_up_on_a_broker_that_stays_away(
    publisher: FlakyPublisher, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    publisher.refusals = 1_000_000
    outbox = Outbox(publisher, FAST, store.outgoing)
    outbox.start()
    outbox.put(update("a"))
    outbox.put(update("b"))
    await outbox.close()
    assert "2 unpublished updates" in caplog.text
    await outbox.close()


async def test_closing_that_is_cancelled_still_ends_the_task(
    publisher: FlakyPublisher, store: Store
) -> None:
    publisher.gate.clear()
    outbox = Outbox(publisher, Settings(), store.outgoing)
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
