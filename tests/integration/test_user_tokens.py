"""Apps that call with a token: who they are, what they may, and how it ends."""

import time
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
from edge_vocabulary import DIALOGS, SUBSCRIBE, RawClient, headers
from grpclib.const import Status
from grpclib.exceptions import GRPCError
from health_vocabulary import Observed
from integration_vocabulary import CARDINALITY, Caller, Client, sending

from chat3_api.chat3.tenant import v1 as tenant_pb
from chat3_api.chat3.user import v1 as pb
from chat3_user.calls.service import TENANT as TENANT_SERVICE
from chat3_user.health import Status as ReadinessStatus
from chat3_user.methods import METHODS, tenant, user
from support.all_cases import CASES
from support.gateway import KEY, OTHER_TENANT, READ_KEY, TENANT, Gateway, Upstream, run_gateway
from support.method_cases import ACTOR, Scene
from support.scrape import scraped
from support.tokens import Issuer, bearer, token

pytestmark = pytest.mark.broker("in_process")

Reason = pb.ErrorReason
SOON = (2, 8, 30)
"""Seconds for which a token lives that is to end: on a busy machine the first are over too soon."""
GET_MYSELF = "/chat3.user.v1.UserService/GetMyself"
IDENTITY = {"x-api-key": KEY, "x-tenant-id": TENANT, "x-user-id": "alice"}


@pytest.fixture
def back_end(client: Client) -> Caller:
    return client.with_metadata({"x-api-key": KEY, "x-tenant-id": TENANT})


async def app_of(client: Client, back_end: Caller, name: str, **more: Any) -> Caller:
    """Return an app of a user, which has its token from the back end."""
    created = await back_end.call(tenant_pb.CreateUserTokenRequest(user_id=name, **more))
    return client.with_metadata(bearer(created.token))


async def outcomes(gateway: Gateway) -> dict[str, float]:
    """Return how many tokens had which outcome."""
    found = (await scraped(gateway.ops)).by("chat3_bearer_tokens_total")
    return {dict(labels)["outcome"]: value for labels, value in found.items()}


@pytest.mark.parametrize("name", user.METHODS)
async def test_every_method_of_a_user_takes_a_token(
    client: Client, upstream: Upstream, name: str
) -> None:
    scene = Scene(upstream)
    assert scene.dialog
    app = client.with_metadata(bearer(token(ACTOR)))
    if type(METHODS[name]) in CARDINALITY:
        async with app.subscribed() as stream:
            assert stream.established
    else:
        assert await app.call(CASES[name](scene)) is not None


@pytest.mark.parametrize("beside", [{}, {"x-api-key": KEY, "x-tenant-id": TENANT}])
@pytest.mark.parametrize("name", [method.label for method in tenant.METHODS.values()])
async def test_no_method_of_a_back_end_takes_a_token(
    client: Client, upstream: Upstream, name: str, beside: dict[str, str]
) -> None:
    assert METHODS[name].service is TENANT_SERVICE
    app = client.with_metadata({**bearer(token(ACTOR)), **beside})
    refused = await app.fails(CASES[name](Scene(upstream)))
    assert (refused.status, refused.reason) == (Status.PERMISSION_DENIED, Reason.TOKEN_NOT_ACCEPTED)
    assert refused.metadata == {"because": "service"}


async def test_a_token_stands_for_one_user_of_one_tenant(
    client: Client, back_end: Caller, upstream: Upstream
) -> None:
    dialog = upstream.dialog("alice", "bob")
    elsewhere = upstream.dialog("alice", tenant=OTHER_TENANT)
    app = await app_of(client, back_end, "ALICE")
    sent = await app.call(sending(dialog, "from a phone"))
    assert sent.message.sender_id == "alice"
    assert (await app.fails(sending(elsewhere))).reason is Reason.NOT_A_MEMBER
    listed = await app.call(pb.GetUserDialogsRequest())
    assert [each.dialog_id for each in listed.dialogs] == [dialog]


