"""Catching up without a stream, on RabbitMQ: complete, once, in pages, with the stream's tokens."""

import asyncio
import json
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

import aiormq
import pytest
from integration_vocabulary import Caller, Client

from chat3_api.chat3.user import v1 as pb
from chat3_user.updates.amqp.broker import AmqpBroker
from chat3_user.updates.fanout.catch_up import PAGE_BYTES
from support.gateway import NO_KEY, OTHER_TENANT, TENANT, Gateway, Upstream, run_gateway
from support.rabbitmq import RabbitMQ

DIALOGS = ("dlg_" + "a" * 20, "dlg_" + "b" * 20)


async def publish(
    upstream: Upstream,
    *events: int,
    user: str = "alice",
    tenant: str = TENANT,
    padding: int = 0,
    typing_in: str = "",
) -> None:
    """Publish an update for each event, each confirmed; typing in a dialog, or of the user."""
    data: dict[str, Any] = {"user": {"userId": user, "type": "user", "meta": {"x": "x" * padding}}}
    kind = "update.user"
    if typing_in:
        typing = {"userId": "bob", "expiresInMs": 5000, "timestamp": 1795424735959.0}
        data = {"dialog": {"dialogId": typing_in}, "typing": typing}
        kind = "update.dialog"
    for event in events:
        document = {
            "tenantId": tenant,
            "userId": user,
            "entityId": typing_in or user,
            "eventId": f"evt_{event:032x}",
            "sourceEventType": "dialog.typing" if typing_in else "user.update",
            "updateType": kind,
            "data": data,
            "createdAt": "1795424735959.186035",
        }
        body = json.dumps(document).encode()
        key = f"update.user.user.{user}.user"
        await upstream.publisher.publish(key, body, {}, int(time.time() * 1000))


def numbers(updates: list[pb.Update]) -> list[int]:
    return [int(update.event_id.removeprefix("evt_"), 16) for update in updates]


@dataclass
class Phone:
    """A client that keeps its token and what it has had."""

    caller: Caller
    token: str = ""
    got: list[int] = field(default_factory=list)

    async def asks(self, **more: Any) -> pb.ListUpdatesResponse:
        request = pb.ListUpdatesRequest(resume_token=self.token, **more)
        answer: pb.ListUpdatesResponse = await self.caller.call(request)
        self.token = answer.next_resume_token
        self.got += numbers(answer.updates)
        return answer

    async def catches_up(self, **more: Any) -> list[int]:
        """Ask until nothing waits; return the lengths of the pages."""
        lengths, waiting = [], True
        while waiting:
            answer = await self.asks(**more)
            lengths.append(len(answer.updates))
            waiting = answer.has_more
        return lengths


@pytest.fixture
async def phone(upstream: Upstream, alice: Caller) -> Phone:
    """A phone that knows the present."""
    for tenant, user in ((TENANT, "alice"), (OTHER_TENANT, "alice"), (TENANT, "bob")):
        if upstream.store.users.get(tenant, user) is None:
            upstream.store.add_user(tenant, user)
    made = Phone(alice)
    assert await made.asks() == pb.ListUpdatesResponse(next_resume_token=made.token)
    return made


@pytest.fixture
async def elsewhere(
    gateway: Gateway, upstream: Upstream, rabbitmq: RabbitMQ
) -> AsyncIterator[Client]:
    """Another worker on the same log."""
    broker = gateway.running.broker
    assert isinstance(broker, AmqpBroker)
    async with (
        run_gateway(upstream.url, rabbitmq.url, rabbitmq_updates_log=broker._log_queue) as other,
        Client(other.address) as client,
    ):
        yield client


def log_reads(gateway: Gateway) -> int:
    broker = gateway.running.broker
    assert isinstance(broker, AmqpBroker)
    return broker.log.entries_read


@pytest.mark.parametrize("size", [1, 3, 0])
async def test_all_that_was_missed_comes_once_and_in_order(
    upstream: Upstream, phone: Phone, size: int
) -> None:
    await publish(upstream, *range(20))
    lengths = await phone.catches_up(page_size=size)
    assert phone.got == list(range(20))
    assert max(lengths) <= (size or 100)
    assert await phone.catches_up() == [0]
    await publish(upstream, 20)
    await phone.catches_up()
    assert phone.got[20:] == [20]


async def test_what_was_confirmed_before_the_call_is_in_its_answer(
    upstream: Upstream, phone: Phone
) -> None:
    for number in range(30):
        await publish(upstream, number)
        answer = await phone.asks()
        assert (numbers(answer.updates), answer.has_more) == ([number], False)


async def test_a_stream_goes_on_where_a_catch_up_ended_and_the_other_way_round(
    upstream: Upstream, phone: Phone
) -> None:
    await publish(upstream, 0, 1, 2)
    await phone.asks(page_size=2)
    async with phone.caller.subscribed(resume_token=phone.token) as stream:
        assert numbers([await stream.update()]) == [2]
        await publish(upstream, 3)
        assert numbers([await stream.update()]) == [3]
        phone.token = stream.token
    await publish(upstream, 4, 5)
    await phone.catches_up()
    assert phone.got == [0, 1, 4, 5]


async def test_a_catch_up_on_another_worker_goes_on_with_the_same_token(
    upstream: Upstream, phone: Phone, elsewhere: Client
) -> None:
    there = elsewhere.as_user("alice")
    here = phone.caller
    async with here.subscribed() as stream:
        await publish(upstream, *range(20))
        for _ in range(20):
            await stream.update()
        phone.token = stream.token
    await publish(upstream, *range(20, 30))
    for caller in (there, here, there):
        phone.caller = caller
        await phone.asks(page_size=3)
    await phone.catches_up()
    assert phone.got == list(range(20, 30))


