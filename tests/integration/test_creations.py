"""Dialogs and topics are created as asked for, by and with users who exist."""

import asyncio
import json
from typing import Any

import pytest
from grpclib.const import Status
from integration_vocabulary import DIALOG, Caller, Client, sending

from chat3_api.chat3.user import v1 as pb
from chat3_api.google.protobuf import Struct
from support.gateway import NO_KEY, READ_KEY, TENANT, WRITE_KEY, Upstream

pytestmark = pytest.mark.broker("in_process")

Reason = pb.ErrorReason
NAMES = ("alice", "bob", "carol")
REPLAYED = "idempotency-replayed"


@pytest.fixture(autouse=True)
def users(upstream: Upstream) -> None:
    """Have users that exist; their ids are those of the tests that share the platform."""
    for name in NAMES:
        if upstream.store.users.get(TENANT, name) is None:
            upstream.store.add_user(TENANT, name)


def custom_data(**keys: Any) -> Struct:
    return Struct.from_dict(keys)


def creating(*members: str, key: str = "", **meta: Any) -> pb.CreateDialogRequest:
    return pb.CreateDialogRequest(
        member_ids=list(members),
        meta=custom_data(**meta) if meta else None,
        idempotency_key=key,
    )


def members_of(upstream: Upstream, dialog_id: str) -> list[str]:
    return [member.user_id for member in upstream.store.members.of_dialog(TENANT, dialog_id)]


def stored_meta(upstream: Upstream, kind: str, thing: str) -> dict[str, Any]:
    return dict(upstream.store.meta.of(TENANT, kind, thing))


async def test_a_dialog_is_created_with_its_members_and_read_as_its_creator_sees_it(
    alice: Caller, bob: Caller, upstream: Upstream
) -> None:
    created = await alice.call(creating("bob", "carol", title="Plans", n=1))

    dialog = created.dialog
    assert created.missing_parts == []
    assert (dialog.title, dialog.member_count) == ("Plans", 3)
    assert dialog.meta == custom_data(title="Plans", n=1)
    assert dialog.membership.user_id == "alice"
    assert dialog.membership.join_time is not None
    assert members_of(upstream, dialog.dialog_id) == ["alice", "bob", "carol"]
    mine = await alice.call(pb.GetDialogRequest(dialog_id=dialog.dialog_id))
    assert mine.dialog == dialog
    theirs = await bob.call(pb.GetDialogRequest(dialog_id=dialog.dialog_id))
    assert theirs.dialog.membership.user_id == "bob"


async def test_members_are_lowered_counted_once_and_the_caller_comes_first(
    alice: Caller, upstream: Upstream
) -> None:
    created = await alice.call(creating("BOB", "alice", "bob", "Carol", "Alice"))
    assert members_of(upstream, created.dialog.dialog_id) == ["alice", "bob", "carol"]
    assert created.dialog.member_count == 3


async def test_a_dialog_of_one_is_a_dialog(alice: Caller, upstream: Upstream) -> None:
    created = await alice.call(creating())
    assert members_of(upstream, created.dialog.dialog_id) == ["alice"]


async def test_nobodys_type_is_changed_by_being_made_a_member(
    alice: Caller, upstream: Upstream
) -> None:
    upstream.store.add_user(TENANT, "helper-bot", type="bot")
    await alice.call(creating("helper-bot"))
    user = upstream.store.users.get(TENANT, "helper-bot")
    assert user is not None
    assert user.type == "bot"


async def test_who_does_not_exist_cannot_be_a_member_and_is_not_made_a_user(
    alice: Caller, upstream: Upstream
) -> None:
    upstream.store.meta.put(TENANT, "user", "ghost", "displayName", "Ghost")
    dialogs = len(upstream.store.dialogs.all(TENANT))
    for unknown in ("ghost", "nobody"):
        refused = await alice.fails(creating("bob", unknown, "nobody-else"))
        assert refused.reason is Reason.USER_NOT_FOUND
        assert refused.metadata == {"user_id": unknown}
        direct = await alice.fails(pb.GetOrCreateDirectDialogRequest(user_id=unknown))
        assert (direct.reason, direct.metadata) == (Reason.USER_NOT_FOUND, {"user_id": unknown})
        assert upstream.store.users.get(TENANT, unknown) is None
    assert len(upstream.store.dialogs.all(TENANT)) == dialogs


