"""All that a back end makes in an empty tenant, through the contract alone: no call of REST.

It calls two workers in turn, by the generated stubs: a list begun at one goes on at the other.
"""

import asyncio
import itertools
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeVar

import pytest
from grpclib.client import Channel

from chat3_api.chat3.tenant import v1 as pb
from chat3_api.chat3.user import v1 as user_pb
from chat3_api.google.protobuf import Struct
from support.gateway import KEY, TENANT, Upstream, run_gateway
from support.rabbitmq import RabbitMQ

USERS: Final = int(os.environ.get("WALK_USERS", "60"))
"""How many users are created, ten for each dialog; `make test-walk` takes 1,000."""

TYPES: Final = ("user", "contact", "bot")
KINDS: Final = ("support", "sales", "team")
IN_A_DIALOG: Final = 10
PAGE_SIZE: Final = 7 if USERS < 500 else 100
AT_ONCE: Final = 16
Thing = TypeVar("Thing")
Page = Any
"""A response of a list: its type has no name for what all lists have."""


@dataclass
class MadeDialog:
    """A dialog as it was made: its members in the order in which they joined."""

    number: int
    dialog_id: str
    members: list[str]
    topic_id: str = ""
    messages: dict[str, str] = field(default_factory=dict)
    """The senders by their messages."""

    @property
    def kind(self) -> str:
        return KINDS[self.number % len(KINDS)]


class BackEnd:
    """A back end with a connection to each of several workers, which it asks in turn."""

    def __init__(self, channels: Sequence[Channel]) -> None:
        self._tenants = itertools.cycle(
            [
                pb.TenantServiceStub(channel, metadata={"x-api-key": KEY, "x-tenant-id": TENANT})
                for channel in channels
            ]
        )

    @property
    def tenant(self) -> pb.TenantServiceStub:
        """The service, at the worker whose turn it is."""
        return next(self._tenants)


@pytest.fixture
async def back_end(
    upstream: Upstream, rabbitmq: RabbitMQ, tmp_path: Path
) -> AsyncIterator[BackEnd]:
    shared = {"idempotency_database": str(tmp_path / "keys.sqlite"), "rabbitmq_updates_log": "back"}
    async with AsyncExitStack() as stack:
        channels = []
        for _ in range(2):
            worker = await stack.enter_async_context(
                run_gateway(upstream.url, rabbitmq.url, **shared)
            )
            channel = Channel("127.0.0.1", worker.running.grpc_port)
            stack.callback(channel.close)
            channels.append(channel)
        yield BackEnd(channels)