async def test_a_token_may_what_its_api_key_may(client: Client, upstream: Upstream) -> None:
    dialog = upstream.dialog("alice")
    reading = client.with_metadata({"x-api-key": READ_KEY, "x-tenant-id": TENANT})
    app = await app_of(client, reading, "alice")
    assert await app.call(pb.GetUserDialogsRequest())
    assert (await app.fails(sending(dialog))).reason is Reason.PERMISSION_MISSING


async def test_a_token_lives_as_long_as_asked_and_an_hour_otherwise(
    back_end: Caller, upstream: Upstream
) -> None:
    upstream.dialog("alice")
    for asked, lives in ((None, 3600), (timedelta(seconds=60), 60), (timedelta(days=1), 86_400)):
        request = tenant_pb.CreateUserTokenRequest(user_id="alice", ttl=asked)
        before = time.time()
        created = await back_end.call(request)
        assert before - 1 + lives <= created.expire_time.timestamp() <= time.time() + lives
    for seconds in (0, 59, 86_401, -60):
        request = tenant_pb.CreateUserTokenRequest(user_id="alice", ttl=timedelta(seconds=seconds))
        assert (await back_end.fails(request)).violations == {"ttl": "60 to 86400 seconds"}


async def test_who_calls_learns_when_the_token_ends(
    back_end: Caller, client: Client, gateway: Gateway, upstream: Upstream
) -> None:
    upstream.dialog("alice")
    created = await back_end.call(tenant_pb.CreateUserTokenRequest(user_id="alice"))
    by_token = await client.with_metadata(bearer(created.token)).call(pb.GetMyselfRequest())
    by_key = await client.as_user("alice").call(pb.GetMyselfRequest())
    assert by_token.credential == pb.Credential(
        kind=pb.CredentialKind.USER_TOKEN, expire_time=created.expire_time
    )
    assert by_key.credential == pb.Credential(kind=pb.CredentialKind.API_KEY)
    assert replace(by_token, credential=by_key.credential) == by_key
    async with (
        aiohttp.ClientSession(f"http://{gateway.address}") as session,
        session.post(GET_MYSELF, json={}, headers=bearer(created.token)) as answer,
    ):
        said = (await answer.json())["credential"]
    ends = f"{created.expire_time:%Y-%m-%dT%H:%M:%SZ}"
    assert said == {"kind": "CREDENTIAL_KIND_USER_TOKEN", "expireTime": ends}


async def test_an_unknown_user_gets_no_token(back_end: Caller) -> None:
    refused = await back_end.fails(tenant_pb.CreateUserTokenRequest(user_id="nobody"))
    assert refused.reason is Reason.USER_NOT_FOUND


@pytest.mark.parametrize("key", IDENTITY)
async def test_a_token_beside_another_identity_is_ambiguous(client: Client, key: str) -> None:
    app = client.with_metadata({**bearer(token()), key: IDENTITY[key]})
    refused = await app.fails(pb.GetUserDialogsRequest())
    assert refused.reason is Reason.INVALID_METADATA
    assert refused.violations == {f"metadata.{key}": "not sent beside a bearer token"}


async def test_two_tokens_are_ambiguous_and_a_request_id_is_checked_along(
    gateway: Gateway,
) -> None:
    sent = [field for field in headers(DIALOGS) if not field[0].startswith("x-")]
    async with await RawClient.open(gateway.running.grpc_port) as raw:
        authorization = ("authorization", f"Bearer {token()}")
        answer = await raw.call([*sent, authorization, authorization])
        assert (answer.reason, answer.info.metadata["key"]) == ("INVALID_METADATA", "authorization")
        answer = await raw.call([*sent, authorization, ("x-request-id", "a b")])
        assert (answer.reason, answer.info.metadata["key"]) == ("INVALID_METADATA", "x-request-id")
        answer = await raw.call([*sent, authorization, ("x-request-id", "mine")])
        assert (answer.status, answer.headers["x-request-id"]) == (0, "mine")


