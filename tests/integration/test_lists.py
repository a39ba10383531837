"""Pages: our limits decide, filters keep to their list, and what is asked for is what comes."""

from dataclasses import replace
from typing import Any

import pytest
from integration_vocabulary import Caller, Client, written

from chat3_api.chat3.user import v1 as pb
from support.gateway import OTHER_TENANT, TENANT, Upstream

pytestmark = pytest.mark.broker("in_process")

ESCAPES = [
    "(dialogId,eq,{dialog})",
    "(tenantId,eq,tnt_two)",
    "(tenantId,eq,tnt_two)&(dialogId,eq,{dialog})",
    "(userId,eq,bob)",
    "(_id,exists,true)",
    "(sender_id,eq,alice)&(dialogId,in,[{dialog}])",
    '{{"dialogId":"{dialog}"}}',
    '{{"$where":"1"}}',
    '{{"$or":[{{"dialogId":"{dialog}"}}]}}',
    '(meta.k,eq,{{"$ne":1}})',
    "(content,eq,{{}})",
    "nonsense",
    "(meta.n,eq)",
    "(sender_id,like,b)",
    "(sender_id,eq,bob",
    "(meta.k,eq,a)b)",
    "(meta.a-b,eq,1)",
    "&limit=1000",
]


@pytest.mark.parametrize("text", ESCAPES)
async def test_a_filter_that_leaves_the_scope_is_refused_with_its_position(
    alice: Caller, upstream: Upstream, text: str
) -> None:
    here, there = upstream.dialog("alice"), upstream.dialog("bob")
    written(upstream, there, "bob", content="secret")
    request = pb.GetDialogMessagesRequest(dialog_id=here, filter=text.format(dialog=there))
    refused = await alice.fails(request)
    assert refused.reason is pb.ErrorReason.INVALID_FIELD
    assert list(refused.violations) == ["filter"]
    assert refused.violations["filter"].startswith("position ")


@pytest.mark.parametrize(
    "text",
    [
        "(userId,eq,bob)",
        "(tenantId,eq,tnt_two)",
        '{"userId":"bob"}',
        "(member,eq,alice)|(meta.n,eq,0)",
        "unread_count>0",
    ],
)
async def test_dialogs_of_others_cannot_be_listed(
    alice: Caller, upstream: Upstream, text: str
) -> None:
    upstream.dialog("bob")
    refused = await alice.fails(pb.GetUserDialogsRequest(filter=text))
    assert refused.reason is pb.ErrorReason.INVALID_FIELD
    assert refused.violations["filter"].startswith("position ")


async def test_a_sort_keeps_to_its_fields(alice: Caller) -> None:
    for text in ("createdAt", "(tenantId,asc)", '{"createdAt":-1}', "(last_message_time,asc)"):
        refused = await alice.fails(pb.GetUserDialogsRequest(sort=text))
        assert refused.reason is pb.ErrorReason.INVALID_FIELD
        assert list(refused.violations) == ["sort"]


async def test_filters_and_sorts_select_and_order(alice: Caller, upstream: Upstream) -> None:
    dialog = upstream.dialog("alice", "bob")
    for number in range(4):
        sender = "alice" if number % 2 else "bob"
        written(
            upstream,
            dialog,
            sender,
            content=f"m{number}",
            meta={"n": number, "even": not number % 2},
        )

    async def found(filter_: str, sort: str = "(create_time,asc)") -> list[str]:
        page = await alice.call(
            pb.GetDialogMessagesRequest(dialog_id=dialog, filter=filter_, sort=sort)
        )
        return [message.content for message in page.messages]

    assert await found("") == ["m0", "m1", "m2", "m3"]
    assert await found("", "") == ["m3", "m2", "m1", "m0"]
    assert await found("(sender_id,eq,bob)") == ["m0", "m2"]
    assert await found("(meta.n,gte,1)&(meta.even,eq,true)") == ["m2"]
    assert await found("(meta.n,eq,0)|(meta.n,eq,3)", "(create_time,desc)") == ["m3", "m0"]
    assert await found("(content,regex,M[12])") == ["m1", "m2"]


async def test_a_filter_of_dialogs_selects_them(alice: Caller, upstream: Upstream) -> None:
    with_bob = upstream.dialog("alice", "bob", meta={"kind": "support"})
    upstream.dialog("alice", "carl", meta={"kind": "other"})
    page = await alice.call(
        pb.GetUserDialogsRequest(
            filter="(meta.kind,eq,support)&(member,eq,bob)", include_total_size=True
        )
    )
    assert [dialog.dialog_id for dialog in page.dialogs] == [with_bob]
    assert page.total_size == 1


@pytest.mark.parametrize("size", [-1, 101, 1000, 2**31 - 1])
async def test_a_size_out_of_range_is_refused_with_the_range(
    alice: Caller, upstream: Upstream, size: int
) -> None:
    dialog = upstream.dialog("alice")
    for request in (
        pb.GetUserDialogsRequest(page_size=size),
        pb.GetDialogMessagesRequest(dialog_id=dialog, page_size=size),
    ):
        refused = await alice.fails(request)
        assert refused.violations == {"page_size": "0 to 100"}