@pytest.mark.timeout(900)
async def test_what_a_back_end_makes_in_an_empty_tenant_is_found_again(back_end: BackEnd) -> None:
    assert await _total(back_end) == (0, 0)
    users = [f"user-{number}" for number in range(USERS)]
    await _each(enumerate(users), lambda item: _create_user(back_end, *item))
    dialogs = await _each(range(USERS // IN_A_DIALOG), lambda number: _dialog(back_end, number))
    assert await _total(back_end) == (USERS, len(dialogs))

    await _users_are_found(back_end, users)
    await _dialogs_are_found(back_end, dialogs)
    await _each(dialogs, lambda dialog: _messages_are_found(back_end, dialog))


async def _each(
    things: Iterable[Any], work: Callable[[Any], Awaitable[Thing]], at_once: int = AT_ONCE
) -> list[Thing]:
    """Do the work for every one of the things, for some at once; return what came of it."""
    room = asyncio.Semaphore(at_once)

    async def with_room(thing: Any) -> Thing:
        async with room:
            return await work(thing)

    return list(await asyncio.gather(*map(with_room, things)))


async def _total(back_end: BackEnd) -> tuple[int | None, int | None]:
    """Return how many users and dialogs the tenant has."""
    users = await back_end.tenant.list_users(pb.ListUsersRequest(include_total_size=True))
    dialogs = await back_end.tenant.list_dialogs(pb.ListDialogsRequest(include_total_size=True))
    return users.total_size, dialogs.total_size


def _user_meta(number: int) -> dict[str, Any]:
    return {"displayName": f"User {number}", "group": f"g{number % 10}", "number": float(number)}


async def _create_user(back_end: BackEnd, number: int, user_id: str) -> None:
    """Create a user, every other one by an upsert; a repetition elsewhere changes nothing."""
    own: dict[str, Any] = {
        "user_id": user_id,
        "type": TYPES[number % len(TYPES)],
        "meta": Struct.from_dict(_user_meta(number)),
        "idempotency_key": user_id,
    }
    made: list[pb.User | None] = []
    for _ in range(2):
        if number % 2:
            upserted = await back_end.tenant.upsert_user(pb.UpsertUserRequest(**own))
            assert upserted.created
            made.append(upserted.user)
        else:
            created = await back_end.tenant.create_user(pb.CreateUserRequest(**own))
            made.append(created.user)
    assert made[0] is not None
    assert made[0] == made[1]
    assert made[0].user_id == user_id


async def _dialog(back_end: BackEnd, number: int) -> MadeDialog:
    """Make a dialog, its members, its custom data, a topic, and a message of every member."""
    first = number * IN_A_DIALOG
    members = [f"user-{(first + place) % USERS}" for place in range(IN_A_DIALOG + 2)]
    made = await _created_dialog(back_end, number, members)
    where = {"dialog_id": made.dialog_id}
    added = await back_end.tenant.add_dialog_members(
        pb.AddDialogMembersRequest(**where, user_ids=members[IN_A_DIALOG:])
    )
    assert added.added_user_ids == members[IN_A_DIALOG:]
    gone = made.members.pop(IN_A_DIALOG)
    await back_end.tenant.remove_dialog_member(pb.RemoveDialogMemberRequest(**where, user_id=gone))
    meta = Struct.from_dict({"kind": made.kind, "open": True})
    await back_end.tenant.update_dialog_meta(
        pb.UpdateDialogMetaRequest(**where, meta=meta, remove_keys=["draft"])
    )
    topic = await back_end.tenant.create_topic(
        pb.CreateTopicRequest(**where, meta=Struct.from_dict({"subject": f"Subject {number}"}))
    )
    assert topic.topic is not None
    made.topic_id = topic.topic.topic_id
    for sender in made.members:
        message = await _sent(back_end, made, sender)
        made.messages[message] = sender
    return made


async def _created_dialog(back_end: BackEnd, number: int, members: Sequence[str]) -> MadeDialog:
    """Create a dialog of the first members; a repetition elsewhere makes no second one."""
    request = pb.CreateDialogRequest(
        member_ids=[*members[:IN_A_DIALOG]],
        meta=Struct.from_dict({"title": f"Dialog {number}", "draft": True}),
        idempotency_key=f"dialog-{number}",
    )
    one, other = [(await back_end.tenant.create_dialog(request)).dialog for _ in range(2)]
    assert one is not None
    assert one == other
    return MadeDialog(number, one.dialog_id, [*members])


async def _sent(back_end: BackEnd, dialog: MadeDialog, sender: str) -> str:
    """Send a message in a member's name, half of them in the topic; return its id."""
    in_topic = len(dialog.messages) % 2 == 0
    sent = await back_end.tenant.send_message(
        pb.SendMessageRequest(
            dialog_id=dialog.dialog_id,
            sender_id=sender,
            content=f"{sender} in {dialog.number}",
            topic_id=dialog.topic_id if in_topic else None,
            meta=Struct.from_dict({"from": sender}),
            idempotency_key=f"{dialog.number}-{sender}",
        )
    )
    assert sent.message is not None
    return sent.message.message_id


async def _pages(ask: Callable[[str], Awaitable[Page]], items: str) -> list[Any]:
    """Return what all pages of a list hold, of which each comes from the next worker."""
    found: list[Any] = []
    token = ""
    while True:
        page = await ask(token)
        found += getattr(page, items)
        token = page.next_page_token
        if not token:
            return found


async def _listed_users(back_end: BackEnd, **fields: Any) -> list[pb.User]:
    return await _pages(
        lambda token: back_end.tenant.list_users(
            pb.ListUsersRequest(page_size=PAGE_SIZE, page_token=token, **fields)
        ),
        "users",
    )


async def _listed_dialogs(back_end: BackEnd, **fields: Any) -> list[pb.Dialog]:
    return await _pages(
        lambda token: back_end.tenant.list_dialogs(
            pb.ListDialogsRequest(page_size=PAGE_SIZE, page_token=token, **fields)
        ),
        "dialogs",
    )


async def _users_are_found(back_end: BackEnd, users: Sequence[str]) -> None:
    for fields in ({}, {"sort": "(create_time,asc)"}, {"sort": "(user_id,desc)"}):
        listed = [user.user_id for user in await _listed_users(back_end, **fields)]
        assert sorted(listed) == sorted(users), fields
        if "user_id" in fields.get("sort", ""):
            assert listed == sorted(users, reverse=True)
    for place, kind in enumerate(TYPES):
        found = await _listed_users(back_end, filter=f"(type,eq,{kind})")
        assert _ids(found) == sorted(users[place :: len(TYPES)])
        assert {user.type for user in found} == {kind}
    for group in range(10):
        found = await _listed_users(back_end, filter=f"(meta.group,eq,g{group})")
        assert _ids(found) == sorted(users[group::10])

    async def is_whole(item: tuple[int, str]) -> None:
        number, user_id = item
        user = (await back_end.tenant.get_user(pb.GetUserRequest(user_id=user_id))).user
        assert user is not None
        assert user.meta is not None
        assert (user.user_id, user.display_name) == (user_id, f"User {number}")
        assert (user.type, user.meta.to_dict()) == (TYPES[number % 3], _user_meta(number))

    await _each(enumerate(users), is_whole)


def _ids(users: Iterable[pb.User]) -> list[str]:
    return sorted(user.user_id for user in users)


async def _dialogs_are_found(back_end: BackEnd, dialogs: Sequence[MadeDialog]) -> None:
    every = {dialog.dialog_id: dialog for dialog in dialogs}
    for sort in ("", "(create_time,asc)"):
        listed = await _listed_dialogs(back_end, sort=sort)
        assert sorted(row.dialog_id for row in listed) == sorted(every)
        for row in listed:
            made = every[row.dialog_id]
            assert row.meta is not None
            assert row.meta.to_dict() == {
                "title": f"Dialog {made.number}",
                "kind": made.kind,
                "open": True,
            }
    for kind in KINDS:
        found = await _listed_dialogs(back_end, filter=f"(meta.kind,eq,{kind})")
        assert {row.dialog_id for row in found} == {
            dialog.dialog_id for dialog in dialogs if dialog.kind == kind
        }
    await _each(dialogs, lambda dialog: _members_are_found(back_end, dialog, every))


async def _members_are_found(
    back_end: BackEnd, dialog: MadeDialog, every: Mapping[str, MadeDialog]
) -> None:
    request = pb.FindDialogByMetaRequest(meta_key="title", value=f"Dialog {dialog.number}")
    named = (await back_end.tenant.find_dialog_by_meta(request)).dialog
    assert named is not None
    assert named.dialog_id == dialog.dialog_id
    members = await _pages(
        lambda token: back_end.tenant.list_dialog_members(
            pb.ListDialogMembersRequest(
                dialog_id=dialog.dialog_id, page_size=PAGE_SIZE, page_token=token
            )
        ),
        "members",
    )
    assert [member.user_id for member in members] == dialog.members
    topics = await back_end.tenant.list_topics(pb.ListTopicsRequest(dialog_id=dialog.dialog_id))
    assert [topic.topic_id for topic in topics.topics] == [dialog.topic_id]

    last = dialog.members[-1]
    found = await _listed_dialogs(back_end, filter=f"(member,eq,{last})")
    assert {row.dialog_id for row in found} == {
        other.dialog_id for other in every.values() if last in other.members
    }


async def _messages_are_found(back_end: BackEnd, dialog: MadeDialog) -> None:
    """Find a dialog's messages in its own list, and among those of the whole tenant."""

    async def listed(**fields: str) -> dict[str, str]:
        return _senders(
            await _pages(
                lambda token: back_end.tenant.list_messages(
                    pb.ListMessagesRequest(
                        dialog_id=dialog.dialog_id,
                        page_size=PAGE_SIZE,
                        page_token=token,
                        **fields,
                    )
                ),
                "messages",
            )
        )

    async def searched(text: str) -> dict[str, str]:
        return _senders(
            await _pages(
                lambda token: back_end.tenant.search_messages(
                    pb.SearchMessagesRequest(page_size=PAGE_SIZE, page_token=token, filter=text)
                ),
                "messages",
            )
        )

    assert await listed() == await listed(sort="(create_time,asc)") == dialog.messages
    assert await searched(f"(dialog_id,eq,{dialog.dialog_id})") == dialog.messages
    some = dialog.members[1]
    own = {message: sender for message, sender in dialog.messages.items() if sender == some}
    assert await listed(filter=f"(sender_id,eq,{some})") == own
    assert await searched(f"(meta.from,eq,{some})&(dialog_id,eq,{dialog.dialog_id})") == own


def _senders(messages: Sequence[user_pb.Message]) -> dict[str, str]:
    """Return the senders of messages, none of which came twice, by their ids."""
    found = {message.message_id: message.sender_id for message in messages}
    assert len(found) == len(messages)
    for message in messages:
        assert message.meta == Struct.from_dict({"from": message.sender_id})
    return found
