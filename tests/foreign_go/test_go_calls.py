"""A client in Go calls every method, and is told field by field what a client on grpcio is."""

import json
from typing import Any

import pytest

from chat3_embedded.store.records import Topic
from chat3_user.methods import METHODS, Bidi, Keyed, Streaming
from support.all_cases import CASES
from support.foreign import ForeignClient, ForeignFailureError, Json
from support.gateway import NO_KEY, TENANT, Upstream, metadata
from support.method_cases import ACTOR, Scene
from support.tokens import bearer

ALICE = metadata(ACTOR)
META = {
    "text": "grüße 👋 مرحبا",
    "tiny": 5e-324,
    "safe": 9007199254740991,
    "list": [1, "two", None, [3.5, [], {}], {"deep": [None, True]}],
    "nested": {"a": {"b": [{"c": "d"}]}, "empty": {}, "blank": "", "great": 1e308},
}
STREAMS = Streaming | Bidi
MICROSECONDS = 1_795_424_735_959.186035

every_method = pytest.mark.parametrize("name", METHODS)
every_unary_method = pytest.mark.parametrize(
    "name", [name for name, method in METHODS.items() if not isinstance(method, STREAMS)]
)
every_reading_method = pytest.mark.parametrize(
    "name", [name for name, method in METHODS.items() if method.kind == "read"]
)
every_keyed_method = pytest.mark.parametrize(
    "name", [name for name, method in METHODS.items() if isinstance(method, Keyed)]
)


def case(name: str, upstream: Upstream) -> Json:
    """Return alice's call of a method, of a dialog in which every kind of field is filled."""
    assert name in CASES, f"tests/support has no case for {name}"
    store, scene = upstream.store, Scene(upstream)
    store.add_user(TENANT, ACTOR, type="bot", meta=META, created_at=MICROSECONDS)
    dialog = scene.dialog
    topic = "topic_" + "t" * 20
    store.dialogs.add_topic(Topic(TENANT, topic, dialog, MICROSECONDS))
    store.meta.put_all(TENANT, "topic", topic, META)
    message = store.add_message(
        TENANT, dialog, "bob", "Grüße\n\t\x00 👩‍👩‍👧", meta=META, topic_id=topic
    )
    store.set_status(message, ACTOR, "read")
    store.marks.add_reaction(store.marks.new_reaction(TENANT, message.message_id, "bob", "🔥"))
    request: Json = json.loads(CASES[name](scene).to_json())
    return request


async def test_the_generated_clients_have_the_methods_of_the_services(go: ForeignClient) -> None:
    assert set((await go.ask("methods"))["methods"]) == METHODS.keys()


@every_method
async def test_every_method_is_called(go: ForeignClient, upstream: Upstream, name: str) -> None:
    request = case(name, upstream)
    if isinstance(METHODS[name], STREAMS):
        stream = await go.open(name, request, ALICE)
        for _ in range(1 + isinstance(METHODS[name], Bidi)):
            assert await stream.next()
        await stream.cancel()
    else:
        answer = await go.ask("call", method=name, request=request, metadata=ALICE)
        assert answer["trailing"]["x-request-id"]


async def test_an_app_calls_with_a_token(go: ForeignClient, upstream: Upstream) -> None:
    dialog = upstream.dialog("alice", "bob")
    created = await go.call("TenantService/CreateUserToken", {"user_id": "bob"}, ALICE)
    app = bearer(created["token"])
    sent = await go.call("SendMessage", {"dialog_id": dialog, "content": "Hi"}, app)
    assert sent["message"]["sender_id"] == "bob"
    with pytest.raises(ForeignFailureError) as refused:
        await go.call("TenantService/ListUsers", {}, app)
    assert refused.value.reason == "TOKEN_NOT_ACCEPTED"


@every_reading_method
async def test_what_is_read_is_told_alike(
    go: ForeignClient, grpcio: ForeignClient, upstream: Upstream, name: str
) -> None:
    request = case(name, upstream)
    answers = [await client.call(name, request, ALICE) for client in (go, grpcio)]
    # A resume token names the moment it is given, and so does a token of a user.
    for moment in ("next_resume_token", "token", "expire_time"):
        assert all(answer.pop(moment, "none") for answer in answers)
    assert answers[0] == answers[1]


