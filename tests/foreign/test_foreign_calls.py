"""A client of another language's making makes every call and gets every field."""

import json
from typing import Any

import pytest

from chat3_embedded.store.records import Message, Topic
from chat3_user.methods import METHODS, Bidi, Streaming
from support.all_cases import CASES
from support.foreign import ForeignClient, ForeignFailureError
from support.gateway import OTHER_TENANT, READ_KEY, TENANT, Upstream, metadata
from support.method_cases import Scene
from support.tokens import bearer

META = {
    "text": "grüße 👋 \u202e مرحبا",
    "int": 42,
    "negative": -7,
    "float": 0.1,
    "tiny": 5e-324,
    "safe": 9007199254740991,
    "yes": True,
    "no": False,
    "list": [1, "two", None, [3.5, [], {}], {"deep": [None, None]}],
    "nested": {"a": {"b": {"c": [{"d": "e"}]}}, "empty": {}, "blank": "", "great": 1e308},
    "empty_list": [],
    "under_score": "x",
}
ALICE, BOB = metadata("alice"), metadata("bob")
MICROSECONDS = 1_795_424_735_959.186035
TEN_YEARS = 3650 * 86_400_000.0


def written(upstream: Upstream, dialog: str, content: str, **more: Any) -> Message:
    return upstream.store.add_message(TENANT, dialog, "alice", content, **more)


async def test_what_one_user_does_reaches_the_other(
    foreign: ForeignClient, upstream: Upstream
) -> None:
    dialog = upstream.dialog("alice", "bob")
    stream = await foreign.subscribe(BOB)
    sent = await foreign.call("SendMessage", {"dialog_id": dialog, "content": "Hello"}, ALICE)
    message = {"dialog_id": dialog, "message_id": sent["message"]["message_id"]}
    page = await foreign.call("GetDialogMessages", {"dialog_id": dialog}, BOB)
    assert [item["content"] for item in page["messages"]] == ["Hello"]
    dialogs = await foreign.call("GetUserDialogs", {}, BOB)
    assert [item["dialog_id"] for item in dialogs["dialogs"]] == [dialog]
    status = await foreign.call(
        "SetMessageStatus", {**message, "status": "MESSAGE_STATUS_READ"}, BOB
    )
    assert status["record"]["status"] == "MESSAGE_STATUS_READ"
    reaction = {**message, "reaction": "👍", "action": "REACTION_ACTION_SET"}
    assert (await foreign.call("SetMessageReaction", reaction, BOB))["changed"]
    typing = await foreign.call("SendTypingIndicator", {"dialog_id": dialog}, ALICE)
    assert typing == {"expires_in": "5s"}
    kinds = set()
    wanted = {"MESSAGE_CREATED", "MESSAGE_STATUS_CHANGED", "MESSAGE_REACTION_GIVEN", "TYPING"}
    while not kinds >= {f"UPDATE_KIND_{name}" for name in wanted}:
        kinds.add((await stream.update())["kind"])
    await stream.cancel()


@pytest.mark.parametrize("name", METHODS)
async def test_every_method_is_called(
    foreign: ForeignClient, upstream: Upstream, name: str
) -> None:
    assert name in CASES, f"tests/support has no case for {name}"
    scene = Scene(upstream)
    assert scene.dialog
    request = json.loads(CASES[name](scene).to_json())
    if isinstance(METHODS[name], Streaming):
        stream = await foreign.subscribe(ALICE)
        await stream.cancel()
    elif isinstance(METHODS[name], Bidi):
        told = await foreign.ask("converse", method=name, request=request, metadata=ALICE)
        assert len(told["responses"]) == len({str(each) for each in told["responses"]}) == 2
    else:
        assert isinstance(await foreign.call(name, request, ALICE), dict)


