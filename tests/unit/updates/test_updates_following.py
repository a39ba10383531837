"""Streams of a tenant, one thing at a time: doubles, gaps, slow clients, limits, one reader."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import ExitStack

import pytest
from following_simulation import DIALOGS, SETTINGS, TEMPLATES, Client, World

from chat3_api.chat3.user.v1 import ErrorReason, GapReason
from chat3_user.errors import CallError, reasons
from chat3_user.mapping.updates import UpdateDecoder
from chat3_user.updates.decoded import DecodedUpdate
from chat3_user.updates.fanout.following import entries, follower, stream, tail
from chat3_user.updates.fanout.items import Filter

ALL = Filter()


@pytest.fixture
async def world(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    monkeypatch.setattr(tail, "_PAUSE", 0.001)
    monkeypatch.setattr(stream, "_RETRY", 0.001)
    made = World()
    await made.open()
    yield made
    await made.close()


def client(world: World, wanted: Filter = ALL) -> Client:
    made = Client(world, wanted)
    world.clients.append(made)
    return made


def update(world: World, *, tenant: str = "t", user: str = "alice", template: int = 0) -> bytes:
    return world.update(template, tenant, user, DIALOGS[0])


async def test_an_update_that_is_published_again_is_known_on_another_worker(world: World) -> None:
    alice = client(world)
    await alice.open(0)
    twice, last = update(world), update(world)
    world.publish(twice)
    await alice.read()
    await alice.open(1)
    world.publish(twice, last)
    await alice.read()
    assert alice.got == 2


async def test_one_event_for_two_users_is_two_updates(world: World) -> None:
    both = client(world)
    await both.open(0)
    body = update(world)
    world.publish(body, body.replace(b'"userId": "alice"', b'"userId": "bob"'))
    await both.read()
    assert both.got == 2


async def test_an_update_that_comes_again_late_is_new(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follower, "LOOK_BACK", 12)
    monkeypatch.setattr(entries, "LOOK_BACK", 12)
    late = client(world)
    await late.open(0)
    twice = update(world)
    world.publish(twice, *(update(world, tenant="elsewhere") for _ in range(11)), twice)
    await late.read()
    assert late.got == 2


async def test_a_client_that_does_not_read_costs_a_bounded_buffer_and_loses_nothing(
    world: World,
) -> None:
    slow, quick = client(world), client(world)
    await slow.open(0)
    await quick.open(0)
    for _ in range(30):
        world.publish(*(update(world) for _ in range(10)))
        await quick.read()
    held = [len(each._queue) for each in world.workers[0].hub.tenants._open]
    assert max(held) <= SETTINGS.buffer.count
    await slow.read()
    assert slow.got == quick.got == 300
    assert not slow.gaps


async def test_a_token_of_a_worker_that_is_ahead_is_served_where_the_reader_is_behind(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    ahead, stays = client(world), client(world)
    await stays.open(1)
    await ahead.open(0)
    readers = asyncio.Event()
    taken = tail.Tail._take

    def waits(self: tail.Tail, entry: object) -> None:
        if self is world.workers[1].hub.tenants.tail and not readers.is_set():
            held.append(entry)
        else:
            taken(self, entry)  # type: ignore[arg-type]

    held: list[object] = []
    monkeypatch.setattr(tail.Tail, "_take", waits)
    world.publish(update(world), update(world))
    world.hole()
    await ahead.read()
    await ahead.open(1)
    while not held:
        await asyncio.sleep(0)
    readers.set()
    for entry in held:
        world.workers[1].hub.tenants.tail._take(entry)  # type: ignore[arg-type]
    world.publish(update(world))
    for each in (ahead, stays):
        await each.read()
    assert ahead.got == stays.got == 4


async def test_all_streams_of_a_worker_share_one_reader(world: World) -> None:
    clients = [client(world) for _ in range(10)]
    for each in clients:
        await each.open(0)
    for _ in range(20):
        world.publish(update(world))
        await clients[0].read()
    for each in clients:
        await each.read()
    assert world.workers[0].hub.tenants.tail.entries_read == 20


async def test_a_place_that_the_log_has_dropped_is_a_gap_and_the_present_follows(
    world: World,
) -> None:
    away = client(world)
    await away.open(0)
    world.publish(update(world))
    await away.read()
    await away.close()
    world.publish(*(update(world) for _ in range(9)))
    world.trim(5)
    await away.open(1)
    await away._next()
    world.publish(update(world))
    response = await away._next()
    assert response.update is not None
    assert away.got == 1


async def test_who_is_live_learns_of_another_log(world: World) -> None:
    live = client(world)
    await live.open(0)
    world.publish(update(world))
    await live.read()
    world.replace_log()
    await live.read()
    world.publish(update(world))
    await live.read()
    assert live.gaps == [GapReason.LOG_REPLACED]
    assert live.got == 2


async def test_the_reader_ends_when_nobody_follows(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = world.workers[0].hub.tenants.tail
    monkeypatch.setattr(shared, "_confirm_every", 0.001)
    alice = client(world)
    await alice.open(0)
    task = shared._task
    assert task is not None
    await alice.close()
    await task
    world.publish(update(world))
    await alice.open(0)
    await alice.read()
    assert alice.got == 1


async def test_a_tenant_and_a_worker_have_so_many_streams(world: World) -> None:
    hub = world.workers[0].hub
    limits = SETTINGS.follow
    with ExitStack() as held:
        for _ in range(limits.per_tenant):
            held.enter_context(hub.tenants.follower("t", ALL))
        with pytest.raises(CallError) as caught:
            held.enter_context(hub.tenants.follower("t", ALL))
        assert caught.value.reason is ErrorReason.TOO_MANY_STREAMS
        for number in range(limits.in_all - limits.per_tenant):
            held.enter_context(hub.tenants.follower(f"t{number}", ALL))
        with pytest.raises(CallError) as caught:
            held.enter_context(hub.tenants.follower("another", ALL))
        assert caught.value.metadata["limit"] == str(limits.in_all)
        assert hub.stream_count == limits.in_all
    assert hub.stream_count == 0


async def test_a_worker_that_ends_says_where_to_go_on(world: World) -> None:
    alice = client(world)
    await alice.open(0)
    world.publish(update(world))
    await alice.read()
    world.workers[0].hub.end_streams(lambda: reasons.shutting_down(0.1))
    with pytest.raises(CallError) as caught:
        await alice._next()
    assert caught.value.reason is ErrorReason.SHUTTING_DOWN
    assert caught.value.metadata["resume_token"] == alice.token
    with pytest.raises(CallError), world.workers[0].hub.tenants.follower("t", ALL):
        pass


async def test_who_comes_back_reads_nothing_that_the_reader_has_passed(world: World) -> None:
    stays, comes_back = client(world), client(world)
    for each in (stays, comes_back):
        await each.open(0)
    for _ in range(10):
        world.publish(update(world))
        await stays.read()
    read = world.workers[0].log.reads
    for _ in range(10):
        await comes_back.open(0)
    await comes_back.read()
    assert comes_back.got == 10
    assert world.workers[0].log.reads == read


async def test_all_who_come_back_to_a_new_worker_cost_one_read(world: World) -> None:
    clients = [client(world) for _ in range(10)]
    for each in clients:
        await each.open(0)
        world.publish(update(world))
        await each.read()
        await each.close()
    world.publish(update(world))
    await asyncio.gather(*(each.open(1) for each in clients))
    assert world.workers[1].log.reads == 1
    for each in clients:
        await each.read()
    assert [each.got for each in clients] == [11 - number for number in range(10)]


async def test_who_leaves_at_once_has_little_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    decoded: list[bytes] = []
    decode = UpdateDecoder.decode

    def counted(self: UpdateDecoder, body: bytes) -> DecodedUpdate | None:
        decoded.append(body)
        return decode(self, body)

    monkeypatch.setattr(UpdateDecoder, "decode", counted)
    world = World()
    await world.open()
    away = client(world)
    world.publish(*(update(world) for _ in range(200)))
    await away.open(0)
    world.publish(*(update(world) for _ in range(200)))
    await away.open(0)
    before = len(decoded)
    await away.open(0)
    assert len(decoded) == before, "what stood before is known, and nothing is taken yet"
    await away.read(10)
    assert away.got == 10
    assert len(decoded) - before < 50
    await away.read()
    assert away.got == 200
    await world.close()


async def test_what_was_deleted_meanwhile_comes_without_its_text(world: World) -> None:
    stays, away = client(world), client(world)
    for each in (stays, away):
        await each.open(0)
    created = next(
        template.body
        for template in TEMPLATES
        if template.body["updateType"] == "update.message"
        and template.body["sourceEventType"] == "message.create"
    )
    created = {**created, "tenantId": "t", "userId": "alice"}
    deleted = {
        **created,
        "eventId": "evt_deletion",
        "sourceEventType": "message.deleted",
        "createdAt": f"{float(created['createdAt']) + 1000:.6f}",
        "data": {
            **created["data"],
            "message": {**created["data"]["message"], "deleted": True},
        },
    }
    world.publish(json.dumps(created).encode())
    await stays.read()
    await away.close()
    world.publish(json.dumps(deleted).encode())
    await stays.read()
    await away.open(0)
    response = await away._next()
    assert response.update is not None
    assert response.update.message_created is not None
    assert not response.update.message_created.message.content


async def test_others_run_while_a_client_takes_what_it_has_missed(world: World) -> None:
    away = client(world)
    await away.open(0)
    await away.close()
    world.publish(*(update(world) for _ in range(200)))
    await away.open(0)
    turns = 0

    async def other() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    running = asyncio.create_task(other())
    await away.read()
    running.cancel()
    assert away.got == 200
    assert turns >= 10
