"""History by token, through the service: whole in both directions, and nobody else's."""

import asyncio
import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from integration_vocabulary import Caller, Client, sending, written

from chat3_api.chat3.user import v1 as pb
from chat3_user.calls import Call
from chat3_user.paging import Cut, CutToken, Tokens
from chat3_user.validation import Identity
from support.gateway import KEY, OTHER_TENANT, TENANT, Upstream

pytestmark = pytest.mark.broker("in_process")

MORNING = 1795424735959.186035
MESSAGES = 120
WRITTEN_MEANWHILE = 60


def page_of(dialog: str, **more: Any) -> pb.GetDialogMessagesRequest:
    return pb.GetDialogMessagesRequest(dialog_id=dialog, **more)


def imported(upstream: Upstream, dialog: str, count: int, *, same: int = 3) -> list[str]:
    """Write messages of which ``same`` each have one creation time; return their texts in order."""
    rows = []
    for number in range(count):
        moment = MORNING + number // same
        message_id = written(upstream, dialog, content=str(number), created_at=moment)
        rows.append((moment, message_id, str(number)))
    return [text for _, _, text in sorted(rows)]


async def walk(
    caller: Caller, request: pb.GetDialogMessagesRequest, sizes: Callable[[], int]
) -> list[pb.GetDialogMessagesResponse]:
    """Read pages with the order until there is none."""
    pages: list[pb.GetDialogMessagesResponse] = []
    token = request.page_token
    while token or not pages:
        pages.append(await caller.call(replace(request, page_token=token, page_size=sizes())))
        token = pages[-1].next_page_token
    return pages


def texts(pages: list[pb.GetDialogMessagesResponse]) -> list[str]:
    return [message.content for page in pages for message in page.messages]


@pytest.mark.parametrize("seed", range(3))
async def test_history_is_whole_in_both_directions_while_others_write(
    alice: Caller, bob: Caller, upstream: Upstream, seed: int
) -> None:
    dialog = upstream.dialog("alice", "bob")
    old = imported(upstream, dialog, MESSAGES)
    rng = random.Random(seed)
    new: list[str] = []

    async def write() -> None:
        for number in range(WRITTEN_MEANWHILE):
            await alice.call(sending(dialog, f"new {number}"))
            new.append(f"new {number}")

    writing = asyncio.create_task(write())
    pages = await walk(bob, page_of(dialog), lambda: rng.randrange(1, 12))
    back = texts(pages)
    # Those that were there already when the first page was read come first.
    early = len(back) - len(old)
    assert back == [*new[:early][::-1], *old[::-1]]
    await writing

    token = pages[0].previous_page_token
    forth: list[str] = []
    while True:
        page = await bob.call(page_of(dialog, page_token=token, page_size=rng.randrange(1, 12)))
        token = page.previous_page_token
        if not page.messages:
            break
        forth += [message.content for message in page.messages][::-1]
    assert new[:early] + forth == new

    await alice.call(sending(dialog, "later"))
    page = await bob.call(page_of(dialog, page_token=token))
    assert texts([page]) == ["later"]


async def test_history_is_read_from_its_beginning(alice: Caller, upstream: Upstream) -> None:
    dialog = upstream.dialog("alice")
    old = imported(upstream, dialog, 40, same=15)
    request = page_of(dialog, sort="(create_time,asc)")
    assert texts(await walk(alice, request, lambda: 4)) == old


async def test_many_messages_of_one_time_are_read_whole(alice: Caller, upstream: Upstream) -> None:
    dialog = upstream.dialog("alice")
    old = imported(upstream, dialog, 200, same=200)
    assert texts(await walk(alice, page_of(dialog), lambda: 7)) == old[::-1]


async def test_a_page_around_a_message_goes_on_both_ways(alice: Caller, upstream: Upstream) -> None:
    dialog = upstream.dialog("alice")
    ids = [
        written(upstream, dialog, content=str(number), created_at=MORNING + number)
        for number in range(30)
    ]
    page = await alice.call(page_of(dialog, around_message_id=ids[15], page_size=6))
    assert texts([page]) == ["17", "16", "15", "14", "13", "12"]
    older = await alice.call(page_of(dialog, page_token=page.next_page_token, page_size=3))
    assert texts([older]) == ["11", "10", "9"]
    newer = await alice.call(page_of(dialog, page_token=page.previous_page_token, page_size=3))
    assert texts([newer]) == ["20", "19", "18"]


