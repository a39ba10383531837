"""Members who join and leave, custom data that changes, and what is marked as read."""

import asyncio
from typing import Any

import pytest
from integration_vocabulary import Caller, Client, platform, sending, written

from chat3_api.chat3.user import v1 as pb
from chat3_api.google.protobuf import Struct
from support.gateway import OTHER_TENANT, READ_KEY, TENANT, WRITE_KEY, Upstream

pytestmark = pytest.mark.broker("in_process")

Reason = pb.ErrorReason
TOPIC = "topic_" + "a" * 20


def custom_data(**keys: Any) -> Struct:
    return Struct.from_dict(keys)


@pytest.fixture
def dialog(upstream: Upstream) -> str:
    return upstream.dialog("alice", "bob")


def members_of(upstream: Upstream, dialog: str) -> set[str]:
    return {member.user_id for member in upstream.store.members.of_dialog(TENANT, dialog)}


async def test_users_join_once_and_the_answer_says_who(
    alice: Caller, upstream: Upstream, dialog: str
) -> None:
    for user_id in ("carol", "dan"):
        upstream.store.add_user(TENANT, user_id)
    request = pb.AddDialogMembersRequest(
        dialog_id=dialog, user_ids=["Dan", "bob", "carol", "dan"], idempotency_key="add"
    )

    added = await alice.call(request)
    again, trailing = await alice.called(request)
    nobody = await alice.call(pb.AddDialogMembersRequest(dialog_id=dialog, user_ids=["carol"]))

    assert added.added_user_ids == again.added_user_ids == ["dan", "carol"]
    assert trailing["idempotency-replayed"] == "true"
    assert nobody.added_user_ids == []
    assert members_of(upstream, dialog) == {"alice", "bob", "carol", "dan"}


async def test_nobody_joins_when_one_of_them_does_not_exist(
    alice: Caller, upstream: Upstream, dialog: str
) -> None:
    upstream.store.add_user(TENANT, "carol")
    upstream.store.add_user(OTHER_TENANT, "eve")
    await platform(upstream, "PUT", "/meta/user/ghost/n", {"value": 1})

    for unknown in ("nobody", "eve", "ghost"):
        refused = await alice.fails(
            pb.AddDialogMembersRequest(dialog_id=dialog, user_ids=["carol", unknown])
        )
        assert refused.reason is Reason.USER_NOT_FOUND
        assert refused.metadata == {"user_id": unknown}

    assert members_of(upstream, dialog) == {"alice", "bob"}
    assert upstream.store.users.get(TENANT, "nobody") is None


async def test_members_are_removed_and_leave_but_for_the_last_one(
    alice: Caller, bob: Caller, upstream: Upstream, dialog: str
) -> None:
    remove = pb.RemoveDialogMemberRequest(dialog_id=dialog, user_id="Bob", idempotency_key="out")

    await alice.call(remove)
    _, trailing = await alice.called(remove)
    gone = await alice.fails(pb.RemoveDialogMemberRequest(dialog_id=dialog, user_id="bob"))
    last = [
        await alice.fails(pb.LeaveDialogRequest(dialog_id=dialog)),
        await alice.fails(pb.RemoveDialogMemberRequest(dialog_id=dialog, user_id="alice")),
    ]

    assert trailing["idempotency-replayed"] == "true"
    assert gone.reason is Reason.MEMBER_NOT_FOUND
    assert gone.metadata == {"dialog_id": dialog, "user_id": "bob"}
    assert {failure.reason for failure in last} == {Reason.LAST_MEMBER}
    assert members_of(upstream, dialog) == {"alice"}
    assert (await bob.fails(pb.LeaveDialogRequest(dialog_id=dialog))).reason is Reason.NOT_A_MEMBER


@pytest.mark.parametrize(
    "request_of",
    [pb.LeaveDialogRequest, lambda **more: pb.RemoveDialogMemberRequest(user_id="alice", **more)],
)
async def test_who_has_left_gets_the_same_answer_for_the_same_key(
    alice: Caller, upstream: Upstream, dialog: str, request_of: Any
) -> None:
    request = request_of(dialog_id=dialog, idempotency_key="leave")

    await alice.call(request)
    _, trailing = await alice.called(request)
    other = await alice.fails(request_of(dialog_id=dialog, idempotency_key="another"))

    assert trailing["idempotency-replayed"] == "true"
    assert other.reason is Reason.NOT_A_MEMBER
    assert members_of(upstream, dialog) == {"bob"}


