"""Each command: what it asks, and how its answer reads."""

import json
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from cli_scripted_service import ScriptedService
from cli_vocabulary import DIALOG, MESSAGE, Run, Running, Spawn, ended

from chat3_api.chat3.tenant.v1 import CreateUserTokenRequest, CreateUserTokenResponse
from chat3_api.chat3.user.v1 import (
    Dialog,
    DialogMembership,
    GetDialogMessagesRequest,
    GetDialogMessagesResponse,
    GetUserDialogsRequest,
    GetUserDialogsResponse,
    LastMessage,
    Message,
    MessageStatus,
    MessageStatusRecord,
    MissingPart,
    QuotedMessage,
    Reaction,
    ReactionAction,
    SendMessageRequest,
    SendMessageResponse,
    SendTypingIndicatorRequest,
    SendTypingIndicatorResponse,
    SetMessageReactionRequest,
    SetMessageReactionResponse,
    SetMessageStatusRequest,
    SetMessageStatusResponse,
    StatusCount,
    UserInfo,
)
from chat3_api.google.protobuf import Struct

NOON = datetime(2026, 11, 23, 11, 3, 4, tzinfo=UTC)

GENERAL = Dialog(
    dialog_id=DIALOG,
    membership=DialogMembership(user_id="alice", unread_count=3),
    member_count=12,
    last_interaction_time=NOON,
    title="General",
    meta=Struct.from_dict({"title": "General", "rank": 5, "deep": {"list": [1.5, None, True]}}),
    last_message=LastMessage(sender_id="bob", content="one\ntwo", type="internal.text"),
)
BARE = Dialog(dialog_id="dlg_bbbbbbbbbbbbbbbbbbbb", meta=Struct())


async def test_dialogs_are_an_aligned_table(service: ScriptedService, run: Run) -> None:
    service.answers[GetUserDialogsRequest] = [GetUserDialogsResponse(dialogs=[GENERAL, BARE])]
    result = await run("dialogs", "--last-message")
    assert result.out.splitlines() == [
        "TITLE    UNREAD  MEMBERS  LAST              DIALOG                    LAST MESSAGE",
        f"General       3       12  2026-11-23 12:03  {DIALOG}  bob: one⏎two",
        "-             0        0  -                 dlg_bbbbbbbbbbbbbbbbbbbb  -",
        "2 dialogs",
    ]
    assert (result.code, result.err) == (0, "")


async def test_no_dialogs_are_no_table(service: ScriptedService, run: Run) -> None:
    service.answers[GetUserDialogsRequest] = [GetUserDialogsResponse()]
    assert (await run("dialogs")).out == "0 dialogs\n"


async def test_what_is_asked_for_is_sent(service: ScriptedService, run: Run) -> None:
    filter_, sort = "(unread_count,gt,0)", "(unread_count,asc)"
    service.answers[GetUserDialogsRequest] = [GetUserDialogsResponse(dialogs=[BARE])]
    result = await run(
        *("dialogs", "--page", "2", "--page-size", "5", "--last-message", "--total"),
        *("--filter", filter_, "--sort", sort),
    )
    assert result.code == 0
    assert service.requests == [
        GetUserDialogsRequest(
            page=2,
            page_size=5,
            filter=filter_,
            sort=sort,
            include_last_message=True,
            include_total_size=True,
        )
    ]


async def test_json_is_proto3_json_with_plain_custom_data(
    service: ScriptedService, run: Run
) -> None:
    service.answers[GetUserDialogsRequest] = [GetUserDialogsResponse(dialogs=[GENERAL])]
    result = await run("dialogs", "--json")
    assert result.out.count("\n") == 1
    (dialog,) = json.loads(result.out)["dialogs"]
    assert dialog["dialogId"] == DIALOG
    assert dialog["lastInteractionTime"] == "2026-11-23T11:03:04Z"
    assert dialog["meta"] == {"title": "General", "rank": 5, "deep": {"list": [1.5, None, True]}}
    assert '"rank":5,' in result.out


