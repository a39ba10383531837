"""Writes: what the platform would mangle or refuse never reaches it; repetitions are honest."""

import asyncio
from typing import Any

import pytest
from integration_vocabulary import (
    MESSAGE,
    Caller,
    Client,
    marking,
    reacting,
    sending,
    written,
)

from chat3_api.chat3.user import v1 as pb
from chat3_api.google.protobuf import Struct
from support.gateway import KEY, NO_KEY, OTHER_TENANT, READ_KEY, TENANT, WRITE_KEY, Upstream

pytestmark = pytest.mark.broker("in_process")

Reason = pb.ErrorReason


def struct_of(data: dict[str, Any]) -> Struct:
    return Struct.from_dict(data)


async def test_two_equal_messages_in_a_moment_are_two(alice: Caller, upstream: Upstream) -> None:
    dialog = upstream.dialog("alice", "bob")
    sent = await asyncio.gather(*(alice.call(sending(dialog, "same")) for _ in range(3)))
    assert len({answer.message.message_id for answer in sent}) == 3


async def test_users_of_two_tenants_can_say_the_same(client: Client, upstream: Upstream) -> None:
    dialogs = {tenant: upstream.dialog("alice", tenant=tenant) for tenant in (TENANT, OTHER_TENANT)}
    answers = await asyncio.gather(
        *(
            client.as_user("alice", tenant=tenant).call(sending(dialog, "same"))
            for tenant, dialog in dialogs.items()
        )
    )
    assert [answer.message.dialog_id for answer in answers] == list(dialogs.values())


async def test_a_repeated_status_is_recorded_again(alice: Caller, upstream: Upstream) -> None:
    dialog = upstream.dialog("alice", "bob")
    message = written(upstream, dialog, "bob")
    before = upstream.store.marks.status_count(TENANT, message)
    for _ in range(2):
        answer = await alice.call(marking(dialog, message))
        assert answer.record.status is pb.MessageStatus.READ
        assert answer.record.status_name == "read"
        assert answer.record.user_id == "alice"
        assert answer.record.user_type == "user"
        assert answer.record.create_time is not None
    assert upstream.store.marks.status_count(TENANT, message) == before + 2


@pytest.mark.parametrize(
    "status", [pb.MessageStatus.UNREAD, pb.MessageStatus.DELIVERED, pb.MessageStatus.READ]
)
async def test_all_statuses_are_taken(
    alice: Caller, upstream: Upstream, status: pb.MessageStatus
) -> None:
    dialog = upstream.dialog("alice", "bob")
    answer = await alice.call(marking(dialog, written(upstream, dialog, "bob"), status))
    assert answer.record.status is status


async def test_reactions_change_once(alice: Caller, bob: Caller, upstream: Upstream) -> None:
    dialog = upstream.dialog("alice", "bob")
    message = written(upstream, dialog)
    unset = pb.ReactionAction.UNSET
    changed = [
        (await alice.call(request)).changed
        for request in (
            reacting(dialog, message, action=unset),
            reacting(dialog, message),
            reacting(dialog, message),
            reacting(dialog, message, "🔥"),
            reacting(dialog, message, action=unset),
            reacting(dialog, message, action=unset),
        )
    ]
    assert changed == [False, True, False, True, True, False]
    page = await bob.call(pb.GetDialogMessagesRequest(dialog_id=dialog))
    (reaction,) = page.messages[0].reactions
    assert (reaction.reaction, reaction.count, reaction.mine) == ("🔥", 1, False)


@pytest.mark.broker("rabbitmq")
async def test_a_typing_signal_may_repeat(alice: Caller, bob: Caller, upstream: Upstream) -> None:
    dialog = upstream.dialog("alice", "bob")
    request = pb.SendTypingIndicatorRequest(dialog_id=dialog)
    async with bob.subscribed() as stream:
        for _ in range(3):
            answer = await alice.call(request)
            assert answer.expires_in.total_seconds() == 5
        update = await stream.update_of(pb.UpdateKind.TYPING)
        assert update.typing is not None
        assert update.typing.user_id == "alice"
        assert update.typing.expires_in is not None
        assert update.typing.expires_in.total_seconds() == 5