async def test_a_member_in_another_letter_case_is_removed_as_the_platform_spells_it(
    alice: Caller, upstream: Upstream, dialog: str
) -> None:
    await platform(upstream, "POST", f"/dialogs/{dialog}/members/add", {"userId": "Zoe"})

    await alice.call(pb.RemoveDialogMemberRequest(dialog_id=dialog, user_id="zoe"))

    assert members_of(upstream, dialog) == {"alice", "bob"}


@pytest.mark.broker("rabbitmq")
async def test_one_update_tells_of_all_keys_of_a_dialog(
    alice: Caller, bob: Caller, upstream: Upstream, dialog: str
) -> None:
    before = {"meta": {"old": 1, "chat3_key": "ours"}}
    await platform(upstream, "PUT", f"/meta/dialog/{dialog}", before)
    request = pb.UpdateDialogMetaRequest(
        dialog_id=dialog,
        meta=custom_data(title="New", nested={"a": [1, True, "x"]}),
        remove_keys=["old", "never"],
        idempotency_key="meta",
    )

    async with bob.subscribed() as stream:
        changed = await alice.call(request)
        again, trailing = await alice.called(request)
        await alice.call(sending(dialog, "the end"))
        kinds = []
        while not kinds or kinds[-1] is not pb.UpdateKind.MESSAGE_CREATED:
            update = await stream.update()
            kinds.append(update.kind)

    assert changed.meta.to_dict() == {"title": "New", "nested": {"a": [1, True, "x"]}}
    assert again == changed
    assert trailing["idempotency-replayed"] == "true"
    assert kinds.count(pb.UpdateKind.DIALOG_CHANGED) == 1
    stored = await platform(upstream, "GET", f"/meta/dialog/{dialog}")
    assert stored["chat3_key"] == "ours"


@pytest.mark.broker("rabbitmq")
async def test_a_user_changes_his_own_custom_data_only(
    bob: Caller, upstream: Upstream, dialog: str
) -> None:
    await platform(upstream, "PUT", "/meta/user/bob/old", {"value": 1})

    async with bob.subscribed() as stream:
        changed = await bob.call(
            pb.UpdateMyMetaRequest(
                meta=custom_data(displayName="Robert", mood="good"), remove_keys=["old"]
            )
        )
        update = await stream.update_of(pb.UpdateKind.USER_CHANGED)

    assert changed.user.display_name == "Robert"
    assert changed.user.meta.to_dict() == {"displayName": "Robert", "mood": "good"}
    assert update.user_id == "bob"


@pytest.mark.broker("rabbitmq")
async def test_a_topic_is_changed_by_members_of_its_dialog(
    alice: Caller, bob: Caller, upstream: Upstream, dialog: str
) -> None:
    made = await platform(upstream, "POST", f"/dialogs/{dialog}/topics", {"meta": {"old": 1}})
    where = {"dialog_id": dialog, "topic_id": made["topicId"]}
    elsewhere = upstream.dialog("alice")

    async with bob.subscribed() as stream:
        changed = await alice.call(
            pb.UpdateTopicRequest(**where, meta=custom_data(subject="S", n=2), remove_keys=["old"])
        )
        await stream.update_of(pb.UpdateKind.TOPIC_CHANGED)
    foreign = await alice.fails(
        pb.UpdateTopicRequest(dialog_id=elsewhere, topic_id=made["topicId"], meta=custom_data(n=1))
    )

    assert changed.topic.meta.to_dict() == {"subject": "S", "n": 2}
    assert foreign.reason is Reason.TOPIC_NOT_FOUND


async def test_keys_are_removed_by_keys_that_may_delete(
    client: Client, upstream: Upstream, dialog: str
) -> None:
    upstream.store.add_key("key-rw", ("read", "write"))
    await platform(upstream, "PUT", f"/meta/dialog/{dialog}/old", {"value": 1})
    alice = client.as_user("alice", key="key-rw")

    refused = await alice.fails(
        pb.UpdateDialogMetaRequest(
            dialog_id=dialog, meta=custom_data(title="T"), remove_keys=["old"]
        )
    )
    allowed = await alice.call(
        pb.UpdateDialogMetaRequest(dialog_id=dialog, meta=custom_data(n=1), remove_keys=["never"])
    )

    assert refused.reason is Reason.PERMISSION_MISSING
    assert refused.metadata == {"permission": "delete"}
    assert allowed.meta.to_dict() == {"old": 1, "n": 1}


