"""What pages of history ask of the platform, and what they do when it gives less than asked."""

import asyncio
from typing import Any

import pytest
from history_platform import ALICE, BASE, Platform

from chat3_api.chat3.user import v1 as pb
from chat3_user.calls import Call
from chat3_user.domain.history import MessagesPage, messages_page
from chat3_user.errors import CallError


def page(platform: Platform, **fields: Any) -> MessagesPage:
    platform.asked.clear()
    request = pb.GetDialogMessagesRequest(dialog_id=platform.dialog, **fields)
    return asyncio.run(messages_page(platform.api, Call("GetDialogMessages", "", ALICE), request))


def filled(count: int, *, same: int = 1) -> Platform:
    platform = Platform()
    for number in range(count):
        platform.write(BASE + number // same, content=str(number))
    return platform


def asked(platform: Platform) -> list[tuple[str, str, str]]:
    return [
        (query["limit"], query.get("filter", ""), query.get("sort", "")) for query in platform.asked
    ]


def test_a_first_page_is_one_read_that_counts_as_well() -> None:
    platform = filled(12)
    first = page(platform, include_total_size=True)
    assert first.total == 12
    assert asked(platform) == [("11", "", "(createdAt,desc)")]


def test_a_page_that_continues_is_one_read() -> None:
    platform = filled(12)
    token = page(platform, page_size=3).next_token
    page(platform, page_size=3, page_token=token)
    ((limit, filter_, sort),) = asked(platform)
    assert (limit, sort) == ("5", "(createdAt,desc)")
    assert filter_ == f"(createdAt,lte,{BASE + 9!r})"


def test_a_total_beside_a_token_is_a_read_of_its_own() -> None:
    platform = filled(12)
    token = page(platform, page_size=3, filter="(sender_id,eq,alice)").next_token
    continued = page(
        platform,
        page_size=3,
        filter="(sender_id,eq,alice)",
        page_token=token,
        include_total_size=True,
    )
    assert continued.total == 12
    assert ("1", '(senderId,eq,"alice")', "") in asked(platform)
    assert len(platform.asked) == 2


def test_numbered_pages_are_one_read() -> None:
    platform = filled(12)
    assert [m.content for m in page(platform, page=2, page_size=5).messages] == list("65432")
    sorted_ = page(platform, sort="(sender_id,asc)", page_size=5)
    assert (len(platform.asked), sorted_.previous_token) == (1, "")
    assert page(platform, sort="(sender_id,asc)", page_size=5, page_token=sorted_.next_token)
    assert platform.asked[0]["page"] == "2"


@pytest.mark.parametrize("same", [50, 500])
def test_messages_of_one_time_are_read_in_few_steps(same: int) -> None:
    platform = filled(same + 5, same=same)
    found = page(platform, page_size=10)
    assert len(found.messages) == 10
    limits = [int(limit) for limit, _, _ in asked(platform)]
    assert limits[-1] < 5 * same
    assert len(limits) <= 5


def test_a_platform_that_gives_less_than_asked_is_read_whole() -> None:
    platform = filled(30, same=2)
    platform.most = 6
    token = ""
    seen: list[str] = []
    while token or not seen:
        found = page(platform, page_size=10, page_token=token)
        seen += [message.message_id for message in found.messages]
        token = found.next_token
    assert seen == [row.message_id for row in reversed(platform.rows)]


def test_what_such_a_platform_cuts_apart_is_no_answer() -> None:
    platform = filled(8, same=8)
    platform.most = 4
    with pytest.raises(CallError) as failure:
        page(platform, page_size=3)
    assert failure.value.reason == pb.ErrorReason.UPSTREAM_INVALID_RESPONSE


def test_alternatives_of_other_ends_are_merged_as_far_as_each_is_known() -> None:
    platform = Platform()
    for number in range(12):
        platform.write(BASE + number, sender="alice" if number % 3 else "bob", content=str(number))
    filter_ = (
        f"((create_time,gte,{BASE + 1:.6f})&(sender_id,eq,alice))"
        f"|((create_time,gte,{BASE:.6f})&(sender_id,eq,bob))"
    )
    first = page(platform, page_size=2, filter=filter_)
    platform.most = 3
    token, seen = first.next_token, [message.content for message in first.messages]
    while token:
        found = page(platform, page_size=3, filter=filter_, page_token=token)
        seen += [message.content for message in found.messages]
        token = found.next_token
    assert seen == [str(number) for number in reversed(range(12))]


@pytest.mark.parametrize("distance", [0.0, 1.0])
def test_what_one_alternative_may_lack_waits_for_the_next_page(distance: float) -> None:
    filter_ = (
        f"((create_time,lt,{BASE + 1e6:.6f})&(sender_id,eq,alice))"
        f"|((create_time,lt,{BASE + 2e6:.6f})&(sender_id,eq,bob))"
    )
    platform = Platform()
    platform.write(BASE, content="first")
    before = page(platform, filter=filter_)

    def nothing() -> None:
        pass

    def both_write() -> None:
        platform.write_last(BASE + distance, sender="alice")
        platform.write_last(BASE + distance, sender="bob")

    # The newest is asked for, then the alternatives, one after the other.
    platform.meanwhile = [nothing, nothing, both_write]
    page_now = page(platform, filter=filter_, page_token=before.previous_token)
    assert page_now.messages == []
    page_later = page(platform, filter=filter_, page_token=page_now.previous_token)
    assert {message.sender_id for message in page_later.messages} == {"alice", "bob"}