async def test_a_caller_who_does_not_exist_creates_nothing(
    client: Client, upstream: Upstream
) -> None:
    nobody = client.as_user("nobody-yet")
    for request in (creating("bob"), pb.GetOrCreateDirectDialogRequest(user_id="bob")):
        refused = await nobody.fails(request)
        assert (refused.reason, refused.metadata) == (
            Reason.USER_NOT_FOUND,
            {"user_id": "nobody-yet"},
        )
    assert upstream.store.users.get(TENANT, "nobody-yet") is None


@pytest.mark.parametrize("key", [READ_KEY, NO_KEY])
async def test_permission_is_judged_before_existence(client: Client, key: str) -> None:
    alice = client.as_user("alice", key=key)
    for request in (
        creating("nobody"),
        creating("bob"),
        creating("bob", key="k"),
        pb.GetOrCreateDirectDialogRequest(user_id="nobody"),
        pb.CreateTopicRequest(dialog_id=DIALOG),
    ):
        refused = await alice.fails(request)
        expected = Reason.PERMISSION_MISSING
        if key == READ_KEY and isinstance(request, pb.CreateTopicRequest):
            expected = Reason.NOT_A_MEMBER
        assert refused.reason is expected, request


async def test_a_hundred_members_fit_and_more_do_not(alice: Caller, upstream: Upstream) -> None:
    many = [f"many-{number}" for number in range(101)]
    for name in many:
        upstream.store.add_user(TENANT, name)
    created = await alice.call(creating(*many[:100]))
    assert members_of(upstream, created.dialog.dialog_id) == ["alice", *many[:100]]
    refused = await alice.fails(creating(*many))
    assert refused.violations == {"member_ids": "at most 100 items"}


@pytest.mark.parametrize(
    ("request_", "violations"),
    [
        (creating("a.b"), {"member_ids[0]": "a user id as `x-user-id` takes it"}),
        (
            pb.GetOrCreateDirectDialogRequest(user_id="a*"),
            {"user_id": "a user id as `x-user-id` takes it"},
        ),
        (pb.GetOrCreateDirectDialogRequest(), {"user_id": "required"}),
        (pb.GetOrCreateDirectDialogRequest(user_id="ALICE"), {"user_id": "not the calling user"}),
        (
            pb.CreateDialogRequest(meta=custom_data(chat3_direct="x")),
            {"meta.chat3_direct": "no top-level key that begins with `chat3_`"},
        ),
        (
            pb.CreateTopicRequest(dialog_id=DIALOG, meta=custom_data(chat3_key="x")),
            {"meta.chat3_key": "no top-level key that begins with `chat3_`"},
        ),
        (
            pb.GetDialogRequest(dialog_id="dlg_"),
            {"dialog_id": "`dlg_` and 20 characters of a-z and 0-9"},
        ),
    ],
)
async def test_what_breaks_a_rule_is_refused_before_anything_is_asked(
    alice: Caller, request_: Any, violations: dict[str, str]
) -> None:
    refused = await alice.fails(request_)
    assert refused.status is Status.INVALID_ARGUMENT
    assert refused.violations == violations


async def test_more_meta_than_the_platform_takes_is_refused(alice: Caller) -> None:
    huge = [f"{number:09}" * 1000 for number in range(12)]
    for request in (
        creating("bob", text=huge),
        creating("bob", key="huge", text=huge),
    ):
        refused = await alice.fails(request)
        assert refused.reason is Reason.REQUEST_TOO_LARGE
    assert (await alice.call(creating("bob", key="huge-2", text=huge[:10]))).dialog is not None