async def test_messages_show_all_there_is_to_know(service: ScriptedService, run: Run) -> None:
    service.answers[GetDialogMessagesRequest] = [
        GetDialogMessagesResponse(
            messages=[
                Message(
                    message_id=MESSAGE,
                    sender_id="alice",
                    sender=UserInfo(user_id="alice", display_name="Alice"),
                    type="internal.image",
                    content="look",
                    create_time=NOON,
                    edit_time=NOON,
                    topic_id="topic_x",
                    mine=True,
                    quoted_message=QuotedMessage(sender_id="bob", content="where?"),
                    reactions=[Reaction(reaction="👍", count=2)],
                    status_counts=[
                        StatusCount(status=MessageStatus.READ, status_name="read", count=1),
                        StatusCount(status=MessageStatus.READ, status_name="read", count=2),
                        StatusCount(status_name="seen", count=1),
                    ],
                ),
                Message(
                    message_id="msg_b",
                    sender_id="bob",
                    sender=UserInfo(user_id="bob", display_name="Al"),
                    content="\x1b[31mred\u202e",
                ),
            ],
            next_page_token="older",
            previous_page_token="newer",
            total_size=21,
        )
    ]
    result = await run(
        *("messages", DIALOG, "--page-token", "here", "--page-size", "2", "--total"),
        *("--filter", "(sender_id,eq,bob)", "--sort", "(create_time,asc)"),
    )
    quoting = "> bob: where? | [internal.image] look (edited) {👍 2, read 3, seen 1, topic_x}"
    assert result.out.splitlines() == [
        "TIME              SENDER       MESSAGE                   TEXT",
        f"2026-11-23 12:03  Alice (you)  {MESSAGE}  {quoting}",
        "-                 Al (bob)     msg_b                     \ufffd[31mred\ufffd",
        "2 of 21 messages",
        "next page: --page-token=older",
        "previous page: --page-token=newer",
    ]
    assert service.requests == [
        GetDialogMessagesRequest(
            dialog_id=DIALOG,
            page_token="here",
            page_size=2,
            filter="(sender_id,eq,bob)",
            sort="(create_time,asc)",
            include_total_size=True,
        )
    ]


async def test_send_writes_with_a_fresh_key(service: ScriptedService, run: Run) -> None:
    sent = SendMessageResponse(
        message=Message(message_id=MESSAGE, dialog_id=DIALOG, create_time=NOON)
    )
    service.answers[SendMessageRequest] = [sent, sent]
    first = await run("send", DIALOG, "Hello")
    await run("send", DIALOG, "Hello")
    assert first.out == f"sent {MESSAGE} to {DIALOG} at 12:03:04\n"
    keys = [uuid.UUID(request.idempotency_key) for request in service.requests]
    assert keys[0] != keys[1]


async def test_send_carries_all_its_options(service: ScriptedService, run: Run) -> None:
    service.answers[SendMessageRequest] = [SendMessageResponse(message=Message())]
    result = await run(
        *("send", DIALOG, "--type", "user.note", "--meta", '{"a": {"b": [1, "x"]}}'),
        *("--quote", MESSAGE, "--topic", "topic_x", "--idempotency-key", "k1", "--", "-5"),
    )
    assert result.code == 0
    assert service.requests == [
        SendMessageRequest(
            dialog_id=DIALOG,
            content="-5",
            type="user.note",
            meta=Struct.from_dict({"a": {"b": [1, "x"]}}),
            quoted_message_id=MESSAGE,
            topic_id="topic_x",
            idempotency_key="k1",
        )
    ]


async def test_what_a_message_lacks_is_a_warning(service: ScriptedService, run: Run) -> None:
    sent = SendMessageResponse(
        message=Message(message_id=MESSAGE), missing_parts=[MissingPart.QUOTE, MissingPart(99)]
    )
    service.answers[SendMessageRequest] = [sent, sent]
    result = await run("send", DIALOG, "Hello")
    assert result.code == 0
    assert result.err == (
        "warning: the platform was cut off while it wrote this, which may lack its quote, part 99\n"
    )
    result = await run("--json", "send", DIALOG, "Hello")
    assert json.loads(result.err)["warning"].endswith("its quote, part 99")
    assert json.loads(result.out)["missingParts"] == ["MISSING_PART_QUOTE", 99]


async def test_an_empty_meta_is_sent_as_such(service: ScriptedService, run: Run) -> None:
    service.answers[SendMessageRequest] = [SendMessageResponse(message=Message())]
    await run("send", DIALOG, "x", "--meta", "{}")
    assert service.requests[0].meta is not None


async def test_a_replayed_answer_is_said_to_be_one(service: ScriptedService, run: Run) -> None:
    service.answers[SendMessageRequest] = [SendMessageResponse(message=Message())]
    service.trailers["idempotency-replayed"] = "true"
    result = await run("send", DIALOG, "Hello", "--idempotency-key", "k1")
    assert result.out.endswith("(by an earlier call with this idempotency key)\n")


@pytest.mark.parametrize("name", ["read", "delivered", "unread"])
async def test_status(service: ScriptedService, run: Run, name: str) -> None:
    service.answers[SetMessageStatusRequest] = [
        SetMessageStatusResponse(
            record=MessageStatusRecord(message_id=MESSAGE, user_id="alice", status_name=name)
        )
    ]
    result = await run("status", DIALOG, MESSAGE, name)
    assert result.out == f"{MESSAGE} is {name} for alice\n"
    (request,) = service.requests
    assert request.status == MessageStatus[name.upper()]
    assert request.idempotency_key