@pytest.mark.parametrize("page", [-1, 1_000_001])
async def test_a_page_out_of_range_is_refused_with_the_range(alice: Caller, page: int) -> None:
    refused = await alice.fails(pb.GetUserDialogsRequest(page=page))
    assert refused.violations == {"page": "0 to 1000000"}


async def test_no_size_means_ten_wherever(alice: Caller, upstream: Upstream) -> None:
    for _ in range(11):
        dialog = upstream.dialog("alice")
    for number in range(11):
        written(upstream, dialog, content=str(number))
    dialogs = await alice.call(pb.GetUserDialogsRequest())
    messages = await alice.call(pb.GetDialogMessagesRequest(dialog_id=dialog))
    assert len(dialogs.dialogs) == len(messages.messages) == 10
    assert dialogs.next_page_token
    assert messages.next_page_token
    second = await alice.call(pb.GetDialogMessagesRequest(dialog_id=dialog, page=2))
    assert [message.content for message in second.messages] == ["0"]
    assert (second.next_page_token, second.previous_page_token) == ("", "")
    past = await alice.call(pb.GetDialogMessagesRequest(dialog_id=dialog, page=9, page_size=100))
    assert past.messages == []
    assert past.next_page_token == ""


async def test_totals_are_told_to_those_who_ask(alice: Caller, upstream: Upstream) -> None:
    dialog = upstream.dialog("alice")
    for number in range(11):
        written(upstream, dialog, content=str(number))
    upstream.dialog("alice")
    for request, total in (
        (pb.GetUserDialogsRequest(page_size=1), 2),
        (pb.GetDialogMessagesRequest(dialog_id=dialog), 11),
        (pb.GetDialogMessagesRequest(dialog_id=dialog, page=9), 11),
    ):
        assert (await alice.call(request)).total_size is None
        assert (await alice.call(replace(request, include_total_size=True))).total_size == total


async def test_dialogs_are_read_to_the_end_by_token(alice: Caller, upstream: Upstream) -> None:
    made = {upstream.dialog("alice") for _ in range(7)}
    request = pb.GetUserDialogsRequest(page_size=3, sort="(last_interaction_time,asc)")
    pages = [await alice.call(request)]
    while token := pages[-1].next_page_token:
        pages.append(await alice.call(replace(request, page_token=token)))
    assert [len(page.dialogs) for page in pages] == [3, 3, 1]
    assert {dialog.dialog_id for page in pages for dialog in page.dialogs} == made


@pytest.mark.parametrize(
    ("fields", "violations"),
    [
        ({"page": 2, "page_token": "x"}, {"page": "0 with `page_token` or `around_message_id`"}),
        (
            {"page": 2, "around_message_id": "msg_" + "a" * 20},
            {"page": "0 with `page_token` or `around_message_id`"},
        ),
        (
            {"page_token": "x", "around_message_id": "msg_" + "a" * 20},
            {"around_message_id": "absent with `page_token`"},
        ),
        (
            {"sort": "(sender_id,asc)", "around_message_id": "msg_" + "a" * 20},
            {"around_message_id": "only when sorted by creation time"},
        ),
        ({"page_token": "x" * 1025}, {"page_token": "at most 1024 characters"}),
        (
            {"around_message_id": ""},
            {"around_message_id": "`msg_` and 20 characters of a-z and 0-9"},
        ),
    ],
)
async def test_a_page_has_one_place_in_the_list(
    alice: Caller, fields: dict[str, Any], violations: dict[str, str]
) -> None:
    request = pb.GetDialogMessagesRequest(dialog_id="dlg_" + "a" * 20, **fields)
    assert (await alice.fails(request)).violations == violations


async def test_the_last_message_comes_when_it_is_asked_for(
    alice: Caller, upstream: Upstream
) -> None:
    dialog = upstream.dialog("alice")
    message = written(upstream, dialog)
    without = await alice.call(pb.GetUserDialogsRequest())
    assert without.dialogs[0].last_message is None
    with_it = await alice.call(pb.GetUserDialogsRequest(include_last_message=True))
    assert with_it.dialogs[0].last_message.message_id == message


async def test_a_dialog_without_messages_has_no_last_message(
    alice: Caller, upstream: Upstream
) -> None:
    upstream.dialog("alice")
    page = await alice.call(pb.GetUserDialogsRequest(include_last_message=True))
    assert page.dialogs[0].last_message is None


async def test_an_unknown_user_has_no_dialogs(client: Client) -> None:
    page = await client.as_user("nobody").call(pb.GetUserDialogsRequest())
    assert page.dialogs == []
    assert page.next_page_token == ""


async def test_lists_of_tenants_stay_apart(client: Client, upstream: Upstream) -> None:
    ours = upstream.dialog("alice")
    theirs = upstream.dialog("alice", tenant=OTHER_TENANT)
    for tenant, dialog in ((TENANT, ours), (OTHER_TENANT, theirs)):
        page = await client.as_user("alice", tenant=tenant).call(pb.GetUserDialogsRequest())
        assert [item.dialog_id for item in page.dialogs] == [dialog]


async def test_all_violations_of_a_request_are_told_at_once(alice: Caller) -> None:
    refused = await alice.fails(
        pb.GetDialogMessagesRequest(dialog_id="x", page=-1, page_size=101, filter="x", sort="x")
    )
    assert list(refused.violations) == ["dialog_id", "page_size", "page", "filter", "sort"]
    assert refused.metadata == {"field_count": "5"}
