"""A back end's dialogs: found, listed, made, changed, deleted; nothing of another tenant."""

from typing import Any

import pytest
from integration_vocabulary import DIALOG, Caller, Client, written

from chat3_api.chat3.tenant import v1 as pb
from chat3_api.chat3.user.v1 import ErrorReason as Reason
from chat3_api.chat3.user.v1 import GetUserDialogsRequest
from chat3_api.google.protobuf import Struct
from support.gateway import KEY, OTHER_TENANT, READ_KEY, TENANT, Upstream

pytestmark = pytest.mark.broker("in_process")

FOREIGN = [
    lambda dialog: pb.GetDialogRequest(dialog_id=dialog),
    lambda dialog: pb.UpdateDialogMetaRequest(
        dialog_id=dialog, meta=Struct.from_dict({"title": "mine"})
    ),
    lambda dialog: pb.DeleteDialogRequest(dialog_id=dialog),
    lambda dialog: pb.ListDialogMembersRequest(dialog_id=dialog),
    lambda dialog: pb.AddDialogMembersRequest(dialog_id=dialog, user_ids=["alice"]),
    lambda dialog: pb.RemoveDialogMemberRequest(dialog_id=dialog, user_id="alice"),
    lambda dialog: pb.MarkMemberReadRequest(dialog_id=dialog, user_id="alice"),
    lambda dialog: pb.ListTopicsRequest(dialog_id=dialog),
    lambda dialog: pb.CreateTopicRequest(dialog_id=dialog),
    lambda dialog: pb.UpdateTopicRequest(dialog_id=dialog, topic_id="topic_" + "a" * 20),
]


@pytest.fixture
def back_end(client: Client) -> Caller:
    return client.with_metadata({"x-api-key": KEY, "x-tenant-id": TENANT})


def meta(**keys: Any) -> Struct:
    return Struct.from_dict(keys)


@pytest.mark.parametrize("whose", ["nobody's", "another tenant's"])
@pytest.mark.parametrize("request_of", FOREIGN)
async def test_a_dialog_that_the_tenant_lacks_is_not_found(
    back_end: Caller, upstream: Upstream, request_of: Any, whose: str
) -> None:
    upstream.store.add_user(TENANT, "alice")
    theirs = upstream.dialog("alice", tenant=OTHER_TENANT, meta={"title": "theirs"})
    dialog = DIALOG if whose == "nobody's" else theirs
    refused = await back_end.fails(request_of(dialog))
    assert refused.reason is Reason.DIALOG_NOT_FOUND
    assert refused.metadata == {"dialog_id": dialog}
    store = upstream.store
    assert store.meta.of(OTHER_TENANT, "dialog", theirs) == {"title": "theirs"}
    members = store.members.of_dialog(OTHER_TENANT, theirs)
    assert [member.user_id for member in members] == ["alice"]


async def test_a_dialog_is_shown_without_anybodys_own_state(
    back_end: Caller, upstream: Upstream
) -> None:
    dialog = upstream.dialog("alice", "bob", meta={"title": "Support", "chat3_key": "ours"})
    written(upstream, dialog)
    shown = (await back_end.call(pb.GetDialogRequest(dialog_id=dialog))).dialog
    assert (shown.dialog_id, shown.title) == (dialog, "Support")
    assert shown.meta == meta(title="Support")
    assert (shown.member_count, shown.message_count, shown.topic_count) == (2, 1, 0)
    assert shown.create_time is not None


async def test_a_dialog_without_members_can_be_created_and_filled(
    back_end: Caller, client: Client, upstream: Upstream
) -> None:
    created = (await back_end.call(pb.CreateDialogRequest(meta=meta(n=1.0)))).dialog
    assert (created.member_count, created.meta) == (0, meta(n=1.0))
    upstream.store.add_user(TENANT, "bob")
    where = {"dialog_id": created.dialog_id}
    added = await back_end.call(pb.AddDialogMembersRequest(**where, user_ids=["Bob", "bob"]))
    assert added.added_user_ids == ["bob"]
    page = await client.as_user("bob").call(GetUserDialogsRequest())
    assert [row.dialog_id for row in page.dialogs] == [created.dialog_id]


async def test_members_join_in_the_order_of_the_request(
    back_end: Caller, upstream: Upstream
) -> None:
    for name in ("alice", "bob", "zoe"):
        upstream.store.add_user(TENANT, name)
    request = pb.CreateDialogRequest(member_ids=["Zoe", "alice", "zoe", "bob"])
    created = (await back_end.call(request)).dialog
    assert created.member_count == 3
    listed = await back_end.call(pb.ListDialogMembersRequest(dialog_id=created.dialog_id))
    assert [member.user_id for member in listed.members] == ["zoe", "alice", "bob"]


