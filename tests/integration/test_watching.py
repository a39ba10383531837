"""One stream for many users: added, removed, resumed and refused while updates flow."""

import asyncio
import itertools
import json
import secrets
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import pytest
from grpclib.exceptions import ProtocolError, StreamTerminatedError
from integration_vocabulary import Caller, Client, platform
from watch_vocabulary import Watcher, watching

from chat3_api.chat3.user.v1 import ErrorReason, ResumeOutcome, StreamState
from chat3_user.errors import reasons
from support.gateway import KEY, OTHER_TENANT, TENANT, Gateway, Upstream, run_gateway
from support.patience import HANGS
from support.rabbitmq import RabbitMQ

USERS = [f"watched{number}" for number in range(1000)]
COUNT = itertools.count()


@pytest.fixture
def back_end(client: Client) -> Caller:
    return client.with_metadata({"x-api-key": KEY, "x-tenant-id": TENANT})


async def publish(
    upstream: Upstream,
    user: str,
    count: int = 1,
    *,
    tenant: str = TENANT,
    padding: int = 0,
    event: str = "",
) -> list[str]:
    """Publish updates for a user, of new events unless one is named; return their ids."""
    ids = []
    for _ in range(count):
        event = event or f"evt_{next(COUNT):032x}"
        body: dict[str, Any] = {
            "tenantId": tenant,
            "userId": user,
            "entityId": user,
            "eventId": event,
            "sourceEventType": "user.changed",
            "updateType": "update.user",
            "data": {"user": {"userId": user, "type": "user", "meta": {"x": "x" * padding}}},
        }
        await upstream.publisher.publish(
            f"update.user.user.{user}.user", json.dumps(body).encode(), {}, int(time.time() * 1000)
        )
        ids.append(f"{event}:update.user:{user}")
        event = ""
    return ids


async def published(
    upstream: Upstream, users: Sequence[str], wanted: Mapping[str, list[str]]
) -> None:
    """Publish an update for each of the users at once; add their ids to what is ``wanted``."""
    for user, ids in zip(
        users, await asyncio.gather(*(publish(upstream, user) for user in users)), strict=True
    ):
        wanted[user].extend(ids)


def known(upstream: Upstream, users: Sequence[str], tenant: str = TENANT) -> None:
    for user in users:
        upstream.store.add_user(tenant, user)


async def has(watcher: Watcher, user: str, ids: Sequence[str]) -> None:
    """Wait until a user has these updates, and see that nothing else came."""
    await watcher.sees(lambda: len(watcher.updates[user]) >= len(ids))
    assert watcher.ids(user) == list(ids)


@pytest.mark.timeout(600)
async def test_a_thousand_users_come_and_go_while_updates_flow(
    back_end: Caller, upstream: Upstream
) -> None:
    known(upstream, USERS)
    wanted: dict[str, list[str]] = {user: [] for user in USERS}
    staying, leaving = USERS[:500], USERS[500:]
    async with watching(back_end) as watcher:
        await watcher.applied(await watcher.send(USERS))
        assert set(watcher.outcomes.values()) == {ResumeOutcome.FRESH}
        await published(upstream, USERS, wanted)
        await watcher.sees(lambda: all(watcher.updates[user] for user in USERS))
        goes = await watcher.send(unwatch=leaving)
        await published(upstream, staying, wanted)
        await watcher.applied(goes)
        gone = {user: len(watcher.updates[user]) for user in leaving}
        await published(upstream, USERS, wanted)
        for user in staying:
            await has(watcher, user, wanted[user])
        assert {user: len(watcher.updates[user]) for user in leaving} == gone
        back = await watcher.applied(
            await watcher.send({user: watcher.tokens[user] for user in leaving})
        )
        assert {watched.resume_outcome for watched in back.watched} == {ResumeOutcome.RESUMED}
        await published(upstream, USERS, wanted)
        for user in USERS:
            await has(watcher, user, wanted[user])
        assert not watcher.gaps
        assert not watcher.dropped


