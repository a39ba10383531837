"""All that two users do with each other, through the contract alone: no call of REST.

Every step is seen on the other user's stream, with the kind that it should have.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Any

import pytest
from integration_vocabulary import Caller, Client, Subscription, sending

from chat3_api.chat3.user import v1 as pb
from chat3_api.google.protobuf import Struct
from support.gateway import TENANT, Gateway, Upstream, run_gateway
from support.rabbitmq import RabbitMQ

Kind = pb.UpdateKind

PAIRS = 100
MESSAGES = int(os.environ.get("WALK_MESSAGES", "500"))
"""How many messages are read back; `make test-walk` takes 10,000."""

WRITTEN_MEANWHILE = 200
PAGE_SIZE = 100


@pytest.fixture
async def workers(
    upstream: Upstream, rabbitmq: RabbitMQ, tmp_path: Path
) -> AsyncIterator[tuple[Gateway, Gateway]]:
    shared = {"idempotency_database": str(tmp_path / "keys.sqlite"), "rabbitmq_updates_log": "walk"}
    async with (
        run_gateway(upstream.url, rabbitmq.url, **shared) as one,
        run_gateway(upstream.url, rabbitmq.url, **shared) as other,
    ):
        yield one, other


@pytest.fixture
async def alice(workers: tuple[Gateway, Gateway], upstream: Upstream) -> AsyncIterator[Caller]:
    upstream.store.add_user(TENANT, "alice", meta={"displayName": "Alice"})
    async with Client(workers[0].address) as client:
        yield client.as_user("alice")


@pytest.fixture
async def bob(workers: tuple[Gateway, Gateway], upstream: Upstream) -> AsyncIterator[Caller]:
    upstream.store.add_user(TENANT, "bob", meta={"displayName": "Bob"})
    async with Client(workers[1].address) as client:
        yield client.as_user("bob")


def custom_data(**keys: Any) -> Struct:
    return Struct.from_dict(keys)


async def seen(stream: Subscription, *kinds: pb.UpdateKind) -> list[pb.Update]:
    """Return the next update of each kind, in the order in which they are named."""
    return [await stream.update_of(kind) for kind in kinds]


@pytest.mark.timeout(600)
async def test_two_users_who_ask_at_once_get_one_direct_dialog(
    workers: tuple[Gateway, Gateway], upstream: Upstream
) -> None:
    pairs = [(f"left{number}", f"right{number}") for number in range(PAIRS)]
    for user_id in (user_id for pair in pairs for user_id in pair):
        upstream.store.add_user(TENANT, user_id)

    async with Client(workers[0].address) as here, Client(workers[1].address) as there:

        async def both_ask(left: str, right: str) -> tuple[Any, Any]:
            return await asyncio.gather(
                here.as_user(left).call(pb.GetOrCreateDirectDialogRequest(user_id=right)),
                there.as_user(right).call(pb.GetOrCreateDirectDialogRequest(user_id=left)),
            )

        answers = [await both_ask(*pair) for pair in pairs]
        listed = [await here.as_user(left).call(pb.GetUserDialogsRequest()) for left, _ in pairs]

    for (left, right), (one, other), list_ in zip(pairs, answers, listed, strict=True):
        assert one.dialog.dialog_id == other.dialog.dialog_id, (left, right)
        assert one.created != other.created, (left, right)
        assert [dialog.dialog_id for dialog in list_.dialogs] == [one.dialog.dialog_id]
        assert list_.dialogs[0].member_count == 2


@pytest.mark.timeout(600)
async def test_a_whole_conversation_is_seen_step_by_step(alice: Caller, bob: Caller) -> None:
    async with bob.subscribed() as stream:
        group = await _group(alice, bob, stream)
        message = await _message(alice, bob, stream, group)
        await _topics(alice, bob, stream, group, message)
        await _deletion(alice, bob, stream, group, message)
        await _marks(alice, bob, stream, group)
        await _profile(alice, bob, stream)
        await _leaving(alice, bob, stream, group)


async def _group(alice: Caller, bob: Caller, stream: Subscription) -> str:
    request = pb.CreateDialogRequest(
        member_ids=["bob"], meta=custom_data(title="Plans"), idempotency_key="group"
    )
    made = (await alice.call(request)).dialog
    added, created = await seen(stream, Kind.MEMBER_ADDED, Kind.DIALOG_CREATED)

    dialog_id: str = made.dialog_id
    assert added.dialog_id == created.dialog_id == dialog_id
    there = (await bob.call(pb.GetDialogRequest(dialog_id=dialog_id))).dialog
    assert (made.title, there.title, there.member_count) == ("Plans", "Plans", 2)
    members = (await bob.call(pb.ListDialogMembersRequest(dialog_id=dialog_id))).members
    assert sorted(member.user_id for member in members) == ["alice", "bob"]

    meta = custom_data(title="Better plans", colour="red")
    await alice.call(pb.UpdateDialogMetaRequest(dialog_id=dialog_id, meta=meta))
    (changed,) = await seen(stream, Kind.DIALOG_CHANGED)
    assert changed.dialog_id == dialog_id
    return dialog_id


async def _message(alice: Caller, bob: Caller, stream: Subscription, group: str) -> str:
    """Write a message, edit it, give it statuses and reactions; return its id."""
    message: str = (await alice.call(sending(group, "first"))).message.message_id
    where = {"dialog_id": group, "message_id": message}
    (written,) = await seen(stream, Kind.MESSAGE_CREATED)
    assert written.message_id == message

    edited = await alice.call(pb.EditMessageRequest(**where, content="second"))
    await seen(stream, Kind.MESSAGE_EDITED)
    assert (edited.changed, edited.message.content, edited.message.edited) == (True, "second", True)
    versions = (await bob.call(pb.ListMessageVersionsRequest(**where))).versions
    assert [version.content for version in versions] == ["first"]

    await bob.call(pb.SetMessageStatusRequest(**where, status=pb.MessageStatus.READ))
    await seen(stream, Kind.MESSAGE_STATUS_CHANGED)
    history = (await alice.call(pb.ListMessageStatusesRequest(**where))).statuses
    assert [(row.user_id, row.status) for row in history] == [
        ("bob", pb.MessageStatus.READ),
        ("bob", pb.MessageStatus.UNREAD),
    ]

    for action, kind in (
        (pb.ReactionAction.SET, Kind.MESSAGE_REACTION_GIVEN),
        (pb.ReactionAction.UNSET, Kind.MESSAGE_REACTION_TAKEN_BACK),
    ):
        request = pb.SetMessageReactionRequest(**where, reaction="👍", action=action)
        assert (await alice.call(request)).changed
        await seen(stream, kind)
    return message


async def _topics(
    alice: Caller, bob: Caller, stream: Subscription, group: str, message: str
) -> None:
    request = pb.CreateTopicRequest(dialog_id=group, meta=custom_data(subject="When"))
    topic_id = (await alice.call(request)).topic.topic_id
    (created,) = await seen(stream, Kind.TOPIC_CREATED)
    assert created.dialog_id == group

    change = custom_data(subject="Where")
    await alice.call(pb.UpdateTopicRequest(dialog_id=group, topic_id=topic_id, meta=change))
    await seen(stream, Kind.TOPIC_CHANGED)

    move = pb.SetMessageTopicRequest(dialog_id=group, message_id=message, topic_id=topic_id)
    assert (await alice.call(move)).message.topic_id == topic_id
    await seen(stream, Kind.MESSAGE_TOPIC_CHANGED)
    topics = (await bob.call(pb.ListTopicsRequest(dialog_id=group))).topics
    assert [item.meta.to_dict() for item in topics] == [{"subject": "Where"}]


async def _deletion(
    alice: Caller, bob: Caller, stream: Subscription, group: str, message: str
) -> None:
    where = {"dialog_id": group, "message_id": message}
    gone = (await alice.call(pb.DeleteMessageRequest(**where))).message
    await seen(stream, Kind.MESSAGE_DELETED)
    there = (await bob.call(pb.GetMessageRequest(**where))).message
    assert (gone.deleted, gone.content, there.content) == (True, "", "")

    back = (await alice.call(pb.RestoreMessageRequest(**where))).message
    await seen(stream, Kind.MESSAGE_RESTORED)
    assert back.content == "second"


async def _marks(alice: Caller, bob: Caller, stream: Subscription, group: str) -> None:
    await alice.call(pb.SendTypingIndicatorRequest(dialog_id=group))
    await seen(stream, Kind.TYPING)

    marked = await bob.call(pb.MarkDialogReadRequest(dialog_id=group))
    await seen(stream, Kind.DIALOG_READ)
    assert marked.membership.unread_count == 0


async def _profile(alice: Caller, bob: Caller, stream: Subscription) -> None:
    await bob.call(pb.UpdateMyMetaRequest(meta=custom_data(displayName="Robert")))
    (profile,) = await seen(stream, Kind.USER_CHANGED)
    assert profile.user_id == "bob"
    assert (await alice.call(pb.GetUserRequest(user_id="bob"))).user.display_name == "Robert"
    assert (await bob.call(pb.GetMyselfRequest())).stats.dialog_count == 1


async def _leaving(alice: Caller, bob: Caller, stream: Subscription, group: str) -> None:
    await bob.call(pb.LeaveDialogRequest(dialog_id=group))
    await seen(stream, Kind.MEMBER_REMOVED)
    refused = await bob.fails(pb.GetDialogRequest(dialog_id=group))
    assert refused.reason is pb.ErrorReason.NOT_A_MEMBER

    again = await alice.call(pb.AddDialogMembersRequest(dialog_id=group, user_ids=["bob"]))
    await seen(stream, Kind.MEMBER_ADDED)
    assert again.added_user_ids == ["bob"]

    await alice.call(pb.RemoveDialogMemberRequest(dialog_id=group, user_id="bob"))
    await seen(stream, Kind.MEMBER_REMOVED)
    last = await alice.fails(pb.LeaveDialogRequest(dialog_id=group))
    assert last.reason is pb.ErrorReason.LAST_MEMBER


@pytest.mark.timeout(900)
async def test_history_is_read_back_in_both_directions_while_others_write(
    alice: Caller, bob: Caller
) -> None:
    request = pb.GetOrCreateDirectDialogRequest(user_id="bob")
    dialog_id = (await alice.call(request)).dialog.dialog_id
    before = [await _send(alice, dialog_id, number) for number in range(MESSAGES)]

    async def write_meanwhile() -> list[str]:
        return [await _send(bob, dialog_id, number) for number in range(WRITTEN_MEANWHILE)]

    async with asyncio.TaskGroup() as reading:
        meanwhile = reading.create_task(write_meanwhile())
        backwards = reading.create_task(_walk(bob, dialog_id, "(create_time,desc)"))
        forwards = reading.create_task(_walk(alice, dialog_id, "(create_time,asc)"))

    written = meanwhile.result()
    known = set(before)
    for walked in (backwards.result()[::-1], forwards.result()):
        assert len(walked) == len(set(walked)), "a message came twice"
        assert [item for item in walked if item in known] == before, "history has a hole"
        assert set(walked) <= known | set(written)

    # Around a message in the middle, and from there to both ends.
    middle = before[MESSAGES // 2]
    page = await alice.call(
        pb.GetDialogMessagesRequest(
            dialog_id=dialog_id, page_size=PAGE_SIZE, around_message_id=middle
        )
    )
    older = await _follow(alice, page, dialog_id, "next_page_token")
    newer = await _follow(alice, page, dialog_id, "previous_page_token")
    here = _ids(page.messages)
    assert middle in here
    assert _in_order(newer, here, older) == [*reversed(written), *reversed(before)]


async def _send(caller: Caller, dialog_id: str, number: int) -> str:
    sent = await caller.call(sending(dialog_id, f"number {number}"))
    message_id: str = sent.message.message_id
    return message_id


async def _walk(caller: Caller, dialog_id: str, sort: str) -> list[str]:
    """Return the ids of all messages, page after page, in the order of the pages."""
    first = pb.GetDialogMessagesRequest(dialog_id=dialog_id, page_size=PAGE_SIZE, sort=sort)
    page = await caller.call(first)
    rest = await _follow(caller, page, dialog_id, "next_page_token", sort=sort)
    return [*_ids(page.messages), *(item for ids in rest for item in ids)]


async def _follow(
    caller: Caller, page: Any, dialog_id: str, token: str, sort: str = ""
) -> list[list[str]]:
    """Return the ids of the pages that follow by one kind of token, until a page is empty."""
    pages = []
    while getattr(page, token):
        page = await caller.call(
            pb.GetDialogMessagesRequest(
                dialog_id=dialog_id,
                page_size=PAGE_SIZE,
                page_token=getattr(page, token),
                sort=sort,
            )
        )
        if not page.messages:
            break
        pages.append(_ids(page.messages))
    return pages


def _in_order(newer: list[list[str]], here: list[str], older: list[list[str]]) -> list[str]:
    """Return the ids from the newest to the oldest."""
    return [
        *(item for ids in reversed(newer) for item in ids),
        *here,
        *(item for ids in older for item in ids),
    ]


def _ids(messages: Iterable[pb.Message]) -> list[str]:
    return [message.message_id for message in messages]
