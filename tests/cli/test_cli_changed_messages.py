"""How deleted, edited and cut messages look in `chat3 dialogs`, `messages` and `watch`."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from cli_scripted_service import HANG, ScriptedService, established, failure
from cli_vocabulary import DIALOG, MESSAGE, Run
from grpclib.const import Status

from chat3_api.chat3.user.v1 import (
    Dialog,
    GetDialogMessagesRequest,
    GetDialogMessagesResponse,
    GetMessageRequest,
    GetMessageResponse,
    GetUserDialogsRequest,
    GetUserDialogsResponse,
    LastMessage,
    Message,
    MessageDeleted,
    MessageEdited,
    MessageRestored,
    PackChanged,
    PartialDialog,
    PartialMessage,
    PartialPack,
    QuotedMessage,
    SubscribeUpdatesResponse,
    Update,
)

NOON = datetime(2026, 11, 23, 11, 3, 4, tzinfo=UTC)
GENERAL = PartialDialog(dialog_id=DIALOG, title="General")
BEGINNING, WHOLE = "b" * 4096, "b" * 5000


def message(**more: Any) -> Message:
    return Message(message_id=MESSAGE, dialog_id=DIALOG, sender_id="bob", **more)


def partial(**more: Any) -> PartialMessage:
    return PartialMessage(message_id=MESSAGE, dialog_id=DIALOG, sender_id="bob", **more)


def edited(**more: Any) -> Update:
    return Update(message_edited=MessageEdited(dialog=GENERAL, message=partial(**more)))


CUT = {"content": BEGINNING, "content_may_be_cut": True}


async def watched(service: ScriptedService, run: Run, update: Update, *options: str) -> str:
    update.create_time = NOON
    told = SubscribeUpdatesResponse(resume_token="t", update=update)
    service.streams = [[established(), told, HANG]]
    result = await run("watch", "--count", "1", *options)
    assert (result.code, result.err) == (0, "")
    return result.out.splitlines()[-1]


async def test_lists_say_what_is_deleted(service: ScriptedService, run: Run) -> None:
    last = LastMessage(sender_id="bob", deleted=True, deleted_by="carol")
    service.answers[GetUserDialogsRequest] = [
        GetUserDialogsResponse(dialogs=[Dialog(dialog_id=DIALOG, last_message=last)])
    ]
    quote = QuotedMessage(sender_id="carol", deleted=True)
    messages = [
        message(deleted=True, delete_time=NOON, deleted_by="ca\x1brol", edited=True),
        message(content="answer", quoted_message=quote, deleted=False, edited=True),
    ]
    service.answers[GetDialogMessagesRequest] = [GetDialogMessagesResponse(messages=messages)] * 2
    dialogs = await run("dialogs", "--last-message")
    assert dialogs.out.splitlines()[1].endswith("bob: (deleted by carol)")
    rows = (await run("messages", DIALOG)).out.splitlines()
    assert rows[1].endswith("(deleted by ca\ufffdrol)")
    assert rows[2].endswith("> carol: (deleted) | answer (edited)")
    deleted, answer = json.loads((await run("messages", DIALOG, "--json")).out)["messages"]
    assert (deleted["deleted"], deleted["deleteTime"]) == (True, "2026-11-23T11:03:04Z")
    assert (answer["deleted"], answer["edited"]) == (False, True)


@pytest.mark.parametrize(
    ("found", "line"),
    [
        (
            Update(
                message_deleted=MessageDeleted(
                    dialog=GENERAL, message=partial(deleted=True, deleted_by="carol")
                )
            ),
            f"bob: (deleted by carol) {MESSAGE}",
        ),
        (
            Update(
                message_restored=MessageRestored(
                    dialog=GENERAL, message=partial(deleted=False, content="back")
                )
            ),
            "bob: back (restored)",
        ),
        (edited(content="new"), "bob: new (edited)"),
        (edited(deleted=True), f"bob: (deleted) {MESSAGE}"),
    ],
)
async def test_watch_says_what_became_of_a_message(
    service: ScriptedService, run: Run, found: Update, line: str
) -> None:
    assert await watched(service, run, found) == f"12:03:04 message   General  {line}"


async def test_watch_names_the_pack_that_changed(service: ScriptedService, run: Run) -> None:
    changed = PackChanged(dialog=GENERAL, pack=PartialPack(pack_id="pck_1"))
    line = await watched(service, run, Update(pack_changed=changed))
    assert line == "12:03:04 pack      General  pck_1 changed"


async def test_watch_reads_a_text_again_that_may_be_cut(service: ScriptedService, run: Run) -> None:
    answer = GetMessageResponse(message=message(content=WHOLE))
    service.answers[GetMessageRequest] = [answer, answer]
    assert (await watched(service, run, edited(**CUT))).endswith(f"bob: {WHOLE} (edited)")
    assert service.requests[-1] == GetMessageRequest(dialog_id=DIALOG, message_id=MESSAGE)
    line = await watched(service, run, edited(**CUT), "--json")
    shown = json.loads(line)["update"]["messageEdited"]["message"]
    assert shown["content"] == WHOLE
    assert shown["contentMayBeCut"] is False


async def test_watch_shows_nothing_of_what_was_deleted_meanwhile(
    service: ScriptedService, run: Run
) -> None:
    gone = message(deleted=True, deleted_by="carol")
    service.answers[GetMessageRequest] = [GetMessageResponse(message=gone)]
    assert (await watched(service, run, edited(**CUT))).endswith(
        f"bob: (deleted by carol) {MESSAGE}"
    )


@pytest.mark.parametrize(
    "answer", [failure(Status.PERMISSION_DENIED, "NOT_A_MEMBER"), GetMessageResponse()]
)
async def test_watch_goes_on_when_a_text_cannot_be_read_again(
    service: ScriptedService, run: Run, answer: Any
) -> None:
    service.answers[GetMessageRequest] = [answer]
    assert (await watched(service, run, edited(**CUT))).endswith(
        f"bob: {BEGINNING} (edited) (may go on)"
    )
