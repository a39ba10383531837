"""Every reason of the catalogue is really sent, as its comment in the contract says.

The example in the comment, its status and its details are held against what comes over the wire.
"""

import asyncio
import json
import re
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from integration_vocabulary import (
    DIALOG,
    MESSAGE,
    Caller,
    Client,
    Failure,
    Scripted,
    marking,
    sending,
    written,
)

from chat3_api.chat3.tenant import v1 as tenant_pb
from chat3_api.chat3.user import v1 as pb
from chat3_api.google.protobuf import Struct
from chat3_embedded.store.records import MetaIndex
from chat3_user.app import running
from chat3_user.config import composed
from chat3_user.errors._status import STATUS
from chat3_user.tenant_api import TenantApi
from chat3_user.tokens.keyring import made_up
from support import named_tests
from support.gateway import (
    KEY,
    READ_KEY,
    TENANT,
    Gateway,
    Upstream,
    run_gateway,
    run_upstream,
)
from support.ports import free_port
from support.rabbitmq import RabbitMQ
from support.tokens import bearer, token

Reason = pb.ErrorReason
_IDEMPOTENCY = "integration/test_idempotency.py::"
_CALLS = "integration/test_limits_of_calls.py::"
_REQUESTS = "integration/test_limits_of_requests.py::"
ELSEWHERE = {
    Reason.IDEMPOTENCY_KEY_REUSED: (
        _IDEMPOTENCY + "test_a_key_stands_for_one_request_of_one_user_and_method"
    ),
    Reason.IDEMPOTENCY_OUTCOME_UNKNOWN: (
        _IDEMPOTENCY + "test_what_is_not_settled_before_the_deadline_is_told_and_can_be_repeated"
    ),
    Reason.IDEMPOTENCY_STORE_UNAVAILABLE: (
        _IDEMPOTENCY + "test_a_store_that_is_away_refuses_or_lets_write_as_set"
    ),
    # grpclib's client takes GOAWAY for the end of the connection.
    Reason.SHUTTING_DOWN: (
        "foreign/test_foreign_shutdown.py::test_a_stream_ends_with_its_reason_and_its_token"
    ),
    Reason.RATE_LIMITED: _CALLS + "test_a_user_over_the_rate_is_told_when_to_come_back",
    Reason.OVERLOADED: _CALLS + "test_calls_over_the_limit_are_told_to_retry_at_once",
    Reason.METADATA_TOO_LARGE: _REQUESTS + "test_metadata_over_the_limit_is_told_so",
    Reason.METHOD_UNKNOWN: _REQUESTS + "test_an_unknown_method_is_unimplemented",
    Reason.COMPRESSION_UNSUPPORTED: (
        _REQUESTS + "test_an_unknown_compression_is_refused_and_the_known_ones_named"
    ),
    Reason.MESSAGE_COUNT_INVALID: _REQUESTS + "test_a_second_message_is_refused",
    Reason.MESSAGE_FRAMING_INVALID: _REQUESTS + "test_a_message_compressed_in_no_way_is_refused",
}
"""The tests that bring about what needs another client or a service of its own."""
TOPIC = "topic_" + "a" * 20


@dataclass(frozen=True)
class World:
    """What a case needs to bring its reason about."""

    client: Client
    upstream: Upstream
    scripted: Scripted
    broker_url: str
    monkeypatch: pytest.MonkeyPatch
    request: pytest.FixtureRequest

    @property
    def alice(self) -> Caller:
        return self.client.as_user("alice")

    @asynccontextmanager
    async def another(self, url: str = "", **settings: Any) -> AsyncIterator[Caller]:
        """Return alice at a service of the case's own."""
        url = url or self.upstream.url
        async with (
            run_gateway(url, self.broker_url, **settings) as gateway,
            Client(gateway.address) as client,
        ):
            yield client.as_user("alice")


Case = Callable[[World], Awaitable[Failure]]
CASES: dict[pb.ErrorReason, Case] = {}


def case(reason: pb.ErrorReason) -> Callable[[Case], Case]:
    def add(function: Case) -> Case:
        CASES[reason] = function
        return function

    return add