@pytest.mark.parametrize(
    "value",
    ["Bearer", "BEARER x", "bearer  x", "Bearer a b", "Bearer Bearer", f"Bearer {'x' * 8000}"],
)
async def test_a_bearer_without_a_token_that_could_be_one_is_invalid(
    gateway: Gateway, value: str
) -> None:
    sent = [field for field in headers(DIALOGS) if not field[0].startswith("x-")]
    async with await RawClient.open(gateway.running.grpc_port) as raw:
        answer = await raw.call([*sent, ("authorization", value)])
    assert (answer.status, answer.reason) == (16, "TOKEN_INVALID")


async def test_a_token_is_read_in_its_header_alone(client: Client) -> None:
    text = token()
    for name in ("x-access-token", "cookie", "proxy-authorization"):
        refused = await client.with_metadata({name: f"Bearer {text}"}).fails(
            pb.GetUserDialogsRequest()
        )
        assert refused.reason is Reason.API_KEY_MISSING


async def test_authorization_of_another_scheme_is_for_somebody_else(
    client: Client, upstream: Upstream
) -> None:
    upstream.dialog("alice")
    other = {"authorization": "Basic dXNlcjpwYXNz"}
    caller = client.with_metadata({**other, **IDENTITY})
    assert await caller.call(pb.GetUserDialogsRequest())
    refused = await client.with_metadata(other).fails(pb.GetUserDialogsRequest())
    assert refused.reason is Reason.API_KEY_MISSING


async def test_a_token_ends_with_the_api_key_behind_it(client: Client, upstream: Upstream) -> None:
    upstream.dialog("alice")
    upstream.store.add_key("short-lived", ("read", "write"))
    reading = client.with_metadata({"x-api-key": "short-lived", "x-tenant-id": TENANT})
    app = await app_of(client, reading, "alice")
    assert await app.call(pb.GetUserDialogsRequest())
    upstream.store.add_key("short-lived", ("read", "write"), active=False)
    refused = await app.fails(pb.GetUserDialogsRequest())
    assert (refused.status, refused.reason) == (Status.UNAUTHENTICATED, Reason.TOKEN_REVOKED)
    assert "get a new token" in refused.message


@pytest.mark.broker("rabbitmq")
async def test_a_stream_ends_with_its_token_and_goes_on_with_the_next(
    client: Client, upstream: Upstream
) -> None:
    dialog = upstream.dialog("alice", "bob")
    bob = client.as_user("bob")
    created = [pb.UpdateKind.MESSAGE_CREATED]
    for seconds in SOON:
        soon = client.with_metadata(bearer(token(seconds=seconds)))
        with suppress(GRPCError):
            async with soon.subscribed(update_kinds=created) as stream:
                await bob.call(sending(dialog, "before"))
                texts = [(await stream.update()).message_created.message.content]
                ended = await stream.failure()
            break
    assert (ended.status, ended.reason) == (Status.UNAUTHENTICATED, Reason.TOKEN_EXPIRED)
    await bob.call(sending(dialog, "between"))
    fresh = client.with_metadata(bearer(token()))
    async with fresh.subscribed(
        resume_token=ended.metadata["resume_token"], update_kinds=created
    ) as stream:
        assert stream.established.resume_outcome is pb.ResumeOutcome.RESUMED
        await bob.call(sending(dialog, "after"))
        texts += [(await stream.update()).message_created.message.content for _ in range(2)]
    assert texts == ["before", "between", "after"]


