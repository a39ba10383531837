"""Streams: live from the first response on, apart by tenant, counted at the broker."""

import asyncio
import json
import time
from collections import defaultdict
from contextlib import AsyncExitStack
from typing import Any
from urllib.parse import quote

import pytest
from integration_vocabulary import Caller, Client, Subscription, sending

from chat3_api.chat3.user import v1 as pb
from support.gateway import (
    KEY,
    NO_KEY,
    OTHER_TENANT,
    TENANT,
    WRITE_KEY,
    Gateway,
    Upstream,
    run_gateway,
)
from support.patience import HANGS
from support.rabbitmq import RabbitMQ

USERS = [f"user{number}" for number in range(400)]
CONNECTIONS = 20
SUBSCRIBERS = 1000


def an_update(tenant: str, user: str, event: str, **changes: Any) -> dict[str, Any]:
    return {
        "tenantId": tenant,
        "userId": user,
        "entityId": user,
        "eventId": event,
        "sourceEventType": "user.changed",
        "updateType": "update.user",
        "data": {"user": {"userId": user, "type": "user", "meta": {"of": f"{tenant}/{user}"}}},
        "published": False,
        "createdAt": "1795424735959.186035",
        **changes,
    }


async def publish(upstream: Upstream, user: str, document: dict[str, Any] | bytes) -> None:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    key = f"update.user.user.{user}.user"
    await upstream.publisher.publish(key, body, {}, int(time.time() * 1000))


@pytest.mark.timeout(600)
async def test_a_thousand_subscribers_at_once_get_everything_and_nothing_else(
    gateway: Gateway, upstream: Upstream, capsys: pytest.CaptureFixture[str]
) -> None:
    identities = [(tenant, user) for tenant in (TENANT, OTHER_TENANT) for user in USERS]
    for tenant, user in identities:
        upstream.store.add_user(tenant, user)
    # A hundred users have a second connection in each tenant.
    several = [*identities, *identities[:100], *identities[400:500]]
    assert len(several) == SUBSCRIBERS
    got: dict[tuple[str, str], list[list[str]]] = defaultdict(list)

    async with Client(gateway.address) as client, AsyncExitStack() as streams:
        channels = [client.connection() for _ in range(CONNECTIONS)]

        async def open_one(number: int) -> tuple[tuple[str, str], Subscription]:
            tenant, user = several[number]
            caller = client.as_user(user, tenant=tenant, channel=channels[number % CONNECTIONS])
            return several[number], await streams.enter_async_context(caller.subscribed())

        began = time.perf_counter()
        opened = await asyncio.gather(*(open_one(number) for number in range(SUBSCRIBERS)))
        established = time.perf_counter()
        # At once: the last stream was established this moment.
        for round_ in range(2):
            await asyncio.gather(
                *(
                    publish(upstream, user, an_update(tenant, user, f"{tenant}/{user}/{round_}"))
                    for tenant, user in identities
                )
            )

        async def read(identity: tuple[str, str], stream: Subscription) -> None:
            got[identity].append([(await stream.update()).event_id for _ in range(2)])

        await asyncio.gather(*(read(identity, stream) for identity, stream in opened))
        delivered = time.perf_counter()

    for (tenant, user), streams_of_user in got.items():
        assert len(streams_of_user) == several.count((tenant, user))
        expected = [f"{tenant}/{user}/0", f"{tenant}/{user}/1"]
        assert streams_of_user == [expected] * len(streams_of_user)
    with capsys.disabled():
        print(
            f"\n{SUBSCRIBERS} subscribers established in {established - began:.2f} s, "
            f"{2 * len(identities)} updates published and {2 * SUBSCRIBERS} deliveries read in "
            f"{delivered - established:.2f} s"
        )


async def test_one_worker_has_one_queue_and_no_binding_of_a_user(
    upstream: Upstream, rabbitmq: RabbitMQ
) -> None:
    upstream.dialog("alice", "bob")

    def worker_queues() -> set[str]:
        names = rabbitmq.ctl("list_queues", "name", "--no-table-headers").split()
        return {name for name in names if ".worker." in name}

    def bound(queue: str) -> set[str]:
        rows = rabbitmq.ctl(
            "list_bindings", "source_name", "destination_name", "routing_key", "--no-table-headers"
        ).splitlines()
        cells = [row.split("\t") for row in rows]
        return {key for name, to, key in cells if (name, to) == ("chat3_updates", queue)}

    # The queue of a worker that was killed outlives it for a while.
    others = await asyncio.to_thread(worker_queues)
    async with (
        run_gateway(upstream.url, rabbitmq.url) as gateway,
        Client(gateway.address) as client,
    ):
        (queue,) = await asyncio.to_thread(worker_queues) - others
        before = await asyncio.to_thread(bound, queue)
        async with client.as_user("alice").subscribed(), client.as_user("bob").subscribed():
            assert await asyncio.to_thread(worker_queues) - others == {queue}
            assert await asyncio.to_thread(bound, queue) == before == {"update.#", f"fence.{queue}"}
    assert queue not in await asyncio.to_thread(worker_queues)