async def test_a_dialog_that_one_is_not_in_is_told_as_any_other(
    stranger: Caller, upstream: Upstream
) -> None:
    real = upstream.dialog("alice", "bob")
    for asked in (real, DIALOG):
        refused = await stranger.fails(pb.GetDialogRequest(dialog_id=asked))
        assert refused.status is Status.PERMISSION_DENIED
        assert (refused.reason, refused.metadata) == (Reason.NOT_A_MEMBER, {"dialog_id": asked})


async def test_a_member_in_another_letter_case_is_told_so(
    client: Client, upstream: Upstream
) -> None:
    dialog = upstream.dialog("alice", "Zoe")
    zoe = client.as_user("zoe")
    for request in (
        pb.GetDialogRequest(dialog_id=dialog),
        pb.CreateTopicRequest(dialog_id=dialog, idempotency_key="k"),
    ):
        refused = await zoe.fails(request)
        assert (refused.reason, refused.metadata["member_id"]) == (
            Reason.MEMBER_IN_OTHER_CASE,
            "Zoe",
        )


async def test_the_last_message_comes_where_it_is_wanted(alice: Caller, upstream: Upstream) -> None:
    dialog = upstream.dialog("alice", "bob")
    await alice.call(sending(dialog, "newest"))
    wanted = pb.GetDialogRequest(dialog_id=dialog, include_last_message=True)
    assert (await alice.call(wanted)).dialog.last_message.content == "newest"
    assert (await alice.call(pb.GetDialogRequest(dialog_id=dialog))).dialog.last_message is None


async def test_a_topic_is_created_by_a_member(
    alice: Caller, bob: Caller, upstream: Upstream
) -> None:
    dialog = upstream.dialog("alice", "bob")
    created = await alice.call(
        pb.CreateTopicRequest(dialog_id=dialog, meta=custom_data(subject="s"))
    )
    topic = created.topic
    assert created.missing_parts == []
    assert (topic.dialog_id, topic.meta) == (dialog, custom_data(subject="s"))
    assert topic.create_time is not None
    listed = (await bob.call(pb.ListTopicsRequest(dialog_id=dialog))).topics
    assert [(row.topic_id, row.meta, row.dialog_id) for row in listed] == [
        (topic.topic_id, topic.meta, dialog)
    ]


async def test_a_stranger_creates_no_topic(stranger: Caller, upstream: Upstream) -> None:
    real = upstream.dialog("alice", "bob")
    for asked in (real, DIALOG):
        for key in ("", "k"):
            request = pb.CreateTopicRequest(dialog_id=asked, idempotency_key=key)
            assert (await stranger.fails(request)).reason is Reason.NOT_A_MEMBER
    assert upstream.store.dialogs.topics(TENANT, real) == []


async def test_a_repetition_creates_nothing_and_gets_the_first_answer(
    alice: Caller, upstream: Upstream
) -> None:
    dialog = upstream.dialog("alice", "bob")
    for request, count in (
        (creating("bob", key="twice", title="t"), lambda: upstream.store.dialogs.all(TENANT)),
        (
            pb.CreateTopicRequest(dialog_id=dialog, idempotency_key="twice"),
            lambda: upstream.store.dialogs.topics(TENANT, dialog),
        ),
    ):
        first, _ = await alice.called(request)
        before = len(count())
        again, trailing = await alice.called(request)
        assert (again, trailing[REPLAYED]) == (first, "true")
        assert len(count()) == before


async def test_a_user_who_is_deleted_later_keeps_no_answer_back(
    alice: Caller, upstream: Upstream
) -> None:
    upstream.store.add_user(TENANT, "leaver")
    request = creating("leaver", key="before-the-end")
    first = await alice.call(request)
    upstream.store.users.remove(TENANT, "leaver")
    assert await alice.call(request) == first
    assert (await alice.fails(creating("leaver"))).reason is Reason.USER_NOT_FOUND