async def test_an_app_calls_with_the_token_that_its_back_end_created(
    foreign: ForeignClient, upstream: Upstream
) -> None:
    dialog = upstream.dialog("alice", "bob")
    created = await foreign.call("TenantService/CreateUserToken", {"user_id": "bob"}, ALICE)
    app = bearer(created["token"])
    stream = await foreign.subscribe(app)
    sent = await foreign.call("SendMessage", {"dialog_id": dialog, "content": "Hi"}, app)
    assert sent["message"]["sender_id"] == "bob"
    assert (await stream.update())["source"]["update_type"]
    await stream.cancel()
    with pytest.raises(ForeignFailureError) as refused:
        await foreign.call("TenantService/ListUsers", {}, app)
    assert refused.value.reason == "TOKEN_NOT_ACCEPTED"


async def test_every_field_of_a_message_arrives(foreign: ForeignClient, upstream: Upstream) -> None:
    store = upstream.store
    store.add_user(
        TENANT, "alice", type="bot", meta={"name": "Älice"}, created_at=MICROSECONDS - 1000
    )
    dialog = upstream.dialog("alice", "bob", "carl")
    store.dialogs.add_topic(Topic(TENANT, "topic_" + "t" * 20, dialog, MICROSECONDS))
    store.meta.put_all(TENANT, "topic", "topic_" + "t" * 20, {"subject": {"en": "S"}})
    quoted = {
        "messageId": "msg_" + "q" * 20,
        "dialogId": dialog,
        "senderId": "bob",
        "content": "quoted…",
        "type": "internal.text",
        "createdAt": "1795424735000.000977",
        "meta": META,
        "senderInfo": {"userId": "bob", "createdAt": 1795424735000.25, "meta": {"n": [None]}},
    }
    message = written(
        upstream,
        dialog,
        "Grüße\n\t\x00 👩‍👩‍👧",
        type="user.greeting",
        meta={**META, "editedAt": 1795424738056.409},
        topic_id="topic_" + "t" * 20,
        quoted=quoted,
        created_at=MICROSECONDS,
    )
    store.set_status(message, "bob", "read")
    for user in ("bob", "carl"):
        store.marks.add_reaction(store.marks.new_reaction(TENANT, message.message_id, user, "👍"))
    store.marks.add_reaction(store.marks.new_reaction(TENANT, message.message_id, "carl", "🔥"))

    page = await foreign.call("GetDialogMessages", {"dialog_id": dialog}, BOB)

    (found,) = page["messages"]
    quotation = found.pop("quoted_message")
    counts = found.pop("status_counts")
    reactions = found.pop("reactions")
    assert found == {
        "message_id": message.message_id,
        "dialog_id": dialog,
        "sender_id": "alice",
        "type": "user.greeting",
        "content": "Grüße\n\t\x00 👩‍👩‍👧",
        "meta": {**META, "editedAt": 1795424738056.409},
        "create_time": "2026-11-23T09:05:35.959186Z",
        "edit_time": "2026-11-23T09:05:38.056409Z",
        "edited": True,
        "deleted": False,
        "topic_id": "topic_" + "t" * 20,
        "topic": {
            "topic_id": "topic_" + "t" * 20,
            "meta": {"subject": {"en": "S"}},
            "dialog_id": dialog,
        },
        "sender": {
            "user_id": "alice",
            "create_time": "2026-11-23T09:05:34.959186Z",
            "meta": {"name": "Älice"},
        },
        "mine": False,
    }
    assert quotation == {
        "message_id": "msg_" + "q" * 20,
        "dialog_id": dialog,
        "sender_id": "bob",
        "type": "internal.text",
        "content": "quoted…",
        "meta": META,
        "create_time": "2026-11-23T09:05:35.000001Z",
        "deleted": False,
        "sender": {
            "user_id": "bob",
            "create_time": "2026-11-23T09:05:35.000250Z",
            "meta": {"n": [None]},
        },
    }
    assert sorted(counts, key=lambda row: row["status_name"]) == [
        {
            "status": "MESSAGE_STATUS_READ",
            "status_name": "read",
            "user_type": "user",
            "count": 1,
        },
        {
            "status": "MESSAGE_STATUS_UNREAD",
            "status_name": "unread",
            "user_type": "user",
            "count": 1,
        },
    ]
    assert sorted(reactions, key=lambda row: row["count"]) == [
        {"reaction": "🔥", "count": 1, "mine": False},
        {"reaction": "👍", "count": 2, "mine": True},
    ]
    assert page["next_page_token"] == ""


