"""A back end's lists of messages: of a dialog and across all, whole, and of one tenant alone."""

import asyncio
import random
from dataclasses import replace
from typing import Any

import pytest
from integration_vocabulary import MESSAGE, Caller, Client, written

from chat3_api.chat3.tenant import v1 as pb
from chat3_api.chat3.user.v1 import ErrorReason as Reason
from support.gateway import KEY, OTHER_TENANT, TENANT, Upstream

pytestmark = pytest.mark.broker("in_process")

MORNING = 1795424735959.186035


@pytest.fixture
def back_end(client: Client) -> Caller:
    return client.with_metadata({"x-api-key": KEY, "x-tenant-id": TENANT})


def of_dialog(dialog: str, **more: Any) -> pb.ListMessagesRequest:
    return pb.ListMessagesRequest(dialog_id=dialog, **more)


def imported(upstream: Upstream, count: int, *dialogs: str, same: int = 3) -> list[str]:
    """Write messages into dialogs in turn, ``same`` of each time; return their texts in order."""
    rows = []
    for number in range(count):
        moment = MORNING + number // same
        dialog = dialogs[number % len(dialogs)]
        message_id = written(upstream, dialog, content=str(number), created_at=moment)
        rows.append((moment, message_id, str(number)))
    return [text for _, _, text in sorted(rows)]


async def walk(caller: Caller, request: Any, size: int, *, newer: bool = False) -> list[str]:
    """Read pages with the order, or against it, until nothing is there; return the texts."""
    found: list[str] = []
    token, pages = request.page_token, 0
    while token or not pages:
        page = await caller.call(replace(request, page_token=token, page_size=size))
        assert len(page.messages) <= size
        assert page.messages or not pages or newer
        texts = [message.content for message in page.messages]
        found += texts[::-1] if newer else texts
        token = page.previous_page_token if newer and texts else page.next_page_token
        if newer and not texts:
            break
        pages += 1
    return found


def searching(**more: Any) -> pb.SearchMessagesRequest:
    return pb.SearchMessagesRequest(**more)


@pytest.mark.parametrize("size", [1, 7, 99, 100])
@pytest.mark.parametrize("everywhere", [False, True])
async def test_a_list_is_whole_in_both_directions(
    back_end: Caller, upstream: Upstream, *, everywhere: bool, size: int
) -> None:
    dialogs = [upstream.dialog("alice") for _ in range(3 if everywhere else 1)]
    old = imported(upstream, 120 if size > 1 else 20, *dialogs)
    request = searching() if everywhere else of_dialog(dialogs[0])
    assert await walk(back_end, request, size) == old[::-1]
    ascending = replace(request, sort="(create_time,asc)")
    assert await walk(back_end, ascending, size) == old
    first = await back_end.call(replace(request, page_size=size))
    later = [written(upstream, dialogs[-1], content=f"later {n}") for n in range(5)]
    back = replace(request, page_token=first.previous_page_token)
    assert await walk(back_end, back, size, newer=True) == [f"later {n}" for n in range(5)]
    assert len(later) == 5


@pytest.mark.parametrize("everywhere", [False, True])
async def test_many_messages_of_one_time_are_read_whole(
    back_end: Caller, upstream: Upstream, *, everywhere: bool
) -> None:
    dialog = upstream.dialog("alice")
    old = imported(upstream, 250, dialog, same=250)
    request = searching() if everywhere else of_dialog(dialog)
    assert await walk(back_end, request, 40) == old[::-1]


async def test_a_search_is_whole_while_others_write(back_end: Caller, upstream: Upstream) -> None:
    dialogs = [upstream.dialog("alice") for _ in range(3)]
    old = imported(upstream, 90, *dialogs)
    new: list[str] = []
    rng = random.Random(1)

    async def write() -> None:
        for number in range(40):
            sent = pb.SendMessageRequest(
                dialog_id=rng.choice(dialogs), sender_id="alice", content=f"new {number}"
            )
            await back_end.call(sent)
            new.append(sent.content)

    writing = asyncio.create_task(write())
    found = await walk(back_end, searching(), 4)
    await writing
    early = len(found) - len(old)
    assert found == [*new[:early][::-1], *old[::-1]]


async def test_a_page_around_a_message_goes_on_both_ways(
    back_end: Caller, upstream: Upstream
) -> None:
    dialog, other = upstream.dialog("alice"), upstream.dialog("alice")
    ids = [
        written(upstream, dialog, content=str(number), created_at=MORNING + number)
        for number in range(30)
    ]
    request = of_dialog(dialog, around_message_id=ids[15], page_size=6)
    page = await back_end.call(request)
    texts = [message.content for message in page.messages]
    assert texts == ["17", "16", "15", "14", "13", "12"]
    newer = await back_end.call(of_dialog(dialog, page_token=page.previous_page_token, page_size=3))
    assert [message.content for message in newer.messages] == ["20", "19", "18"]
    for message in (written(upstream, other), MESSAGE):
        refused = await back_end.fails(of_dialog(dialog, around_message_id=message))
        assert refused.reason is Reason.MESSAGE_NOT_FOUND
        assert refused.metadata == {"message_id": message}