async def test_a_quick_catch_up_reads_nothing_of_the_log(
    upstream: Upstream, gateway: Gateway, phone: Phone
) -> None:
    async with phone.caller.subscribed() as stream:
        await publish(upstream, 0)
        await stream.update()
        phone.token = stream.token
    await publish(upstream, *range(1, 8))
    read = log_reads(gateway)
    await phone.catches_up(page_size=3)
    assert phone.got == list(range(1, 8))
    assert log_reads(gateway) == read


async def test_filters_hold_and_move_the_token(upstream: Upstream, phone: Phone) -> None:
    await publish(upstream, 0, 1)
    await publish(upstream, 2, typing_in=DIALOGS[0])
    await publish(upstream, 3, typing_in=DIALOGS[1])
    await publish(upstream, 4)
    start = phone.token
    wanted = {"update_kinds": [pb.UpdateKind.TYPING]}
    await phone.catches_up(page_size=1, **wanted)
    assert phone.got == [2, 3]
    assert await phone.catches_up() == [0]
    other = Phone(phone.caller, start)
    await other.catches_up(dialog_ids=[DIALOGS[1]])
    assert other.got == [0, 1, 3, 4]


async def test_tenants_and_users_are_apart(
    upstream: Upstream, client: Client, phone: Phone
) -> None:
    double, bob = Phone(client.as_user("alice", tenant=OTHER_TENANT)), Phone(client.as_user("bob"))
    await double.asks()
    await bob.asks()
    await publish(upstream, 0, tenant=OTHER_TENANT)
    await publish(upstream, 1, user="bob")
    await publish(upstream, 2)
    for each, expected in ((phone, [2]), (double, [0]), (bob, [1])):
        await each.catches_up()
        assert each.got == expected


async def test_an_answer_fits_what_clients_take(upstream: Upstream, phone: Phone) -> None:
    await publish(upstream, *range(40), padding=100_000)
    lengths = await phone.catches_up(page_size=1000)
    assert phone.got == list(range(40))
    assert max(lengths) * 100_000 <= PAGE_BYTES < 40 * 100_000


async def test_who_may_not_read_or_does_not_exist_learns_nothing(
    client: Client, phone: Phone
) -> None:
    request = pb.ListUpdatesRequest(resume_token=phone.token)
    without = await client.as_user("alice", key=NO_KEY).fails(request)
    assert without.reason is pb.ErrorReason.PERMISSION_MISSING
    nobody = await client.as_user("nobody").fails(pb.ListUpdatesRequest())
    assert nobody.reason is pb.ErrorReason.USER_NOT_FOUND


async def test_foreign_and_broken_tokens_are_refused(client: Client, phone: Phone) -> None:
    foreign = await client.as_user("bob").fails(pb.ListUpdatesRequest(resume_token=phone.token))
    assert foreign.reason is pb.ErrorReason.RESUME_TOKEN_FOREIGN
    for broken in ("x", phone.token[:-1], phone.token + "A", "A" * 1024):
        failure = await phone.caller.fails(pb.ListUpdatesRequest(resume_token=broken))
        assert failure.reason is pb.ErrorReason.RESUME_TOKEN_INVALID
    long = await phone.caller.fails(pb.ListUpdatesRequest(resume_token="A" * 1025))
    assert long.reason is pb.ErrorReason.INVALID_FIELD
    wide = await phone.caller.fails(pb.ListUpdatesRequest(page_size=1001))
    assert wide.violations.keys() == {"page_size"}


async def test_a_deadline_ends_a_call_and_nothing_else(
    upstream: Upstream, gateway: Gateway, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The log hangs for one; the next one does not wait for what that one waited for."""
    await publish(upstream, 0)
    log = gateway.running.broker.log
    end, hanging = log.end, asyncio.Event()

    async def slow() -> Any:
        await hanging.wait()
        return await end()

    monkeypatch.setattr(log, "end", slow)
    failed = await phone.caller.fails(pb.ListUpdatesRequest(resume_token=phone.token), timeout=0.5)
    assert failed.reason is pb.ErrorReason.DEADLINE_EXCEEDED
    hanging.set()
    await phone.catches_up()
    assert phone.got == [0]


async def test_a_log_that_was_deleted_is_a_gap_and_the_present_behind_it(
    upstream: Upstream, rabbitmq: RabbitMQ
) -> None:
    upstream.dialog("alice", "bob")
    name = f"log_{secrets.token_hex(4)}"
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(
            run_gateway(upstream.url, rabbitmq.url, rabbitmq_updates_log=name)
        )
        client = await stack.enter_async_context(Client(first.address))
        phone = Phone(client.as_user("alice"))
        await phone.asks()
        await publish(upstream, 0)
        await phone.asks()
        async with await aiormq.connect(rabbitmq.url) as connection:
            channel = await connection.channel()
            await channel.queue_delete(name)
        second = await stack.enter_async_context(
            run_gateway(upstream.url, rabbitmq.url, rabbitmq_updates_log=name)
        )
        client = await stack.enter_async_context(Client(second.address))
        phone.caller = client.as_user("alice")
        answer = await phone.asks()
        assert answer.gap is not None
        assert answer.gap.reason in {pb.GapReason.LOG_REPLACED, pb.GapReason.EXPIRED}
        assert (answer.updates, answer.has_more) == ([], False)
        await publish(upstream, 1)
        answer = await phone.asks()
        assert (answer.gap, phone.got) == (None, [0, 1])