async def test_every_field_of_a_dialog_arrives(foreign: ForeignClient, upstream: Upstream) -> None:
    dialog = upstream.dialog("alice", "bob", meta=META)
    # Unread is what came after the member has seen the dialog.
    message = written(upstream, dialog, "last", created_at=MICROSECONDS + TEN_YEARS)

    page = await foreign.call("GetUserDialogs", {"include_last_message": True}, BOB)

    (found,) = page["dialogs"]
    membership = found.pop("membership")
    assert membership.pop("join_time")
    assert membership.pop("last_seen_time")
    assert membership.pop("last_message_time")
    assert membership == {"user_id": "bob", "unread_count": 1}
    last = found.pop("last_message")
    assert last.pop("sender")["user_id"] == "alice"
    assert last == {
        "message_id": message.message_id,
        "dialog_id": dialog,
        "content": "last",
        "sender_id": "alice",
        "type": "internal.text",
        "create_time": "2036-11-20T09:05:35.959186Z",
        "deleted": False,
    }
    assert found.pop("last_interaction_time")
    assert found.pop("create_time")
    assert found == {
        "dialog_id": dialog,
        "member_count": 2,
        "meta": META,
        "stats": {"topic_count": 0, "message_count": 1},
    }


async def test_meta_sent_comes_back_as_it_was(foreign: ForeignClient, upstream: Upstream) -> None:
    dialog = upstream.dialog("alice", "bob")
    request = {"dialog_id": dialog, "content": "x", "meta": META}
    sent = await foreign.call("SendMessage", request, ALICE)
    page = await foreign.call("GetDialogMessages", {"dialog_id": dialog}, BOB)
    assert sent["message"]["meta"] == page["messages"][0]["meta"] == META
    assert sent["message"]["mine"]
    assert sent["message"]["create_time"] == page["messages"][0]["create_time"]


async def test_details_of_failures_are_read(foreign: ForeignClient, upstream: Upstream) -> None:
    dialog = upstream.dialog("alice", "bob")
    call = {**ALICE, "x-request-id": "request-7"}

    bad = await foreign.fails("SendMessage", {"content": "", "type": "nope"}, call)
    assert (bad.code, bad.reason) == ("INVALID_ARGUMENT", "INVALID_FIELD")
    fields = [item["field"] for item in bad.details["BadRequest"]["field_violations"]]
    assert fields == ["dialog_id", "type"]
    assert bad.details["RequestInfo"]["request_id"] == "request-7"
    assert bad.trailing["x-request-id"] == "request-7"
    assert bad.details["ErrorInfo"]["domain"] == "chat3.user"

    missing = await foreign.fails(
        "SetMessageStatus",
        {"dialog_id": dialog, "message_id": "msg_" + "a" * 20, "status": "MESSAGE_STATUS_READ"},
        call,
    )
    assert (missing.code, missing.reason) == ("NOT_FOUND", "MESSAGE_NOT_FOUND")
    assert missing.details["ResourceInfo"]["resource_name"] == "msg_" + "a" * 20

    denied = await foreign.fails(
        "SendMessage", {"dialog_id": dialog, "content": "x"}, metadata("alice", key=READ_KEY)
    )
    assert (denied.code, denied.reason) == ("PERMISSION_DENIED", "PERMISSION_MISSING")


@pytest.mark.parametrize("version", ["v1", "v1alpha"])
async def test_reflection_tells_services_and_types(foreign: ForeignClient, version: str) -> None:
    symbols = [
        "chat3.user.v1.UserService",
        "chat3.user.v1.SubscribeUpdatesResponse",
        "chat3.user.v1.Update",
        "google.protobuf.Struct",
    ]
    told = await foreign.ask("reflect", version=version, symbols=symbols)
    ours = {"chat3.user.v1.UserService", "chat3.tenant.v1.TenantService"}
    assert ours | {"grpc.health.v1.Health"} <= set(told["services"])
    types = told["types"]
    assert "SubscribeUpdatesResponse" in types["chat3/user/v1/update_calls.proto"]
    assert "Update" in types["chat3/user/v1/update.proto"]
    assert "Struct" in types["google/protobuf/struct.proto"]


