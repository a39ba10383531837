"""Reading all in the background: merged tasks, a restart between, and the danger of coming late."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from chat3_embedded import NEWEST, Generation, Settings, Store
from chat3_embedded.counting import CounterWorker
from chat3_embedded.feed import UpdateFeed
from chat3_embedded.outbox import Outbox
from chat3_embedded.reading import DialogReadWorker, read_dialog
from chat3_embedded.routing import KeyForm, RoutingKeys
from chat3_embedded.sender import UpdateSender
from chat3_embedded.steps import at_once

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from chat3_embedded.store.records import Dialog, Member

TENANT = "tnt_one"
# The worker looks for nothing by itself: the tests say when.
SETTINGS = Settings(platform=NEWEST, counter_delay=0.0, read_task_poll=3600, read_batch_pause=0.0)


LATE = "dialog.messages.bulk_read"


class SourcesPublisher:
    """Keeps from which event each update comes."""

    def __init__(self) -> None:
        self.taken: list[str] = []

    async def publish(
        self, routing_key: str, body: bytes, headers: Mapping[str, str], timestamp_ms: int
    ) -> None:
        self.taken.append(headers["sourceEventType"])


class Platform:
    """A store with its feed and its workers, and Alice and Bob in a dialog."""

    def __init__(
        self, store: Store, feed: UpdateFeed, counters: CounterWorker, outbox: Outbox
    ) -> None:
        self.store, self.feed, self.counters, self.outbox = store, feed, counters, outbox
        self.published: list[str] = []
        self.reader = DialogReadWorker(store, feed, SETTINGS)
        self.dialog: Dialog = store.add_dialog(TENANT, ["alice", "bob"])

    @property
    def bob(self) -> Member:
        member = self.store.members.get(TENANT, self.dialog.dialog_id, "bob")
        assert member is not None
        return member

    def say(self, text: str) -> str:
        message = self.store.add_message(TENANT, self.dialog.dialog_id, "alice", text)
        return message.message_id

    def read(self) -> int:
        return at_once(read_dialog(self.store, self.feed, self.dialog, self.bob))

    async def sources(self) -> list[str]:
        """Return from which events updates have come, when no more are to come."""
        await self.counters.drained()
        await self.outbox.drained()
        return self.published

    def statuses(self) -> list[str]:
        messages = self.store.messages.page({"dialogId": self.dialog.dialog_id})
        latest = self.store.marks.latest(TENANT, [m.message_id for m in messages])
        return [latest[m.message_id]["bob"][1] for m in messages]


@pytest.fixture
async def platform(store: Store) -> AsyncIterator[Platform]:
    async with running(store) as found:
        yield found


@asynccontextmanager
async def running(store: Store) -> AsyncIterator[Platform]:
    store.generation = Generation(NEWEST)
    publisher = SourcesPublisher()
    outbox = Outbox(publisher, SETTINGS, store.outgoing)
    sender = UpdateSender(store, outbox, RoutingKeys(KeyForm.NEW))
    counters = CounterWorker(store, sender, SETTINGS)
    async with outbox, counters:
        platform = Platform(store, UpdateFeed(store, sender, counters), counters, outbox)
        platform.published = publisher.taken
        yield platform


async def test_statuses_follow_when_the_worker_comes(platform: Platform) -> None:
    for number in range(120):
        platform.say(str(number))
    assert platform.read() == 0
    assert (platform.bob.unread_count, set(platform.statuses())) == (0, {"unread"})
    await platform.reader.work_off()
    assert set(platform.statuses()) == {"read"}
    assert platform.store.read_tasks.first() is None


async def test_what_comes_meanwhile_loses_its_unread_count(platform: Platform) -> None:
    platform.say("one")
    platform.read()
    platform.say("meanwhile")
    assert platform.bob.unread_count == 1
    await platform.reader.work_off()
    await platform.counters.drained()
    assert platform.statuses() == ["read", "unread"]
    assert platform.bob.unread_count == 0


async def test_a_second_request_becomes_one_with_the_first(platform: Platform) -> None:
    platform.say("one")
    platform.read()
    platform.say("two")
    platform.read()
    await platform.reader.work_off()
    assert platform.statuses() == ["read", "read"]
    assert (await platform.sources()).count(LATE) == 2


async def test_a_task_survives_the_process(platform: Platform) -> None:
    platform.say("one")
    platform.read()
    await DialogReadWorker(platform.store, platform.feed, SETTINGS).work_off()
    assert platform.statuses() == ["read"]


async def test_a_member_who_left_is_told_nothing(platform: Platform) -> None:
    platform.say("one")
    platform.read()
    platform.store.remove_member(platform.bob)
    await platform.reader.work_off()
    assert platform.store.read_tasks.first() is None
    assert LATE not in await platform.sources()
