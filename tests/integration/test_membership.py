"""Strangers change nothing: membership and ownership are proved before a write, told in one way."""

from functools import partial
from typing import Any

import pytest
from cachetools import TTLCache
from grpclib.const import Status
from integration_vocabulary import (
    DIALOG,
    MESSAGE,
    Caller,
    Client,
    marking,
    reacting,
    sending,
    written,
)

from chat3_api.chat3.user import v1 as pb
from chat3_user.domain import access
from support.gateway import (
    OTHER_TENANT,
    TENANT,
    WRITE_KEY,
    Upstream,
    run_gateway,
)

pytestmark = pytest.mark.broker("in_process")


def inside(dialog: str, message: str) -> list[Any]:
    """Return a request of every call that belongs to a dialog."""
    return [
        pb.GetDialogMessagesRequest(dialog_id=dialog),
        sending(dialog),
        sending(dialog, quoted_message_id=message),
        marking(dialog, message),
        reacting(dialog, message),
        reacting(dialog, message, action=pb.ReactionAction.UNSET),
        pb.SendTypingIndicatorRequest(dialog_id=dialog),
    ]


@pytest.mark.parametrize("number", range(7))
async def test_a_stranger_is_told_the_same_of_real_and_unknown_dialogs(
    stranger: Caller, upstream: Upstream, number: int
) -> None:
    dialog = upstream.dialog("alice", "bob")
    message = written(upstream, dialog)
    real = await stranger.fails(inside(dialog, message)[number])
    unknown = await stranger.fails(inside(DIALOG, MESSAGE)[number])
    for refused, asked in ((real, dialog), (unknown, DIALOG)):
        assert refused.status is Status.PERMISSION_DENIED
        assert refused.reason is pb.ErrorReason.NOT_A_MEMBER
        assert refused.metadata == {"dialog_id": asked}
        assert refused.details["ResourceInfo"].resource_name == asked
    assert real.message == unknown.message
    assert len(upstream.store.messages.page({"tenantId": TENANT, "dialogId": dialog})) == 1
    assert not upstream.store.marks.reactions(TENANT, [message])


async def test_a_stranger_does_not_learn_whether_a_message_exists(
    stranger: Caller, upstream: Upstream
) -> None:
    dialog = upstream.dialog("alice", "bob")
    refused = await stranger.fails(marking(dialog, MESSAGE))
    assert refused.reason is pb.ErrorReason.NOT_A_MEMBER


@pytest.mark.parametrize("number", [2, 3, 4, 5])
async def test_a_message_of_another_dialog_is_not_found(
    alice: Caller, upstream: Upstream, number: int
) -> None:
    here, there = upstream.dialog("alice", "bob"), upstream.dialog("alice", "bob")
    message = written(upstream, there)
    for asked in (message, MESSAGE):
        missing = await alice.fails(inside(here, asked)[number])
        assert missing.status is Status.NOT_FOUND
        assert missing.reason is pb.ErrorReason.MESSAGE_NOT_FOUND
        assert missing.metadata == {"message_id": asked}
    assert not upstream.store.marks.reactions(TENANT, [message])


async def test_a_message_of_another_tenant_is_not_found(
    client: Client, alice: Caller, upstream: Upstream
) -> None:
    here = upstream.dialog("alice")
    there = upstream.dialog("alice", tenant=OTHER_TENANT)
    message = written(upstream, there, tenant=OTHER_TENANT)
    assert (await alice.fails(marking(here, message))).reason is pb.ErrorReason.MESSAGE_NOT_FOUND
    assert (await alice.fails(marking(there, message))).reason is pb.ErrorReason.NOT_A_MEMBER
    other = client.as_user("alice", tenant=OTHER_TENANT)
    assert (await other.call(marking(there, message))).record.message_id == message


async def test_a_topic_of_another_dialog_is_not_found(alice: Caller, upstream: Upstream) -> None:
    dialog = upstream.dialog("alice")
    missing = await alice.fails(sending(dialog, topic_id="topic_" + "a" * 20))
    assert missing.reason is pb.ErrorReason.TOPIC_NOT_FOUND
    assert missing.metadata == {"topic_id": "topic_" + "a" * 20}


async def test_permission_is_judged_before_membership_and_existence(
    client: Client, upstream: Upstream
) -> None:
    dialog = upstream.dialog("alice")
    for user in ("alice", "stranger"):
        caller = client.as_user(user, key=WRITE_KEY)
        refused = await caller.fails(marking(dialog, MESSAGE))
        assert refused.reason is pb.ErrorReason.PERMISSION_MISSING


async def test_the_tenant_is_required(client: Client, upstream: Upstream) -> None:
    upstream.store.add_tenant("tnt_default")
    upstream.dialog("alice", tenant="tnt_default")
    nowhere = client.with_metadata({"x-api-key": "key-all", "x-user-id": "alice"})
    for request in (pb.GetUserDialogsRequest(), pb.SubscribeUpdatesRequest()):
        refused = await nowhere.fails(request)
        assert refused.reason is pb.ErrorReason.INVALID_METADATA
        assert list(refused.violations) == ["metadata.x-tenant-id"]


async def test_a_proof_of_membership_counts_for_a_moment(
    upstream: Upstream, broker_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert access.PROOF_SECONDS == 5.0
    now = [0.0]
    monkeypatch.setattr(access, "TTLCache", partial(TTLCache, timer=lambda: now[0]))
    dialog = upstream.dialog("alice", "bob")
    member = upstream.store.members.get(TENANT, dialog, "bob")
    assert member is not None
    async with (
        run_gateway(upstream.url, broker_url) as gateway,
        Client(gateway.address) as client,
    ):
        bob = client.as_user("bob")
        await bob.call(sending(dialog))
        upstream.store.remove_member(member)
        # Reads are judged by the platform every time, a write by the proof that is left.
        refused = await bob.fails(pb.GetDialogMessagesRequest(dialog_id=dialog))
        assert refused.reason is pb.ErrorReason.NOT_A_MEMBER
        assert (await bob.call(sending(dialog))).message.sender_id == "bob"
        now[0] += access.PROOF_SECONDS
        refused = await bob.fails(sending(dialog))
        assert refused.reason is pb.ErrorReason.NOT_A_MEMBER


async def test_a_new_member_may_write_at_once(client: Client, upstream: Upstream) -> None:
    dialog = upstream.dialog("alice")
    bob = client.as_user("bob")
    assert (await bob.fails(sending(dialog))).reason is pb.ErrorReason.NOT_A_MEMBER
    upstream.store.add_member(TENANT, dialog, "bob")
    assert (await bob.call(sending(dialog))).message.sender_id == "bob"
