"""A back end's messages: in anybody's name, moderated, marked; nothing of another tenant."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from integration_vocabulary import DIALOG, MESSAGE, Caller, Client, written

from chat3_api.chat3.tenant import v1 as pb
from chat3_api.chat3.user.v1 import ErrorReason as Reason
from chat3_api.chat3.user.v1 import (
    GetDialogMessagesRequest,
    MessageStatus,
    ReactionAction,
    UpdateKind,
)
from chat3_api.google.protobuf import Struct
from chat3_embedded.generations import OLDEST
from chat3_embedded.store.records import Topic
from support.gateway import (
    KEY,
    OTHER_TENANT,
    READ_KEY,
    TENANT,
    WRITE_KEY,
    Upstream,
    run_gateway,
    run_upstream,
)

pytestmark = pytest.mark.broker("in_process")

TOPIC = "topic_" + "a" * 20
AT_ONCE = 4
"""Equal requests, of which the platform takes one in half a second."""
OF_A_MESSAGE = [
    lambda message: pb.GetMessageRequest(message_id=message),
    lambda message: pb.EditMessageRequest(message_id=message, content="mine"),
    lambda message: pb.DeleteMessageRequest(message_id=message),
    lambda message: pb.RestoreMessageRequest(message_id=message),
    lambda message: pb.SetMessageTopicRequest(message_id=message, topic_id=TOPIC),
    lambda message: pb.ListMessageVersionsRequest(message_id=message),
    lambda message: pb.ListMessageStatusesRequest(message_id=message),
    lambda message: pb.SetMessageStatusRequest(
        message_id=message, user_id="alice", status=MessageStatus.READ
    ),
    lambda message: pb.SetMessageReactionRequest(
        message_id=message, user_id="alice", reaction="👍", action=ReactionAction.SET
    ),
]


@pytest.fixture
def back_end(client: Client) -> Caller:
    return client.with_metadata({"x-api-key": KEY, "x-tenant-id": TENANT})


def sending(dialog: str, sender: str = "alice", content: str = "x", **more: Any) -> Any:
    return pb.SendMessageRequest(dialog_id=dialog, sender_id=sender, content=content, **more)


def reacting(message: str, user: str, action: ReactionAction = ReactionAction.SET) -> Any:
    return pb.SetMessageReactionRequest(
        message_id=message, user_id=user, reaction="👍", action=action
    )


def marking(message: str, user: str, status: MessageStatus = MessageStatus.READ) -> Any:
    return pb.SetMessageStatusRequest(message_id=message, user_id=user, status=status)


@pytest.mark.parametrize("whose", ["nobody's", "another tenant's"])
@pytest.mark.parametrize("request_of", OF_A_MESSAGE)
async def test_a_message_that_the_tenant_lacks_is_not_found_and_stays_as_it_is(
    back_end: Caller, upstream: Upstream, request_of: Any, whose: str
) -> None:
    theirs = upstream.dialog("alice", "bob", tenant=OTHER_TENANT)
    upstream.store.dialogs.add_topic(Topic(OTHER_TENANT, TOPIC, theirs, 1.0))
    message = written(upstream, theirs, tenant=OTHER_TENANT)
    before = upstream.store.messages.get(OTHER_TENANT, message)
    marks = upstream.store.marks.status_count(OTHER_TENANT, message)
    asked = MESSAGE if whose == "nobody's" else message
    refused = await back_end.fails(request_of(asked))
    assert refused.reason is Reason.MESSAGE_NOT_FOUND
    assert refused.metadata == {"message_id": asked}
    assert upstream.store.messages.get(OTHER_TENANT, message) == before
    assert upstream.store.marks.status_count(OTHER_TENANT, message) == marks
    assert not upstream.store.marks.reactions(OTHER_TENANT, [message])


@pytest.mark.parametrize("whose", ["nobody's", "another tenant's"])
@pytest.mark.parametrize("request_of", [sending, lambda at: pb.ListMessagesRequest(dialog_id=at)])
async def test_a_dialog_that_the_tenant_lacks_is_not_found(
    back_end: Caller, upstream: Upstream, request_of: Any, whose: str
) -> None:
    upstream.store.add_user(TENANT, "alice")
    theirs = upstream.dialog("alice", tenant=OTHER_TENANT)
    dialog = DIALOG if whose == "nobody's" else theirs
    refused = await back_end.fails(request_of(dialog))
    assert refused.reason is Reason.DIALOG_NOT_FOUND
    assert refused.metadata == {"dialog_id": dialog}
    assert upstream.store.messages.count({"tenantId": OTHER_TENANT}) == 0


@pytest.mark.parametrize("request_of", [*OF_A_MESSAGE, lambda _: sending(DIALOG)])
async def test_a_key_that_may_only_write_learns_nothing(
    client: Client, upstream: Upstream, request_of: Any
) -> None:
    upstream.store.add_user(TENANT, "alice")
    caller = client.with_metadata({"x-api-key": WRITE_KEY, "x-tenant-id": TENANT})
    real = written(upstream, upstream.dialog("alice", "bob"))
    for message in (real, MESSAGE):
        refused = await caller.fails(request_of(message))
        assert refused.reason is Reason.PERMISSION_MISSING
        assert refused.metadata == {"permission": "read"}


async def test_a_change_that_changes_nothing_needs_the_permission_too(
    client: Client, upstream: Upstream
) -> None:
    reader = client.with_metadata({"x-api-key": READ_KEY, "x-tenant-id": TENANT})
    message = written(upstream, upstream.dialog("alice"))
    for request in (
        pb.EditMessageRequest(message_id=message, content="hello"),
        pb.RestoreMessageRequest(message_id=message),
        pb.SetMessageTopicRequest(message_id=message),
    ):
        refused = await reader.fails(request)
        assert refused.reason is Reason.PERMISSION_MISSING
        assert refused.metadata == {"permission": "write"}


@pytest.mark.broker("rabbitmq")
@pytest.mark.parametrize("sender", ["bob", "Bob", "helper"])
async def test_a_message_is_sent_in_the_name_of_any_user_and_all_members_are_told(
    back_end: Caller, client: Client, upstream: Upstream, sender: str
) -> None:
    dialog = upstream.dialog("alice", "bob")
    upstream.store.add_user(TENANT, "helper")
    alice, bob = client.as_user("alice"), client.as_user("bob")
    async with alice.subscribed() as hers, bob.subscribed() as his:
        meta = Struct.from_dict({"n": 1.0})
        sent = (await back_end.call(sending(dialog, sender, "hello", meta=meta))).message
        for stream in (hers, his):
            update = await stream.update_of(UpdateKind.MESSAGE_CREATED)
            assert update.message_created.message.message_id == sent.message_id
    assert (sent.sender_id, sent.mine, sent.meta) == (sender.lower(), False, meta)
    assert sent.sender.user_id == sender.lower()
    page = await bob.call(GetDialogMessagesRequest(dialog_id=dialog))
    assert [(it.content, it.mine) for it in page.messages] == [("hello", sender != "helper")]


@pytest.mark.parametrize("ghost", [False, True])
async def test_nobody_sends_in_the_name_of_who_does_not_exist(
    back_end: Caller, upstream: Upstream, *, ghost: bool
) -> None:
    dialog = upstream.dialog("alice")
    if ghost:
        upstream.store.meta.put(TENANT, "user", "nobody", "title", "owns custom data only")
    refused = await back_end.fails(sending(dialog, "nobody"))
    assert refused.reason is Reason.USER_NOT_FOUND
    assert refused.metadata == {"user_id": "nobody"}
    assert upstream.store.messages.count({"tenantId": TENANT}) == 0


async def test_only_a_message_of_the_same_dialog_can_be_quoted(
    back_end: Caller, upstream: Upstream
) -> None:
    dialog, other = upstream.dialog("alice"), upstream.dialog("alice")
    here, elsewhere = written(upstream, dialog), written(upstream, other)
    refused = await back_end.fails(sending(dialog, quoted_message_id=elsewhere))
    assert refused.reason is Reason.MESSAGE_NOT_FOUND
    sent = (await back_end.call(sending(dialog, quoted_message_id=here))).message
    assert sent.quoted_message.message_id == here
    upstream.store.messages.set_deleted(TENANT, here, 1.0, "bob")
    shown = (await back_end.call(pb.GetMessageRequest(message_id=sent.message_id))).message
    assert (shown.quoted_message.deleted, shown.quoted_message.content) == (True, "")


async def test_an_unknown_topic_is_told(back_end: Caller, upstream: Upstream) -> None:
    dialog = upstream.dialog("alice")
    refused = await back_end.fails(sending(dialog, topic_id=TOPIC))
    assert refused.reason is Reason.TOPIC_NOT_FOUND


async def test_equal_messages_at_once_are_one_for_one_key_and_as_many_as_keys_else(
    back_end: Caller, upstream: Upstream
) -> None:
    dialog = upstream.dialog("alice")

    async def sent(*keys: str) -> set[str]:
        requests = [sending(dialog, idempotency_key=key) for key in keys]
        answers = await asyncio.gather(*map(back_end.call, requests))
        return {answer.message.message_id for answer in answers}

    assert len(await sent(*["k"] * 30)) == 1
    keys = ["", "", *(str(number) for number in range(30))]
    assert len(await sent(*keys)) == len(keys)
    assert upstream.store.messages.count({"tenantId": TENANT, "dialogId": dialog}) == 33


async def test_changes_of_one_message_at_once_are_all_answered(
    back_end: Caller, upstream: Upstream
) -> None:
    message = written(upstream, upstream.dialog("alice", "bob"))
    deleting = pb.DeleteMessageRequest(message_id=message, deleted_by="staff")
    answers = await asyncio.gather(*(back_end.call(deleting) for _ in range(AT_ONCE)))
    assert all(answer.message.deleted for answer in answers)
    answers = await asyncio.gather(
        *(back_end.call(reacting(message, "bob")) for _ in range(AT_ONCE))
    )
    assert sum(answer.changed for answer in answers) == 1


async def test_a_message_is_shown_as_nobody_sees_it(back_end: Caller, upstream: Upstream) -> None:
    dialog = upstream.dialog("alice", "bob")
    message = written(upstream, dialog, meta={"n": 1, "chat3_key": "ours"})
    await back_end.call(reacting(message, "bob"))
    shown = (await back_end.call(pb.GetMessageRequest(message_id=message))).message
    assert (shown.dialog_id, shown.content, shown.mine) == (dialog, "hello", False)
    assert shown.meta == Struct.from_dict({"n": 1})
    assert [(row.count, row.mine) for row in shown.reactions] == [(1, False)]


async def test_a_moderator_edits_any_message_under_a_name(
    back_end: Caller, client: Client, upstream: Upstream
) -> None:
    message = written(upstream, upstream.dialog("alice", "bob"))
    request = pb.EditMessageRequest(message_id=message, content=" better ", edited_by="The staff")
    edited = await back_end.call(request)
    assert (edited.changed, edited.message.content) == (True, "better")
    assert (edited.message.edited, edited.message.edited_by) == (True, "The staff")
    again = await back_end.call(request)
    assert (again.changed, again.message.edited_by) == (False, "The staff")
    nameless = pb.EditMessageRequest(message_id=message, content="best")
    assert (await back_end.call(nameless)).message.edited_by is None
    versions = (await back_end.call(pb.ListMessageVersionsRequest(message_id=message))).versions
    assert [(row.content, row.edited_by) for row in versions] == [
        ("better", None),
        ("hello", "The staff"),
    ]


async def test_a_moderator_deletes_any_message_and_restores_it(
    back_end: Caller, client: Client, upstream: Upstream
) -> None:
    dialog = upstream.dialog("alice", "bob")
    message = written(upstream, dialog)
    deleting = pb.DeleteMessageRequest(message_id=message, deleted_by="The staff")
    deleted = await back_end.call(deleting)
    assert deleted.changed
    assert (deleted.message.deleted, deleted.message.content) == (True, "")
    assert deleted.message.deleted_by == "The staff"
    again = await back_end.call(replace(deleting, deleted_by="somebody else"))
    assert (again.changed, again.message.deleted_by) == (False, "The staff")
    refused = await back_end.fails(pb.EditMessageRequest(message_id=message, content="better"))
    assert refused.reason is Reason.MESSAGE_DELETED
    versions = await back_end.call(pb.ListMessageVersionsRequest(message_id=message))
    assert versions.versions == []
    page = await client.as_user("bob").call(GetDialogMessagesRequest(dialog_id=dialog))
    assert [(it.content, it.deleted_by) for it in page.messages] == [("", "The staff")]
    restoring = pb.RestoreMessageRequest(message_id=message)
    restored = await back_end.call(restoring)
    assert (restored.changed, restored.message.content) == (True, "hello")
    assert restored.message.deleted_by is None
    assert not (await back_end.call(restoring)).changed


@pytest.mark.parametrize(
    "name", ["chat3-gateway:incomplete-copy", "chat3-gateway:", " a", "a\n", "x" * 201]
)
async def test_a_moderators_name_is_none_of_ours(back_end: Caller, name: str) -> None:
    deleting = await back_end.fails(pb.DeleteMessageRequest(message_id=MESSAGE, deleted_by=name))
    assert set(deleting.violations) == {"deleted_by"}
    editing = await back_end.fails(
        pb.EditMessageRequest(message_id=MESSAGE, content="x", edited_by=name)
    )
    assert set(editing.violations) == {"edited_by"}


async def test_a_replayed_answer_shows_nothing_that_was_deleted_since(
    back_end: Caller, upstream: Upstream
) -> None:
    dialog = upstream.dialog("alice")
    request = sending(dialog, content="secret", idempotency_key="k")
    sent = (await back_end.call(request)).message
    upstream.store.messages.set_deleted(TENANT, sent.message_id, 1.0, "bob")
    again, trailing = await back_end.called(request)
    assert trailing["idempotency-replayed"] == "true"
    assert (again.message.message_id, again.message.content) == (sent.message_id, "")


async def test_a_message_moves_between_the_topics_of_its_dialog(
    back_end: Caller, upstream: Upstream
) -> None:
    dialog, other = upstream.dialog("alice"), upstream.dialog("alice")
    topics = [f"topic_{letter * 20}" for letter in "abc"]
    for topic, at in zip(topics, (dialog, dialog, other), strict=True):
        upstream.store.dialogs.add_topic(Topic(TENANT, topic, at, 1.0))
    message = written(upstream, dialog, topic_id=topics[0])

    def moving(topic: str | None) -> Any:
        return pb.SetMessageTopicRequest(message_id=message, topic_id=topic)

    moved = await back_end.call(moving(topics[1]))
    assert (moved.changed, moved.message.topic_id) == (True, topics[1])
    assert not (await back_end.call(moving(topics[1]))).changed
    refused = await back_end.fails(moving(topics[2]))
    assert refused.reason is Reason.TOPIC_NOT_FOUND
    assert (await back_end.call(moving(None))).message.topic_id is None


@pytest.mark.parametrize("user", ["bob", "BOB"])
async def test_a_status_is_set_in_a_members_name(
    back_end: Caller, upstream: Upstream, user: str
) -> None:
    message = written(upstream, upstream.dialog("alice", "bob"))
    record = (await back_end.call(marking(message, user))).record
    assert (record.user_id, record.status) == ("bob", MessageStatus.READ)
    await back_end.call(marking(message, "alice", MessageStatus.DELIVERED))
    listed: list[Any] = []
    token = ""
    while token or not listed:
        request = pb.ListMessageStatusesRequest(
            message_id=message, page_size=1, page_token=token, include_total_size=True
        )
        page = await back_end.call(request)
        listed += page.statuses
        token = page.next_page_token
    assert page.total_size == len(listed)
    assert [(row.user_id, row.status) for row in listed] == [
        ("alice", MessageStatus.DELIVERED),
        ("bob", MessageStatus.READ),
        ("bob", MessageStatus.UNREAD),
    ]


async def test_a_reaction_is_given_and_taken_back_in_a_members_name(
    back_end: Caller, client: Client, upstream: Upstream
) -> None:
    dialog = upstream.dialog("alice", "bob")
    message = written(upstream, dialog)
    assert [(await back_end.call(reacting(message, "Bob"))).changed for _ in range(2)] == [
        True,
        False,
    ]
    page = await client.as_user("bob").call(GetDialogMessagesRequest(dialog_id=dialog))
    assert [(row.reaction, row.mine) for row in page.messages[0].reactions] == [("👍", True)]
    unset = reacting(message, "bob", ReactionAction.UNSET)
    assert [(await back_end.call(unset)).changed for _ in range(2)] == [True, False]


@pytest.mark.parametrize("request_of", [marking, reacting])
async def test_nobody_marks_a_message_of_a_dialog_that_he_is_not_in(
    back_end: Caller, upstream: Upstream, request_of: Any
) -> None:
    dialog = upstream.dialog("alice")
    upstream.store.add_user(TENANT, "stranger")
    refused = await back_end.fails(request_of(written(upstream, dialog), "Stranger"))
    assert refused.reason is Reason.MEMBER_NOT_FOUND
    assert refused.metadata == {"dialog_id": dialog, "user_id": "stranger"}


async def test_a_member_in_another_letter_case_is_found(
    back_end: Caller, upstream: Upstream
) -> None:
    message = written(upstream, upstream.dialog("alice", "Zoe"))
    assert (await back_end.call(marking(message, "zoe"))).record.user_id == "Zoe"
    assert (await back_end.call(reacting(message, "zoe"))).changed


async def test_a_member_who_leaves_within_the_proof_is_no_member(
    back_end: Caller, upstream: Upstream
) -> None:
    dialog = upstream.dialog("alice", "bob")
    message = written(upstream, dialog)
    await back_end.call(marking(message, "bob", MessageStatus.DELIVERED))
    upstream.store.members.remove(TENANT, dialog, "bob")
    for request in (marking(message, "bob"), reacting(message, "bob")):
        assert (await back_end.fails(request)).reason is Reason.MEMBER_NOT_FOUND


async def test_the_history_is_read_whoever_can_be_asked(
    back_end: Caller, upstream: Upstream
) -> None:
    dialog = upstream.dialog("a.dotted.id", "alice", "bob")
    message = written(upstream, dialog)
    request = pb.ListMessageStatusesRequest(message_id=message)
    assert (await back_end.call(request)).statuses
    for user in ("alice", "bob"):
        upstream.store.members.remove(TENANT, dialog, user)
    refused = await back_end.fails(request)
    assert refused.reason is Reason.NO_MEMBERS
    assert refused.metadata == {"dialog_id": dialog}


async def test_an_older_platform_lacks_what_it_lacks(broker_url: str) -> None:
    async with (
        run_upstream(broker_url, platform=OLDEST) as upstream,
        run_gateway(upstream.url, broker_url) as gateway,
        Client(gateway.address) as client,
    ):
        back_end = client.with_metadata({"x-api-key": KEY, "x-tenant-id": TENANT})
        message = written(upstream, upstream.dialog("alice"))
        for request, since in (
            (pb.DeleteMessageRequest(message_id=message), "0.0.81"),
            (pb.RestoreMessageRequest(message_id=message), "0.0.81"),
            (pb.ListMessageVersionsRequest(message_id=message), "0.0.82"),
        ):
            refused = await back_end.fails(request)
            assert refused.reason is Reason.PLATFORM_TOO_OLD
            assert refused.metadata == {"needs": since}
        edited = await back_end.call(
            pb.EditMessageRequest(message_id=message, content="better", edited_by="The staff")
        )
        assert (edited.message.content, edited.message.edited) == ("better", True)
        assert edited.message.edited_by is None
