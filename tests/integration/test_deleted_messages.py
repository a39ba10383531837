"""What a deleted message said is in no answer and no update; what is known about it is."""

import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from betterproto2 import Message
from integration_vocabulary import Caller, Client, Scripted, marking, reacting, sending

from chat3_api.chat3.user import v1 as pb
from chat3_api.google.protobuf import Struct
from chat3_embedded.generations import NEWEST
from support.gateway import KEY, TENANT, Upstream, run_gateway, run_upstream
from support.rabbitmq import RabbitMQ

SECRET = "the-secret"
META = Struct.from_dict({"note": f"{SECRET} note", "deep": {"list": [f"{SECRET} in a list"]}})


@pytest.fixture(params=["0.0.82", NEWEST])
async def upstream(rabbitmq: RabbitMQ, request: pytest.FixtureRequest) -> AsyncIterator[Upstream]:
    """A platform that can delete: one that does not say it in quotes, and one that does."""
    async with run_upstream(rabbitmq.url, platform=request.param) as running:
        yield running


class Platform:
    """What a tenant's back end does at the platform, past the service."""

    def __init__(self, url: str) -> None:
        self._url = url

    async def _call(self, method: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        headers = {"X-API-Key": KEY, "X-Tenant-Id": TENANT}
        async with (
            aiohttp.ClientSession() as session,
            session.request(method, self._url + path, json=body, headers=headers) as answer,
        ):
            assert answer.ok, await answer.text()
            found: dict[str, Any] = await answer.json()
            return found

    async def delete(self, message: str, *, deleted: bool = True) -> None:
        body = {"deleted": deleted, "deletedBy": "carol"}
        answer = await self._call("PATCH", f"/api/messages/{message}", body)
        assert answer["data"]["deleted"] is deleted

    async def edit(self, message: str, content: str) -> None:
        await self._call("PUT", f"/api/messages/{message}", {"content": content})

    async def set_meta(self, message: str, value: str) -> None:
        await self._call("PUT", f"/api/meta/message/{message}/k", {"value": value})


@pytest.fixture
def platform(upstream: Upstream) -> Platform:
    return Platform(upstream.url)


Kind = pb.UpdateKind


def text(message: Message) -> str:
    return json.dumps(message.to_dict(), ensure_ascii=False)


class Seen:
    """Every answer and update of a test, searched when it ends."""

    def __init__(self) -> None:
        self._texts: list[str] = []

    def add(self, *messages: Message) -> None:
        self._texts += map(text, messages)

    def check(self, at_least: int) -> None:
        assert len(self._texts) >= at_least
        assert not [shown for shown in self._texts if SECRET in shown]


def page(dialog: str, **more: Any) -> pb.GetDialogMessagesRequest:
    return pb.GetDialogMessagesRequest(dialog_id=dialog, page_size=100, **more)


async def test_the_text_of_a_deleted_message_is_nowhere(
    client: Client, alice: Caller, bob: Caller, upstream: Upstream, platform: Platform
) -> None:
    dialog = upstream.dialog("alice", "bob")
    first = sending(dialog, SECRET, meta=META, idempotency_key="first")
    sent = (await alice.call(first)).message.message_id
    quoting = sending(dialog, "quoting", quoted_message_id=sent, idempotency_key="quoting")
    await bob.call(quoting)
    await bob.call(sending(dialog, "again", quoted_message_id=sent))
    seen = Seen()
    async with bob.subscribed() as stream, client.as_user("alice").subscribed() as own:
        last = (await alice.call(sending(dialog, f"{SECRET} at last"))).message.message_id
        for reader in (stream, own):
            while (await reader.update()).message_id != last:
                pass
        await platform.delete(sent)
        await platform.delete(last)
        await platform.set_meta(sent, SECRET)
        await platform.edit(sent, f"{SECRET}, edited")
        seen.add(await alice.call(reacting(dialog, sent)))
        seen.add(await bob.call(marking(dialog, sent)))
        for reader in (stream, own):
            for kind in (
                *(Kind.MESSAGE_DELETED, Kind.MESSAGE_META_CHANGED),
                *(Kind.MESSAGE_EDITED, Kind.MESSAGE_REACTION_GIVEN),
                Kind.MESSAGE_STATUS_CHANGED,
            ):
                while (update := await reader.update()).kind is not kind:
                    seen.add(update)
                seen.add(update)
    seen.add(await alice.call(sending(dialog, "later", quoted_message_id=sent)))
    for caller in (alice, bob):
        messages = await caller.call(page(dialog))
        assert len(messages.messages) == 5
        seen.add(
            messages,
            await caller.call(page(dialog, filter=f"(message_id,eq,{sent})")),
            await caller.call(pb.GetUserDialogsRequest(include_last_message=True)),
        )
    for request, caller in ((first, alice), (quoting, bob)):
        answer, trailing = await caller.called(request)
        assert trailing["idempotency-replayed"] == "true"
        assert answer.message.message_id
        seen.add(answer)
    seen.check(15)


async def test_lists_say_that_a_message_is_deleted_when_and_by_whom(
    alice: Caller, bob: Caller, upstream: Upstream, platform: Platform
) -> None:
    dialog = upstream.dialog("alice", "bob")
    sent = (await alice.call(sending(dialog, SECRET, meta=META))).message.message_id
    await bob.call(reacting(dialog, sent))
    await platform.delete(sent)
    (message,) = (await bob.call(page(dialog))).messages
    assert message.deleted is True
    assert message.deleted_by == "carol"
    assert message.delete_time is not None
    assert (message.content, message.meta, message.quoted_message) == ("", None, None)
    assert (message.sender_id, message.sender.user_id) == ("alice", "alice")
    assert [row.reaction for row in message.reactions] == ["👍"]
    (item,) = (await bob.call(pb.GetUserDialogsRequest(include_last_message=True))).dialogs
    assert item.last_message.deleted is True
    assert item.last_message.content == ""
    await platform.delete(sent, deleted=False)
    (message,) = (await bob.call(page(dialog))).messages
    assert (message.deleted, message.content) == (False, SECRET)
    assert (message.delete_time, message.deleted_by) == (None, None)
    assert message.meta.to_dict() == META.to_dict()


async def test_updates_of_a_deletion_and_its_end(
    bob: Caller, upstream: Upstream, platform: Platform
) -> None:
    dialog = upstream.dialog("alice", "bob")
    written = upstream.store.add_message(TENANT, dialog, "alice", SECRET).message_id
    async with bob.subscribed() as stream:
        await platform.delete(written)
        update = await stream.update_of(Kind.MESSAGE_DELETED)
        gone = update.message_deleted.message
        assert (gone.deleted, gone.content, gone.deleted_by) == (True, None, "carol")
        assert gone.delete_time is not None
        await platform.delete(written, deleted=False)
        restored = await stream.update_of(Kind.MESSAGE_RESTORED)
        back = restored.message_restored.message
        assert (back.deleted, back.content, back.delete_time) == (False, SECRET, None)


async def test_a_quote_on_an_earlier_page_is_looked_up_once_for_all(
    alice: Caller, upstream: Upstream, platform: Platform
) -> None:
    dialog = upstream.dialog("alice", "bob")
    quoted = [(await alice.call(sending(dialog, f"{SECRET} {n}"))).message for n in range(3)]
    for message in quoted:
        await alice.call(sending(dialog, "reply", quoted_message_id=message.message_id))
    await platform.delete(quoted[1].message_id)
    answer = await alice.call(pb.GetDialogMessagesRequest(dialog_id=dialog, page_size=3))
    quotes = [message.quoted_message for message in answer.messages]
    assert [quote.deleted for quote in quotes] == [False, True, False]
    assert [quote.content for quote in quotes] == [f"{SECRET} 2", "", f"{SECRET} 0"]
    assert quotes[1].deleted_by == "carol"
    assert quotes[1].delete_time is not None


@pytest.mark.parametrize(
    "filter_",
    [
        f"(content,regex,{SECRET})",
        f"(content,eq,{SECRET})",
        "(meta.note,regex,note)",
        f"(content,ne,{SECRET} not)",
        f"((content,regex,{SECRET})|(meta.note,regex,note))&(sender_id,eq,alice)",
        "(meta.note,exists,true)&(meta.deep,exists,true)",
    ],
)
async def test_a_filter_does_not_find_a_deleted_message_by_what_it_said(
    alice: Caller, bob: Caller, upstream: Upstream, platform: Platform, filter_: str
) -> None:
    dialog = upstream.dialog("alice", "bob")
    sent = (await alice.call(sending(dialog, SECRET, meta=META))).message.message_id
    found = await bob.call(page(dialog, filter=filter_))
    assert [message.message_id for message in found.messages] == [sent]
    await platform.delete(sent)
    found = await bob.call(page(dialog, filter=filter_, include_total_size=True))
    assert (found.messages, found.total_size) == ([], 0)
    found = await bob.call(page(dialog, filter="(sender_id,eq,alice)"))
    assert [message.message_id for message in found.messages] == [sent]


async def test_a_replay_from_before_an_undeletion_shows_the_first_answer_again(
    alice: Caller, upstream: Upstream, platform: Platform
) -> None:
    dialog = upstream.dialog("alice")
    request = sending(dialog, SECRET, meta=META, idempotency_key="k")
    first = await alice.call(request)
    await platform.delete(first.message.message_id)
    answer = await alice.call(request)
    assert (answer.message.deleted, answer.message.content) == (True, "")
    assert answer.message.deleted_by == "carol"
    await platform.delete(first.message.message_id, deleted=False)
    assert await alice.call(request) == first


async def by_stream(caller: Caller, token: str) -> AsyncGenerator[pb.Update, None]:
    async with caller.subscribed(resume_token=token) as stream:
        while True:
            yield await stream.update()


async def by_calls(caller: Caller, token: str) -> AsyncGenerator[pb.Update, None]:
    """Ask for one update at a time: the deletion is in a later answer than what it deletes."""
    more = True
    while more:
        answer = await caller.call(pb.ListUpdatesRequest(resume_token=token, page_size=1))
        token, more = answer.next_resume_token, answer.has_more
        for update in answer.updates:
            yield update


@pytest.mark.parametrize("missed", [by_stream, by_calls])
async def test_a_client_that_resumes_from_the_log_reads_no_deleted_text(
    upstream: Upstream,
    platform: Platform,
    rabbitmq: RabbitMQ,
    missed: Callable[[Caller, str], AsyncGenerator[pb.Update, None]],
) -> None:
    """Another worker, which starts later, hears of creation and deletion from the log."""
    dialog = upstream.dialog("alice", "bob")
    log = {"rabbitmq_updates_log": f"log_of_deletions_{missed.__name__}"}
    async with (
        run_gateway(upstream.url, rabbitmq.url, **log) as gateway,
        Client(gateway.address) as client,
    ):
        alice = client.as_user("alice")
        async with alice.subscribed() as stream:
            token = stream.token
            sent = (await alice.call(sending(dialog, SECRET, meta=META))).message.message_id
            await platform.delete(sent)
            await stream.update_of(Kind.MESSAGE_DELETED)
        async with (
            run_gateway(upstream.url, rabbitmq.url, **log) as other,
            Client(other.address) as elsewhere,
        ):
            seen = Seen()
            async with aclosing(missed(elsewhere.as_user("alice"), token)) as updates:
                async for update in updates:
                    seen.add(update)
                    if update.kind is Kind.MESSAGE_DELETED:
                        break
            seen.check(2)


QUOTED = {
    "messageId": "msg_" + "q" * 20,
    "dialogId": "dlg_" + "a" * 20,
    "senderId": "bob",
    "content": SECRET,
    "type": "internal.text",
    "createdAt": "1795424735959.186035",
    "meta": {"k": SECRET},
}


async def test_an_answer_to_a_send_leaves_out_a_quote_that_nobody_can_judge(
    scripted: Scripted, tricked: Caller
) -> None:
    """An older platform does not say of a quote whether it is deleted; the message is written."""
    dialog = "dlg_" + "a" * 20
    message = {
        "messageId": "msg_" + "a" * 20,
        "dialogId": dialog,
        "senderId": "alice",
        "content": "reply",
        "type": "internal.text",
        "createdAt": "1795424735959.186035",
        "quotedMessage": QUOTED,
    }

    async def answer(request: web.Request) -> web.StreamResponse:
        if request.path == "/api/messages":
            return web.json_response({"error": "Internal Server Error"}, status=500)
        if request.method == "POST":
            return web.json_response({"data": message}, status=201)
        return web.json_response({"data": QUOTED})

    scripted.answer = answer
    sent = await tricked.call(sending(dialog, "reply", quoted_message_id=QUOTED["messageId"]))
    assert sent.message.content == "reply"
    assert sent.message.quoted_message is None