@pytest.mark.parametrize("key", [KEY, WRITE_KEY])
async def test_every_key_that_may_write_may_repeat_a_typing_signal(
    client: Client, upstream: Upstream, key: str
) -> None:
    request = pb.SendTypingIndicatorRequest(dialog_id=upstream.dialog("alice"))
    for _ in range(3):
        answer = await client.as_user("alice", key=key).call(request)
        assert answer.expires_in.total_seconds() == 5


@pytest.mark.parametrize(
    ("user", "key", "reason"),
    [
        ("alice", "wrong", Reason.API_KEY_INVALID),
        ("alice", NO_KEY, Reason.PERMISSION_MISSING),
        ("alice", READ_KEY, Reason.PERMISSION_MISSING),
        ("stranger", KEY, Reason.NOT_A_MEMBER),
        ("stranger", WRITE_KEY, Reason.NOT_A_MEMBER),
    ],
)
async def test_a_typing_signal_that_is_refused_is_refused_again(
    client: Client, upstream: Upstream, user: str, key: str, reason: pb.ErrorReason
) -> None:
    """Whatever tenant-api's guard says of it: also right after one that was accepted."""
    request = pb.SendTypingIndicatorRequest(dialog_id=upstream.dialog("alice"))
    await client.as_user("alice").call(request)
    for _ in range(3):
        assert (await client.as_user(user, key=key).fails(request)).reason is reason


async def test_the_quote_of_an_unknown_message_is_refused(
    alice: Caller, upstream: Upstream
) -> None:
    dialog = upstream.dialog("alice")
    refused = await alice.fails(sending(dialog, quoted_message_id=MESSAGE))
    assert refused.reason is Reason.MESSAGE_NOT_FOUND
    assert upstream.store.messages.page({"tenantId": TENANT, "dialogId": dialog}) == []


async def test_a_quote_comes_with_the_message(alice: Caller, upstream: Upstream) -> None:
    dialog = upstream.dialog("alice", "bob")
    quoted = written(upstream, dialog, "bob", content="first", meta={"n": 1})
    sent = await alice.call(sending(dialog, "second", quoted_message_id=quoted))
    assert sent.message.quoted_message.message_id == quoted
    assert sent.message.quoted_message.content == "first"
    assert sent.message.quoted_message.sender.user_id == "bob"


RESERVED = [
    *("id", "_id", "__v", "createdAt", "expiresAt", "readAt", "$where", "__proto__", "constructor"),
    *("chat3_key", "chat3_anything", "", "a.b", "a-b", "ä", "x" * 101),
]


@pytest.mark.parametrize("name", RESERVED)
async def test_meta_the_platform_would_mangle_is_refused(
    alice: Caller, upstream: Upstream, name: str
) -> None:
    dialog = upstream.dialog("alice")
    refused = await alice.fails(sending(dialog, meta=struct_of({name: 1, "fine": 1})))
    assert refused.reason is Reason.INVALID_FIELD
    assert len(refused.violations) == 1
    assert next(iter(refused.violations)).startswith("meta")


@pytest.mark.parametrize("value", [None, "", 2.0**60, {"value": 1}, {"inner": None}, {"id": 1}])
async def test_values_of_meta_the_platform_cannot_keep_are_refused(
    alice: Caller, upstream: Upstream, value: Any
) -> None:
    dialog = upstream.dialog("alice")
    refused = await alice.fails(sending(dialog, meta=struct_of({"k": value})))
    assert refused.reason is Reason.INVALID_FIELD
    assert all(path.startswith("meta.k") for path in refused.violations)