async def test_a_message_in_the_middle_must_be_of_the_dialog(
    alice: Caller, stranger: Caller, upstream: Upstream
) -> None:
    dialog, other = upstream.dialog("alice"), upstream.dialog("alice")
    elsewhere, here = written(upstream, other), written(upstream, dialog)
    for message in (elsewhere, "msg_" + "a" * 20):
        refused = await alice.fails(page_of(dialog, around_message_id=message))
        assert refused.reason is pb.ErrorReason.MESSAGE_NOT_FOUND
    refused = await stranger.fails(page_of(dialog, around_message_id=here))
    assert refused.reason is pb.ErrorReason.NOT_A_MEMBER


async def test_deleted_messages_keep_their_place(
    alice: Caller, bob: Caller, upstream: Upstream
) -> None:
    dialog = upstream.dialog("alice", "bob")
    for number in range(9):
        written(upstream, dialog, content=str(number), created_at=MORNING + number)
    first = await bob.call(page_of(dialog, page_size=3))
    assert texts([first]) == ["8", "7", "6"]
    for message in first.messages:
        upstream.store.messages.set_deleted(TENANT, message.message_id, MORNING, None)
    rest = await walk(bob, page_of(dialog, page_token=first.next_page_token), lambda: 4)
    assert texts(rest) == ["5", "4", "3", "2", "1", "0"]


async def test_a_token_of_another_list_is_refused(client: Client, upstream: Upstream) -> None:
    dialog, other = upstream.dialog("alice", "bob"), upstream.dialog("alice")
    for number in range(3):
        written(upstream, dialog, content=str(number))
        upstream.dialog("alice", tenant=OTHER_TENANT)
    alice = client.as_user("alice")
    page = await alice.call(page_of(dialog, page_size=1))
    dialogs = await alice.call(pb.GetUserDialogsRequest(page_size=1))
    tokens = (page.next_page_token, page.previous_page_token, dialogs.next_page_token)
    assert all(tokens)
    for token in tokens[:2]:
        request = page_of(dialog, page_token=token, page_size=1)
        await alice.call(request)
        for caller, changed in (
            (client.as_user("bob"), request),
            (alice, replace(request, dialog_id=other)),
            (alice, replace(request, filter="(type,eq,internal.text)")),
            (alice, replace(request, sort="(create_time,asc)")),
            (alice, pb.GetUserDialogsRequest(page_token=token)),
        ):
            refused = await caller.fails(changed)
            assert refused.reason is pb.ErrorReason.PAGE_TOKEN_INVALID
    listing = pb.GetUserDialogsRequest(page_size=1, page_token=tokens[2])
    await alice.call(listing)
    for caller, unlike in (
        (client.as_user("alice", tenant=OTHER_TENANT), listing),
        (alice, replace(listing, include_last_message=True)),
        (alice, replace(listing, page_size=2)),
        (alice, page_of(dialog, page_token=tokens[2])),
    ):
        refused = await caller.fails(unlike)
        assert refused.reason is pb.ErrorReason.PAGE_TOKEN_INVALID


async def test_invented_tokens_are_refused_as_such(alice: Caller, upstream: Upstream) -> None:
    dialog = upstream.dialog("alice")
    written(upstream, dialog)
    real = (await alice.call(page_of(dialog))).previous_page_token
    rng = random.Random(7)
    letters = "abcXYZ019-_=+/ %\0é\u202e"
    invented = [real[:-1], real + "A", real[1:], real.upper(), "AQ", "AQI", "=", " ", real + "="]
    for _ in range(200):
        at = rng.randrange(len(real))
        invented.append(real[:at] + rng.choice(letters) + real[at + 1 :])
        invented.append("".join(rng.choices(letters, k=rng.randrange(1, 80))))
    for token in invented:
        if token != real:
            refused = await alice.fails(page_of(dialog, page_token=token))
            assert refused.reason is pb.ErrorReason.PAGE_TOKEN_INVALID, token


async def test_a_token_that_a_caller_computes_opens_no_other_list(
    alice: Caller, upstream: Upstream
) -> None:
    """The digest is no secret: with it, a place in one's own list is all there is to choose."""
    dialog, secret = upstream.dialog("alice"), upstream.dialog("bob")
    written(upstream, dialog, content="mine")
    written(upstream, secret, "bob", content="secret")
    request = page_of(dialog)
    call = Call("GetDialogMessages", "request", Identity(KEY, TENANT, "alice"))
    for time in (-(2**53) * 10**6, 0, 1, 2**53 * 10**6):
        for newer in (True, False):
            cut = Cut(time, "msg_" + "0" * 20, above=True)
            token = CutToken(newer, cut).write(Tokens(request, call))
            page = await alice.call(replace(request, page_token=token))
            assert set(texts([page])) <= {"mine"}
            refused = await alice.fails(page_of(secret, page_token=token))
            assert refused.reason is pb.ErrorReason.PAGE_TOKEN_INVALID