@pytest.mark.timeout(600)
async def test_two_streams_on_two_workers_hand_users_over_with_their_tokens(
    upstream: Upstream, rabbitmq: RabbitMQ
) -> None:
    users = USERS[:200]
    known(upstream, users)
    log = {"rabbitmq_updates_log": f"log_{secrets.token_hex(4)}"}
    async with (
        run_gateway(upstream.url, rabbitmq.url, **log) as gateway,
        run_gateway(upstream.url, rabbitmq.url, **log) as other,
        Client(gateway.address) as here,
        Client(other.address) as there,
    ):
        first, second = here.as_user("x"), there.as_user("x")
        async with watching(first) as one, watching(second) as two:
            await one.applied(await one.send(users))
            wanted = {user: await publish(upstream, user, 2) for user in users}
            for user in users:
                await has(one, user, wanted[user])
            moving = users[:100]
            await one.applied(await one.send(unwatch=moving))
            later = {user: await publish(upstream, user, 2) for user in users}
            answer = await two.applied(await two.send({user: one.tokens[user] for user in moving}))
            outcomes = {watched.resume_outcome for watched in answer.watched}
            assert outcomes == {ResumeOutcome.RESUMED}
            for user in moving:
                await has(two, user, later[user])
                assert one.ids(user) == wanted[user]
            for user in users[100:]:
                await has(one, user, wanted[user] + later[user])


@pytest.mark.timeout(600)
async def test_a_lost_connection_to_the_broker_loses_nothing_for_anybody(
    back_end: Caller, upstream: Upstream, rabbitmq: RabbitMQ
) -> None:
    users = USERS[:100]
    known(upstream, users)
    async with watching(back_end) as watcher:
        await watcher.applied(await watcher.send(users))
        wanted = {user: await publish(upstream, user) for user in users}
        await asyncio.to_thread(rabbitmq.ctl, "close_all_connections", "a test")
        async with asyncio.timeout(HANGS):
            while not any(
                response.heartbeat is not None and response.heartbeat.state is StreamState.DEGRADED
                for response in watcher.responses
            ):
                await asyncio.sleep(0.01)
        for user in users:
            wanted[user] += await _published_somehow(upstream, user)
        for user in users:
            await has(watcher, user, wanted[user])
        assert not watcher.gaps


async def _published_somehow(upstream: Upstream, user: str) -> list[str]:
    """Publish, the same again where the publisher's own connection was closed."""
    event = f"evt_{next(COUNT):032x}"
    while True:
        try:
            return await publish(upstream, user, event=event)
        except Exception:  # noqa: BLE001 - the publisher's connection is being renewed
            await asyncio.sleep(0.1)


async def test_a_batch_is_applied_whole_or_not_at_all(back_end: Caller, upstream: Upstream) -> None:
    known(upstream, USERS[:5])
    ann, bob, cid = USERS[:3]
    async with watching(back_end) as watcher:
        await watcher.watch(ann)
        ghost = await watcher.refused(await watcher.send([bob, "nobody"], unwatch=[ann]))
        assert (ghost.reason, ghost.user_id) == (ErrorReason.USER_NOT_FOUND, "nobody")
        twice = await watcher.refused(await watcher.send([bob, ann]))
        assert twice.reason is ErrorReason.INVALID_FIELD
        assert [rule.field for rule in twice.broken_rules] == ["watch[1].user_id"]
        damaged = await watcher.refused(await watcher.send({bob: "", cid: "nonsense"}))
        assert (damaged.reason, damaged.user_id) == (ErrorReason.RESUME_TOKEN_INVALID, cid)
        foreign = await watcher.refused(await watcher.send({bob: watcher.tokens[ann]}))
        assert (foreign.reason, foreign.user_id) == (ErrorReason.RESUME_TOKEN_FOREIGN, bob)
        broken = await watcher.refused(
            await watcher.send([bob, bob.upper(), "a.b"], unwatch=["x" * 101], heartbeat=1)
        )
        assert {rule.field for rule in broken.broken_rules} == {
            *("watch[1].user_id", "watch[2].user_id", "unwatch[0]", "heartbeat_interval")
        }
        ids = await publish(upstream, ann)
        await publish(upstream, bob)
        await has(watcher, ann, ids)
        await watcher.watch(bob.upper())
        more = await publish(upstream, bob)
        await has(watcher, bob, more)


async def test_who_owns_custom_data_only_is_a_ghost(back_end: Caller, upstream: Upstream) -> None:
    await platform(upstream, "PUT", "/meta/user/onlymeta/a", {"value": 1})
    async with watching(back_end) as watcher:
        refused = await watcher.refused(await watcher.send(["onlymeta"]))
        assert refused.reason is ErrorReason.USER_NOT_FOUND


@pytest.mark.parametrize(
    "user", ["ж", "a b", "x,(y)&z", "123", "true", "null", "[a]", 'a"b', "a%41", "1795424735959"]
)
async def test_a_user_of_any_name_is_watched(
    back_end: Caller, upstream: Upstream, user: str
) -> None:
    known(upstream, [user])
    async with watching(back_end) as watcher:
        await watcher.watch(user)
        await has(watcher, user, await publish(upstream, user))