@case(Reason.INVALID_FIELD)
async def _(world: World) -> Failure:
    return await world.alice.fails(pb.GetUserDialogsRequest(page_size=101))


@case(Reason.INVALID_METADATA)
async def _(world: World) -> Failure:
    caller = world.client.with_metadata({"x-api-key": KEY, "x-user-id": "alice"})
    return await caller.fails(pb.GetUserDialogsRequest())


@case(Reason.API_KEY_MISSING)
async def _(world: World) -> Failure:
    caller = world.client.with_metadata({"x-tenant-id": TENANT, "x-user-id": "alice"})
    return await caller.fails(pb.GetUserDialogsRequest())


@case(Reason.API_KEY_INVALID)
async def _(world: World) -> Failure:
    return await world.client.as_user("alice", key="wrong").fails(pb.GetUserDialogsRequest())


@case(Reason.PERMISSION_MISSING)
async def _(world: World) -> Failure:
    dialog = world.upstream.dialog("alice")
    return await world.client.as_user("alice", key=READ_KEY).fails(sending(dialog))


@case(Reason.NOT_A_MEMBER)
async def _(world: World) -> Failure:
    return await world.alice.fails(sending(DIALOG))


@case(Reason.TENANT_NOT_FOUND)
async def _(world: World) -> Failure:
    caller = world.client.as_user("alice", tenant="tnt_unknown")
    return await caller.fails(pb.GetUserDialogsRequest())


@case(Reason.USER_NOT_FOUND)
async def _(world: World) -> Failure:
    return await world.client.as_user("nobody").fails(pb.SubscribeUpdatesRequest())


@case(Reason.USER_EXISTS)
async def _(world: World) -> Failure:
    world.upstream.dialog("bob")
    return await world.alice.fails(tenant_pb.CreateUserRequest(user_id="bob"))


@case(Reason.MESSAGE_NOT_FOUND)
async def _(world: World) -> Failure:
    return await world.alice.fails(marking(world.upstream.dialog("alice"), MESSAGE))


@case(Reason.TOPIC_NOT_FOUND)
async def _(world: World) -> Failure:
    return await world.alice.fails(sending(world.upstream.dialog("alice"), topic_id=TOPIC))


@case(Reason.PAGE_TOKEN_INVALID)
async def _(world: World) -> Failure:
    return await world.alice.fails(pb.GetUserDialogsRequest(page_token="damaged"))


@case(Reason.NOT_THE_SENDER)
async def _(world: World) -> Failure:
    dialog = world.upstream.dialog("alice", "bob")
    message = written(world.upstream, dialog, sender="bob")
    return await world.alice.fails(pb.DeleteMessageRequest(dialog_id=dialog, message_id=message))


@case(Reason.MESSAGE_DELETED)
async def _(world: World) -> Failure:
    dialog = world.upstream.dialog("alice")
    where = {"dialog_id": dialog, "message_id": written(world.upstream, dialog)}
    await world.alice.call(pb.DeleteMessageRequest(**where))
    return await world.alice.fails(pb.EditMessageRequest(**where, content="too late"))


@case(Reason.MEMBER_NOT_FOUND)
async def _(world: World) -> Failure:
    dialog = world.upstream.dialog("alice")
    return await world.alice.fails(pb.RemoveDialogMemberRequest(dialog_id=dialog, user_id="bob"))


@case(Reason.LAST_MEMBER)
async def _(world: World) -> Failure:
    dialog = world.upstream.dialog("alice")
    return await world.alice.fails(pb.LeaveDialogRequest(dialog_id=dialog))


@case(Reason.PACK_NOT_FOUND)
async def _(world: World) -> Failure:
    return await world.alice.fails(pb.GetPackRequest(pack_id="pck_" + "a" * 20))


@case(Reason.PLATFORM_TOO_OLD)
async def _(world: World) -> Failure:
    async with (
        run_upstream(world.broker_url, platform="0.0.80") as old,
        world.another(old.url) as alice,
    ):
        dialog = old.dialog("alice")
        message = written(old, dialog)
        return await alice.fails(pb.DeleteMessageRequest(dialog_id=dialog, message_id=message))


