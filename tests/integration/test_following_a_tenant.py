"""The stream of a whole tenant: who may open it, what it carries, and where it goes on."""

import asyncio
import itertools
import json
import secrets
import time
from collections.abc import Sequence
from typing import Any

import pytest
from grpclib.const import Status
from integration_vocabulary import Caller, Client, Subscription, sending

from chat3_api.chat3.tenant import v1 as pb
from chat3_api.chat3.user.v1 import ErrorReason, ResumeOutcome, StreamState, UpdateKind
from chat3_user.errors import reasons
from support.gateway import KEY, OTHER_TENANT, TENANT, Gateway, Upstream, run_gateway
from support.patience import HANGS
from support.rabbitmq import RabbitMQ
from support.scrape import scraped

COUNT = itertools.count()
TYPES = ("user", "crm.bot")


@pytest.fixture
def back_end(client: Client) -> Caller:
    return client.with_metadata({"x-api-key": KEY, "x-tenant-id": TENANT})


def following(token: str = "", **fields: Any) -> pb.SubscribeTenantUpdatesRequest:
    return pb.SubscribeTenantUpdatesRequest(resume_token=token, **fields)


async def publish(
    upstream: Upstream, user: str, *, tenant: str = TENANT, key: str = "new", event: str = ""
) -> str:
    """Publish an update under a key of either generation; return what names it in the tenant."""
    event = event or f"evt_{next(COUNT):032x}"
    body = {
        "tenantId": tenant,
        "userId": user,
        "entityId": user,
        "eventId": event,
        "sourceEventType": "user.changed",
        "updateType": "update.user",
        "data": {"user": {"userId": user, "type": "user", "meta": {}}},
    }
    kind = TYPES[len(user) % 2]
    words = [tenant, kind, user] if key == "new" else [kind, user]
    routing_key = ".".join(("update", "user", *words, "user"))
    now = int(time.time() * 1000)
    await upstream.publisher.publish(routing_key, json.dumps(body).encode(), {}, now)
    return f"{user}/{event}:update.user:{user}"


async def has(stream: Subscription, names: Sequence[str]) -> None:
    """Read as many updates; see that they are these."""
    got = []
    for _ in names:
        update = await stream.update()
        got.append(f"{update.user_id}/{update.update_id}")
    assert got == list(names)


@pytest.mark.parametrize("key", ["old", "new"])
async def test_everything_of_the_tenant_comes_and_nothing_of_another(
    back_end: Caller, upstream: Upstream, key: str
) -> None:
    async with back_end.subscribed(following()) as stream:
        assert stream.established.resume_outcome is ResumeOutcome.FRESH
        names = []
        for number in range(20):
            user = f"followed{number % 3}"
            await publish(upstream, user, tenant=OTHER_TENANT, key=key)
            names.append(await publish(upstream, user, key=key))
        await has(stream, names)


async def test_an_update_under_both_forms_of_key_comes_once(
    back_end: Caller, upstream: Upstream
) -> None:
    async with back_end.subscribed(following()) as stream:
        for form in ("old", "new"):
            twice = await publish(upstream, "alice", key=form, event="evt_of_both_forms")
        last = await publish(upstream, "alice")
        await has(stream, [twice, last])


async def test_a_message_is_an_update_for_every_member_with_one_event(
    back_end: Caller, alice: Caller, upstream: Upstream
) -> None:
    dialog = upstream.dialog("alice", "bob")
    kinds = [UpdateKind.MESSAGE_CREATED]
    async with back_end.subscribed(following(update_kinds=kinds, dialog_ids=[dialog])) as stream:
        for text in ("one", "two"):
            await alice.call(sending(dialog, text))
        updates = [await stream.update() for _ in range(4)]
    assert {update.kind for update in updates} == set(kinds)
    assert {update.dialog_id for update in updates} == {dialog}
    users: dict[str, set[str]] = {}
    for update in updates:
        users.setdefault(update.event_id, set()).add(update.user_id)
    assert list(users.values()) == [{"alice", "bob"}] * 2