async def test_no_user_is_made_of_a_members_id(back_end: Caller, upstream: Upstream) -> None:
    upstream.store.add_user(TENANT, "alice")
    refused = await back_end.fails(pb.CreateDialogRequest(member_ids=["alice", "nobody"]))
    assert refused.reason is Reason.USER_NOT_FOUND
    assert upstream.store.users.get(TENANT, "nobody") is None
    assert upstream.store.dialogs.all(TENANT) == []


async def test_dialogs_are_found_by_filter_sort_and_token(
    back_end: Caller, upstream: Upstream
) -> None:
    upstream.dialog("alice", tenant=OTHER_TENANT, meta={"kind": "even"})
    made = [
        upstream.dialog(
            "alice", *["bob"] * (n < 2), meta={"n": n, "kind": "odd" if n % 2 else "even"}
        )
        for n in range(5)
    ]

    async def listed(filter_: str = "", sort: str = "(create_time,asc)") -> list[int]:
        found: list[int] = []
        token = ""
        while True:
            request = pb.ListDialogsRequest(
                page_size=2, filter=filter_, sort=sort, page_token=token, include_total_size=True
            )
            page = await back_end.call(request)
            found += [made.index(row.dialog_id) for row in page.dialogs]
            token = page.next_page_token
            if not token:
                assert page.total_size == len(found)
                return found

    assert await listed() == [0, 1, 2, 3, 4]
    assert await listed(sort="") == [4, 3, 2, 1, 0]
    assert await listed("(member,eq,bob)") == [0, 1]
    assert await listed("(member,eq,bob)&(meta.kind,eq,odd)") == [1]
    assert await listed("(meta.kind,eq,even)|(meta.n,eq,3)") == [0, 2, 3, 4]
    assert await listed(f"(dialog_id,in,[{made[3]},{made[1]}])") == [1, 3]
    since = upstream.store.dialogs.get(TENANT, made[2])
    assert since is not None
    assert await listed(f"(create_time,gt,{since.created_at})") == [3, 4]


@pytest.mark.parametrize(
    "text",
    [
        "(tenantId,eq,tnt_two)",
        "(tenant_id,eq,tnt_two)",
        "(member,in,[alice,bob])",
        "(member,eq,alice)|(meta.n,eq,1)",
        '{"tenantId":"tnt_two"}',
        "(memberCount,gt,1)",
        "nonsense",
    ],
)
async def test_no_filter_leaves_the_tenant_or_is_ignored(
    back_end: Caller, upstream: Upstream, text: str
) -> None:
    upstream.dialog("alice", tenant=OTHER_TENANT)
    refused = await back_end.fails(pb.ListDialogsRequest(filter=text))
    assert refused.violations["filter"].startswith("position ")


@pytest.mark.parametrize("value", ["4711", "true", "a,b", 'say "hi"', " padded ", "ж", "[x]", "{"])
async def test_the_oldest_dialog_with_a_text_is_found(
    back_end: Caller, upstream: Upstream, value: str
) -> None:
    if value.startswith("{"):
        refused = await back_end.fails(pb.FindDialogByMetaRequest(meta_key="order", value=value))
        assert set(refused.violations) == {"value"}
        return
    upstream.dialog("alice", tenant=OTHER_TENANT, meta={"order": value})
    upstream.dialog("alice", meta={"order": 4711})
    asked = pb.FindDialogByMetaRequest(meta_key="order", value=value)
    assert (await back_end.call(asked)).dialog is None
    first = upstream.dialog("alice", meta={"order": value})
    upstream.dialog("alice", meta={"order": value})
    assert (await back_end.call(asked)).dialog.dialog_id == first


@pytest.mark.parametrize("value", ['x")|(tenantId,eq,"tnt_two', "a)b", "a&b", "\n", "x" * 501, ""])
async def test_no_text_becomes_another_filter(back_end: Caller, value: str) -> None:
    refused = await back_end.fails(pb.FindDialogByMetaRequest(meta_key="order", value=value))
    assert set(refused.violations) == {"value"}


@pytest.mark.parametrize("key", ["__proto__", "chat3_key", "a.b", ""])
async def test_no_key_of_ours_or_of_javascript_is_looked_for(back_end: Caller, key: str) -> None:
    refused = await back_end.fails(pb.FindDialogByMetaRequest(meta_key=key, value="x"))
    assert set(refused.violations) == {"meta_key"}