@case(Reason.DIALOG_NOT_FOUND)
async def _(world: World) -> Failure:
    return await world.alice.fails(tenant_pb.GetDialogRequest(dialog_id=DIALOG))


@case(Reason.NO_MEMBERS)
async def _(world: World) -> Failure:
    store = world.upstream.store
    dialog = store.add_dialog(TENANT, []).dialog_id
    message = store.add_message(TENANT, dialog, "alice", "hello").message_id
    return await world.alice.fails(tenant_pb.ListMessageStatusesRequest(message_id=message))


@case(Reason.META_INDEX_CONFLICT)
async def _(world: World) -> Failure:
    index = MetaIndex(TENANT, "dialog", "unique:order", "unique", ("order",), None, "test", 1.0)
    world.upstream.store.meta_indexes.add(index)
    request = tenant_pb.CreateDialogRequest(meta=Struct.from_dict({"order": "4711"}))
    await world.alice.call(request)
    return await world.alice.fails(request)


@case(Reason.META_INDEX_NOT_FOUND)
async def _(world: World) -> Failure:
    return await world.alice.fails(
        tenant_pb.GetMetaIndexRequest(kind=tenant_pb.MetaKind.DIALOG, index_id="unique:order")
    )


@case(Reason.META_INDEX_REFUSED)
async def _(world: World) -> Failure:
    world.upstream.store.meta.put(TENANT, "user", "alice", "name", "Alice")
    return await world.alice.fails(
        tenant_pb.CreateMetaIndexRequest(
            kind=tenant_pb.MetaKind.USER, mode=tenant_pb.MetaIndexMode.REQUIRED, keys=["email"]
        )
    )


@case(Reason.SERVICE_KEY_NOT_ALLOWED)
async def _(world: World) -> Failure:
    index = MetaIndex(TENANT, "dialog", "allowed:keys", "allowed", ("title",), None, "test", 1.0)
    world.upstream.store.meta_indexes.add(index)
    return await world.alice.fails(tenant_pb.CreateDialogRequest())


@case(Reason.REQUEST_TOO_LARGE)
async def _(world: World) -> Failure:
    meta = Struct.from_dict({"text": "x" * 102_400})
    return await world.alice.fails(sending(world.upstream.dialog("alice"), meta=meta))


@case(Reason.UPSTREAM_UNAVAILABLE)
async def _(world: World) -> Failure:
    async with world.another(f"http://127.0.0.1:{free_port()}") as alice:
        return await alice.fails(pb.GetUserDialogsRequest())


@case(Reason.UPSTREAM_INVALID_RESPONSE)
async def _(world: World) -> Failure:
    world.scripted.says(b"<html>")
    async with world.another(world.scripted.url) as alice:
        return await alice.fails(pb.GetUserDialogsRequest())


@case(Reason.UPSTREAM_REJECTED)
async def _(world: World) -> Failure:
    async def refuse(request: Any) -> Any:
        if request.method == "GET":
            page = {"page": 1, "limit": 1, "total": 0, "pages": 0}
            return web.json_response({"data": [], "pagination": page})
        return web.json_response({"error": "Bad Request", "message": "no"}, status=400)

    world.scripted.answer = refuse
    async with world.another(world.scripted.url) as alice:
        return await alice.fails(sending(DIALOG))


@case(Reason.DEADLINE_EXCEEDED)
async def _(world: World) -> Failure:
    async def slow(_: Any) -> Any:
        await asyncio.sleep(30)

    world.scripted.answer = slow
    async with world.another(world.scripted.url, default_deadline=0.1) as alice:
        return await alice.fails(pb.GetUserDialogsRequest(), timeout=None)


@case(Reason.MEMBER_IN_OTHER_CASE)
async def _(world: World) -> Failure:
    dialog = world.upstream.dialog("Zoe")
    return await world.client.as_user("zoe").fails(sending(dialog))


@case(Reason.UPDATES_UNAVAILABLE)
async def _(world: World) -> Failure:
    world.upstream.dialog("alice")
    config = composed(
        grpc_port=0,
        ops_port=0,
        tenant_api_url=world.upstream.url,
        rabbitmq_url=f"amqp://127.0.0.1:{free_port()}/",
        idempotency_database=":memory:",
    )
    async with running(config) as service, Client(Gateway(service).address) as client:
        return await client.as_user("alice").fails(pb.SubscribeUpdatesRequest())


