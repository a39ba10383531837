"""Edits, deletions and moves of messages: by whom they may be made, and what is seen of them."""

import asyncio
from typing import Any

import pytest
from integration_vocabulary import Caller, Client, marking, platform, reacting, sending, written

from chat3_api.chat3.user import v1 as pb
from support.gateway import READ_KEY, Upstream, run_gateway, run_upstream

pytestmark = pytest.mark.broker("in_process")

TOPIC = "topic_" + "a" * 20
OWN_ONLY = [
    lambda **where: pb.EditMessageRequest(content="changed", **where),
    pb.DeleteMessageRequest,
    pb.RestoreMessageRequest,
]
ALL = [*OWN_ONLY, lambda **where: pb.SetMessageTopicRequest(topic_id=TOPIC, **where)]


@pytest.fixture
def dialog(upstream: Upstream) -> str:
    return upstream.dialog("alice", "bob")


async def topic_of(upstream: Upstream, dialog: str, number: int = 0) -> str:
    made = await platform(upstream, "POST", f"/dialogs/{dialog}/topics", {"meta": {"n": number}})
    topic: str = made["topicId"]
    return topic


async def versions(upstream: Upstream, message: str) -> list[str]:
    found = await platform(upstream, "GET", f"/messages/{message}/versions")
    return [version["content"] for version in found]


async def test_an_edit_changes_the_text_once(
    alice: Caller, bob: Caller, upstream: Upstream, dialog: str
) -> None:
    message = written(upstream, dialog, content="one", meta={"n": 1})
    where = {"dialog_id": dialog, "message_id": message}
    await alice.call(reacting(dialog, message))
    await bob.call(marking(dialog, message))

    edited = await alice.call(pb.EditMessageRequest(**where, content="two", idempotency_key="k"))
    again, trailing = await alice.called(
        pb.EditMessageRequest(**where, content="two", idempotency_key="k")
    )
    unchanged = await alice.call(pb.EditMessageRequest(**where, content=" two "))

    assert edited.changed
    assert again == edited
    assert trailing["idempotency-replayed"] == "true"
    assert not unchanged.changed
    assert await versions(upstream, message) == ["one"]
    for found in (edited.message, unchanged.message):
        assert found == (await alice.call(pb.GetMessageRequest(**where))).message
    assert edited.message.edited_by == "alice"
    assert edited.message.reactions[0].mine


async def test_the_edit_of_another_device_is_kept_when_a_key_is_sent_again(
    alice: Caller, upstream: Upstream, dialog: str
) -> None:
    message = written(upstream, dialog, content="one")
    where = {"dialog_id": dialog, "message_id": message}
    first = pb.EditMessageRequest(**where, content="two", idempotency_key="first")
    await alice.call(first)
    await alice.call(pb.EditMessageRequest(**where, content="three"))

    await alice.call(first)

    now = await alice.call(pb.GetMessageRequest(**where))
    assert now.message.content == "three"
    assert await versions(upstream, message) == ["two", "one"]


async def test_a_deletion_hides_everywhere_what_was_said_and_a_restoration_brings_it_back(
    alice: Caller, bob: Caller, upstream: Upstream, dialog: str
) -> None:
    sent = pb.SendMessageRequest(dialog_id=dialog, content="secret", idempotency_key="send")
    message = (await alice.call(sent)).message.message_id
    where = {"dialog_id": dialog, "message_id": message}
    edit = pb.EditMessageRequest(**where, content="secret too", idempotency_key="edit")
    await alice.call(edit)

    gone = await alice.call(pb.DeleteMessageRequest(**where, idempotency_key="delete"))
    twice = await alice.call(pb.DeleteMessageRequest(**where))
    everything = [
        gone,
        twice,
        await alice.call(sent),
        await alice.call(edit),
        await bob.call(pb.GetMessageRequest(**where)),
        await bob.call(pb.GetDialogMessagesRequest(dialog_id=dialog)),
        await bob.call(pb.GetUserDialogsRequest(include_last_message=True)),
        await bob.call(pb.ListMessageVersionsRequest(**where)),
    ]
    refused = await alice.fails(pb.EditMessageRequest(**where, content="x"))
    back = await alice.call(pb.RestoreMessageRequest(**where))
    back_twice = await alice.call(pb.RestoreMessageRequest(**where))

    assert "secret" not in str(everything)
    assert (gone.changed, twice.changed, back.changed, back_twice.changed) == (
        *(True, False),
        *(True, False),
    )
    assert gone.message.deleted_by == "alice"
    assert refused.reason is pb.ErrorReason.MESSAGE_DELETED
    assert back.message.content == "secret too"
    assert not back.message.deleted