async def test_a_user_whose_feed_expired_has_another(
    upstream: Upstream, rabbitmq: RabbitMQ
) -> None:
    upstream.dialog("alice", "bob")
    async with (
        run_gateway(upstream.url, rabbitmq.url, stream_grace=0.05) as gateway,
        Client(gateway.address) as client,
    ):
        for number in range(3):
            async with client.as_user("alice").subscribed() as stream:
                await publish(upstream, "alice", an_update(TENANT, "alice", f"evt_{number}"))
                assert (await stream.update()).event_id == f"evt_{number}"
            async with asyncio.timeout(HANGS):
                while gateway.running.hub._feeds:
                    await asyncio.sleep(0.01)


REFUSED_IDS = [
    *("*", "#", "a.b", "a*", "%2a", "%23", "%2E"),
    *("%00", "a%0Ab", "%7F", "%20", "%", "%zz", "%ff", "x" * 101),
]


@pytest.mark.parametrize("user", REFUSED_IDS)
async def test_user_ids_that_mean_more_than_one_user_are_refused(client: Client, user: str) -> None:
    refused = await client.as_user(user).fails(pb.SubscribeUpdatesRequest())
    assert refused.reason is pb.ErrorReason.INVALID_METADATA
    assert refused.metadata == {"key": "x-user-id"}
    assert list(refused.violations) == ["metadata.x-user-id"]


async def test_a_missing_user_id_is_refused(client: Client) -> None:
    nameless = client.with_metadata({"x-api-key": KEY, "x-tenant-id": TENANT})
    refused = await nameless.fails(pb.SubscribeUpdatesRequest())
    assert refused.reason is pb.ErrorReason.INVALID_METADATA
    assert list(refused.violations) == ["metadata.x-user-id"]


@pytest.mark.parametrize("user", ["a b", "a/b", "ä", "用户", "a%b", "a:b@c", "'\"<>"])
async def test_other_user_ids_travel_percent_encoded(
    client: Client, upstream: Upstream, user: str
) -> None:
    upstream.store.add_user(TENANT, user)
    async with client.as_user(quote(user, safe="")).subscribed() as stream:
        await publish(upstream, user, an_update(TENANT, user, "evt_1"))
        assert (await stream.update()).user_id == user


async def test_user_ids_are_lowered_at_the_edge(client: Client, upstream: Upstream) -> None:
    dialog = upstream.dialog("alice", "bob")
    shouting = client.as_user("ALICE")
    assert (await shouting.call(pb.GetUserDialogsRequest())).dialogs[0].dialog_id == dialog
    sent = await shouting.call(sending(dialog))
    assert sent.message.sender_id == "alice"
    assert sent.message.mine
    async with shouting.subscribed() as stream:
        await publish(upstream, "alice", an_update(TENANT, "alice", "evt_1"))
        assert (await stream.update()).user_id == "alice"


async def test_a_key_without_read_cannot_subscribe_although_users_are_shown(
    client: Client, upstream: Upstream
) -> None:
    upstream.dialog("alice")
    for key in (NO_KEY, WRITE_KEY):
        refused = await client.as_user("alice", key=key).fails(pb.SubscribeUpdatesRequest())
        assert refused.reason is pb.ErrorReason.PERMISSION_MISSING
        assert refused.metadata == {"permission": "read"}


async def test_permission_is_judged_before_the_user_exists(client: Client) -> None:
    nobody = client.as_user("nobody", key=NO_KEY)
    refused = await nobody.fails(pb.SubscribeUpdatesRequest())
    assert refused.reason is pb.ErrorReason.PERMISSION_MISSING


async def test_a_refused_stream_leaves_no_feed(gateway: Gateway, client: Client) -> None:
    await client.as_user("nobody").fails(pb.SubscribeUpdatesRequest())
    await client.as_user("alice", key="wrong").fails(pb.SubscribeUpdatesRequest())
    assert not gateway.running.hub._feeds


async def test_a_stream_ends_when_its_key_is_revoked(
    upstream: Upstream, rabbitmq: RabbitMQ
) -> None:
    upstream.dialog("alice")
    upstream.store.add_key("short-lived", ("read",))
    async with (
        run_gateway(upstream.url, rabbitmq.url, stream_recheck_interval=0.1) as gateway,
        Client(gateway.address) as client,
        client.as_user("alice", key="short-lived").subscribed() as stream,
    ):
        upstream.store.add_key("short-lived", ("read",), active=False)
        ended = await stream.failure()
    assert ended.reason is pb.ErrorReason.API_KEY_INVALID
    assert ended.metadata["resume_token"] == stream.token