@pytest.mark.broker("rabbitmq")
async def test_a_dialog_is_marked_as_read(alice: Caller, bob: Caller, upstream: Upstream) -> None:
    dialog = upstream.dialog("alice", "bob")
    for number in range(3):
        written(upstream, dialog, content=str(number))
    request = pb.MarkDialogReadRequest(dialog_id=dialog, idempotency_key="read")

    async with bob.subscribed() as stream:
        marked = await bob.call(request)
        await stream.update_of(pb.UpdateKind.DIALOG_READ)
    _, trailing = await bob.called(request)

    assert marked.membership.user_id == "bob"
    assert marked.membership.unread_count == 0
    assert marked.membership.last_seen_time is not None
    assert trailing["idempotency-replayed"] == "true"


async def test_a_pack_is_marked_as_read(bob: Caller, stranger: Caller, upstream: Upstream) -> None:
    dialogs = [upstream.dialog("alice", "bob") for _ in range(2)]
    pack = (await platform(upstream, "POST", "/packs", {"meta": {"n": 1}}))["packId"]
    for dialog in [*dialogs, upstream.dialog("alice")]:
        await platform(upstream, "POST", f"/packs/{pack}/dialogs", {"dialogId": dialog})
        written(upstream, dialog)

    marked = await bob.call(pb.MarkPackReadRequest(pack_id=pack, idempotency_key="pack"))
    refused = await stranger.fails(pb.MarkPackReadRequest(pack_id=pack))

    assert marked.dialog_count == 2
    assert refused.reason is Reason.PACK_NOT_FOUND


REQUESTS = [
    lambda dialog, **more: pb.AddDialogMembersRequest(dialog_id=dialog, user_ids=["bob"], **more),
    lambda dialog, **more: pb.RemoveDialogMemberRequest(dialog_id=dialog, user_id="bob", **more),
    lambda dialog, **more: pb.LeaveDialogRequest(dialog_id=dialog, **more),
    lambda dialog, **more: pb.UpdateDialogMetaRequest(
        dialog_id=dialog, meta=custom_data(n=1), **more
    ),
    lambda dialog, **more: pb.UpdateTopicRequest(
        dialog_id=dialog, topic_id=TOPIC, meta=custom_data(n=1), **more
    ),
    lambda dialog, **more: pb.MarkDialogReadRequest(dialog_id=dialog, **more),
]


@pytest.mark.parametrize("key", ["", "some-key"])
@pytest.mark.parametrize("request_of", REQUESTS)
async def test_strangers_and_weak_keys_change_nothing(
    client: Client, stranger: Caller, upstream: Upstream, dialog: str, request_of: Any, key: str
) -> None:
    before = upstream.store.meta.of(TENANT, "dialog", dialog)

    outsider = await stranger.fails(request_of(dialog, idempotency_key=key))
    foreign = await client.as_user("alice", tenant=OTHER_TENANT).fails(
        request_of(dialog, idempotency_key=key)
    )
    reader = await client.as_user("alice", key=READ_KEY).fails(
        request_of(dialog, idempotency_key=key and f"{key}-reader")
    )
    writer = await client.as_user("alice", key=WRITE_KEY).fails(
        request_of(dialog, idempotency_key=key and f"{key}-writer")
    )

    assert outsider.reason is foreign.reason is Reason.NOT_A_MEMBER
    assert reader.reason in {Reason.PERMISSION_MISSING, Reason.TOPIC_NOT_FOUND}
    assert writer.reason is Reason.PERMISSION_MISSING
    assert writer.metadata == {"permission": "read"}
    assert members_of(upstream, dialog) == {"alice", "bob"}
    assert upstream.store.meta.of(TENANT, "dialog", dialog) == before


async def test_ninety_members_act_at_once(client: Client, upstream: Upstream) -> None:
    users = [f"user{number}" for number in range(90)]
    dialog = upstream.dialog(*users)

    async def acts(user: str) -> None:
        caller = client.as_user(user)
        # Equal to the letter but for the user, of whom the platform hears nothing.
        await caller.call(pb.UpdateDialogMetaRequest(dialog_id=dialog, meta=custom_data(title="T")))
        await caller.call(pb.MarkDialogReadRequest(dialog_id=dialog))
        if user != users[0]:
            await caller.call(pb.LeaveDialogRequest(dialog_id=dialog))

    await asyncio.gather(*map(acts, users))

    assert members_of(upstream, dialog) == {users[0]}