async def test_a_message_moves_between_topics_and_out_of_them(
    alice: Caller, bob: Caller, upstream: Upstream, dialog: str
) -> None:
    message = written(upstream, dialog)
    topics = [await topic_of(upstream, dialog, number) for number in range(2)]
    where = {"dialog_id": dialog, "message_id": message}

    moves = [
        await caller.call(pb.SetMessageTopicRequest(**where, topic_id=topic))
        for caller, topic in (
            (alice, topics[0]),
            (bob, topics[1]),
            (bob, topics[1]),
            (alice, None),
            (alice, None),
        )
    ]

    assert [move.changed for move in moves] == [True, True, False, True, False]
    assert [move.message.topic_id for move in moves] == [*topics, topics[1], None, None]


async def test_a_topic_of_another_dialog_is_refused_before_the_message_leaves_its_own(
    alice: Caller, upstream: Upstream, dialog: str
) -> None:
    message = written(upstream, dialog)
    here = await topic_of(upstream, dialog)
    elsewhere = await topic_of(upstream, upstream.dialog("alice"))
    where = {"dialog_id": dialog, "message_id": message}
    await alice.call(pb.SetMessageTopicRequest(**where, topic_id=here))

    refused = [
        await alice.fails(pb.SetMessageTopicRequest(**where, topic_id=topic, idempotency_key=key))
        for topic in (elsewhere, TOPIC)
        for key in ("", f"key-{topic}")
    ]

    assert {failure.reason for failure in refused} == {pb.ErrorReason.TOPIC_NOT_FOUND}
    assert (await alice.call(pb.GetMessageRequest(**where))).message.topic_id == here


@pytest.mark.parametrize("key", ["", "some-key"])
@pytest.mark.parametrize("request_of", ALL)
async def test_only_who_may_changes_a_message(
    alice: Caller,
    bob: Caller,
    stranger: Caller,
    client: Client,
    upstream: Upstream,
    dialog: str,
    request_of: Any,
    key: str,
) -> None:
    mine = {"dialog_id": dialog, "message_id": written(upstream, dialog, content="mine")}
    elsewhere = written(upstream, upstream.dialog("bob"), sender="bob")
    foreign = {"dialog_id": dialog, "message_id": elsewhere}

    outsider = await stranger.fails(request_of(**mine, idempotency_key=key))
    not_here = await alice.fails(request_of(**foreign, idempotency_key=key))
    reader = await client.as_user("alice", key=READ_KEY).fails(
        request_of(**mine, idempotency_key=f"{key}-reader" if key else "")
    )

    assert outsider.reason is pb.ErrorReason.NOT_A_MEMBER
    assert not_here.reason is pb.ErrorReason.MESSAGE_NOT_FOUND
    assert reader.reason in {pb.ErrorReason.PERMISSION_MISSING, pb.ErrorReason.TOPIC_NOT_FOUND}
    if request_of in OWN_ONLY:
        others = await bob.fails(request_of(**mine, idempotency_key=key))
        assert others.reason is pb.ErrorReason.NOT_THE_SENDER
    now = (await alice.call(pb.GetMessageRequest(**mine))).message
    assert (now.content, now.deleted, now.edited, now.topic_id) == ("mine", False, False, None)


async def test_an_old_platform_edits_but_does_not_delete(broker_url: str) -> None:
    async with (
        run_upstream(broker_url, platform="0.0.80") as upstream,
        run_gateway(upstream.url, broker_url) as gateway,
        Client(gateway.address) as client,
    ):
        alice = client.as_user("alice")
        dialog = upstream.dialog("alice", "bob")
        where = {"dialog_id": dialog, "message_id": written(upstream, dialog, content="one")}

        edited = await alice.call(
            pb.EditMessageRequest(**where, content="two", idempotency_key="edit")
        )
        refused = [
            await alice.fails(request(**where, idempotency_key=key))
            for request in (pb.DeleteMessageRequest, pb.RestoreMessageRequest)
            for key in ("", "key")
        ]

    assert edited.changed
    assert edited.message.content == "two"
    assert edited.message.edited
    assert edited.message.edit_time is not None
    assert {failure.reason for failure in refused} == {pb.ErrorReason.PLATFORM_TOO_OLD}
    assert {failure.metadata["needs"] for failure in refused} == {"0.0.81"}


async def test_many_change_their_messages_at_once(client: Client, upstream: Upstream) -> None:
    users = [f"user{number}" for number in range(30)]
    dialog = upstream.dialog(*users)

    async def changes(user: str) -> list[bool]:
        caller = client.as_user(user)
        sent = await caller.call(sending(dialog, "same text"))
        where = {"dialog_id": dialog, "message_id": sent.message.message_id}
        # The same text at the same moment: alike to a guard that looks at neither user nor key.
        answers = await asyncio.gather(
            *(caller.call(pb.EditMessageRequest(**where, content="new")) for _ in range(2)),
        )
        for request in (pb.DeleteMessageRequest, pb.RestoreMessageRequest):
            answers.append(await caller.call(request(**where)))
        return [answer.changed for answer in answers]

    changed = await asyncio.gather(*map(changes, users))

    assert all(answers[2:] == [True, True] for answers in changed)
    assert all(any(answers[:2]) for answers in changed)
