"""Connect and gRPC-Web over HTTP/1.1, in both codecs: every method says what it says over gRPC."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
import pytest
from integration_vocabulary import Caller, sending
from test_every_method import case

from chat3_user.methods import METHODS, Bidi, Streaming
from support.faults.wire import SUBSCRIBE, message_class
from support.gateway import KEY, NO_KEY, Gateway, Upstream, metadata, run_gateway
from support.method_cases import ACTOR
from support.patience import HANGS
from support.scrape import scraped
from support.web_client import FORMS, CallFailed, Form, WebClient

pytestmark = pytest.mark.broker("in_process")

GET_MYSELF = "/chat3.user.v1.UserService/GetMyself"
UNARY = [name for name, method in METHODS.items() if not isinstance(method, Streaming | Bidi)]

Web = Callable[..., WebClient]
every_form = pytest.mark.parametrize("form", FORMS, ids=str)


@pytest.fixture
async def web(gateway: Gateway) -> AsyncIterator[Web]:
    """Make clients of the gateway."""
    async with aiohttp.ClientSession() as session:

        def made(form: Form, user: str = ACTOR, key: str = KEY) -> WebClient:
            url = f"http://{gateway.address}"
            return WebClient(session, url, form, metadata(user, key=key))

        yield made


def foreign(message: Any) -> Any:
    """Return a message of ours as google protobuf has it."""
    kind = type(message)
    return message_class(kind.__name__, kind.__module__[len("chat3_api.") :]).FromString(
        bytes(message)
    )


def class_of(kind: Any) -> Any:
    return type(foreign(kind()))


def subscribing(**fields: Any) -> tuple[str, Any, Any]:
    request = message_class("SubscribeUpdatesRequest")(**fields)
    return SUBSCRIBE, request, message_class("SubscribeUpdatesResponse")


@pytest.mark.parametrize("name", UNARY)
async def test_every_method_answers_as_over_grpc(
    web: Web, alice: Caller, upstream: Upstream, name: str
) -> None:
    """What reads is compared in all forms; what writes would find its thing done."""
    method, request = METHODS[name], case(name, upstream)
    path = f"/{method.service.full_name}/{method.name}"
    reads = method.kind == "read"
    forms = FORMS if reads else [FORMS[UNARY.index(name) % len(FORMS)]]
    for form in forms:
        answer, end = await web(form).call(path, foreign(request), class_of(method.response))
        assert end.trailing["x-request-id"]
        if reads:
            assert lasting(answer) == lasting(foreign(await alice.call(request)))


def lasting(answer: Any) -> Any:
    """Return an answer without what every call has of its own."""
    for name in ("next_resume_token", "token", "expire_time"):
        if name in answer.DESCRIPTOR.fields_by_name:
            answer.ClearField(name)
    return answer


@every_form
async def test_a_failure_has_what_it_has_over_grpc(web: Web, alice: Caller, form: Form) -> None:
    method = METHODS["GetDialog"]
    request = method.request(dialog_id="dlg_" + "b" * 20)
    told = await alice.fails(request)
    with pytest.raises(CallFailed) as caught:
        await web(form).call(
            f"/{method.service.full_name}/{method.name}",
            foreign(request),
            class_of(method.response),
        )
    end = caught.value.end
    assert (end.status, end.message) == (told.status.name, told.message)
    assert (end.reason, end.metadata) == (told.reason.name, told.metadata)
    assert [name.rpartition(".")[2] for name in end.details] == list(told.details)


@every_form
async def test_a_key_without_permissions_may_nothing(web: Web, form: Form) -> None:
    request, kind = message_class("GetMyselfRequest")(), message_class("GetMyselfResponse")
    with pytest.raises(CallFailed) as caught:
        await web(form, key=NO_KEY).call(GET_MYSELF, request, kind)
    assert caught.value.end.reason == "PERMISSION_MISSING"
    async with web(form, key="wrong").stream(*subscribing()) as stream:
        assert await stream.read() is None
        assert stream.end is not None
        assert stream.end.reason == "API_KEY_INVALID"


@pytest.mark.broker("rabbitmq")
@every_form
async def test_a_stream_delivers_and_resumes(
    web: Web, alice: Caller, upstream: Upstream, form: Form
) -> None:
    dialog = upstream.dialog("alice", "bob")
    async with web(form).stream(*subscribing()) as stream:
        established = await stream.read()
        assert established.WhichOneof("event") == "connection_established"
        await alice.call(sending(dialog, "one"))
        token = await _read_until(stream, "one")
    await alice.call(sending(dialog, "two"))
    async with web(form).stream(*subscribing(resume_token=token)) as stream:
        established = await stream.read()
        outcome = established.connection_established.resume_outcome
        assert (
            outcome
            == type(established.connection_established)
            .DESCRIPTOR.fields_by_name["resume_outcome"]
            .enum_type.values_by_name["RESUME_OUTCOME_RESUMED"]
            .number
        )
        await _read_until(stream, "two")


async def _read_until(stream: Any, content: str) -> str:
    """Read on to the update of a new message; return its token."""
    async with asyncio.timeout(HANGS):
        while True:
            response = await stream.read()
            assert response is not None, stream.end
            created = response.update.message_created
            if created.message.content == content:
                return str(response.resume_token)


async def test_no_protocol_has_a_rate_of_its_own(upstream: Upstream, broker_url: str) -> None:
    request, kind = message_class("GetMyselfRequest")(), message_class("GetMyselfResponse")
    upstream.dialog(ACTOR, "bob")
    async with (
        run_gateway(upstream.url, broker_url, rate_limit_user_read="4/minute") as gateway,
        aiohttp.ClientSession() as session,
    ):
        url = f"http://{gateway.address}"
        left = []
        for form in FORMS:
            client = WebClient(session, url, form, metadata(ACTOR))
            _, end = await client.call(GET_MYSELF, request, kind)
            left.append(int(end.trailing["ratelimit-remaining"]))
        assert left == [3, 2, 1, 0]
        for form in FORMS:
            client = WebClient(session, url, form, metadata(ACTOR))
            with pytest.raises(CallFailed) as caught:
                await client.call(GET_MYSELF, request, kind)
            assert (caught.value.end.status, caught.value.end.reason) == (
                "RESOURCE_EXHAUSTED",
                "RATE_LIMITED",
            )


@every_form
async def test_a_deadline_holds(web: Web, form: Form) -> None:
    request, kind = message_class("GetMyselfRequest")(), message_class("GetMyselfResponse")
    given = {"connect_timeout_ms": "0"} if form.connect else {"grpc_timeout": "0m"}
    with pytest.raises(CallFailed) as caught:
        await web(form).call(GET_MYSELF, request, kind, **given)
    assert caught.value.end.status == "DEADLINE_EXCEEDED"


async def test_metrics_tell_protocols_apart(web: Web, gateway: Gateway, upstream: Upstream) -> None:
    upstream.dialog(ACTOR, "bob")
    request, kind = message_class("GetMyselfRequest")(), message_class("GetMyselfResponse")
    for form in FORMS:
        await web(form).call(GET_MYSELF, request, kind)
    told = await scraped(gateway.ops)
    for protocol in ("connect", "grpc_web"):
        method = "chat3.user.v1.UserService/GetMyself"
        assert told.value("chat3_calls_total", rpc_method=method, chat3_protocol=protocol)
