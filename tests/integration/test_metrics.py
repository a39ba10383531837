"""A whole service moves its metrics, and no label grows with users or tenants."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest
from edge_vocabulary import RawClient
from http1_vocabulary import request as http1_request
from http1_vocabulary import wire
from idempotency_vocabulary import lossy_platform
from integration_vocabulary import (
    Caller,
    Client,
    Scripted,
    marking,
    sending,
)
from watch_vocabulary import watching

from chat3_api.chat3.tenant import v1 as tenant
from chat3_api.chat3.user import v1 as pb
from chat3_embedded.generations import NEWEST
from chat3_embedded.settings import Settings
from chat3_embedded.steps import CutAfter
from chat3_user.metrics import Metrics
from support.gateway import (
    KEY,
    OTHER_TENANT,
    TENANT,
    Gateway,
    Upstream,
    run_gateway,
)
from support.moving import moves, series
from support.patience import HANGS
from support.rabbitmq import RabbitMQ
from support.scrape import scraped
from support.tokens import bearer


@pytest.fixture
def metrics(gateway: Gateway) -> Metrics:
    return gateway.running.metrics


@pytest.fixture
def back_end(client: Client) -> Caller:
    return client.with_metadata({"x-api-key": KEY, "x-tenant-id": TENANT})


async def until(metrics: Metrics, name: str, at_least: float, **labels: str) -> None:
    """Wait until the series of a name that have these labels have come so far together."""
    async with asyncio.timeout(HANGS):
        while _value(metrics, name, **labels) < at_least:
            await asyncio.sleep(0.01)


def _value(metrics: Metrics, name: str, **labels: str) -> float:
    return sum(
        value
        for (of, has), value in series(metrics).items()
        if of == name and labels.items() <= has
    )


async def test_a_call_moves_what_counts_calls_connections_and_requests(
    metrics: Metrics, gateway: Gateway, upstream: Upstream
) -> None:
    upstream.dialog("alice", "bob")
    with moves(
        metrics,
        "rpc_server_call_duration_seconds",
        "chat3_calls_total",
        "http_client_request_duration_seconds",
        "chat3_connections_open",
        "chat3_connections_opened_total",
    ):
        async with Client(gateway.address) as client:
            await client.as_user("alice").call(pb.GetUserDialogsRequest())
            assert _value(metrics, "chat3_connections_open", network_protocol_version="2") == 1
            missing = pb.GetMessageRequest(message_id="msg_" + "0" * 20)
            failed = await client.as_user("alice").fails(missing)
            with moves(metrics, "chat3_connections_ended_total"):
                client.connection().close()
                client._channels[0].close()
                await until(metrics, "chat3_connections_ended_total", 1, cause="client")
            await client.as_user("alice", channel=client.connection()).call(
                pb.GetUserDialogsRequest()
            )
    method = "chat3.user.v1.UserService/GetUserDialogs"
    found = await scraped(gateway.ops)
    assert found.value("rpc_server_call_duration_seconds_count", rpc_method=method) == 2
    assert found.value("chat3_calls_total", error_type=failed.reason.name) == 1
    templates = found.by("http_client_request_duration_seconds_count")
    assert all("alice" not in dict(labels)["url_template"] for labels in templates)


async def test_what_is_under_way_is_read_at_a_scrape(
    scripted: Scripted, rabbitmq: RabbitMQ
) -> None:
    answer = asyncio.Event()

    async def held(_: Any) -> Any:
        await answer.wait()
        raise asyncio.CancelledError

    scripted.answer = held
    async with (
        run_gateway(scripted.url, rabbitmq.url) as gateway,
        Client(gateway.address) as client,
    ):
        metrics = gateway.running.metrics
        with moves(metrics, "chat3_calls_open", "http_client_active_requests"):
            call = asyncio.create_task(client.as_user("alice").fails(pb.GetMyselfRequest()))
            await until(metrics, "http_client_active_requests", 1)
        call.cancel()
        await asyncio.wait({call})
        async with asyncio.timeout(HANGS):
            while _value(metrics, "http_client_active_requests"):
                await asyncio.sleep(0.01)
        assert _value(metrics, "chat3_calls_open") == 0
        answer.set()


async def test_a_stream_moves_what_counts_updates(
    metrics: Metrics, gateway: Gateway, upstream: Upstream, alice: Caller, bob: Caller
) -> None:
    dialog = upstream.dialog("alice", "bob")
    with moves(
        metrics,
        "chat3_streams_open",
        "chat3_users_subscribed",
        "chat3_streams_begun_total",
        "chat3_updates_delivered_total",
        "chat3_update_lag_seconds",
        "messaging_client_consumed_messages_total",
        "chat3_buffered_bytes",
    ):
        async with bob.subscribed() as stream:
            await alice.call(sending(dialog))
            await stream.update_of(pb.UpdateKind.MESSAGE_CREATED)
            assert _value(metrics, "chat3_streams_open", stream="user") == 1
            token = stream.token
            found = series(metrics)
    delivered = _value(metrics, "chat3_updates_delivered_total", stream="user", path="live")
    assert delivered == _value(metrics, "chat3_update_lag_seconds_count") >= 1
    # The update was written after the platform had made it, and before this test gave up.
    assert 0 <= _value(metrics, "chat3_update_lag_seconds_sum") < HANGS * delivered
    assert found[("chat3_users_subscribed", frozenset())] == 1
    # What another stream of the user got is there to be replayed, and does not come live.
    async with bob.subscribed() as witness:
        await alice.call(sending(dialog))
        await witness.update_of(pb.UpdateKind.MESSAGE_CREATED)
    with moves(metrics, "chat3_replays_total", "chat3_updates_delivered_total"):
        async with bob.subscribed(resume_token=token) as stream:
            await stream.update_of(pb.UpdateKind.MESSAGE_CREATED)
    assert _value(metrics, "chat3_replays_total", replayed_from="memory") == 1
    assert _value(metrics, "chat3_updates_delivered_total", path="replayed") >= 1
    # What a client had missed is no lag.
    assert _value(metrics, "chat3_update_lag_seconds_count") <= _value(
        metrics, "chat3_updates_delivered_total", path="live"
    )
    assert _value(metrics, "chat3_streams_begun_total", outcome="RESUMED") == 1


async def test_a_stream_that_resumes_from_the_log_says_so(
    gateway: Gateway, upstream: Upstream, rabbitmq: RabbitMQ, alice: Caller, bob: Caller
) -> None:
    dialog = upstream.dialog("alice", "bob")
    log = gateway.running.broker._log_queue  # type: ignore[attr-defined]
    async with bob.subscribed() as stream:
        token = stream.token
    await alice.call(sending(dialog))
    async with (
        run_gateway(upstream.url, rabbitmq.url, rabbitmq_updates_log=log) as other,
        Client(other.address) as client,
    ):
        metrics = other.running.metrics
        with moves(
            metrics,
            "chat3_updates_log_entries_read_total",
            "chat3_updates_log_read_seconds",
            "chat3_replays_total",
        ):
            async with client.as_user("bob").subscribed(resume_token=token) as again:
                await again.update_of(pb.UpdateKind.MESSAGE_CREATED)
        assert _value(metrics, "chat3_replays_total", replayed_from="log") == 1


async def test_streams_of_many_users_and_of_tenants_are_told_apart(
    metrics: Metrics, gateway: Gateway, upstream: Upstream, back_end: Caller
) -> None:
    upstream.dialog("alice", "bob")
    hub = gateway.running.hub
    with moves(metrics, "chat3_watched_users", "chat3_watched_users_dropped_total"):
        async with watching(back_end) as watcher:
            await watcher.watch("alice", "bob")
            assert _value(metrics, "chat3_watched_users") == 2
            assert _value(metrics, "chat3_streams_open", stream="watch") == 1
            (watch,) = hub.watches
            watch.drop(watch.users["bob"], pb.ErrorReason.SLOW_CONSUMER)
            await watcher.sees(lambda: "bob" in watcher.dropped)
            assert _value(metrics, "chat3_watched_users") == 1
    async with back_end.subscribed(tenant.SubscribeTenantUpdatesRequest()):
        assert _value(metrics, "chat3_streams_open", stream="tenant") == 1
        (follower,) = hub.tenants._open
        with moves(metrics, "chat3_tenant_streams_behind"):
            follower.lost()
    begun = "chat3_streams_begun_total"
    assert _value(metrics, begun, stream="watch", outcome="FRESH") == 2
    assert _value(metrics, begun, stream="tenant", outcome="FRESH") == 1


async def test_an_update_that_cannot_be_read_is_counted(
    metrics: Metrics, upstream: Upstream
) -> None:
    with moves(metrics, "chat3_updates_unreadable_total"):
        await upstream.publisher.publish("update.user.user.alice.user", b"{}", {}, 0)
        await until(metrics, "chat3_updates_unreadable_total", 1)


async def test_a_broker_that_goes_and_comes_back_is_counted(
    upstream: Upstream, rabbitmq: RabbitMQ
) -> None:
    async with run_gateway(upstream.url, rabbitmq.url) as gateway:
        metrics, broker = gateway.running.metrics, gateway.running.broker
        session = broker._session  # type: ignore[attr-defined]
        with moves(metrics, "chat3_broker_live", "chat3_broker_sessions_total"):
            session.end("the test says so")
            await until(metrics, "chat3_broker_sessions_total", 1, event="lost")
        await until(metrics, "chat3_broker_sessions_total", 2, event="begun")
        await until(metrics, "chat3_broker_live", 1)
        with moves(metrics, "chat3_updates_log_available"):
            broker.log_problem = "the log was deleted"  # type: ignore[attr-defined]


async def test_a_platform_that_is_down_moves_retries_and_the_circuit(
    scripted: Scripted, rabbitmq: RabbitMQ
) -> None:
    scripted.says({}, status=503)
    settings = {"tenant_api_circuit_failures": 40, "tenant_api_retry_budget": 0.0}
    async with (
        run_gateway(scripted.url, rabbitmq.url, **settings) as gateway,
        Client(gateway.address) as client,
    ):
        metrics = gateway.running.metrics
        with moves(
            metrics,
            "http_client_request_duration_seconds",
            "chat3_upstream_retries_total",
            "chat3_upstream_circuit_open",
            "chat3_upstream_circuit_openings_total",
            "chat3_upstream_circuit_refusals_total",
        ):
            for _ in range(60):
                await client.as_user("alice").fails(pb.GetUserDialogsRequest())
        for outcome in ("sent", "over_budget"):
            assert _value(metrics, "chat3_upstream_retries_total", outcome=outcome)
        seconds = "http_client_request_duration_seconds_count"
        assert _value(metrics, seconds, error_type="503") == sum(
            path.startswith("/api/") for _, path, _ in scripted.asked
        )


async def test_writes_with_a_key_are_counted_by_what_became_of_them(
    metrics: Metrics, upstream: Upstream, alice: Caller
) -> None:
    dialog = upstream.dialog("alice", "bob")
    with moves(metrics, "chat3_idempotent_writes_total", "db_client_operation_duration_seconds"):
        await alice.call(sending(dialog, "x", idempotency_key="k"))
        await alice.call(sending(dialog, "x", idempotency_key="k"))
        await alice.fails(sending(dialog, "y", idempotency_key="k"))
        await alice.fails(sending("dlg_" + "0" * 20, "y", idempotency_key="other"))
    writes = "chat3_idempotent_writes_total"
    for outcome in ("written", "replayed", "key_reused", "failed"):
        assert _value(metrics, writes, outcome=outcome) == 1, outcome
    operations = "db_client_operation_duration_seconds_count"
    assert _value(metrics, operations, db_operation_name="claim", db_system_name="sqlite") >= 4


async def test_rates_and_tokens_are_counted_by_decision(
    upstream: Upstream, rabbitmq: RabbitMQ
) -> None:
    upstream.dialog("alice", "bob")
    async with (
        run_gateway(upstream.url, rabbitmq.url, rate_limit_user_read="2/hour") as gateway,
        Client(gateway.address) as client,
    ):
        metrics = gateway.running.metrics
        back_end = client.with_metadata({"x-api-key": KEY, "x-tenant-id": TENANT})
        with moves(
            metrics,
            "chat3_rate_decisions_total",
            "chat3_bearer_tokens_total",
            "chat3_user_tokens_issued_total",
        ):
            created = await back_end.call(tenant.CreateUserTokenRequest(user_id="alice"))
            app = client.with_metadata(bearer(created.token))
            for _ in range(2):
                await app.call(pb.GetMyselfRequest())
            await app.fails(pb.GetMyselfRequest())
        rates = "chat3_rate_decisions_total"
        assert _value(metrics, rates, subject="user", kind="read", decision="allowed") == 2
        assert _value(metrics, rates, subject="user", kind="read", decision="refused") == 1


async def test_what_is_refused_before_it_is_a_call_is_counted(
    metrics: Metrics, gateway: Gateway
) -> None:
    with moves(metrics, "chat3_refused_total", "chat3_connections_ended_total"):
        reader, writer = await asyncio.open_connection("127.0.0.1", gateway.running.grpc_port)
        writer.write(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\xff" * 64)
        async with asyncio.timeout(HANGS):
            await reader.read()
        writer.close()
        await until(metrics, "chat3_connections_ended_total", 1, cause="broken_rule")


@asynccontextmanager
async def answered_twice(gateway: Gateway) -> AsyncIterator[None]:
    """Clients over both versions of HTTP, both of which were answered."""
    async with wire(gateway.running.grpc_port) as http1, Client(gateway.address) as client:
        http1.send(http1_request())
        await http1.answer()
        await client.as_user("alice").fails(pb.GetMyselfRequest())
        yield


async def test_connections_that_grow_old_end_by_age(scripted: Scripted) -> None:
    scripted.says(status=404)
    opened, still_open = "chat3_connections_opened_total", "chat3_connections_open"
    async with (
        run_gateway(scripted.url, "", connection_max_age=0.3) as gateway,
        wire(gateway.running.grpc_port) as http1,
        await RawClient.open(gateway.running.grpc_port),
    ):
        # Its version is known by then; on a busy machine an answer could come too late.
        http1.send(http1_request())
        metrics = gateway.running.metrics
        await until(metrics, "chat3_connections_ended_total", 2, cause="age")
        for version in ("1.1", "2"):
            assert _value(metrics, opened, network_protocol_version=version) == 1
            assert _value(metrics, still_open, network_protocol_version=version) == 0


async def test_connections_that_a_service_asks_to_go_end_by_drain(scripted: Scripted) -> None:
    scripted.says(status=404)
    async with AsyncExitStack() as clients:
        async with run_gateway(scripted.url, "") as gateway:
            await clients.enter_async_context(answered_twice(gateway))
        metrics = gateway.running.metrics
        assert _value(metrics, "chat3_connections_ended_total", cause="drain") == 2


async def test_a_connection_too_many_is_refused_and_was_never_open(scripted: Scripted) -> None:
    scripted.says(status=404)
    async with (
        run_gateway(scripted.url, "", connections_max=2) as gateway,
        answered_twice(gateway),
        wire(gateway.running.grpc_port) as third,
    ):
        metrics = gateway.running.metrics
        third.send(http1_request())
        await third.closed()
        assert _value(metrics, "chat3_refused_total", kind="connection_limit") == 1
        assert _value(metrics, "chat3_connections_opened_total") == 2
        assert _value(metrics, "chat3_connections_ended_total") == 0


async def test_what_was_cut_off_and_found_again_is_counted() -> None:
    created = pb.CreateDialogRequest(member_ids=["bob"], idempotency_key="k")
    async with cut(CutAfter("dialog event")) as (metrics, alice, *_):
        with moves(metrics, "chat3_creations_finished_total"):
            await alice.call(created)
    async with cut(CutAfter("message event")) as (metrics, alice, dialog, _):
        with moves(metrics, "chat3_message_repairs_total"):
            await alice.call(sending(dialog, idempotency_key="k"))
    async with cut(CutAfter(1)) as (metrics, alice, dialog, message):
        marked = marking(dialog, message)
        marked.idempotency_key = "k"
        with moves(metrics, "chat3_changes_unshown_total"):
            await alice.call(marked)


@asynccontextmanager
async def cut(step: CutAfter) -> AsyncIterator[tuple[Metrics, Caller, str, str]]:
    """A service whose platform is cut in the middle of a write; alice, her dialog and message."""
    async with lossy_platform(Settings(platform=NEWEST, after_step=step)) as lossy:
        dialog = lossy.dialog("alice", "bob")
        message = lossy.store.add_message(TENANT, dialog, "alice", "one").message_id
        settings = {"idempotency_settle": 0.5}
        async with (
            run_gateway(lossy.url, "", **settings) as gateway,
            Client(gateway.address) as client,
        ):
            yield gateway.running.metrics, client.as_user("alice"), dialog, message


async def test_no_label_grows_with_users_dialogs_or_tenants(
    metrics: Metrics, client: Client, upstream: Upstream
) -> None:
    async def play(name: str, in_tenant: str) -> None:
        dialog = upstream.dialog(name, f"{name}-friend", tenant=in_tenant)
        caller = client.as_user(name, tenant=in_tenant)
        back_end = client.with_metadata({"x-api-key": KEY, "x-tenant-id": in_tenant})
        async with caller.subscribed() as stream, watching(back_end) as watcher:
            await watcher.watch(name)
            sent = await caller.call(sending(dialog, idempotency_key=name))
            await stream.update_of(pb.UpdateKind.MESSAGE_CREATED)
            await caller.call(pb.GetDialogMessagesRequest(dialog_id=dialog))
            await caller.call(marking(dialog, sent.message.message_id))
            await caller.fails(pb.GetMessageRequest(message_id=f"msg_{name:0<20.20}"))
        created = await back_end.call(tenant.CreateUserTokenRequest(user_id=name))
        await client.with_metadata(bearer(created.token)).call(pb.GetMyselfRequest())
        async with caller.subscribed(resume_token=stream.token):
            pass

    await play("first", TENANT)
    # Some series appear by chance of timing: what a second user adds is no growth with users.
    await play("second", OTHER_TENANT)
    known = series(metrics).keys()
    for number in range(12):
        await play(f"user{number}", (TENANT, OTHER_TENANT)[number % 2])
    now = series(metrics).keys()
    assert {name for name, _ in now - known} == set()
    values = {value for _, labels in now for _, value in labels}
    assert not any(text in value for value in values for text in ("user1", TENANT, OTHER_TENANT))