@pytest.mark.parametrize(
    "name", [name for name in user.METHODS if type(METHODS[name]) in CARDINALITY]
)
async def test_every_stream_of_a_user_ends_with_its_token(
    client: Client, upstream: Upstream, name: str
) -> None:
    scene = Scene(upstream)
    assert scene.dialog
    request = CASES[name](scene)
    for seconds in SOON:
        ended = await client.with_metadata(bearer(token(ACTOR, seconds=seconds))).ends(request)
        assert ended.reason is Reason.TOKEN_EXPIRED
        if "resume_token" in ended.metadata:
            break
    assert ended.metadata["resume_token"]


async def test_an_open_stream_ends_when_the_key_behind_its_token_is_revoked(
    upstream: Upstream, broker_url: str
) -> None:
    upstream.dialog("alice")
    upstream.store.add_key("short-lived", ("read",))
    async with (
        run_gateway(upstream.url, broker_url, stream_recheck_interval=0.1) as gateway,
        Client(gateway.address) as client,
        client.with_metadata(bearer(token(key="short-lived"))).subscribed() as stream,
    ):
        upstream.store.add_key("short-lived", ("read",), active=False)
        ended = await stream.failure()
        assert ended.reason is Reason.TOKEN_REVOKED
        resumed = {"resume_token": ended.metadata["resume_token"]}
        async with client.with_metadata(bearer(token())).subscribed(**resumed) as again:
            assert again.established.resume_outcome is pb.ResumeOutcome.RESUMED


async def test_a_client_that_reads_nothing_is_ended_with_its_token_too(
    gateway: Gateway, upstream: Upstream
) -> None:
    upstream.dialog("alice")
    sent = [field for field in headers(SUBSCRIBE) if not field[0].startswith("x-")]
    async with await RawClient.open(gateway.running.grpc_port) as raw:
        raw.h2.update_settings({4: 0})
        raw.flush()
        for seconds in SOON:
            answer = await raw.call([*sent, ("authorization", f"Bearer {token(seconds=seconds)}")])
            assert answer.reason == "TOKEN_EXPIRED"
            if "resume_token" in answer.info.metadata:
                break
    assert answer.info.metadata["resume_token"]


async def test_a_resume_token_is_of_the_user_and_not_of_the_token(
    client: Client, upstream: Upstream
) -> None:
    upstream.dialog("alice", "bob")
    async with client.as_user("alice").subscribed() as stream:
        resume_token = stream.token
    request = pb.SubscribeUpdatesRequest(resume_token=resume_token)
    foreign = await client.with_metadata(bearer(token("bob"))).fails(request)
    assert foreign.reason is Reason.RESUME_TOKEN_FOREIGN


async def test_rates_and_keys_of_repetition_are_those_of_the_proved_user(
    upstream: Upstream, broker_url: str
) -> None:
    dialog = upstream.dialog("alice", "bob")
    async with (
        run_gateway(upstream.url, broker_url, rate_limit_user_write="2/hour") as gateway,
        Client(gateway.address) as client,
    ):
        request = sending(dialog, idempotency_key="k")
        first = await client.as_user("alice").call(request)
        again = await client.with_metadata(bearer(token("alice"))).call(request)
        assert again.message.message_id == first.message.message_id
        for sent in (bearer(token("alice")), bearer(token("alice", seconds=200)), IDENTITY):
            refused = await client.with_metadata(sent).fails(request)
            assert refused.reason is Reason.RATE_LIMITED
            assert refused.metadata["subject"] == "user"
        assert await client.with_metadata(bearer(token("bob"))).call(sending(dialog))


async def test_what_is_decided_about_tokens_is_counted(
    gateway: Gateway, client: Client, back_end: Caller, upstream: Upstream
) -> None:
    upstream.dialog("alice")
    app = await app_of(client, back_end, "alice")
    for _ in range(3):
        await app.call(pb.GetUserDialogsRequest())
    await app.fails(tenant_pb.ListUsersRequest())
    for text in ("x", "x", token(created_at=0)):
        await client.with_metadata(bearer(text)).fails(pb.GetUserDialogsRequest())
    assert await outcomes(gateway) == {
        "accepted": 3,
        "token_not_accepted": 1,
        "token_invalid": 2,
        "token_expired": 1,
    }