@case(Reason.UPDATES_LOG_UNAVAILABLE)
async def _(world: World) -> Failure:
    """The broker does not let the service declare a log."""
    name = f"narrow_{secrets.token_hex(4)}"
    broker: RabbitMQ = world.request.getfixturevalue("rabbitmq")
    may = r"^chat3_updates(\.worker\..*)?$"
    await asyncio.to_thread(broker.ctl, "add_user", name, "secret")
    await asyncio.to_thread(broker.ctl, "set_permissions", name, may, ".*", ".*")
    async with (
        run_gateway(world.upstream.url, f"amqp://{name}:secret@127.0.0.1:{broker.port}/") as narrow,
        Client(narrow.address) as client,
    ):
        back_end = client.as_user("alice")
        return await back_end.fails(tenant_pb.SubscribeTenantUpdatesRequest())


@case(Reason.RESUME_TOKEN_INVALID)
async def _(world: World) -> Failure:
    return await world.alice.fails(pb.SubscribeUpdatesRequest(resume_token="AQAA"))


@case(Reason.RESUME_TOKEN_FOREIGN)
async def _(world: World) -> Failure:
    world.upstream.dialog("alice", "bob")
    async with world.alice.subscribed() as stream:
        token = stream.token
    return await world.client.as_user("bob").fails(pb.SubscribeUpdatesRequest(resume_token=token))


@case(Reason.SLOW_CONSUMER)
async def _(world: World) -> Failure:
    world.upstream.dialog("alice")
    async with world.another(stream_buffer_count=2, stream_buffer_bytes=65_536) as alice:
        narrow = {"http2_connection_window_size": 65_535, "http2_stream_window_size": 65_535}
        async with Client(f"127.0.0.1:{alice.channel._port}") as client:
            caller = client.as_user("alice", channel=client.connection(**narrow))
            async with caller.subscribed() as stream:
                for number in range(200):
                    body = {
                        "tenantId": TENANT,
                        "userId": "alice",
                        "eventId": f"evt_{number}",
                        "updateType": "update.user",
                        "data": {"user": {"userId": "alice", "meta": {"x": "x" * 5_000}}},
                    }
                    await world.upstream.publisher.publish(
                        "update.user.user.alice.user", json.dumps(body).encode(), {}, 0
                    )
                return await stream.failure()


@case(Reason.STREAM_MAX_AGE)
async def _(world: World) -> Failure:
    world.upstream.dialog("alice")
    async with world.another(stream_max_age=0.2) as alice, alice.subscribed() as stream:
        return await stream.failure()


@case(Reason.TOO_MANY_STREAMS)
async def _(world: World) -> Failure:
    world.upstream.dialog("alice")
    async with world.another(streams_per_user=1) as alice, alice.subscribed():
        return await alice.fails(pb.SubscribeUpdatesRequest())


async def with_token(world: World, text: str) -> Failure:
    caller = world.client.with_metadata(bearer(text))
    return await caller.fails(pb.GetUserDialogsRequest())


@case(Reason.TOKEN_INVALID)
async def _(world: World) -> Failure:
    return await with_token(world, token()[:-1])


@case(Reason.TOKEN_EXPIRED)
async def _(world: World) -> Failure:
    return await with_token(world, token(created_at=0))


@case(Reason.TOKEN_NOT_YET_VALID)
async def _(world: World) -> Failure:
    return await with_token(world, token(created_at=4e9))


@case(Reason.TOKEN_KEY_UNKNOWN)
async def _(world: World) -> Failure:
    return await with_token(world, token(keys=made_up()))


@case(Reason.TOKEN_NOT_ACCEPTED)
async def _(world: World) -> Failure:
    caller = world.client.with_metadata(bearer(token()))
    return await caller.fails(tenant_pb.ListUsersRequest())


@case(Reason.TOKENS_NOT_CONFIGURED)
async def _(world: World) -> Failure:
    world.upstream.dialog("alice")
    async with world.another(token_keys="") as alice:
        return await alice.fails(tenant_pb.CreateUserTokenRequest(user_id="alice"))


