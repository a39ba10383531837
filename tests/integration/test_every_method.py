"""What holds for every method, whatever it does: each is tried by its case."""

from typing import Any

import pytest
from grpclib.const import Status
from integration_vocabulary import DIALOG, Caller, Client, Scripted

from chat3_api.chat3.user import v1 as pb
from chat3_user.calls.service import TENANT, USER
from chat3_user.limits.rates import KINDS
from chat3_user.methods import METHODS, Bidi, Keyed, Streaming
from support.all_cases import CASES
from support.gateway import KEY, NO_KEY, READ_KEY, Upstream, run_gateway
from support.gateway import TENANT as TENANT_ID
from support.method_cases import ACTOR, Scene
from support.ports import free_port

pytestmark = pytest.mark.broker("in_process")

Reason = pb.ErrorReason
REPLAYED = "idempotency-replayed"
READS = ("read", "subscribe")
CASE_FILE = {
    USER: "support/method_cases.py",
    TENANT: "support/tenant_method_cases.py",
}

every_method = pytest.mark.parametrize("name", METHODS)
every_keyed_method = pytest.mark.parametrize(
    "name", [name for name, method in METHODS.items() if isinstance(method, Keyed)]
)
every_method_of_a_dialog = pytest.mark.parametrize(
    "name",
    [
        name
        for name, method in METHODS.items()
        if method.service is USER and "dialog_id" in method.rules
    ],
)
every_method_of_the_back_end = pytest.mark.parametrize(
    "name", [name for name, method in METHODS.items() if method.service is TENANT]
)


def case(name: str, upstream: Upstream, other: str = "bob") -> Any:
    """Return alice's call of a method; she exists, whatever it is about."""
    assert name in CASES, f"{CASE_FILE[METHODS[name].service]} has no case for {name}"
    scene = Scene(upstream, other)
    assert scene.dialog
    return CASES[name](scene)


async def answer(caller: Caller, name: str, request: Any) -> Any:
    """Return the answer; of a stream, what it begins with, or what it answers to a request."""
    if isinstance(METHODS[name], Bidi):
        return (await caller.conversed(request))[-1]
    if isinstance(METHODS[name], Streaming):
        async with caller.subscribed(request) as stream:
            return stream.first
    return await caller.call(request)


@every_method
def test_every_method_has_its_case(name: str) -> None:
    assert name in CASES, f"{CASE_FILE[METHODS[name].service]} has no case for {name}"


def test_no_case_is_of_a_method_that_the_contract_lacks() -> None:
    assert CASES.keys() <= METHODS.keys()


@every_method
async def test_an_honest_call_is_answered(alice: Caller, upstream: Upstream, name: str) -> None:
    request = case(name, upstream)
    assert isinstance(request, METHODS[name].request)
    assert await answer(alice, name, request) is not None


@every_method
async def test_a_key_without_permissions_is_refused(
    client: Client, upstream: Upstream, name: str
) -> None:
    refused = await client.as_user(ACTOR, key=NO_KEY).fails(case(name, upstream))
    assert refused.status is Status.PERMISSION_DENIED
    assert refused.reason is Reason.PERMISSION_MISSING


@every_method
async def test_a_key_that_may_only_read_may_read_and_not_write(
    client: Client, upstream: Upstream, name: str
) -> None:
    reader, request = client.as_user(ACTOR, key=READ_KEY), case(name, upstream)
    if METHODS[name].kind in READS:
        assert await answer(reader, name, request) is not None
    else:
        refused = await reader.fails(request)
        assert refused.reason is Reason.PERMISSION_MISSING
        assert refused.metadata["permission"] != "read"


@every_method
async def test_a_wrong_key_is_told(client: Client, upstream: Upstream, name: str) -> None:
    wrong = await client.as_user(ACTOR, key="wrong").fails(case(name, upstream))
    assert wrong.status is Status.UNAUTHENTICATED
    assert wrong.reason is Reason.API_KEY_INVALID


@every_method
async def test_an_unknown_tenant_is_told(client: Client, upstream: Upstream, name: str) -> None:
    missing = await client.as_user(ACTOR, tenant="tnt_none").fails(case(name, upstream))
    assert missing.status is Status.NOT_FOUND
    assert missing.reason is Reason.TENANT_NOT_FOUND
    assert missing.metadata == {"tenant_id": "tnt_none"}