async def test_a_user_of_another_tenant_is_not_seen(back_end: Caller, upstream: Upstream) -> None:
    known(upstream, ["same"])
    known(upstream, ["same", "elsewhere"], OTHER_TENANT)
    async with watching(back_end) as watcher:
        refused = await watcher.refused(await watcher.send(["elsewhere"]))
        assert refused.reason is ErrorReason.USER_NOT_FOUND
        await watcher.watch("same")
        await publish(upstream, "same", tenant=OTHER_TENANT)
        await has(watcher, "same", await publish(upstream, "same"))


async def test_tokens_are_those_of_a_users_own_stream(
    back_end: Caller, client: Client, upstream: Upstream
) -> None:
    known(upstream, ["ann"])
    async with watching(back_end) as watcher:
        await watcher.watch("ann")
        await has(watcher, "ann", await publish(upstream, "ann"))
    missed = await publish(upstream, "ann")
    own = client.as_user("ann")
    async with own.subscribed(resume_token=watcher.tokens["ann"]) as stream:
        assert (await stream.update()).update_id == missed[0]
        token = stream.token
    missed = await publish(upstream, "ann")
    async with watching(back_end) as watcher:
        await watcher.watch(ann=token)
        await has(watcher, "ann", missed)


async def test_a_client_that_says_no_more_keeps_its_stream(
    back_end: Caller, upstream: Upstream
) -> None:
    known(upstream, ["ann"])
    async with watching(back_end) as watcher:
        await watcher.watch("ann")
        await watcher.half_close()
        await has(watcher, "ann", await publish(upstream, "ann"))


async def test_a_silent_user_has_heartbeats_with_tokens_that_resume(
    back_end: Caller, upstream: Upstream
) -> None:
    known(upstream, ["ann", "bob"])
    async with watching(back_end) as watcher:
        await watcher.applied(await watcher.send(["ann", "bob"], heartbeat=5))
        # One user who talks does not keep the other's token from moving on.
        while not watcher.beats["bob"]:
            await publish(upstream, "ann")
            await asyncio.sleep(0.5)
        assert not watcher.beats["ann"]
    missed = await publish(upstream, "bob")
    async with watching(back_end) as watcher2:
        await watcher2.watch(bob=watcher.tokens["bob"])
        await has(watcher2, "bob", missed)


@pytest.mark.timeout(600)
async def test_a_deleted_user_is_dropped_and_a_revoked_key_ends_the_stream(
    upstream: Upstream, rabbitmq: RabbitMQ
) -> None:
    known(upstream, ["ann", "bob"])
    upstream.store.add_key("short-lived", ("read",))
    async with (
        run_gateway(upstream.url, rabbitmq.url, stream_recheck_interval=0.5) as gateway,
        Client(gateway.address) as client,
        watching(client.as_user("x", key="short-lived")) as watcher,
    ):
        await watcher.watch("ann", "bob")
        await platform(upstream, "DELETE", "/users/ann")
        await watcher.sees(lambda: "ann" in watcher.dropped)
        assert watcher.dropped["ann"].reason is ErrorReason.USER_NOT_FOUND
        await has(watcher, "bob", await publish(upstream, "bob"))
        upstream.store.add_key("short-lived", ("read",), active=False)
        assert (await watcher.ends()).reason is ErrorReason.API_KEY_INVALID


async def test_a_stream_watches_no_more_users_than_it_may(
    upstream: Upstream, rabbitmq: RabbitMQ
) -> None:
    known(upstream, USERS[:4])
    async with (
        run_gateway(upstream.url, rabbitmq.url, watch_users=3) as gateway,
        Client(gateway.address) as client,
        watching(client.as_user("x")) as watcher,
    ):
        await watcher.watch(*USERS[:3])
        full = await watcher.refused(await watcher.send([USERS[3]]))
        assert full.reason is ErrorReason.TOO_MANY_STREAMS
        await watcher.applied(await watcher.send([USERS[3]], unwatch=[USERS[0]]))


async def test_requests_are_spent_from_the_keys_rate(
    upstream: Upstream, rabbitmq: RabbitMQ
) -> None:
    known(upstream, USERS[:2])
    async with (
        run_gateway(upstream.url, rabbitmq.url, rate_limit_key_subscribe="2/hour") as gateway,
        Client(gateway.address) as client,
        watching(client.as_user("x")) as watcher,
    ):
        await watcher.watch(USERS[0])
        await watcher.watch(USERS[1])
        refused = await watcher.refused(await watcher.send(unwatch=[USERS[1]]))
        assert refused.reason is ErrorReason.RATE_LIMITED
        assert refused.retry_delay is not None
        await has(watcher, USERS[1], await publish(upstream, USERS[1]))