@case(Reason.TOKEN_REVOKED)
async def _(world: World) -> Failure:
    return await with_token(world, token(key="wrong"))


@case(Reason.INTERNAL)
async def _(world: World) -> Failure:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("a fault, with secrets in its text")

    world.monkeypatch.setattr(TenantApi, "call", broken)
    failed = await world.alice.fails(pb.GetUserDialogsRequest())
    assert "secrets" not in failed.message
    return failed


@dataclass(frozen=True)
class Documented:
    status: str
    details: frozenset[str]
    example: dict[str, Any]


def documented() -> dict[pb.ErrorReason, Documented]:
    """Read the comments of the contract's values."""
    path = Path(__file__).parents[2] / "api/chat3/user/v1/error_reason.proto"
    found = {}
    for comment, name in re.findall(
        r"((?:^  //.*\n)+)^  ERROR_REASON_(\w+) = \d+;", path.read_text(), re.MULTILINE
    ):
        text = re.sub(r"^  // ?", "", comment, flags=re.MULTILINE)
        example = re.search(r"^Example:\n\n((?:    .*\n)+)", text, re.MULTILINE)
        status = re.search(r"^Status: `(\w+)`\.$", text, re.MULTILINE)
        details = re.search(r"^Details: (.*)\.$", text, re.MULTILINE)
        if example is not None:
            assert status is not None
            assert details is not None
            found[Reason[name]] = Documented(
                status[1], frozenset(re.findall(r"`(\w+)`", details[1])), json.loads(example[1])
            )
    return found


DOCUMENTED = documented()


def _at_its_broker(reason: pb.ErrorReason) -> Any:
    """Return the parameter of a reason, with the broker that it is about."""
    about_updates = {Reason.SLOW_CONSUMER, Reason.UPDATES_LOG_UNAVAILABLE}
    broker = pytest.mark.broker("rabbitmq" if reason in about_updates else "in_process")
    return pytest.param(reason, marks=broker, id=reason.name)


def test_every_reason_has_a_status_and_a_comment() -> None:
    reasons = set(Reason) - {Reason.UNSPECIFIED}
    assert set(STATUS) == reasons
    assert set(DOCUMENTED) == reasons
    assert {reason: status.name for reason, status in STATUS.items()} == {
        reason: entry.status for reason, entry in DOCUMENTED.items()
    }


def test_every_reason_is_brought_about() -> None:
    assert set(CASES) | set(ELSEWHERE) == set(Reason) - {Reason.UNSPECIFIED}
    assert not set(CASES) & set(ELSEWHERE)


@pytest.mark.parametrize("reason", ELSEWHERE, ids=lambda reason: reason.name)
def test_a_reason_that_is_brought_about_elsewhere_has_its_test(
    project: Path, reason: pb.ErrorReason
) -> None:
    path, _, name = ELSEWHERE[reason].partition("::")
    file = project / "tests" / path
    assert named_tests.exists(file, name), ELSEWHERE[reason]
    assert reason.name in file.read_text(), f"{path} never expects {reason.name}"


@pytest.mark.parametrize("reason", [*map(_at_its_broker, CASES)])
async def test_a_reason_is_sent_as_the_contract_says(
    client: Client,
    upstream: Upstream,
    scripted: Scripted,
    broker_url: str,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
    reason: pb.ErrorReason,
) -> None:
    world = World(client, upstream, scripted, broker_url, monkeypatch, request)
    failed = await CASES[reason](world)
    comment = DOCUMENTED[reason]
    assert failed.reason is reason
    assert failed.status.name == comment.status
    assert set(failed.details) == {"ErrorInfo", "RequestInfo", *comment.details}
    assert failed.request_id
    sent = {"reason": failed.info.reason, "domain": failed.info.domain}
    if failed.metadata:
        sent["metadata"] = failed.metadata
    example = comment.example
    # Tokens differ from stream to stream, and ids are the example's own; all else is literal.
    for document in (sent, example):
        for key in document.get("metadata", {}):
            if key in {"resume_token", "dialog_id", "message_id", "limit"}:
                document["metadata"][key] = "…"
    assert sent == example
