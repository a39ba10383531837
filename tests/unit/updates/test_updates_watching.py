"""A stream of many users: what it sends, whom it drops, and what it counts."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from chat3_api.chat3.tenant import v1 as tenant_pb
from chat3_api.chat3.user import v1 as pb
from chat3_user.errors import CallError, reasons
from chat3_user.updates.fanout.hub import Hub
from chat3_user.updates.fanout.items import Filter
from chat3_user.updates.fanout.settings import (
    BufferLimits,
    HubSettings,
    StreamSettings,
    WatchLimits,
)
from chat3_user.updates.fanout.watch import Outgoing, Watch
from chat3_user.updates.fanout.watch_responses import heartbeat
from chat3_user.updates.fanout.watch_stream import Silence, watch_responses
from chat3_user.updates.fanout.watching import Batch, UserError, WatchedUsers
from chat3_user.updates.log.tokens import decode_token, scope_of
from support.faults.wire import message_class
from support.hub import SETTINGS, Puppet, a_hub
from support.patience import HANGS


class Stream:
    """A stream that a test reads batch by batch."""

    def __init__(self, hub: Hub, silence: float = 300, owner: str = "key") -> None:
        self.watch: Watch = hub.watch(owner=owner)
        self.dropped: list[str] = []
        self.users = WatchedUsers(hub, self.watch, "t", self.dropped.append)
        self._batches = watch_responses(
            hub, self.watch, "c", Silence(timedelta(seconds=silence)), StreamSettings()
        )

    async def change(self, watch: dict[str, str], *unwatch: str) -> None:
        batch = Batch("b", watch, frozenset(unwatch))
        await self.users.apply(batch, self.users.check(batch))

    async def read(self, most: int = 1000) -> list[tenant_pb.WatchUpdatesResponse]:
        """Return the next batch, or its first ``most`` responses: the others are not sent."""
        async with asyncio.timeout(HANGS):
            batch = await anext(self._batches)
        sent, batch[:] = batch[:most], batch[most:]
        return [tenant_pb.WatchUpdatesResponse.parse(bytes(message)) for message in sent]

    async def close(self) -> None:
        await self._batches.aclose()
        self.users.close()


@asynccontextmanager
async def a_stream(
    settings: HubSettings = SETTINGS, silence: float = 300
) -> AsyncIterator[tuple[Stream, Hub, Puppet]]:
    async with a_hub(settings=settings) as (hub, broker):
        stream = Stream(hub, silence)
        (first,) = await stream.read()
        assert first.connection_established is not None
        yield stream, hub, broker
        await stream.close()


def test_the_two_responses_agree_where_their_bytes_are_shared() -> None:
    one = message_class("SubscribeUpdatesResponse").DESCRIPTOR.fields_by_number
    many = message_class("WatchUpdatesResponse", "chat3.tenant.v1").DESCRIPTOR.fields_by_number
    for number, field in one.items():
        same = many[number]
        assert (same.name, same.type) == (field.name, field.type)
        assert same.message_type is field.message_type


async def test_the_answer_comes_before_the_updates_of_its_users() -> None:
    async with a_stream() as (stream, _, broker):
        await stream.change({"alice": ""})
        await broker.update(1)
        answer, update = await stream.read()
        assert answer.acknowledged is not None
        assert answer.acknowledged.watched[0].resume_outcome is pb.ResumeOutcome.FRESH
        assert (update.user_id, update.update.event_id) == ("alice", "1")  # type: ignore[union-attr]


async def test_after_the_answer_to_an_unwatch_nothing_comes() -> None:
    async with a_stream() as (stream, hub, broker):
        await stream.change({"alice": "", "bob": ""})
        await stream.read()
        for number in range(5):
            await broker.update(number)
        await stream.change({}, "alice")
        await broker.update(9, "bob")
        answer, update = await stream.read()
        assert answer.acknowledged is not None
        assert update.user_id == "bob"
        assert stream.watch.buffered == 0
        assert not hub._feeds.get("t", "alice").subscriptions  # type: ignore[union-attr]


async def test_after_the_answer_to_an_unwatch_no_backlog_comes() -> None:
    async with a_stream() as (stream, _, broker):
        await stream.change({"alice": ""})
        (answer,) = await stream.read()
        assert answer.acknowledged is not None
        for number in range(100):
            await broker.update(number)
        await stream.change({}, "alice")
        await stream.read()
        await stream.change({"alice": answer.acknowledged.watched[0].resume_token, "bob": ""})
        some = await stream.read()
        assert len([each for each in some if each.update is not None]) < 100
        await stream.change({}, "alice")
        await broker.update(100, "bob")
        _, update = await stream.read()
        assert update.user_id == "bob"


async def test_a_batch_that_fails_leaves_nobody_behind() -> None:
    async with a_stream() as (stream, hub, _):
        hub._settings = HubSettings(streams_per_user=1)
        other = Stream(hub)
        await other.change({"bob": ""})
        with pytest.raises(UserError) as refused:
            await stream.change({"alice": "", "bob": ""})
        assert (refused.value.user_id, refused.value.error.reason) == (
            "bob",
            pb.ErrorReason.TOO_MANY_STREAMS,
        )
        assert not stream.watch.users
        assert not hub._feeds.get("t", "alice").subscriptions  # type: ignore[union-attr]
        await other.close()


async def test_own_streams_of_a_user_and_watchers_are_counted_apart() -> None:
    async with a_stream(HubSettings(streams_per_user=1)) as (stream, hub, _):
        await stream.change({"alice": ""})
        with hub.subscription("t", "alice", "own", Filter()):
            assert hub.stream_count == 2


async def test_who_has_the_most_waiting_is_dropped_with_the_place_that_was_sent() -> None:
    settings = HubSettings(watch=WatchLimits(bytes=20_000))
    async with a_stream(settings) as (stream, hub, broker):
        await stream.change({"alice": "", "bob": ""})
        await broker.update(0)
        _, sent = await stream.read()
        await broker.update(1, "bob")
        for number in range(1, 10):
            await broker.update(number, padding=3000)
        assert list(stream.watch.users) == ["bob"]
        assert stream.watch.buffered <= 20_000
        await asyncio.sleep(0)
        assert stream.dropped == ["SLOW_CONSUMER"]
        assert not hub._feeds.get("t", "alice").subscriptions  # type: ignore[union-attr]
        notice, update = await stream.read()
        assert notice.dropped is not None
        assert (notice.user_id, notice.resume_token) == ("alice", sent.resume_token)
        assert update.user_id == "bob"
        await stream.change({"alice": notice.resume_token})
        got: list[str] = []
        while len(got) < 9:
            got += [each.update.event_id for each in await stream.read() if each.update is not None]
        assert got == [str(number) for number in range(1, 10)]


async def test_a_user_over_their_own_bound_is_dropped_alone() -> None:
    settings = HubSettings(buffer=BufferLimits(count=3))
    async with a_stream(settings) as (stream, _, broker):
        await stream.change({"alice": "", "bob": ""})
        await stream.read()
        for number in range(4):
            await broker.update(number)
        await broker.update(9, "bob")
        assert list(stream.watch.users) == ["bob"]
        notice, update = await stream.read()
        assert notice.dropped is not None
        assert update.user_id == "bob"


async def test_who_is_dropped_before_anything_was_sent_goes_on_from_the_answer() -> None:
    settings = HubSettings(buffer=BufferLimits(count=3))
    async with a_stream(settings) as (stream, _, broker):
        await stream.change({"alice": ""})
        for number in range(4):
            await broker.update(number)
        (answer,) = await stream.read()
        (notice,) = await stream.read()
        assert answer.acknowledged is not None
        assert notice.dropped is not None
        assert notice.resume_token == answer.acknowledged.watched[0].resume_token


async def test_a_silent_user_has_a_heartbeat_although_others_talk() -> None:
    async with a_stream(silence=0.1) as (stream, _, broker):
        await stream.change({"alice": "", "bob": ""})
        beats: list[str] = []
        for number in range(100):
            await broker.update(number)
            responses = await stream.read()
            beats += [each.user_id for each in responses if each.heartbeat is not None]
            if "bob" in beats:
                break
            await asyncio.sleep(0.01)
        assert "bob" in beats


async def test_the_token_of_a_silent_user_moves_on_with_the_log() -> None:
    async with a_stream(silence=0) as (stream, hub, broker):
        await stream.change({"alice": ""})
        seen = await stream.read()
        await broker.update(1, "somebody")
        await hub._watermarks.renew(lambda: hub.live)
        seen += await stream.read()
        tokens = [
            decode_token(token, scope_of("t", "alice"), 2**52)
            for token in (
                seen[0].acknowledged.watched[0].resume_token,  # type: ignore[union-attr]
                seen[-1].resume_token,
            )
        ]
        before, after = (token.position for token in tokens)
        assert seen[-1].heartbeat is not None
        assert before is not None
        assert after is not None
        assert after.offset > before.offset


async def test_no_heartbeat_of_a_user_comes_before_the_answer() -> None:
    async with a_stream(silence=0) as (stream, _, _):
        for _ in range(200):
            stream.watch.tell(lambda: Outgoing(heartbeat(live=True)))
        await stream.change({"alice": ""})
        seen: list[tenant_pb.WatchUpdatesResponse] = []
        while not any(each.user_id for each in seen):
            seen += await stream.read()
        about = [each for each in seen if each.user_id or each.acknowledged is not None]
        assert about[0].acknowledged is not None


async def test_a_stream_with_much_to_send_lets_others_run() -> None:
    async with a_stream(silence=0) as (stream, _, _):
        turns = 0

        async def others() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        other = asyncio.create_task(others())
        await stream.change({f"user{number}": "" for number in range(500)})
        await stream.read()
        before = turns
        for _ in range(7):
            assert await stream.read()
        assert turns - before >= 7
        other.cancel()


async def test_the_streams_of_an_api_key_have_a_room_in_common() -> None:
    settings = HubSettings(watch=WatchLimits(users_per_key=3))
    async with a_stream(settings) as (stream, hub, _):
        other, third = Stream(hub), Stream(hub, owner="other")
        await other.change({"alice": "", "bob": ""})
        batch = Batch("b", {"cid": "", "dan": ""}, frozenset())
        with pytest.raises(CallError) as full:
            stream.users.check(batch)
        assert full.value.reason is pb.ErrorReason.TOO_MANY_STREAMS
        assert full.value.metadata == {"limit": "3"}
        await third.change({"cid": "", "dan": ""})
        # Two batches that were checked at once do not both get the last place.
        batches = [Batch("b", {user: ""}, frozenset()) for user in ("eve", "fay")]
        tokens = [stream.users.check(each) for each in batches]
        outcomes = await asyncio.gather(
            stream.users.apply(batches[0], tokens[0]),
            other.users.apply(batches[1], tokens[1]),
            return_exceptions=True,
        )
        assert [type(outcome) for outcome in outcomes] == [type(None), CallError]
        assert "fay" not in other.watch.users
        await other.change({"fay": ""}, "bob")
        await other.close()
        await third.close()


async def test_an_empty_stream_beats_and_ends_as_the_hub_says() -> None:
    async with a_stream(silence=0.05) as (stream, hub, _):
        (beat,) = await stream.read()
        assert beat.heartbeat is not None
        assert beat.user_id == beat.resume_token == ""
        hub.end_streams(lambda: reasons.shutting_down(1.0))
        with pytest.raises(CallError) as ended:
            await stream.read()
        assert ended.value.reason is pb.ErrorReason.SHUTTING_DOWN
        with pytest.raises(CallError):
            hub.watch()
