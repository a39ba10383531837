"""Single messages, users and packs, and the lists beside them: read as the caller may see them."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from integration_vocabulary import (
    MESSAGE,
    Caller,
    Client,
    marking,
    platform,
    reacting,
    written,
)

from chat3_api.chat3.user import v1 as pb
from support.gateway import (
    NO_KEY,
    OTHER_TENANT,
    READ_KEY,
    TENANT,
    Upstream,
    run_gateway,
    run_upstream,
)

pytestmark = pytest.mark.broker("in_process")

PACK = "pck_" + "a" * 20


async def packed(upstream: Upstream, *dialogs: str, **meta: Any) -> str:
    """Make a pack of dialogs and return its id."""
    pack: str = (await platform(upstream, "POST", "/packs", {"meta": meta}))["packId"]
    for dialog in dialogs:
        await platform(upstream, "POST", f"/packs/{pack}/dialogs", {"dialogId": dialog})
    return pack


@pytest.fixture
def dialog(upstream: Upstream) -> str:
    return upstream.dialog("alice", "bob")


@pytest.fixture
async def old_platform(broker_url: str) -> AsyncIterator[tuple[Upstream, Caller]]:
    """Alice, at a platform that knows no deletion and no versions."""
    async with (
        run_upstream(broker_url, platform="0.0.80") as upstream,
        run_gateway(upstream.url, broker_url) as gateway,
        Client(gateway.address) as client,
    ):
        yield upstream, client.as_user("alice")


async def test_a_message_is_read_as_in_a_page(
    alice: Caller, bob: Caller, upstream: Upstream, dialog: str
) -> None:
    message = written(upstream, dialog, content="hello", meta={"n": 1})
    await bob.call(reacting(dialog, message))

    found = await bob.call(pb.GetMessageRequest(dialog_id=dialog, message_id=message))

    page = await bob.call(pb.GetDialogMessagesRequest(dialog_id=dialog))
    assert found.message == page.messages[0]
    assert found.message.content == "hello"
    assert found.message.reactions[0].mine
    mine = await alice.call(pb.GetMessageRequest(dialog_id=dialog, message_id=message))
    assert mine.message.mine
    assert not mine.message.reactions[0].mine


async def test_a_deleted_message_is_read_without_what_it_said(
    alice: Caller, upstream: Upstream, dialog: str
) -> None:
    message = written(upstream, dialog, content="secret", meta={"n": 1})
    await platform(upstream, "PATCH", f"/messages/{message}", {"deleted": True})

    found = await alice.call(pb.GetMessageRequest(dialog_id=dialog, message_id=message))
    versions = await alice.call(pb.ListMessageVersionsRequest(dialog_id=dialog, message_id=message))

    assert found.message.deleted
    assert "secret" not in str(found)
    assert versions.versions == []


@pytest.mark.parametrize(
    "request_type",
    [pb.GetMessageRequest, pb.ListMessageVersionsRequest, pb.ListMessageStatusesRequest],
)
async def test_nobody_reads_a_message_through_a_dialog_that_is_not_its_own(
    alice: Caller, stranger: Caller, upstream: Upstream, dialog: str, request_type: type[Any]
) -> None:
    elsewhere = written(upstream, upstream.dialog("bob", "carol"), sender="bob")
    here = written(upstream, dialog)

    foreign = await alice.fails(request_type(dialog_id=dialog, message_id=elsewhere))
    unknown = await alice.fails(request_type(dialog_id=dialog, message_id=MESSAGE))
    refused = await stranger.fails(request_type(dialog_id=dialog, message_id=here))

    assert foreign.reason is unknown.reason is pb.ErrorReason.MESSAGE_NOT_FOUND
    assert refused.reason is pb.ErrorReason.NOT_A_MEMBER


async def test_versions_are_the_texts_before_newest_first(
    alice: Caller, upstream: Upstream, dialog: str
) -> None:
    message = written(upstream, dialog, content="one")
    for text in ("two", "three"):
        edit = {"content": text, "editedBy": "alice"}
        await platform(upstream, "PUT", f"/messages/{message}/edit", edit)

    found = await alice.call(pb.ListMessageVersionsRequest(dialog_id=dialog, message_id=message))

    assert [(row.version, row.content, row.edited_by) for row in found.versions] == [
        (2, "two", "alice"),
        (1, "one", "alice"),
    ]
    assert found.versions[0].edit_time >= found.versions[1].edit_time


async def test_an_old_platform_has_no_versions(
    old_platform: tuple[Upstream, Caller],
) -> None:
    upstream, alice = old_platform
    dialog = upstream.dialog("alice", "bob")
    message = written(upstream, dialog)

    refused = await alice.fails(pb.ListMessageVersionsRequest(dialog_id=dialog, message_id=message))

    assert refused.reason is pb.ErrorReason.PLATFORM_TOO_OLD
    assert refused.metadata["needs"] == "0.0.82"


async def test_the_history_of_statuses_is_read_page_by_page(
    alice: Caller, bob: Caller, upstream: Upstream, dialog: str
) -> None:
    message = written(upstream, dialog)
    for status in (pb.MessageStatus.DELIVERED, pb.MessageStatus.READ):
        await bob.call(marking(dialog, message, status))
    asked = {"dialog_id": dialog, "message_id": message, "page_size": 2}

    first = await alice.call(pb.ListMessageStatusesRequest(**asked, include_total_size=True))
    rest = await alice.call(
        pb.ListMessageStatusesRequest(**asked, page_token=first.next_page_token)
    )

    rows = [(row.user_id, row.status) for row in [*first.statuses, *rest.statuses]]
    assert rows == [
        ("bob", pb.MessageStatus.READ),
        ("bob", pb.MessageStatus.DELIVERED),
        ("bob", pb.MessageStatus.UNREAD),
    ]
    assert first.total_size == 3
    assert rest.next_page_token == ""


async def test_members_are_listed_to_members_only(
    alice: Caller, stranger: Caller, upstream: Upstream, dialog: str
) -> None:
    found = await alice.call(pb.ListDialogMembersRequest(dialog_id=dialog, page_size=1))
    rest = await alice.call(
        pb.ListDialogMembersRequest(dialog_id=dialog, page_size=1, page_token=found.next_page_token)
    )
    refused = await stranger.fails(pb.ListDialogMembersRequest(dialog_id=dialog))

    assert [member.user_id for member in [*found.members, *rest.members]] == ["alice", "bob"]
    assert found.members[0].join_time is not None
    assert refused.reason is pb.ErrorReason.NOT_A_MEMBER


async def test_topics_are_listed_with_what_is_unread_in_them(
    alice: Caller, bob: Caller, stranger: Caller, upstream: Upstream, dialog: str
) -> None:
    made = await platform(
        upstream, "POST", f"/dialogs/{dialog}/topics", {"meta": {"subject": "When"}}
    )
    message = await platform(
        upstream,
        "POST",
        f"/dialogs/{dialog}/messages",
        {"senderId": "alice", "content": "x", "topicId": made["topicId"]},
    )
    assert message["topicId"] == made["topicId"]

    found = await bob.call(pb.ListTopicsRequest(dialog_id=dialog))
    refused = await stranger.fails(pb.ListTopicsRequest(dialog_id=dialog))

    (row,) = found.topics
    assert (row.topic_id, row.dialog_id) == (made["topicId"], dialog)
    assert row.meta.to_dict() == {"subject": "When"}
    assert row.unread_count == 1
    assert refused.reason is pb.ErrorReason.NOT_A_MEMBER


async def test_a_user_is_looked_up_within_the_tenant(
    alice: Caller, client: Client, upstream: Upstream
) -> None:
    upstream.store.add_user(TENANT, "alice")
    upstream.store.add_user(TENANT, "dora", meta={"displayName": "Dora", "chat3_own": 1})
    upstream.store.add_user(OTHER_TENANT, "eve")

    found = await alice.call(pb.GetUserRequest(user_id="DORA"))
    foreign = await alice.fails(pb.GetUserRequest(user_id="eve"))
    keyless = await client.as_user("alice", key=NO_KEY).fails(pb.GetUserRequest(user_id="dora"))

    assert found.user.user_id == "dora"
    assert found.user.display_name == "Dora"
    assert found.user.meta.to_dict() == {"displayName": "Dora"}
    assert foreign.reason is pb.ErrorReason.USER_NOT_FOUND
    assert keyless.reason is pb.ErrorReason.PERMISSION_MISSING


async def test_who_only_owns_custom_data_is_no_user(alice: Caller, upstream: Upstream) -> None:
    await platform(upstream, "PUT", "/meta/user/ghost/displayName", {"value": "Boo"})

    refused = await alice.fails(pb.GetUserRequest(user_id="ghost"))

    assert refused.reason is pb.ErrorReason.USER_NOT_FOUND
    assert refused.metadata == {"user_id": "ghost"}


async def test_one_sees_oneself_with_counters(
    bob: Caller, client: Client, upstream: Upstream, dialog: str
) -> None:
    found = await bob.call(pb.GetMyselfRequest())
    reader = await client.as_user("bob", key=READ_KEY).call(pb.GetMyselfRequest())

    assert found.user.user_id == "bob"
    assert found.stats.dialog_count == 1
    assert reader == found


async def test_packs_are_those_with_a_dialog_of_the_user(
    alice: Caller, stranger: Caller, upstream: Upstream, dialog: str
) -> None:
    ids = [await packed(upstream, dialog, n=number) for number in range(2)]
    await packed(upstream, upstream.dialog("bob"))
    message = written(upstream, dialog, content="hello")

    listed = await alice.call(
        pb.ListPacksRequest(sort="(create_time,asc)", page_size=1, include_total_size=True)
    )
    rest = await alice.call(
        pb.ListPacksRequest(
            sort="(create_time,asc)", page_size=1, page_token=listed.next_page_token
        )
    )
    filtered = await alice.call(pb.ListPacksRequest(filter="(meta.n,eq,1)"))
    single = await alice.call(pb.GetPackRequest(pack_id=ids[0]))
    refused = await stranger.fails(pb.GetPackRequest(pack_id=ids[0]))
    unknown = await alice.fails(pb.GetPackRequest(pack_id=PACK))

    assert [pack.pack_id for pack in [*listed.packs, *rest.packs]] == ids
    assert listed.total_size == 2
    assert [pack.pack_id for pack in filtered.packs] == ids[1:]
    assert listed.packs[0].last_message.message_id == message
    assert single.pack.stats.dialog_count == single.pack.membership.dialog_count == 1
    assert refused.reason is unknown.reason is pb.ErrorReason.PACK_NOT_FOUND


async def test_messages_of_a_pack_are_read_page_by_page_while_others_write(
    alice: Caller, stranger: Caller, upstream: Upstream
) -> None:
    dialogs = [upstream.dialog("alice", "bob"), upstream.dialog("alice"), upstream.dialog("bob")]
    pack = await packed(upstream, *dialogs)
    ids = [written(upstream, dialogs[number % 2], content=str(number)) for number in range(7)]
    written(upstream, dialogs[2], sender="bob", content="not for alice")

    found: list[str] = []
    token = ""
    while len(found) < len(ids):
        asked = pb.ListPackMessagesRequest(pack_id=pack, page_size=3, page_token=token)
        page = await alice.call(asked)
        written(upstream, dialogs[0], content="meanwhile")
        found += [message.message_id for message in page.messages]
        token, last = page.next_page_token, token
    refused = await stranger.fails(pb.ListPackMessagesRequest(pack_id=pack))
    foreign = await alice.fails(
        pb.ListPackMessagesRequest(pack_id=PACK, page_size=3, page_token=last)
    )

    assert found == ids[::-1]
    assert token == ""
    assert refused.reason is pb.ErrorReason.PACK_NOT_FOUND
    assert foreign.reason is pb.ErrorReason.PAGE_TOKEN_INVALID
