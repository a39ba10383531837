"""A platform that is cut in the middle of a send, through the whole service: whole, or told."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from idempotency_vocabulary import Lossy, lossy_platform, service
from integration_vocabulary import Caller, marking, sending

from chat3_api.chat3.tenant import v1 as tenant
from chat3_api.chat3.user import v1 as pb
from chat3_api.google.protobuf import Struct
from chat3_embedded.generations import NEWEST, OLDEST
from chat3_embedded.settings import Settings
from chat3_embedded.steps import CutAfter
from chat3_embedded.store import edits
from chat3_embedded.store.records import Message
from support.gateway import KEY, TENANT

REPLAYED = "idempotency-replayed"
TEXT = "half"
MEMBERS = ("alice", "bob", "carol")
# The row, two metas, the event, two statuses, the times, two metas again, the quote.
STEPS = 10


BACK_END = {"x-api-key": KEY, "x-tenant-id": TENANT}


@asynccontextmanager
async def cut_platform(
    version: str, cut: CutAfter, *, by_back_end: bool = False
) -> AsyncIterator[tuple[Lossy, Caller]]:
    settings = Settings(platform=version, after_step=cut, keep_updates=True)
    async with lossy_platform(settings) as lossy, service(lossy) as client:
        yield lossy, client.with_metadata(BACK_END) if by_back_end else client.as_user("alice")


def written(lossy: Lossy, dialog: str) -> list[Message]:
    found = lossy.store.messages.page({"tenantId": TENANT, "dialogId": dialog})
    return [message for message in found if message.content == TEXT and not message.deleted]


def statuses(lossy: Lossy, message_id: str) -> set[str]:
    return set(lossy.store.marks.latest(TENANT, [message_id])[message_id])


async def announced(lossy: Lossy, message_id: str) -> set[str]:
    """Return who was sent an update of the message with all of its meta."""
    await lossy.relayed()
    bodies = [json.loads(update.body) for update in lossy.store.outgoing.kept()]
    return {
        body["userId"]
        for body in bodies
        if body["updateType"] == "update.message"
        and body["data"]["message"]["messageId"] == message_id
        and body["data"]["message"].get("meta", {}).keys() == {"chat3_key", "n"}
    }


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
@pytest.mark.parametrize("step", range(1, STEPS + 1))
@pytest.mark.parametrize("sender", ["", "alice", "helper"])
async def test_a_send_that_is_cut_anywhere_is_one_message_whole_or_told(
    version: str, step: int, sender: str
) -> None:
    """Alice sends; or a back end does in her name, or in that of a user who is no member."""
    async with cut_platform(version, CutAfter(step), by_back_end=bool(sender)) as (lossy, alice):
        dialog = lossy.dialog(*MEMBERS)
        lossy.store.add_user(TENANT, "helper")
        quoted = lossy.store.add_message(TENANT, dialog, "bob", "hello").message_id
        more = {"idempotency_key": "k", "quoted_message_id": quoted}
        request: Any = sending(dialog, TEXT, **more)
        if sender:
            request = tenant.SendMessageRequest(
                dialog_id=dialog, sender_id=sender, content=TEXT, **more
            )
        request.meta = Struct.from_dict({"n": 1})
        answer = await alice.call(request)
        (message,) = written(lossy, dialog)
        assert message.message_id == answer.message.message_id
        assert answer.message.meta == Struct.from_dict({"n": 1})
        told = set(answer.missing_parts)
        if version == NEWEST:
            assert told == set()
        assert (message.quoted is None) == (pb.MissingPart.QUOTE in told)
        assert message.sender_id == (sender or "alice")
        lacking = {*MEMBERS} - {message.sender_id} - statuses(lossy, message.message_id)
        assert bool(lacking) == (pb.MissingPart.STATUSES in told)
        assert await announced(lossy, message.message_id) == set(MEMBERS)
        again, trailing = await alice.called(request)
        assert (again, trailing[REPLAYED]) == (answer, "true")


# The row, our key, the event, three statuses, the times, our key again.
@pytest.mark.parametrize("step", range(1, 9))
async def test_a_message_of_no_member_is_whole_when_all_members_have_statuses(step: int) -> None:
    async with cut_platform(OLDEST, CutAfter(step), by_back_end=True) as (lossy, back_end):
        dialog = lossy.dialog(*MEMBERS)
        lossy.store.add_user(TENANT, "helper")
        request = tenant.SendMessageRequest(
            dialog_id=dialog, sender_id="helper", content=TEXT, idempotency_key="k"
        )
        answer = await back_end.call(request)
        (message,) = written(lossy, dialog)
        lacking = {*MEMBERS} - statuses(lossy, message.message_id)
        assert len(lacking) == max(0, 3 - max(0, step - 3))
        assert bool(lacking) == (pb.MissingPart.STATUSES in answer.missing_parts)


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
async def test_a_send_that_is_cut_again_and_again_is_one_message(version: str) -> None:
    async with cut_platform(version, CutAfter("message event", times=3)) as (lossy, alice):
        dialog = lossy.dialog(*MEMBERS)
        request = sending(dialog, TEXT, idempotency_key="k")
        request.meta = Struct.from_dict({"n": 1})
        answer = await alice.call(request, timeout=20.0)
        (message,) = written(lossy, dialog)
        assert message.message_id == answer.message.message_id
        assert bool(answer.missing_parts) == (version == OLDEST)
        taken_away = lossy.store.messages.count({"tenantId": TENANT, "dialogId": dialog}) - 1
        assert taken_away == (3 if version == NEWEST else 0)


async def test_a_copy_that_was_taken_away_is_told_as_such_to_members() -> None:
    async with cut_platform(NEWEST, CutAfter("message event")) as (lossy, alice):
        dialog = lossy.dialog(*MEMBERS)
        await alice.call(sending(dialog, TEXT, idempotency_key="k"))
        await lossy.relayed()
        kinds = [
            json.loads(update.body)["sourceEventType"]
            for update in lossy.store.outgoing.kept()
            if json.loads(update.body)["userId"] == "bob"
            and json.loads(update.body)["updateType"] == "update.message"
        ]
        assert kinds == ["message.create", "message.deleted", "message.create"]


async def test_what_the_user_deleted_before_it_was_found_is_answered_without_its_text() -> None:
    async with cut_platform(NEWEST, CutAfter("message event")) as (lossy, alice):
        dialog = lossy.dialog(*MEMBERS)
        request = sending(dialog, TEXT, idempotency_key="k")
        await alice.hangs_up(request, lambda: bool(written(lossy, dialog)))
        (half,) = written(lossy, dialog)
        edits.set_deleted(lossy.store, half, deleted=True, by="alice")
        answer = await alice.call(request)
        assert answer.message.message_id == half.message_id
        assert (answer.message.deleted, answer.message.content) == (True, "")
        assert written(lossy, dialog) == []


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
@pytest.mark.parametrize("step", ["status row", "status event"])
@pytest.mark.parametrize("by_back_end", [False, True])
async def test_a_read_that_is_cut_is_never_recorded_twice(
    version: str, step: str, *, by_back_end: bool
) -> None:
    async with cut_platform(version, CutAfter(step), by_back_end=by_back_end) as (lossy, alice):
        dialog = lossy.dialog(*MEMBERS)
        message = lossy.store.add_message(TENANT, dialog, "bob", "hello").message_id
        before = lossy.store.marks.status_count(TENANT, message)
        request: Any = marking(dialog, message)
        if by_back_end:
            request = tenant.SetMessageStatusRequest(
                message_id=message, user_id="alice", status=pb.MessageStatus.READ
            )
        request.idempotency_key = "k"
        answer = await alice.call(request)
        assert answer.record.status == pb.MessageStatus.READ
        assert lossy.store.marks.status_count(TENANT, message) == before + 1


async def test_a_send_with_a_key_asks_no_more_than_it_must() -> None:
    async with cut_platform(NEWEST, CutAfter("nothing")) as (lossy, alice):
        dialog = lossy.dialog(*MEMBERS)
        await alice.call(sending(dialog, TEXT, idempotency_key="k"))
        # A store that is new looks by key first; then membership, and the write.
        messages = f"/api/users/alice/dialogs/{dialog}/messages"
        post = f"POST /api/dialogs/{dialog}/messages"
        assert lossy.asked == [f"GET {messages}", f"GET {messages}", post]


async def test_a_back_ends_sends_prove_what_they_must_once_for_a_while() -> None:
    async with cut_platform(NEWEST, CutAfter("nothing"), by_back_end=True) as (lossy, back_end):
        dialog = lossy.dialog(*MEMBERS)
        messages = f"/api/dialogs/{dialog}/messages"
        written = [f"GET {messages}", f"POST {messages}"]
        proofs = [
            "POST /api/dialogs/none/messages",
            f"GET /api/dialogs/{dialog}",
            "GET /api/users/alice",
            "GET /api/meta/index/message",
        ]
        for key, asked in (("k", [written[0], *proofs, written[1]]), ("l", written)):
            lossy.asked.clear()
            request = tenant.SendMessageRequest(
                dialog_id=dialog, sender_id="alice", content=TEXT, idempotency_key=key
            )
            await back_end.call(request)
            assert lossy.asked == asked


async def test_a_quote_whose_deletion_cannot_be_asked_for_is_not_left_out_of_an_answer() -> None:
    async with cut_platform(OLDEST, CutAfter("nothing")) as (lossy, alice):
        dialog = lossy.dialog(*MEMBERS)
        quoted = lossy.store.add_message(TENANT, dialog, "bob", "hello").message_id
        request = sending(dialog, TEXT, idempotency_key="k", quoted_message_id=quoted)
        # The look by key and the proof pass; what is asked after the write does not.
        lossy.reads = [0.0, 0.0, 503, 503, 503]
        answer = await alice.call(request)
        assert answer.message.quoted_message.message_id == quoted
        assert lossy.reads == []
        assert lossy.written() == 1