SYMBOLS = {
    "chat3.user.v1.UserService.SendMessage": "chat3/user/v1/user_service.proto",
    "chat3.user.v1.UserService.SubscribeUpdates": "chat3/user/v1/user_service.proto",
    "chat3.tenant.v1.TenantService.GetUser": "chat3/tenant/v1/tenant_service.proto",
    "chat3.tenant.v1.GetUserRequest.user_id": "chat3/tenant/v1/user_calls.proto",
    "grpc.health.v1.Health.Watch": "grpclib/health/v1/health.proto",
    "chat3.user.v1.SendMessageRequest.idempotency_key": "chat3/user/v1/message_calls.proto",
    "chat3.user.v1.Update.message_created": "chat3/user/v1/update.proto",
    "chat3.user.v1.ErrorReason": "chat3/user/v1/error_reason.proto",
    "chat3.user.v1.ERROR_REASON_INTERNAL": "chat3/user/v1/error_reason.proto",
    "google.protobuf.Struct.FieldsEntry": "google/protobuf/struct.proto",
    "google.protobuf.Struct.FieldsEntry.key": "google/protobuf/struct.proto",
    "google.protobuf.Value.kind": "google/protobuf/struct.proto",
}
UNKNOWN = [
    "chat3.user.v1.UserService.NoSuchMethod",
    "chat3.user.v1.UserService.SendMessage.more",
    "chat3.user.v1.SendMessage",
    "chat3.user.v1",
    "SendMessage",
    "",
]


@pytest.mark.parametrize("version", ["v1", "v1alpha"])
async def test_reflection_finds_every_kind_of_symbol_and_nothing_else(
    foreign: ForeignClient, version: str
) -> None:
    symbols = [*SYMBOLS, *UNKNOWN]
    told = await foreign.ask("reflect", version=version, symbols=symbols)
    expected = {symbol: [file] for symbol, file in SYMBOLS.items()}
    assert told["files"] == expected | {symbol: [] for symbol in UNKNOWN}


async def test_a_call_needs_nothing_but_reflection(
    foreign: ForeignClient, upstream: Upstream
) -> None:
    dialog = upstream.dialog("alice", meta=META)
    told = await foreign.ask("dynamic_call", method="GetUserDialogs", request={}, metadata=ALICE)
    assert told["response"]["dialogs"][0]["dialog_id"] == dialog
    assert told["response"]["dialogs"][0]["meta"] == META


@pytest.mark.parametrize(
    "service", ["", "chat3.user.v1.UserService", "chat3.tenant.v1.TenantService"]
)
async def test_health_is_serving(foreign: ForeignClient, service: str) -> None:
    assert (await foreign.ask("health", service=service))["response"] == {"status": "SERVING"}


async def test_tenants_with_the_same_user_ids_stay_apart(
    foreign: ForeignClient, upstream: Upstream
) -> None:
    here = upstream.dialog("alice", "bob")
    there = upstream.dialog("alice", "bob", tenant=OTHER_TENANT)
    streams = [
        await foreign.subscribe(metadata("bob", tenant=tenant))
        for tenant in (TENANT, OTHER_TENANT)
        for _ in range(2)
    ]
    for dialog, tenant in ((there, OTHER_TENANT), (here, TENANT)):
        await foreign.call(
            "SendMessage",
            {"dialog_id": dialog, "content": tenant},
            metadata("alice", tenant=tenant),
        )
    for stream, tenant in zip(streams, (TENANT, TENANT, OTHER_TENANT, OTHER_TENANT), strict=True):
        update = await stream.update()
        assert update["message_created"]["message"]["content"] == tenant


async def test_two_hundred_calls_at_once_are_all_served(
    upstream: Upstream, foreign: ForeignClient
) -> None:
    upstream.dialog("alice")
    answer = await foreign.ask(
        "many",
        method="GetUserDialogs",
        request={},
        metadata=metadata("alice"),
        calls=1000,
        at_once=200,
    )
    assert answer["outcomes"] == {"OK": 1000}
