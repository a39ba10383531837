"""Lists: pages, tokens, all pages one after another, and what stands below them."""

import asyncio
import json
from typing import Any

from cli_scripted_service import HANG, ScriptedService, failure
from cli_vocabulary import DIALOG, MESSAGE, Run, Spawn
from grpclib.const import Status

from chat3_api.chat3.user.v1 import (
    DialogMember,
    GetDialogMessagesRequest,
    GetDialogMessagesResponse,
    ListDialogMembersRequest,
    ListDialogMembersResponse,
    ListPacksRequest,
    ListPacksResponse,
    Message,
)
from support.patience import HANGS


def members(*names: str, token: str = "", total: int | None = None) -> ListDialogMembersResponse:
    found = [DialogMember(user_id=name) for name in names]
    return ListDialogMembersResponse(members=found, next_page_token=token, total_size=total)


def request(token: str = "", size: int = 100, **more: Any) -> ListDialogMembersRequest:
    return ListDialogMembersRequest(dialog_id=DIALOG, page_size=size, page_token=token, **more)


async def test_a_page_names_the_next_one(service: ScriptedService, run: Run) -> None:
    service.answers[ListDialogMembersRequest] = [members("alice", token="-t2")]
    result = await run("members", DIALOG, "--page-size", "1")
    assert result.out.splitlines()[2:] == ["1 member", "next page: --page-token=-t2"]
    service.answers[ListDialogMembersRequest] = [members("bob")]
    result = await run("members", DIALOG, "--page-size", "1", "--page-token=-t2")
    assert result.out.splitlines()[2:] == ["1 member"]
    assert service.requests == [request(size=1), request("-t2", size=1)]


async def test_the_total_is_counted_only_when_it_is_wanted(
    service: ScriptedService, run: Run
) -> None:
    service.answers[ListDialogMembersRequest] = [members("alice", total=7)] * 2
    await run("members", DIALOG)
    result = await run("members", DIALOG, "--total")
    assert result.out.splitlines()[-1] == "1 of 7 members"
    assert [each.include_total_size for each in service.requests] == [False, True]


async def test_all_pages_are_one_table(service: ScriptedService, run: Run) -> None:
    service.answers[ListDialogMembersRequest] = [
        members("alice", token="t2", total=3),
        members("bartholomew", token="t3", total=99),
        members("c"),
    ]
    result = await run("members", DIALOG, "--all", "--total")
    assert result.out.splitlines() == [
        "USER   JOINED  META",
        "alice  -       -",
        "bartholomew  -       -",
        "c            -       -",
        "3 of 3 members",
    ]
    asked = [request(token, include_total_size=True) for token in ("", "t2", "t3")]
    assert service.requests == asked


async def test_all_keeps_the_size_that_is_asked_for(service: ScriptedService, run: Run) -> None:
    service.answers[ListDialogMembersRequest] = [members("alice", token="t2"), members("bob")]
    await run("members", DIALOG, "--all", "--page-size", "1", "--page-token", "t1")
    assert service.requests == [request("t1", 1), request("t2", 1)]


async def test_all_prints_a_page_as_soon_as_it_is_there(
    service: ScriptedService, spawn: Spawn
) -> None:
    service.answers[ListDialogMembersRequest] = [members("alice", token="t2"), HANG]
    process = await spawn("members", DIALOG, "--all")
    assert process.stdout is not None
    async with asyncio.timeout(HANGS):
        await service.hanging.wait()
        await process.stdout.readline()
        assert (await process.stdout.readline()).startswith(b"alice ")


async def test_all_with_json_is_a_line_for_each_page(service: ScriptedService, run: Run) -> None:
    service.answers[ListDialogMembersRequest] = [members("alice", token="t2"), members("bob")]
    result = await run("--json", "members", DIALOG, "--all")
    first, second = (json.loads(line) for line in result.out.splitlines())
    assert (first["nextPageToken"], second["members"]) == ("t2", [{"userId": "bob"}])


async def test_a_failure_on_the_way_says_where_to_continue(
    service: ScriptedService, run: Run
) -> None:
    gone = failure(Status.INTERNAL, "INTERNAL")
    service.answers[ListDialogMembersRequest] = [members("alice", token="t2"), gone] * 2
    result = await run("members", DIALOG, "--all")
    assert result.code == 1
    assert "alice" in result.out
    assert result.err.splitlines() == [
        "1 member so far; continue with --page-token=t2",
        "error: ERROR_REASON_INTERNAL: what went wrong",
    ]
    result = await run("members", DIALOG, "--all", "--json")
    assert len(result.err.splitlines()) == 1
    assert json.loads(result.err)["error"]["reason"] == "ERROR_REASON_INTERNAL"


async def test_a_list_that_names_the_same_page_again_ends(
    service: ScriptedService, run: Run
) -> None:
    service.answers[ListDialogMembersRequest] = [members("alice", token="t2")] * 9
    result = await run("members", DIALOG, "--all")
    assert result.code == 1
    assert "names the same page again" in result.err
    assert len(service.requests) == 2


async def test_around_and_page_choose_the_first_page_only(
    service: ScriptedService, run: Run
) -> None:
    first = GetDialogMessagesResponse(
        messages=[Message(message_id=MESSAGE)], next_page_token="older", previous_page_token="newer"
    )
    last = GetDialogMessagesResponse(previous_page_token="newest")
    service.answers[GetDialogMessagesRequest] = [first, last, first, last]
    result = await run("messages", "list", DIALOG, "--around", MESSAGE, "--all")
    assert result.out.splitlines()[-2:] == ["1 message", "previous page: --page-token=newer"]
    await run("messages", DIALOG, "--page", "3", "--all")
    asked = {"dialog_id": DIALOG, "page_size": 100}
    assert service.requests == [
        GetDialogMessagesRequest(**asked, around_message_id=MESSAGE),
        GetDialogMessagesRequest(**asked, page_token="older"),
        GetDialogMessagesRequest(**asked, page=3),
        GetDialogMessagesRequest(**asked, page_token="older"),
    ]


async def test_oldest_first_is_an_order(service: ScriptedService, run: Run) -> None:
    service.answers[GetDialogMessagesRequest] = [GetDialogMessagesResponse()]
    await run("messages", DIALOG, "--oldest-first")
    assert service.requests[0].sort == "(create_time,asc)"


async def test_a_filter_and_a_sort_are_passed_on(service: ScriptedService, run: Run) -> None:
    service.answers[ListPacksRequest] = [ListPacksResponse()]
    await run("packs", "--filter", "(unread_count,gt,0)", "--sort", "(unread_count,desc)")
    asked = ListPacksRequest(filter="(unread_count,gt,0)", sort="(unread_count,desc)")
    assert service.requests[0] == asked