@every_method_of_a_dialog
async def test_a_stranger_is_told_the_same_of_real_and_unknown_dialogs(
    stranger: Caller, upstream: Upstream, name: str
) -> None:
    request = case(name, upstream)
    upstream.dialog("stranger")
    real = await stranger.fails(request)
    asked = request.dialog_id
    request.dialog_id = DIALOG
    unknown = await stranger.fails(request)
    for refused, dialog in ((real, asked), (unknown, DIALOG)):
        assert refused.reason is Reason.NOT_A_MEMBER
        assert refused.metadata == {"dialog_id": dialog}
    assert real.message == unknown.message


@every_method_of_a_dialog
async def test_a_member_in_another_letter_case_is_told_why(
    client: Client, upstream: Upstream, name: str
) -> None:
    refused = await client.as_user("zoe").fails(case(name, upstream, "Zoe"))
    assert refused.reason is Reason.MEMBER_IN_OTHER_CASE
    assert refused.metadata["member_id"] == "Zoe"


@every_method
async def test_an_answer_nobody_understands_is_told_as_such(
    tricked: Caller, scripted: Scripted, upstream: Upstream, name: str
) -> None:
    scripted.says(b"<html>")
    refused = await tricked.fails(case(name, upstream))
    assert refused.reason is Reason.UPSTREAM_INVALID_RESPONSE
    assert refused.metadata["route"].partition(" ")[2].startswith("/api/")


@every_method
async def test_a_platform_that_is_not_there_is_told(
    broker_url: str, upstream: Upstream, name: str
) -> None:
    async with (
        run_gateway(f"http://127.0.0.1:{free_port()}", broker_url) as gateway,
        Client(gateway.address) as client,
    ):
        refused = await client.as_user(ACTOR).fails(case(name, upstream))
    assert refused.reason is Reason.UPSTREAM_UNAVAILABLE


@every_keyed_method
async def test_a_key_stands_for_one_request_whose_answer_is_repeated(
    alice: Caller, client: Client, upstream: Upstream, name: str
) -> None:
    request = case(name, upstream)
    request.idempotency_key = "k"
    (first, before), (second, after) = [await alice.called(request) for _ in range(2)]
    assert first == second
    assert (before.get(REPLAYED), after.get(REPLAYED)) == (None, "true")
    reader = client.as_user(ACTOR, key=READ_KEY)
    assert (await reader.fails(request)).reason is Reason.PERMISSION_MISSING
    # What is about something else, where the call is about something, is another request.
    other = case(name, upstream)
    other.idempotency_key = "k"
    if other != request:
        assert (await alice.fails(other)).reason is Reason.IDEMPOTENCY_KEY_REUSED


@pytest.mark.parametrize("whose", ["user", "key"])
@pytest.mark.parametrize("kind", KINDS)
async def test_a_rate_holds_for_every_method_of_its_kind_and_for_no_other(
    broker_url: str, upstream: Upstream, kind: str, whose: str
) -> None:
    limit = {f"rate_limit_{whose}_{kind}": "1/hour"}
    async with (
        run_gateway(upstream.url, broker_url, **limit) as gateway,
        Client(gateway.address) as client,
    ):
        caller = client.as_user(ACTOR)
        of_kind = [
            name
            for name, method in METHODS.items()
            if method.kind == kind and (whose == "key" or method.service is USER)
        ]
        await answer(caller, of_kind[0], case(of_kind[0], upstream))
        for name in of_kind:
            refused = await caller.fails(case(name, upstream))
            assert refused.reason is Reason.RATE_LIMITED, name
            assert refused.metadata["calls"] == kind
        other = "GetUserDialogs" if kind != "read" else "SendMessage"
        assert await caller.call(case(other, upstream))


@every_method_of_the_back_end
async def test_a_back_end_needs_no_user_and_spends_no_users_rate(
    broker_url: str, upstream: Upstream, name: str
) -> None:
    limit = {f"rate_limit_user_{METHODS[name].kind}": "1/hour"}
    async with (
        run_gateway(upstream.url, broker_url, **limit) as gateway,
        Client(gateway.address) as client,
    ):
        back_end = client.with_metadata({"x-api-key": KEY, "x-tenant-id": TENANT_ID})
        if isinstance(METHODS[name], Bidi | Streaming):
            for _ in range(2):
                assert await answer(back_end, name, case(name, upstream))
            return
        response, trailing = await back_end.called(case(name, upstream))
    assert isinstance(response, METHODS[name].response)
    assert "ratelimit-limit" not in trailing


@every_method_of_the_back_end
async def test_an_acting_user_is_not_even_read(
    client: Client, upstream: Upstream, name: str
) -> None:
    named = {"x-api-key": KEY, "x-tenant-id": TENANT_ID, "x-user-id": "%"}
    response = await answer(client.with_metadata(named), name, case(name, upstream))
    assert isinstance(response, METHODS[name].response)