@pytest.mark.timeout(600)
async def test_a_stream_goes_on_where_it_ended_on_another_worker(
    upstream: Upstream, rabbitmq: RabbitMQ
) -> None:
    log = {"rabbitmq_updates_log": f"log_{secrets.token_hex(4)}"}
    async with (
        run_gateway(upstream.url, rabbitmq.url, **log) as gateway,
        run_gateway(upstream.url, rabbitmq.url, **log) as other,
        Client(gateway.address) as here,
        Client(other.address) as there,
    ):
        callers = [each.as_user("nobody") for each in (here, there)]
        token, due = "", list[str]()
        for turn in range(6):
            async with callers[turn % 2].subscribed(following(token)) as stream:
                if turn:
                    assert stream.established.resume_outcome is ResumeOutcome.RESUMED
                due += [await publish(upstream, f"u{number}") for number in range(10)]
                read, due = due[:-5], due[-5:]
                await has(stream, read)
                token = stream.token
            due += [await publish(upstream, f"u{number}") for number in range(30)]


@pytest.mark.timeout(600)
async def test_a_lost_connection_to_the_broker_is_said_and_loses_nothing(
    back_end: Caller, upstream: Upstream, rabbitmq: RabbitMQ
) -> None:
    async with back_end.subscribed(following()) as stream:
        await has(stream, [await publish(upstream, "alice")])
        await asyncio.to_thread(rabbitmq.ctl, "close_all_connections", "a test")
        state = None
        while state is not StreamState.DEGRADED:
            heartbeat = (await stream.next()).heartbeat
            state = heartbeat and heartbeat.state
        names: list[str] = []
        async with asyncio.timeout(HANGS):
            while len(names) < 10:
                try:
                    # What was published although its connection was lost is the same update.
                    names.append(await publish(upstream, "alice", event=f"evt_{len(names)}"))
                except Exception:  # noqa: BLE001 - the publisher's connection is being renewed
                    await asyncio.sleep(0.1)
        await has(stream, names)


async def test_tokens_of_others_are_refused(
    back_end: Caller, client: Client, alice: Caller, upstream: Upstream
) -> None:
    upstream.dialog("alice")
    elsewhere = client.with_metadata({"x-api-key": KEY, "x-tenant-id": OTHER_TENANT})
    async with back_end.subscribed(following()) as stream, alice.subscribed() as own:
        tokens = stream.token, own.token
    for caller, token in ((elsewhere, tokens[0]), (back_end, tokens[1])):
        refused = await caller.fails(following(token))
        assert refused.reason is ErrorReason.RESUME_TOKEN_FOREIGN
        assert refused.status is Status.PERMISSION_DENIED
    assert (await back_end.fails(following("AQAA"))).reason is ErrorReason.RESUME_TOKEN_INVALID


@pytest.mark.timeout(600)
async def test_a_revoked_key_ends_the_stream(upstream: Upstream, rabbitmq: RabbitMQ) -> None:
    upstream.store.add_key("key-for-a-while", ("read",))
    async with (
        run_gateway(upstream.url, rabbitmq.url, stream_recheck_interval=0.5) as gateway,
        Client(gateway.address) as client,
    ):
        caller = client.as_user("nobody", key="key-for-a-while")
        async with caller.subscribed(following()) as stream:
            upstream.store.add_key("key-for-a-while", ())
            ended = await stream.failure()
    assert ended.reason is ErrorReason.PERMISSION_MISSING
    assert ended.metadata["resume_token"] == stream.token


async def test_a_worker_that_ends_says_where_to_go_on(
    back_end: Caller, gateway: Gateway, upstream: Upstream
) -> None:
    async with back_end.subscribed(following()) as stream:
        await has(stream, [await publish(upstream, "alice")])
        gateway.running.hub.tenants.end(lambda: reasons.shutting_down(0.1))
        ended = await stream.failure()
    assert ended.reason is ErrorReason.SHUTTING_DOWN
    assert ended.metadata["resume_token"] == stream.token


async def test_metrics_tell_of_streams_of_tenants(back_end: Caller, gateway: Gateway) -> None:
    async with back_end.subscribed(following()):
        told = await scraped(gateway.ops)
    assert told.value("chat3_streams_open", stream="tenant") == 1
    assert told.value("chat3_tenant_streams_behind") == 0