async def test_a_status_without_a_record_prints_nothing(service: ScriptedService, run: Run) -> None:
    service.answers[SetMessageStatusRequest] = [SetMessageStatusResponse()]
    result = await run("status", DIALOG, MESSAGE, "read")
    assert (result.code, result.out) == (0, "")


@pytest.mark.parametrize(
    ("option", "changed", "line"),
    [
        ((), True, "👍 given to"),
        ((), False, "👍 was already given to"),
        (("--unset",), True, "👍 taken back from"),
        (("--unset",), False, "👍 was not given to"),
    ],
)
async def test_react(
    service: ScriptedService, run: Run, option: tuple[str], line: str, *, changed: bool
) -> None:
    service.answers[SetMessageReactionRequest] = [SetMessageReactionResponse(changed=changed)]
    result = await run("react", DIALOG, MESSAGE, "👍", *option)
    assert result.out == f"{line} {MESSAGE}\n"
    (request,) = service.requests
    assert request.action == (ReactionAction.UNSET if option else ReactionAction.SET)
    assert request.idempotency_key


@pytest.mark.parametrize(("expires", "seconds"), [(timedelta(seconds=5), "5"), (None, "0")])
async def test_typing(
    service: ScriptedService, run: Run, expires: timedelta | None, seconds: str
) -> None:
    service.answers[SendTypingIndicatorRequest] = [SendTypingIndicatorResponse(expires_in=expires)]
    assert (await run("typing", DIALOG)).out == f"shown for {seconds} s\n"


async def test_health_asks_the_standard_service(running: Running, run: Run) -> None:
    running.health.set(True)
    assert (await run("health", "--service", "chat3.user.v1.UserService")).out == "SERVING\n"
    running.health.set(False)
    result = await run("--json", "health")
    assert (result.code, json.loads(result.out)) == (3, {"status": "NOT_SERVING"})


async def test_health_of_an_unknown_service_is_a_failed_call(run: Run) -> None:
    result = await run("health", "--service", "nobody")
    assert result.code == 1
    assert result.err.startswith("error: NOT_FOUND: ")


async def test_identity_travels_in_metadata(service: ScriptedService, run: Run) -> None:
    service.answers[GetUserDialogsRequest] = [GetUserDialogsResponse(dialogs=[BARE])]
    await run("dialogs", "--user", "Jörg 100%/x", "--api-key", "other", "--tenant", "tnt_2")
    (metadata,) = service.metadata
    assert metadata["x-api-key"] == "other"
    assert metadata["x-tenant-id"] == "tnt_2"
    assert metadata["x-user-id"] == "J%C3%B6rg%20100%25%2Fx"


async def test_a_token_travels_instead_of_an_identity(
    service: ScriptedService, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    service.answers[GetUserDialogsRequest] = [GetUserDialogsResponse(dialogs=[BARE])] * 2
    await run("dialogs", "--token", "one.token")
    monkeypatch.setenv("CHAT3_TOKEN", "another.token")
    await run("dialogs")
    sent = [each["authorization"] for each in service.metadata]
    assert sent == ["Bearer one.token", "Bearer another.token"]
    assert not [name for each in service.metadata for name in each if name.startswith("x-")]


@pytest.mark.parametrize("option", ["--user", "--api-key", "--tenant"])
async def test_a_token_goes_with_no_other_identity(run: Run, option: str) -> None:
    result = await run("dialogs", "--token", "one.token", option, "another")
    assert result.code == 2
    assert f"does not go with {option}" in result.err
    assert "one.token" not in result.err


async def test_a_back_end_calls_with_its_key_whatever_token_there_is(
    service: ScriptedService, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHAT3_TOKEN", "a.token")
    service.answers[CreateUserTokenRequest] = [CreateUserTokenResponse(token="made.for.bob")]
    result = await run("tenant", "tokens", "create", "bob", "--ttl", "90")
    assert (result.code, result.out) == (0, "made.for.bob\n")
    assert service.requests == [CreateUserTokenRequest(user_id="bob", ttl=timedelta(seconds=90))]
    assert "authorization" not in service.metadata[-1]


async def test_it_runs_as_a_process(service: ScriptedService, spawn: Spawn) -> None:
    service.answers[GetUserDialogsRequest] = [GetUserDialogsResponse(dialogs=[GENERAL])]
    result = await ended(await spawn("dialogs", PYTHONIOENCODING="ascii"))
    assert (result.code, result.err) == (0, "")
    assert "General" in result.out