@pytest.fixture
async def issuer() -> AsyncIterator[Issuer]:
    async with Issuer().running() as issuer:
        yield issuer


async def test_tokens_of_a_customers_issuer_are_accepted_beside_our_own(
    issuer: Issuer, upstream: Upstream, broker_url: str
) -> None:
    dialog = upstream.dialog("alice")
    async with (
        run_gateway(upstream.url, broker_url, **issuer.settings()) as gateway,
        Client(gateway.address) as client,
    ):
        for text in (issuer.signed(), token()):
            listed = await client.with_metadata(bearer(text)).call(pb.GetUserDialogsRequest())
            assert [each.dialog_id for each in listed.dialogs] == [dialog]
        bob = client.with_metadata(bearer(issuer.signed(sub="bob")))
        assert (await bob.fails(sending(dialog))).reason is Reason.NOT_A_MEMBER
        assert issuer.asked == 1


async def test_a_token_that_nearly_lasts_for_ever_ends_with_the_last_year(
    issuer: Issuer, upstream: Upstream, broker_url: str
) -> None:
    upstream.dialog("alice")
    async with (
        run_gateway(upstream.url, broker_url, **issuer.settings()) as gateway,
        Client(gateway.address) as client,
    ):
        lasting = client.with_metadata(bearer(issuer.signed(exp=10**30)))
        ends = (await lasting.call(pb.GetMyselfRequest())).credential.expire_time
        assert ends == datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)


async def test_a_key_that_the_issuer_takes_up_counts_at_once(
    issuer: Issuer, upstream: Upstream, broker_url: str
) -> None:
    upstream.dialog("alice")
    async with (
        run_gateway(upstream.url, broker_url, **issuer.settings()) as gateway,
        Client(gateway.address) as client,
    ):
        issuer.add("two")
        rotated = client.with_metadata(bearer(issuer.signed(by="two")))
        assert await rotated.call(pb.GetUserDialogsRequest())
        assert issuer.asked == 2


@pytest.mark.health_row("token_issuer_keys", "not_read")
async def test_an_issuer_that_is_away_ends_nothing_and_is_told_to_operators(
    issuer: Issuer, upstream: Upstream, broker_url: str
) -> None:
    upstream.dialog("alice")
    issuer.status = 503
    async with (
        run_gateway(upstream.url, broker_url, **issuer.settings()) as gateway,
        Client(gateway.address) as client,
    ):
        refused = await client.with_metadata(bearer(issuer.signed())).fails(
            pb.GetUserDialogsRequest()
        )
        assert refused.reason is Reason.UPSTREAM_UNAVAILABLE
        assert refused.retry_after > 0
        assert await client.with_metadata(bearer(token())).call(pb.GetUserDialogsRequest())
        state = await Observed(gateway.running).down("token_issuer_keys", "not_read")
        assert state.status is ReadinessStatus.DEGRADED
        told = await scraped(gateway.ops)
        assert told.value("chat3_token_issuer_key_reads_total", outcome="failed")


async def test_an_issuer_speaks_for_its_tenants_alone(
    issuer: Issuer, upstream: Upstream, broker_url: str
) -> None:
    upstream.dialog("alice")
    settings = issuer.settings(token_issuer_tenants=TENANT)
    async with (
        run_gateway(upstream.url, broker_url, **settings) as gateway,
        Client(gateway.address) as client,
    ):
        own = client.with_metadata(bearer(issuer.signed()))
        assert await own.call(pb.GetUserDialogsRequest())
        other = client.with_metadata(bearer(issuer.signed(tenant_id=OTHER_TENANT)))
        refused = await other.fails(pb.GetUserDialogsRequest())
        assert refused.reason is Reason.TOKEN_NOT_ACCEPTED
        assert refused.metadata == {"because": "tenant"}