async def test_a_repetition_needs_a_key_that_may_write(client: Client, alice: Caller) -> None:
    request = creating("bob", key="whose")
    await alice.call(request)
    reader = client.as_user("alice", key=READ_KEY)
    assert (await reader.fails(request)).reason is Reason.PERMISSION_MISSING


@pytest.mark.parametrize("keyed", [True, False])
async def test_equal_creations_at_once_are_as_many_as_calls(
    client: Client, upstream: Upstream, *, keyed: bool
) -> None:
    """The platform refuses an equal request within half a second, whoever sends it."""
    store, where = upstream.store, upstream.dialog(*NAMES)
    callers = [client.as_user(name) for name in NAMES] * 30
    keys = [f"at-once-{number}" if keyed else "" for number in range(90)]
    before = len(store.dialogs.all(TENANT))
    dialogs = [creating(*NAMES, title="same", key=key) for key in keys]
    topics = [
        pb.CreateTopicRequest(dialog_id=where, meta=custom_data(a=1), idempotency_key=key)
        for key in keys
    ]
    made = await asyncio.gather(*map(Caller.call, callers, dialogs))
    assert len({answer.dialog.dialog_id for answer in made}) == 90
    assert len(store.dialogs.all(TENANT)) == before + 90
    named = await asyncio.gather(*map(Caller.call, callers, topics))
    assert len({answer.topic.topic_id for answer in named}) == 90
    assert len(store.dialogs.topics(TENANT, where)) == 90
    assert not any(answer.missing_parts for answer in (*made, *named))


@pytest.mark.broker("rabbitmq")
async def test_what_this_service_keeps_in_meta_is_never_shown(
    alice: Caller, bob: Caller, upstream: Upstream
) -> None:
    async with bob.subscribed() as stream:
        dialog = (await alice.call(creating("bob", title="t", key="shown"))).dialog
        direct = (await alice.call(pb.GetOrCreateDirectDialogRequest(user_id="bob"))).dialog
        topic = await alice.call(pb.CreateTopicRequest(dialog_id=dialog.dialog_id))
        await alice.call(sending(dialog.dialog_id, "x", topic_id=topic.topic.topic_id))
        await alice.call(sending(direct.dialog_id, "last words"))
        answers = [
            await alice.call(request)
            for request in (
                pb.GetDialogRequest(dialog_id=dialog.dialog_id),
                pb.GetUserDialogsRequest(page_size=100),
                pb.ListTopicsRequest(dialog_id=dialog.dialog_id),
                pb.GetDialogMessagesRequest(dialog_id=dialog.dialog_id),
                pb.ListDialogMembersRequest(dialog_id=dialog.dialog_id),
            )
        ]
        updates = []
        while not updates or "last words" not in json.dumps(updates[-1].to_dict()):
            updates.append(await stream.update())
    assert "chat3_key" in stored_meta(upstream, "dialog", dialog.dialog_id)
    assert "chat3_direct" in stored_meta(upstream, "dialog", direct.dialog_id)
    assert "chat3_key" in stored_meta(upstream, "topic", topic.topic.topic_id)
    for shown in (dialog, direct, topic, *answers, *updates):
        assert "chat3_" not in json.dumps(shown.to_dict()), shown


@pytest.mark.parametrize("name", ["chat3_key", "chat3_direct"])
async def test_what_this_service_keeps_in_meta_cannot_be_filtered_by(
    alice: Caller, name: str
) -> None:
    refused = await alice.fails(pb.GetUserDialogsRequest(filter=f"(meta.{name},exists,true)"))
    assert refused.reason is Reason.INVALID_FIELD


async def test_a_key_that_may_only_write_creates_no_dialog_it_cannot_read(
    client: Client,
) -> None:
    writer = client.as_user("alice", key=WRITE_KEY)
    for request in (creating("bob"), pb.GetOrCreateDirectDialogRequest(user_id="bob")):
        assert (await writer.fails(request)).reason is Reason.PERMISSION_MISSING