@pytest.mark.broker("rabbitmq")
async def test_what_names_an_attempt_stays_hidden(
    alice: Caller, bob: Caller, upstream: Upstream
) -> None:
    dialog = upstream.dialog("alice", "bob")
    async with bob.subscribed() as stream:
        sent = await alice.call(sending(dialog, meta=struct_of({"k": "v"})))
        update = await stream.update_of(pb.UpdateKind.MESSAGE_CREATED)
    page = await bob.call(pb.GetDialogMessagesRequest(dialog_id=dialog))
    assert update.message_created is not None
    assert update.message_created.message is not None
    stored = upstream.store.meta.of(TENANT, "message", sent.message.message_id)
    assert stored.keys() == {"k", "chat3_key"}
    for message in (sent.message, update.message_created.message, page.messages[0]):
        assert message.meta.to_dict() == {"k": "v"}
    answer = await bob.call(sending(dialog, quoted_message_id=sent.message.message_id))
    assert answer.message.quoted_message.meta.to_dict() == {"k": "v"}


async def test_a_message_without_meta_has_an_empty_one(alice: Caller, upstream: Upstream) -> None:
    dialog = upstream.dialog("alice")
    sent = await alice.call(sending(dialog))
    assert sent.message.meta is not None
    assert sent.message.meta.to_dict() == {}


@pytest.mark.parametrize(
    "meta",
    [
        {"text": "x" * 102_400},
        {f"key{number}": "ä" * 1000 for number in range(60)},
        {"list": list(range(30_000))},
    ],
)
async def test_a_body_over_100_kb_is_refused_before_it_is_sent(
    alice: Caller, upstream: Upstream, meta: dict[str, Any]
) -> None:
    dialog = upstream.dialog("alice")
    refused = await alice.fails(sending(dialog, meta=struct_of(meta)))
    assert refused.reason is Reason.REQUEST_TOO_LARGE
    assert refused.metadata == {"limit_bytes": "102400"}


async def test_a_body_just_within_100_kb_is_written(alice: Caller, upstream: Upstream) -> None:
    dialog = upstream.dialog("alice")
    sent = await alice.call(sending(dialog, "ä" * 10_000, meta=struct_of({"t": "x" * 82_000})))
    assert len(sent.message.content) == 10_000


@pytest.mark.parametrize(
    ("fields", "broken"),
    [
        ({"content": ""}, "content"),
        ({"content": " \n"}, "content"),
        ({"content": "x" * 10_001}, "content"),
        ({"content": "x", "type": "internal.nope"}, "type"),
        ({"content": "", "type": "internal.image"}, "meta.url"),
        ({"content": "x", "topic_id": "topic_x"}, "topic_id"),
        ({"content": "x", "quoted_message_id": ""}, "quoted_message_id"),
        ({"content": "x", "idempotency_key": "ä"}, "idempotency_key"),
    ],
)
async def test_a_field_that_breaks_its_rule_is_named(
    alice: Caller, upstream: Upstream, fields: dict[str, Any], broken: str
) -> None:
    refused = await alice.fails(pb.SendMessageRequest(dialog_id=upstream.dialog("alice"), **fields))
    assert refused.reason is Reason.INVALID_FIELD
    assert list(refused.violations) == [broken]


@pytest.mark.parametrize("kind", ["internal.location", "user.thing", "system.note", "message.a-b"])
async def test_types_without_text_are_taken(alice: Caller, upstream: Upstream, kind: str) -> None:
    dialog = upstream.dialog("alice", "bob")
    sent = await alice.call(sending(dialog, "", type=kind))
    assert sent.message.type == kind
    assert sent.message.content == ""


async def test_the_request_id_of_the_caller_comes_back(client: Client, upstream: Upstream) -> None:
    upstream.dialog("alice")
    named = client.as_user("alice")
    _, trailing = await named.called(pb.GetUserDialogsRequest())
    assert trailing["x-request-id"]
    own = client.with_metadata({**named.metadata, "x-request-id": "mine-1"})
    _, trailing = await own.called(pb.GetUserDialogsRequest())
    assert trailing["x-request-id"] == "mine-1"
    refused = await own.fails(sending("x"))
    assert refused.request_id == "mine-1"