async def test_a_dialog_is_deleted_once_for_a_key(back_end: Caller, upstream: Upstream) -> None:
    dialog = upstream.dialog("alice", "bob")
    message = written(upstream, dialog)
    request = pb.DeleteDialogRequest(dialog_id=dialog, idempotency_key="k")
    await back_end.call(request)
    _, trailing = await back_end.called(request)
    assert trailing["idempotency-replayed"] == "true"
    again = await back_end.fails(pb.DeleteDialogRequest(dialog_id=dialog))
    assert again.reason is Reason.DIALOG_NOT_FOUND
    assert upstream.store.members.of_dialog(TENANT, dialog) == []
    assert upstream.store.messages.get(TENANT, message) is not None


async def test_deletion_needs_the_permission_whether_the_dialog_exists_or_not(
    client: Client, upstream: Upstream
) -> None:
    upstream.store.add_key("key-no-delete", ("read", "write"))
    caller = client.with_metadata({"x-api-key": "key-no-delete", "x-tenant-id": TENANT})
    for dialog in (upstream.dialog("alice"), DIALOG):
        refused = await caller.fails(pb.DeleteDialogRequest(dialog_id=dialog))
        assert refused.reason is Reason.PERMISSION_MISSING
        assert refused.metadata == {"permission": "delete"}


async def test_the_last_member_can_be_removed_in_any_letter_case(
    back_end: Caller, upstream: Upstream
) -> None:
    dialog = upstream.dialog("Zoe")
    request = pb.RemoveDialogMemberRequest(dialog_id=dialog, user_id="zOE")
    await back_end.call(request)
    assert upstream.store.members.of_dialog(TENANT, dialog) == []
    refused = await back_end.fails(request)
    assert refused.reason is Reason.MEMBER_NOT_FOUND


async def test_a_member_has_read_everything_and_a_stranger_nothing(
    back_end: Caller, upstream: Upstream
) -> None:
    dialog = upstream.dialog("alice", "Zoe")
    written(upstream, dialog)
    member = upstream.store.members.get(TENANT, dialog, "Zoe")
    assert member is not None
    upstream.store.set_unread(member, 3, last_seen_at=None)
    request = pb.MarkMemberReadRequest(dialog_id=dialog, user_id="zoe", idempotency_key="k")
    read = await back_end.call(request)
    assert (read.membership.user_id, read.membership.unread_count) == ("Zoe", 0)
    stranger = pb.MarkMemberReadRequest(dialog_id=dialog, user_id="bob")
    assert (await back_end.fails(stranger)).reason is Reason.MEMBER_NOT_FOUND


async def test_topics_are_made_changed_and_listed(back_end: Caller, upstream: Upstream) -> None:
    where = {"dialog_id": upstream.dialog("alice")}
    made = [
        (await back_end.call(pb.CreateTopicRequest(**where, meta=meta(n=float(n))))).topic
        for n in range(3)
    ]
    changed = await back_end.call(
        pb.UpdateTopicRequest(
            **where, topic_id=made[1].topic_id, meta=meta(subject="s"), remove_keys=["n"]
        )
    )
    assert changed.topic.meta == meta(subject="s")
    page = await back_end.call(pb.ListTopicsRequest(**where, page_size=2))
    rest = await back_end.call(
        pb.ListTopicsRequest(**where, page_size=2, page_token=page.next_page_token)
    )
    listed = [*page.topics, *rest.topics]
    assert [topic.topic_id for topic in listed] == [topic.topic_id for topic in made]
    assert [topic.unread_count for topic in listed] == [None] * 3


async def test_a_topic_of_another_dialog_is_not_found(back_end: Caller, upstream: Upstream) -> None:
    one, other = upstream.dialog("alice"), upstream.dialog("alice")
    topic = (await back_end.call(pb.CreateTopicRequest(dialog_id=one))).topic
    request = pb.UpdateTopicRequest(
        dialog_id=other, topic_id=topic.topic_id, meta=meta(subject="s")
    )
    assert (await back_end.fails(request)).reason is Reason.TOPIC_NOT_FOUND


async def test_a_change_that_changes_nothing_needs_the_permission_too(
    back_end: Caller, client: Client, upstream: Upstream
) -> None:
    dialog = upstream.dialog("alice", meta={"title": "t"})
    request = pb.UpdateDialogMetaRequest(dialog_id=dialog, meta=meta(title="t"))
    assert (await back_end.call(request)).dialog.title == "t"
    reader = client.with_metadata({"x-api-key": READ_KEY, "x-tenant-id": TENANT})
    assert (await reader.fails(request)).reason is Reason.PERMISSION_MISSING
