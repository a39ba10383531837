"""Keyed writes through the whole service: replayed, joined, found again, refused, freed."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from itertools import count
from pathlib import Path

import pytest
from idempotency_vocabulary import Lossy, lossy_platform, service
from integration_vocabulary import Caller, Client, marking, reacting, sending

from betterproto2_compiled import encode
from chat3_api.chat3.user import v1 as pb
from chat3_api.google.protobuf import Struct
from support.gateway import OTHER_TENANT, READ_KEY, TENANT
from support.patience import HANGS
from support.redis import RedisServer

REPLAYED = "idempotency-replayed"


@pytest.fixture
async def lossy() -> AsyncIterator[Lossy]:
    async with lossy_platform() as platform:
        yield platform


@pytest.fixture
async def client(lossy: Lossy) -> AsyncIterator[Client]:
    async with service(lossy) as client:
        yield client


@pytest.fixture
def alice(client: Client) -> Caller:
    return client.as_user("alice")


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path)
    yield server
    server.stop()


async def test_a_repetition_gets_the_first_answer_marked(lossy: Lossy, alice: Caller) -> None:
    dialog = lossy.dialog("alice")
    request = sending(
        dialog, idempotency_key="k", meta=Struct.from_dict({"a": 1, "b": {"c": 2, "d": 3}})
    )
    first, trailing = await alice.called(request)
    assert REPLAYED not in trailing
    request.meta = Struct.from_dict({"b": {"d": 3, "c": 2}, "a": 1})
    again, trailing = await alice.called(request)
    assert trailing[REPLAYED] == "true"
    assert encode(again) == encode(first)
    assert lossy.texts(dialog) == ["x"]


async def test_a_key_stands_for_one_request_of_one_user_and_method(
    lossy: Lossy, client: Client, alice: Caller
) -> None:
    dialog = lossy.dialog("alice", "bob")
    sent = await alice.call(sending(dialog, "one", idempotency_key="k"))
    failure = await alice.fails(sending(dialog, "two", idempotency_key="k"))
    assert failure.reason == pb.ErrorReason.IDEMPOTENCY_KEY_REUSED
    await client.as_user("bob").call(sending(dialog, "three", idempotency_key="k"))
    marked = marking(dialog, sent.message.message_id)
    marked.idempotency_key = "k"
    await alice.call(marked)
    assert sorted(lossy.texts(dialog)) == ["one", "three"]


async def test_a_repetition_waits_for_the_first_call(lossy: Lossy, alice: Caller) -> None:
    dialog = lossy.dialog("alice")
    lossy.writes = [1.0]
    request = sending(dialog, idempotency_key="k")
    answers = await asyncio.gather(*(alice.call(request) for _ in range(5)))
    assert len({answer.message.message_id for answer in answers}) == 1
    assert lossy.texts(dialog) == ["x"]


@pytest.mark.parametrize("fault", ["after", "before", 500, 502, 503, 429])
async def test_a_lost_answer_is_found_within_the_call(
    lossy: Lossy, alice: Caller, fault: str | int
) -> None:
    dialog = lossy.dialog("alice")
    lossy.writes = [fault]
    answer, trailing = await alice.called(sending(dialog, idempotency_key="k"))
    assert REPLAYED not in trailing
    assert lossy.texts(dialog) == ["x"]
    assert (await alice.call(sending(dialog, idempotency_key="k"))) == answer


async def test_a_found_message_is_answered_as_the_first_answer_would_have_been(
    lossy: Lossy, alice: Caller
) -> None:
    dialog = lossy.dialog("alice", "bob")
    quoted = await alice.call(sending(dialog, "quoted"))
    answers = []
    for key, fault in (("plain", 0.0), ("cut", "after")):
        lossy.writes = [fault]
        request = sending(
            dialog,
            idempotency_key=key,
            meta=Struct.from_dict({"n": 1}),
            quoted_message_id=quoted.message.message_id,
        )
        answers.append((await alice.call(request)).message)
    plain, found = answers
    found.message_id, found.create_time = plain.message_id, plain.create_time
    assert encode(found) == encode(plain)


async def test_what_is_not_settled_before_the_deadline_is_told_and_can_be_repeated(
    lossy: Lossy, alice: Caller
) -> None:
    for key in map(str, count()):
        dialog = lossy.dialog("alice")
        lossy.writes = ["before"]
        failure = await alice.fails(sending(dialog, idempotency_key=key), timeout=0.3)
        # On a busy machine the time is up before anything is written.
        if failure.reason is not pb.ErrorReason.DEADLINE_EXCEEDED:
            break
    assert failure.reason == pb.ErrorReason.IDEMPOTENCY_OUTCOME_UNKNOWN
    assert 0.1 <= failure.retry_after <= 0.5
    assert lossy.texts(dialog) == []
    await alice.call(sending(dialog, idempotency_key=key))
    assert lossy.texts(dialog) == ["x"]


async def test_a_call_cut_by_its_deadline_is_found_by_its_repetition(
    lossy: Lossy, alice: Caller
) -> None:
    dialog = lossy.dialog("alice")
    lossy.writes = [1.1]
    for key in map(str, count()):
        failure = await alice.fails(sending(dialog, idempotency_key=key), timeout=1.0)
        assert failure.reason == pb.ErrorReason.DEADLINE_EXCEEDED
        # On a busy machine the time is up before anything is written.
        if lossy.written():
            break
    assert lossy.written() == 1
    _, trailing = await alice.called(sending(dialog, idempotency_key=key))
    assert trailing[REPLAYED] == "true"
    assert lossy.texts(dialog) == ["x"]


async def test_a_refusal_frees_the_key(lossy: Lossy, alice: Caller) -> None:
    dialog = lossy.dialog("bob")
    lossy.dialog("alice")
    request = sending(dialog, idempotency_key="k")
    for _ in range(2):
        failure = await alice.fails(request)
        assert failure.reason == pb.ErrorReason.NOT_A_MEMBER
    lossy.store.add_member(TENANT, dialog, "alice")
    _, trailing = await alice.called(request)
    assert REPLAYED not in trailing
    assert lossy.texts(dialog) == ["x"]


async def test_an_answer_is_not_replayed_to_a_wrong_api_key(
    lossy: Lossy, client: Client, alice: Caller
) -> None:
    dialog = lossy.dialog("alice")
    await alice.call(sending(dialog, idempotency_key="k"))
    thief = client.as_user("alice", key="wrong")
    failure = await thief.fails(sending(dialog, idempotency_key="k"))
    assert failure.reason == pb.ErrorReason.API_KEY_INVALID


async def test_statuses_and_reactions_are_done_once(lossy: Lossy, alice: Caller) -> None:
    dialog = lossy.dialog("alice", "bob")
    message = lossy.store.add_message(TENANT, dialog, "bob", "hello").message_id
    before = lossy.store.marks.status_count(TENANT, message)
    for request in (marking(dialog, message), reacting(dialog, message)):
        request.idempotency_key = "k"
        answers = [await alice.called(request) for _ in range(2)]
        assert answers[0][0] == answers[1][0]
        assert [REPLAYED in trailing for _, trailing in answers] == [False, True]
    assert lossy.store.marks.status_count(TENANT, message) == before + 1
    assert lossy.written() == 2


@pytest.mark.parametrize("fault", ["after", "before", 503])
async def test_a_cut_status_is_looked_for_before_it_is_set_again(
    lossy: Lossy, alice: Caller, fault: str | int
) -> None:
    dialog = lossy.dialog("alice", "bob")
    message = lossy.store.add_message(TENANT, dialog, "bob", "hello").message_id
    request = marking(dialog, message)
    # What the user took back before the call is not taken for it.
    await alice.call(marking(dialog, message))
    await alice.call(marking(dialog, message, pb.MessageStatus.UNREAD))
    before = lossy.store.marks.status_count(TENANT, message)
    lossy.writes = [fault]
    request.idempotency_key = "k"
    answer = await alice.call(request)
    assert answer.record.status == pb.MessageStatus.READ
    assert lossy.store.marks.status_count(TENANT, message) == before + 1
    again, trailing = await alice.called(request)
    assert (again, trailing[REPLAYED]) == (answer, "true")


async def test_a_cut_status_is_found_by_its_repetition(lossy: Lossy, alice: Caller) -> None:
    dialog = lossy.dialog("alice", "bob")
    message = lossy.store.add_message(TENANT, dialog, "bob", "hello").message_id
    before = lossy.store.marks.status_count(TENANT, message)
    request = marking(dialog, message)
    request.idempotency_key = "k"
    lossy.writes, lossy.reads = ["after"], [0.0, 503, 503, 503]
    failure = await alice.fails(request)
    assert failure.reason == pb.ErrorReason.IDEMPOTENCY_OUTCOME_UNKNOWN
    lossy.reads = []
    _, trailing = await alice.called(request)
    assert trailing[REPLAYED] == "true"
    assert lossy.store.marks.status_count(TENANT, message) == before + 1
    assert lossy.written() == 1


@pytest.mark.parametrize("fault", ["after", "before"])
async def test_a_cut_reaction_is_told_as_the_change_it_was(
    lossy: Lossy, alice: Caller, fault: str
) -> None:
    dialog = lossy.dialog("alice", "bob")
    message = lossy.store.add_message(TENANT, dialog, "bob", "hello").message_id
    lossy.writes = [fault]
    request = reacting(dialog, message)
    request.idempotency_key = "k"
    assert (await alice.call(request)).changed


async def test_a_replay_needs_the_write_permission(
    lossy: Lossy, client: Client, alice: Caller
) -> None:
    dialog = lossy.dialog("alice", "bob")
    message = lossy.store.add_message(TENANT, dialog, "bob", "hello").message_id
    reader = client.as_user("alice", key=READ_KEY)
    requests = (sending(dialog), marking(dialog, message), reacting(dialog, message))
    for request in requests:
        request.idempotency_key = "k"
        await alice.call(request)
    assert lossy.proofs() == 0
    for request in requests:
        failure = await reader.fails(request)
        assert failure.reason == pb.ErrorReason.PERMISSION_MISSING
        _, trailing = await alice.called(request)
        assert trailing[REPLAYED] == "true"
    # One proof counts for a while; a refusal is asked for anew.
    assert lossy.proofs() == len(requests) + 1
    assert lossy.written() == len(requests)


async def test_what_a_lost_store_finds_needs_the_write_permission_too(lossy: Lossy) -> None:
    dialog = lossy.dialog("alice")
    request = sending(dialog, idempotency_key="k")
    async with service(lossy) as client:
        await client.as_user("alice").call(request)
    async with service(lossy) as client:
        failure = await client.as_user("alice", key=READ_KEY).fails(request)
        assert failure.reason == pb.ErrorReason.PERMISSION_MISSING


async def test_without_a_key_nothing_is_repeated(lossy: Lossy, alice: Caller) -> None:
    dialog = lossy.dialog("alice")
    for fault in ("after", "before", 503):
        lossy.writes = [fault]
        failure = await alice.fails(sending(dialog, str(fault)))
        assert failure.reason == pb.ErrorReason.UPSTREAM_UNAVAILABLE
    assert lossy.written() == 3
    assert lossy.texts(dialog) == ["after"]


async def test_two_honest_messages_alike_both_arrive(lossy: Lossy, client: Client) -> None:
    dialog = lossy.dialog("alice")
    other = lossy.dialog("alice", tenant=OTHER_TENANT)
    alice, namesake = client.as_user("alice"), client.as_user("alice", tenant=OTHER_TENANT)
    await asyncio.gather(
        alice.call(sending(dialog)), alice.call(sending(dialog)), namesake.call(sending(other))
    )
    await alice.call(sending(dialog))
    assert lossy.written() == 4  # the guard refused none, or there would be repetitions
    assert lossy.texts(dialog) == ["x"] * 3
    assert lossy.texts(other, OTHER_TENANT) == ["x"]


async def test_answers_outlive_the_service(lossy: Lossy, tmp_path: Path) -> None:
    dialog = lossy.dialog("alice")
    request = sending(dialog, idempotency_key="k")
    for replayed in (False, True):
        async with service(lossy, idempotency_database=str(tmp_path / "keys.db")) as client:
            _, trailing = await client.as_user("alice").called(request)
            assert (REPLAYED in trailing) == replayed
    assert lossy.texts(dialog) == ["x"]


async def test_messages_outlive_a_lost_store(lossy: Lossy) -> None:
    dialog = lossy.dialog("alice")
    request = sending(dialog, idempotency_key="k")
    for replayed in (False, True):
        async with service(lossy, idempotency_database=":memory:") as client:
            _, trailing = await client.as_user("alice").called(request)
            assert (REPLAYED in trailing) == replayed
    assert lossy.texts(dialog) == ["x"]


async def test_a_store_that_is_away_refuses_or_lets_write_as_set(
    lossy: Lossy, redis: RedisServer
) -> None:
    dialog = lossy.dialog("alice")
    request = sending(dialog, idempotency_key="k")
    away = {"redis_url": redis.url, "redis_timeout": 0.2}
    async with service(lossy, **away) as client:
        alice = client.as_user("alice")
        failure = await alice.fails(request)
        assert failure.reason == pb.ErrorReason.IDEMPOTENCY_STORE_UNAVAILABLE
        assert lossy.written() == 0
        await alice.call(sending(dialog, "without a key"))
    async with service(lossy, **away, idempotency_on_store_failure="write") as client:
        alice = client.as_user("alice")
        first = await alice.call(request)
        again, trailing = await alice.called(request)
        assert again == first
        assert trailing[REPLAYED] == "true"
    assert sorted(lossy.texts(dialog)) == ["without a key", "x"]


async def test_two_services_on_one_redis_write_once(lossy: Lossy, redis: RedisServer) -> None:
    dialog = lossy.dialog("alice")
    redis.start()
    # As old as its keys: one that may have forgotten some has calls wait for the end of leases.
    redis.cli("set", "chat3:idempotency", "0")
    shared = {"redis_url": redis.url, "redis_timeout": HANGS}
    async with service(lossy, **shared) as one, service(lossy, **shared) as two:
        lossy.writes = [0.3]
        answers = await asyncio.gather(
            *(
                client.as_user("alice").call(sending(dialog, idempotency_key="k"))
                for client in (one, two) * 5
            )
        )
    assert len({answer.message.message_id for answer in answers}) == 1
    assert lossy.texts(dialog) == ["x"]