async def test_a_worker_that_ends_says_so(upstream: Upstream, rabbitmq: RabbitMQ) -> None:
    known(upstream, ["ann"])
    async with (
        run_gateway(upstream.url, rabbitmq.url) as gateway,
        Client(gateway.address) as client,
        watching(client.as_user("x")) as watcher,
    ):
        await watcher.watch("ann")
        gateway.running.hub.end_streams(lambda: reasons.shutting_down(1.0))
        assert (await watcher.ends()).reason is ErrorReason.SHUTTING_DOWN


async def test_a_flood_of_requests_ends_its_own_stream_only(
    client: Client, upstream: Upstream
) -> None:
    known(upstream, ["ann"])
    caller = client.as_user("x")
    async with watching(caller) as quiet, watching(caller) as loud:
        await quiet.watch("ann")
        await asyncio.gather(*(loud.send(["nobody"]) for _ in range(500)), return_exceptions=True)
        assert (await loud.ends()).reason is ErrorReason.OVERLOADED
        await has(quiet, "ann", await publish(upstream, "ann"))


async def test_answers_do_not_pile_up_for_a_client_that_does_not_read(
    gateway: Gateway, client: Client, upstream: Upstream
) -> None:
    known(upstream, USERS)
    connection = client.connection(
        http2_connection_window_size=65_535, http2_stream_window_size=65_535
    )
    caller = client.as_user("x", channel=connection)
    # grpclib does not like the end of a stream in the middle of a message.
    with suppress(ProtocolError):
        async with watching(caller) as watcher:
            watcher.reading.clear()
            hub = gateway.running.hub
            await watcher.refused(await watcher.send(["nobody"]))
            # The answer to this one does not fit into the client's window.
            await watcher.send(USERS)
            most = 0
            # What it sends ahead becomes too much.
            async with asyncio.timeout(HANGS):
                while hub.watches:
                    most = max(most, *(len(watch._notices) for watch in hub.watches))
                    with suppress(StreamTerminatedError):
                        await watcher.send(["nobody"])
                    await asyncio.sleep(0.01)
            assert most <= 2


@pytest.mark.timeout(600)
async def test_a_client_that_reads_slowly_loses_those_with_the_most_waiting_and_no_update(
    upstream: Upstream, rabbitmq: RabbitMQ
) -> None:
    known(upstream, ["loud", *USERS[:20]])
    async with (
        run_gateway(upstream.url, rabbitmq.url, watch_buffer_bytes=65_536) as gateway,
        Client(gateway.address) as client,
    ):
        connection = client.connection(
            http2_connection_window_size=65_535, http2_stream_window_size=65_535
        )
        caller = client.as_user("x", channel=connection)
        async with watching(caller) as watcher:
            await watcher.watch("loud", *USERS[:20])
            watcher.reading.clear()
            wanted = {user: await publish(upstream, user) for user in USERS[:20]}
            loud = await publish(upstream, "loud", 60, padding=4000)
            for user in USERS[:20]:
                wanted[user] += await publish(upstream, user)
            hub = gateway.running.hub
            (watch,) = hub.watches
            async with asyncio.timeout(HANGS):
                while "loud" in watch.users:
                    await asyncio.sleep(0.01)
            assert watch.buffered <= 65_536
            watcher.reading.set()
            await watcher.sees(lambda: "loud" in watcher.dropped)
            assert watcher.dropped["loud"].reason is ErrorReason.SLOW_CONSUMER
            for user in USERS[:20]:
                await has(watcher, user, wanted[user])
            await watcher.watch(loud=watcher.tokens["loud"])
            await has(watcher, "loud", loud)
            assert not watcher.gaps


async def test_metrics_tell_of_watched_users(
    gateway: Gateway, back_end: Caller, upstream: Upstream
) -> None:
    known(upstream, ["ann", "bob"])
    async with watching(back_end) as watcher:
        await watcher.watch("ann", "bob")
        hub = gateway.running.hub
        assert hub.stream_count == 1
        assert [len(watch.users) for watch in hub.watches] == [2]
    async with asyncio.timeout(HANGS):
        while hub.watches:
            await asyncio.sleep(0.01)
    assert all(not feed.subscriptions for feed in hub._feeds)