async def test_messages_are_found_by_filter_across_dialogs(
    back_end: Caller, upstream: Upstream
) -> None:
    dialogs = [upstream.dialog("alice", "bob") for _ in range(2)]
    theirs = upstream.dialog("alice", "bob", tenant=OTHER_TENANT)
    for number in range(6):
        more = {"created_at": MORNING + number, "meta": {"n": number, "order": "4711"}}
        sender = "alice" if number % 2 else "bob"
        written(upstream, dialogs[number // 3], sender, content=f"invoice {number}", **more)
        written(upstream, theirs, sender, tenant=OTHER_TENANT, content="invoice theirs", **more)

    async def found(filter_: str) -> list[int]:
        page = await back_end.call(
            searching(filter=filter_, sort="(create_time,asc)", include_total_size=True)
        )
        assert page.total_size == len(page.messages)
        return [int(message.content.split()[-1]) for message in page.messages]

    assert await found("") == [0, 1, 2, 3, 4, 5]
    assert await found("(content,regex,^invoice)") == [0, 1, 2, 3, 4, 5]
    assert await found(f"(dialog_id,eq,{dialogs[1]})") == [3, 4, 5]
    assert await found(f"(dialog_id,in,[{dialogs[0]},{theirs}])") == [0, 1, 2]
    assert await found(f"(dialog_id,eq,{theirs})") == []
    assert await found(f'(dialog_id,eq,{dialogs[0]})&(meta.order,eq,"4711")') == [0, 1, 2]
    assert await found(f"(dialog_id,eq,{dialogs[0]})|(meta.n,eq,5)") == [0, 1, 2, 5]
    assert await found("(sender_id,eq,bob)&(meta.n,gt,1)") == [2, 4]
    assert await found(f"(create_time,gte,{MORNING + 4:.6f})") == [4, 5]


@pytest.mark.parametrize(
    "text",
    [
        "(tenantId,eq,tnt_two)",
        "(tenant_id,eq,tnt_two)",
        "(meta.n,eq,1)|(tenantId,eq,tnt_two)",
        '{"tenantId":"tnt_two"}',
        '{"$where":"1"}',
        "(deleted,eq,true)",
        "(meta.__proto__,gt,1)",
        "(meta.chat3_key,exists,true)",
        "(_id,exists,true)",
        "nonsense",
    ],
)
async def test_no_filter_leaves_the_tenant_or_is_ignored(
    back_end: Caller, upstream: Upstream, text: str
) -> None:
    theirs = upstream.dialog("alice", tenant=OTHER_TENANT)
    written(upstream, theirs, tenant=OTHER_TENANT)
    own = upstream.dialog("alice")
    for request in (searching(filter=text), of_dialog(own, filter=text)):
        refused = await back_end.fails(request)
        assert refused.violations["filter"].startswith("position ")


async def test_the_list_of_a_dialog_has_no_other_dialog(
    back_end: Caller, upstream: Upstream
) -> None:
    dialog, other = upstream.dialog("alice"), upstream.dialog("alice")
    refused = await back_end.fails(of_dialog(dialog, filter=f"(dialogId,eq,{other})"))
    assert set(refused.violations) == {"filter"}


async def test_what_deleted_messages_said_is_neither_shown_nor_found(
    back_end: Caller, upstream: Upstream
) -> None:
    dialog = upstream.dialog("alice")
    message = written(upstream, dialog, content="secret", meta={"n": 1})
    quoting = pb.SendMessageRequest(
        dialog_id=dialog, sender_id="alice", content="see", quoted_message_id=message
    )
    await back_end.call(quoting)
    upstream.store.messages.set_deleted(TENANT, message, 1.0, "bob")
    for request in (searching(), of_dialog(dialog)):
        page = await back_end.call(request)
        assert [(it.content, it.deleted) for it in page.messages] == [("see", False), ("", True)]
        assert page.messages[0].quoted_message.content == ""
        assert page.messages[1].meta is None
        for filter_ in ("(content,regex,secret)", "(meta.n,eq,1)"):
            assert (await back_end.call(replace(request, filter=filter_))).messages == []


async def test_a_token_is_of_one_list_and_one_tenant(
    back_end: Caller, client: Client, upstream: Upstream
) -> None:
    dialog, other = upstream.dialog("alice"), upstream.dialog("alice")
    imported(upstream, 5, dialog)
    token = (await back_end.call(of_dialog(dialog, page_size=2))).next_page_token
    found = (await back_end.call(searching(page_size=2))).next_page_token
    elsewhere = client.with_metadata({"x-api-key": KEY, "x-tenant-id": OTHER_TENANT})
    for caller, request in (
        (back_end, of_dialog(other, page_token=token)),
        (back_end, of_dialog(dialog, page_token=token, filter="(sender_id,eq,bob)")),
        (back_end, of_dialog(dialog, page_token=found)),
        (back_end, searching(page_token=token)),
        (elsewhere, searching(page_token=found)),
        (client.as_user("alice", tenant=OTHER_TENANT), searching(page_token=found)),
    ):
        assert (await caller.fails(request)).reason is Reason.PAGE_TOKEN_INVALID


@pytest.mark.parametrize("sort", ["(sender_id,asc)", "(type,asc)", "(create_time,up)", "createdAt"])
async def test_lists_are_sorted_by_time_alone(back_end: Caller, sort: str) -> None:
    refused = await back_end.fails(searching(sort=sort))
    assert set(refused.violations) == {"sort"}