@every_keyed_method
async def test_what_go_wrote_is_told_alike_to_who_repeats_it(
    go: ForeignClient, grpcio: ForeignClient, upstream: Upstream, name: str
) -> None:
    call = {"method": name, "metadata": ALICE}
    call["request"] = {**case(name, upstream), "idempotency_key": "k"}
    written = await go.ask("call", **call)
    repeated = await grpcio.ask("call", **call)
    assert repeated["trailing"]["idempotency-replayed"] == "true"
    assert written["response"] == repeated["response"]


@every_unary_method
async def test_a_failure_is_told_alike_with_its_details(
    go: ForeignClient, grpcio: ForeignClient, upstream: Upstream, name: str
) -> None:
    request = case(name, upstream)
    refused = {**metadata(ACTOR, key=NO_KEY), "x-request-id": "request-7"}
    failure = await go.fails(name, request, refused)
    assert (failure.code, failure.reason) == ("PERMISSION_DENIED", "PERMISSION_MISSING")
    assert failure.details["RequestInfo"]["request_id"] == "request-7"
    assert failure.trailing["x-request-id"] == "request-7"
    assert vars(failure) == vars(await grpcio.fails(name, request, refused))


async def test_the_fields_that_break_a_rule_are_told_alike(
    go: ForeignClient, grpcio: ForeignClient
) -> None:
    call: Any = ("SendMessage", {"content": "", "type": "nope"}, {**ALICE, "x-request-id": "r"})
    failure = await go.fails(*call)
    assert (failure.code, failure.reason) == ("INVALID_ARGUMENT", "INVALID_FIELD")
    fields = [item["field"] for item in failure.details["BadRequest"]["field_violations"]]
    assert fields == ["dialog_id", "type"]
    assert vars(failure) == vars(await grpcio.fails(*call))


async def test_updates_are_told_alike(
    go: ForeignClient, grpcio: ForeignClient, upstream: Upstream
) -> None:
    """Alice does several things in Go; both of bob's clients, awake or woken, see the same."""
    dialog, bob = upstream.dialog(ACTOR, "bob"), metadata("bob")
    clients = (go, grpcio)
    before = (await go.call("ListUpdates", {}, bob))["next_resume_token"]
    streams = [await client.subscribe(bob) for client in clients]
    sent = await go.call("SendMessage", {"dialog_id": dialog, "content": "x", "meta": META}, ALICE)
    message = {"dialog_id": dialog, "message_id": sent["message"]["message_id"]}
    reaction = {**message, "reaction": "👍", "action": "REACTION_ACTION_SET"}
    await go.call("SetMessageReaction", reaction, ALICE)
    await go.call("EditMessage", {**message, "content": "better"}, ALICE)
    await go.call("SendTypingIndicator", {"dialog_id": dialog}, ALICE)
    await go.call("DeleteMessage", message, ALICE)
    wanted = {
        f"UPDATE_KIND_{kind}"
        for kind in (
            "MESSAGE_CREATED",
            "MESSAGE_REACTION_GIVEN",
            "MESSAGE_EDITED",
            "MESSAGE_DELETED",
            "TYPING",
        )
    }
    seen = set()
    while not seen >= wanted:
        update, other = [await stream.update() for stream in streams]
        assert update == other
        seen.add(update["kind"])
    woken = [await client.call("ListUpdates", {"resume_token": before}, bob) for client in clients]
    assert woken[0]["updates"] == woken[1]["updates"]
    assert {update["kind"] for update in woken[0]["updates"]} >= wanted - {"UPDATE_KIND_TYPING"}


async def test_a_stream_that_is_refused_tells_why_alike(
    go: ForeignClient, grpcio: ForeignClient
) -> None:
    wrong = {**metadata(ACTOR, key="wrong"), "x-request-id": "request-7"}
    told = []
    for client in (go, grpcio):
        with pytest.raises(ForeignFailureError) as refused:
            await client.subscribe(wrong)
        told.append(vars(refused.value))
        assert refused.value.reason == "API_KEY_INVALID"
    assert told[0] == told[1]