async def test_a_stream_ends_when_its_user_is_removed(
    upstream: Upstream, rabbitmq: RabbitMQ
) -> None:
    upstream.store.add_user(TENANT, "alice")
    async with (
        run_gateway(upstream.url, rabbitmq.url, stream_recheck_interval=0.1) as gateway,
        Client(gateway.address) as client,
        client.as_user("alice").subscribed() as stream,
    ):
        upstream.store.users.remove(TENANT, "alice")
        ended = await stream.failure()
    assert ended.reason is pb.ErrorReason.USER_NOT_FOUND


async def test_filters_of_a_stream_let_pass_what_they_name(
    client: Client, upstream: Upstream, alice: Caller
) -> None:
    wanted, other = upstream.dialog("alice", "bob"), upstream.dialog("alice", "bob")
    bob = client.as_user("bob")
    async with bob.subscribed(
        update_kinds=[pb.UpdateKind.MESSAGE_CREATED, pb.UpdateKind.USER_CHANGED],
        dialog_ids=[wanted],
    ) as stream:
        await alice.call(pb.SendTypingIndicatorRequest(dialog_id=wanted))
        await alice.call(sending(other, "no"))
        await alice.call(sending(wanted, "yes"))
        update = await stream.update()
        assert update.message_created is not None
        assert update.message_created.message is not None
        assert update.message_created.message.content == "yes"
        # An update that belongs to no dialog passes.
        await publish(upstream, "bob", an_update(TENANT, "bob", "evt_user"))
        assert (await stream.update()).event_id == "evt_user"


async def test_a_silent_stream_beats(upstream: Upstream, client: Client) -> None:
    upstream.dialog("alice")
    beat = pb.SubscribeUpdatesRequest(heartbeat_interval=None).heartbeat_interval
    assert beat is None
    async with client.as_user("alice").subscribed() as stream:
        assert stream.established.heartbeat_interval is not None
        assert stream.established.heartbeat_interval.total_seconds() == 30
        assert stream.established.connection_id
        assert stream.established.resume_outcome is pb.ResumeOutcome.FRESH


async def test_a_client_that_resumes_gets_what_it_missed_first(
    client: Client, upstream: Upstream
) -> None:
    upstream.dialog("alice")
    alice = client.as_user("alice")
    async with alice.subscribed() as stream:
        await publish(upstream, "alice", an_update(TENANT, "alice", "evt_0"))
        await stream.update()
        token = stream.token
    for number in (1, 2):
        await publish(upstream, "alice", an_update(TENANT, "alice", f"evt_{number}"))
    async with alice.subscribed(resume_token=token) as stream:
        assert stream.established.resume_outcome is pb.ResumeOutcome.RESUMED
        assert [(await stream.update()).event_id for _ in range(2)] == ["evt_1", "evt_2"]


async def test_repeated_updates_are_delivered_once(client: Client, upstream: Upstream) -> None:
    upstream.dialog("alice")
    async with client.as_user("alice").subscribed() as stream:
        for event in ("evt_1", "evt_1", "evt_2"):
            await publish(upstream, "alice", an_update(TENANT, "alice", event))
        assert [(await stream.update()).event_id for _ in range(2)] == ["evt_1", "evt_2"]


async def test_one_event_gives_one_user_several_updates(client: Client, upstream: Upstream) -> None:
    upstream.dialog("alice")
    async with client.as_user("alice").subscribed() as stream:
        for kind in ("update.user", "update.dialog", "update.user"):
            document = an_update(TENANT, "alice", "evt_1", updateType=kind)
            await publish(upstream, "alice", document)
        sources = [(await stream.update()).source for _ in range(2)]
    kinds = [source.update_type for source in sources if source is not None]
    assert kinds == ["update.user", "update.dialog"]


async def test_tenant_decides_who_gets_an_update(client: Client, upstream: Upstream) -> None:
    upstream.dialog("alice")
    upstream.dialog("alice", tenant=OTHER_TENANT)
    here, there = (
        client.as_user("alice", tenant=tenant, key=KEY) for tenant in (TENANT, OTHER_TENANT)
    )
    async with here.subscribed() as ours, there.subscribed() as theirs:
        for number in range(3):
            await publish(upstream, "alice", an_update(OTHER_TENANT, "alice", f"evt_t{number}"))
        await publish(upstream, "alice", an_update(TENANT, "alice", "evt_o"))
        assert (await ours.update()).event_id == "evt_o"
        events = [(await theirs.update()).event_id for _ in range(3)]
    assert events == ["evt_t0", "evt_t1", "evt_t2"]
