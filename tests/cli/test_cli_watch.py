"""`chat3 watch`: lines, reconnecting, resume tokens, counting, and ends."""

import asyncio
import json
import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cli_scripted_service import BREAK, HANG, ScriptedService, established, failure
from cli_vocabulary import DIALOG, MESSAGE, Result, Run, Running, Spawn, ended
from grpclib.const import Status

from chat3_api.chat3.user.v1 import (
    DialogChanged,
    DialogCountersChanged,
    DialogCreated,
    DialogDeleted,
    DialogRead,
    Gap,
    GapReason,
    Heartbeat,
    MemberAdded,
    MemberChanged,
    MemberRemoved,
    MessageCreated,
    MessageEdited,
    MessageMetaChanged,
    MessageReactionGiven,
    MessageReactionTakenBack,
    MessageSnapshot,
    MessageStatus,
    MessageStatusChanged,
    MessageTopicChanged,
    PartialDialog,
    PartialMember,
    PartialMessage,
    PartialTopic,
    PartialUser,
    ReloadTarget,
    ResumeOutcome,
    StreamState,
    SubscribeUpdatesRequest,
    SubscribeUpdatesResponse,
    TopicChanged,
    TopicCreated,
    Typing,
    Update,
    UpdateKind,
    UpdateSource,
    UserChanged,
    UserCountersChanged,
    UserCreated,
    UserDeleted,
    UserStats,
)
from chat3_api.google.protobuf import Struct
from chat3_cli.describe_updates import DESCRIBED
from chat3_cli.render_updates import UpdateRenderer
from chat3_cli.style import Style
from support.faults.proxy import Proxy

NOON = datetime(2026, 11, 23, 11, 3, 4, tzinfo=UTC)
GENERAL = PartialDialog(
    dialog_id=DIALOG, meta=Struct.from_dict({"title": "General"}), title="General"
)
EXPIRED = "the position is older than the updates log"
RELOAD = "reload dialogs and messages"
COUNTERS = PartialDialog(dialog_id=DIALOG)
SNAPSHOT = MessageSnapshot(message_id=MESSAGE)


def update(position: str, text: str = "Hello") -> SubscribeUpdatesResponse:
    message = PartialMessage(message_id=MESSAGE, sender_id="alice", content=text)
    found = MessageCreated(dialog=GENERAL, message=message)
    return SubscribeUpdatesResponse(
        resume_token=position, update=Update(create_time=NOON, message_created=found)
    )


def lost(retry: float | None = 0.01, position: str = "") -> Exception:
    known = {"resume_token": position} if position else {}
    return failure(Status.UNAVAILABLE, "SHUTTING_DOWN", "Stopping.", retry=retry, metadata=known)


async def test_an_update_is_a_line(service: ScriptedService, run: Run) -> None:
    service.streams = [[established(), update("t2"), HANG]]
    result = await run("watch", "--count", "1")
    connected, line = result.out.splitlines()
    assert connected.endswith("connected con_1, from now on")
    assert line == "12:03:04 message   General  alice: Hello"
    assert (result.code, result.err) == (0, "")


async def test_what_is_asked_for_is_sent(service: ScriptedService, run: Run) -> None:
    service.streams = [[established(outcome=ResumeOutcome.RESUMED), HANG]]
    result = await run(
        *("watch", "--count", "0", "--resume", "t0", "--heartbeat", "5.5", "--dialog", DIALOG),
        *("--kind", "message_created", "--kind", "user_counters_changed"),
    )
    assert "goes on after the resume token" in result.out
    assert service.requests == [
        SubscribeUpdatesRequest(
            resume_token="t0",
            update_kinds=[UpdateKind.MESSAGE_CREATED, UpdateKind.USER_COUNTERS_CHANGED],
            dialog_ids=[DIALOG],
            heartbeat_interval=timedelta(seconds=5.5),
        )
    ]


async def test_json_prints_every_response(service: ScriptedService, run: Run) -> None:
    heartbeat = SubscribeUpdatesResponse(
        resume_token="t2", heartbeat=Heartbeat(state=StreamState.LIVE)
    )
    service.streams = [[established(), heartbeat, update("t3"), HANG]]
    result = await run("watch", "--json", "--count", "1")
    first, second, third = (json.loads(line) for line in result.out.splitlines())
    assert first["connectionEstablished"]["heartbeatInterval"] == "30s"
    assert second == {"resumeToken": "t2", "heartbeat": {"state": "STREAM_STATE_LIVE"}}
    assert third["update"]["messageCreated"]["dialog"]["meta"] == {"title": "General"}


async def test_a_broken_stream_goes_on_after_its_last_token(
    service: ScriptedService, run: Run
) -> None:
    slow = failure(Status.RESOURCE_EXHAUSTED, "SLOW_CONSUMER", "Read faster.", retry=0.01)
    service.streams = [
        [established("t1"), update("t2", "one"), lost()],
        [established("t3"), slow],
        [lost(0.02)],
        [established("t4"), update("t5", "two"), HANG],
    ]
    result = await run("watch", "--count", "2")
    assert [request.resume_token for request in service.requests] == ["", "t2", "t3", "t3"]
    assert result.code == 0
    assert result.out.splitlines()[-1].endswith("alice: two")
    first, second, _ = result.err.splitlines()
    assert first.endswith("reconnecting in 0.0 s: ERROR_REASON_SHUTTING_DOWN: Stopping.")
    assert second.endswith("ERROR_REASON_SLOW_CONSUMER: Read faster.")


async def test_without_a_token_of_its_own_it_takes_the_one_in_the_failure(
    service: ScriptedService, run: Run
) -> None:
    service.streams = [[lost(position="t7")], [established("t8"), HANG]]
    result = await run("watch", "--count", "0", "--json")
    assert [request.resume_token for request in service.requests] == ["", "t7"]
    complaint = json.loads(result.err)
    assert complaint["error"]["metadata"] == {"resume_token": "t7"}
    assert 0 < complaint["reconnectInSeconds"] < 1


async def test_an_end_without_a_status_is_a_broken_stream(
    service: ScriptedService, run: Run
) -> None:
    service.streams = [[established("t1"), BREAK], [established("t2"), HANG]]
    result = await run("watch", "--no-reconnect")
    assert result.code == 3
    assert "the stream ended without a status" in result.err


async def test_silence_for_two_heartbeats_is_a_broken_stream(
    service: ScriptedService, run: Run
) -> None:
    service.streams = [[established(heartbeat=0.1), HANG]]
    result = await run("watch", "--no-reconnect")
    assert result.code == 3
    assert "nothing was heard for 0.2 s" in result.err


async def test_a_stream_that_says_no_interval_has_the_usual_one(
    service: ScriptedService, run: Run
) -> None:
    service.streams = [[update("t1"), update("t2"), HANG]]
    assert (await run("watch", "--count", "2")).code == 0


async def test_no_reconnect_ends_with_the_failure(service: ScriptedService, run: Run) -> None:
    service.streams = [[established(), lost()]]
    result = await run("watch", "--no-reconnect")
    assert (result.code, len(service.requests)) == (3, 1)
    assert result.err == "error: ERROR_REASON_SHUTTING_DOWN: Stopping.\n"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (failure(Status.INVALID_ARGUMENT, "RESUME_TOKEN_INVALID"), 1),
        (failure(Status.PERMISSION_DENIED, "RESUME_TOKEN_FOREIGN"), 4),
        (failure(Status.RESOURCE_EXHAUSTED, "TOO_MANY_STREAMS"), 1),
    ],
)
async def test_what_does_not_pass_is_not_tried_again(
    service: ScriptedService, run: Run, error: Exception, code: int
) -> None:
    service.streams = [[error]]
    assert (await run("watch")).code == code


async def test_a_service_that_never_answered_is_not_waited_for(
    service: ScriptedService, run: Run
) -> None:
    service.streams = [[HANG]]
    assert (await run("watch", "--timeout", "0.2")).code == 1
    assert (await run("watch", "--address", "127.0.0.1:1")).code == 3


async def test_a_restarting_service_is_waited_for(
    running: Running, service: ScriptedService, spawn: Spawn
) -> None:
    service.streams = [[established("t1"), HANG]]
    process = await spawn("watch", "--count", "1")
    await service.hanging.wait()
    await running.stop()
    await _complaint(process, "cannot reach")
    service.streams = [[established("t2"), update("t3"), HANG]]
    await running.start()
    result = await ended(process)
    assert result.code == 0
    assert [request.resume_token for request in service.requests] == ["", "t1"]


async def test_the_resume_file_keeps_the_last_token(
    service: ScriptedService, run: Run, tmp_path: Path
) -> None:
    path = tmp_path / "token"
    service.streams = [
        [established("t1"), update("t2"), HANG],
        [established("t2"), update("t3"), HANG],
    ]
    for token in ("t2", "t3"):
        result = await run("watch", "--count", "1", "--resume-file", str(path))
        assert result.code == 0
        assert path.read_text() == f"{token}\n"
    assert [request.resume_token for request in service.requests] == ["", "t2"]
    assert _names(tmp_path) == ["token"]
    assert path.stat().st_mode & 0o077 == 0


async def test_a_resume_file_that_cannot_be_used_is_an_error(
    service: ScriptedService, run: Run, tmp_path: Path
) -> None:
    (tmp_path / "image").write_bytes(b"\xff\x00")
    result = await run("watch", "--resume-file", str(tmp_path / "image"))
    assert (result.code, result.out) == (1, "")
    assert "holds no resume token" in result.err
    result = await run("watch", "--resume-file", str(tmp_path / "image" / "token"))
    assert result.code == 1
    assert "error: [Errno 20]" in result.err


async def test_the_folder_of_a_resume_file_is_made(
    service: ScriptedService, run: Run, tmp_path: Path
) -> None:
    service.streams = [[established("t1"), HANG]]
    path = tmp_path / "no" / "where"
    assert (await run("watch", "--count", "0", "--resume-file", str(path))).code == 0
    assert path.read_text() == "t1\n"


async def test_a_failed_write_leaves_no_litter(
    service: ScriptedService, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(Path, "replace", refuse)
    service.streams = [[established("t1"), HANG]]
    result = await run("watch", "--resume-file", str(tmp_path / "token"))
    assert (result.code, result.err) == (1, "error: disk full\n")
    assert _names(tmp_path) == []


async def test_ctrl_c_ends_the_stream_quietly(service: ScriptedService, spawn: Spawn) -> None:
    service.streams = [[established(), update("t2"), HANG]]
    process = await spawn("watch")
    await service.hanging.wait()
    assert process.stdout is not None
    await process.stdout.readline()
    await process.stdout.readline()
    process.send_signal(signal.SIGINT)
    assert await ended(process) == Result(130, "", "")


async def test_ctrl_c_is_as_quiet_after_a_lost_connection(
    service: ScriptedService, running: Running, spawn: Spawn
) -> None:
    service.streams = [[established(), HANG], [established(), update("t2"), HANG]]
    async with Proxy(running.port).running() as proxy:
        process = await spawn("watch", "--address", f"127.0.0.1:{proxy.port}")
        assert process.stdout is not None
        await process.stdout.readline()
        proxy.cut()
        for _ in range(2):
            await process.stdout.readline()
        process.send_signal(signal.SIGINT)
        result = await ended(process)
    assert (result.code, result.out) == (130, "")
    assert "Traceback" not in result.err


async def test_a_closed_pipe_ends_the_stream_quietly(
    service: ScriptedService, spawn: Spawn
) -> None:
    service.streams = [[established(), *(update(f"t{i}", "x" * 5000) for i in range(200)), HANG]]
    process = await spawn("watch", "--no-reconnect")
    assert process.stdout is not None
    await process.stdout.readline()
    process._transport.get_pipe_transport(1).close()  # type: ignore[attr-defined]
    assert process.stderr is not None
    assert await process.stderr.read() == b""
    assert await process.wait() == 130


def _line(found: SubscribeUpdatesResponse, renderer: UpdateRenderer | None = None) -> str | None:
    return (renderer or UpdateRenderer(Style(coloured=False))).line(found)


def said(content: str, message_type: str = "internal.text", **more: Any) -> PartialMessage:
    return PartialMessage(
        message_id=MESSAGE, sender_id="bob", type=message_type, content=content, **more
    )


LINES: list[tuple[Update, str]] = [
    (
        Update(message_created=MessageCreated(GENERAL, said("a\tb", "internal.file"))),
        "message   General  bob: [internal.file] a b",
    ),
    (
        Update(message_created=MessageCreated(dialog=COUNTERS)),
        f"message   {DIALOG}  without the message",
    ),
    (
        Update(message_edited=MessageEdited(GENERAL, said("new", edited=True))),
        "message   General  bob: new (edited)",
    ),
    (
        Update(message_meta_changed=MessageMetaChanged(GENERAL, said("text"))),
        "message   General  bob: text (custom data changed)",
    ),
    (
        Update(message_topic_changed=MessageTopicChanged(GENERAL, said("text", topic_id="t"))),
        "message   General  bob: text (moved to t)",
    ),
    (
        Update(message_topic_changed=MessageTopicChanged(GENERAL, said("text", topic_id=""))),
        "message   General  bob: text (out of its topic)",
    ),
    (
        Update(
            message_status_changed=MessageStatusChanged(
                GENERAL, SNAPSHOT, "bob", MessageStatus.READ
            )
        ),
        f"status    General  bob: read {MESSAGE}",
    ),
    (
        Update(message_status_changed=MessageStatusChanged(user_id="bob", status_name="seen")),
        "status    bob: seen a message",
    ),
    (
        Update(message_reaction_given=MessageReactionGiven(GENERAL, SNAPSHOT, "bob", "👍")),
        f"reaction  General  bob gave 👍 to {MESSAGE}",
    ),
    (
        Update(
            message_reaction_taken_back=MessageReactionTakenBack(GENERAL, SNAPSHOT, "bob", "👍")
        ),
        f"reaction  General  bob took 👍 back from {MESSAGE}",
    ),
    (Update(dialog_created=DialogCreated(GENERAL)), "dialog    General  created"),
    (Update(dialog_changed=DialogChanged(GENERAL)), "dialog    General  custom data changed"),
    (Update(dialog_deleted=DialogDeleted(GENERAL)), "dialog    General  deleted"),
    (
        Update(dialog_read=DialogRead(COUNTERS, PartialMember("alice", 0))),
        f"read      {DIALOG}  read as a whole, 0 unread",
    ),
    (
        Update(dialog_counters_changed=DialogCountersChanged(COUNTERS, PartialMember("alice", 3))),
        f"unread    {DIALOG}  3 unread",
    ),
    (
        Update(dialog_counters_changed=DialogCountersChanged(COUNTERS)),
        f"unread    {DIALOG}  counters changed",
    ),
    (
        Update(member_added=MemberAdded(GENERAL, PartialMember("eve", 0))),
        "member    General  eve was added",
    ),
    (
        Update(member_removed=MemberRemoved(GENERAL, PartialMember("eve"))),
        "member    General  eve is gone",
    ),
    (
        Update(member_changed=MemberChanged(GENERAL, PartialMember("alice", 2))),
        "member    General  alice changed, 2 unread",
    ),
    (Update(member_changed=MemberChanged(GENERAL)), "member    General  a member changed"),
    (
        Update(topic_created=TopicCreated(GENERAL, PartialTopic("topic_x"))),
        "topic     General  topic_x created",
    ),
    (Update(topic_changed=TopicChanged(GENERAL)), "topic     General  a topic changed"),
    (Update(typing=Typing(GENERAL, "eve")), "typing    General  eve is typing"),
    (Update(user_created=UserCreated(PartialUser("alice"))), "user      alice: created"),
    (Update(user_changed=UserChanged(PartialUser("alice"))), "user      alice: profile changed"),
    (Update(user_deleted=UserDeleted()), "user      the user: deleted"),
    (
        Update(
            user_counters_changed=UserCountersChanged(
                stats=UserStats(dialog_count=5, unread_dialog_count=1, total_unread_count=1)
            )
        ),
        "counters  1 unread message in 1 of 5 dialogs",
    ),
    (
        Update(user_counters_changed=UserCountersChanged()),
        "counters  without the counters",
    ),
    (
        Update(
            source=UpdateSource(update_type="update.poll"), unknown=Struct.from_dict({"votes": 3})
        ),
        'unknown   update.poll: {"votes":3}',
    ),
    (
        Update(source=UpdateSource("poll.closed"), kind=UpdateKind(99), dialog_id=DIALOG),
        f"unknown   {DIALOG}  poll.closed: no data that this client knows",
    ),
]


@pytest.mark.parametrize(("found", "line"), LINES)
def test_every_kind_of_update_has_a_line(found: Update, line: str) -> None:
    found.create_time = NOON
    assert _line(SubscribeUpdatesResponse(update=found)) == f"12:03:04 {line}"


def test_every_kind_of_update_is_described() -> None:
    assert len(DESCRIBED) == len([kind for kind in UpdateKind if kind])


@pytest.mark.parametrize(
    ("outcome", "text"),
    [
        (ResumeOutcome.FRESH, "from now on"),
        (ResumeOutcome.RESUMED, "goes on after the resume token"),
        (ResumeOutcome.RESUMED_WITH_GAP, "goes on after the resume token, with a gap"),
        (ResumeOutcome(9), "UNKNOWN(9)"),
    ],
)
def test_a_stream_says_where_it_begins(outcome: ResumeOutcome, text: str) -> None:
    line = _line(established(outcome=outcome))
    assert line is not None
    assert line.endswith(f"connected con_1, {text}")


def test_a_stream_of_many_users_begins_for_each_of_them_apart() -> None:
    line = _line(established(outcome=ResumeOutcome.UNSPECIFIED))
    assert line is not None
    assert line.endswith("connected con_1")


def test_a_title_once_seen_is_remembered_until_it_goes() -> None:
    renderer = UpdateRenderer(Style(coloured=False))
    bare = PartialDialog(dialog_id=DIALOG, meta=Struct())
    for dialog, place in ((GENERAL, "General"), (COUNTERS, "General"), (bare, DIALOG)):
        response = SubscribeUpdatesResponse(
            update=Update(create_time=NOON, typing=Typing(dialog, "eve"))
        )
        assert _line(response, renderer) == f"12:03:04 typing    {place}  eve is typing"


def test_a_long_unknown_update_is_cut() -> None:
    found = Update(unknown=Struct.from_dict({"text": "x" * 1000}))
    line = _line(SubscribeUpdatesResponse(update=found))
    assert line is not None
    assert len(line) < 350
    assert line.endswith("...")


@pytest.mark.parametrize(
    ("gap", "line"),
    [
        (
            Gap(
                reason=GapReason.EXPIRED,
                from_time=NOON - timedelta(days=2),
                to_time=NOON,
                reload=[ReloadTarget.DIALOGS, ReloadTarget.MESSAGES],
            ),
            f"gap       updates since 2026-11-21 12:03 may be missing: {EXPIRED}; {RELOAD}",
        ),
        (
            Gap(reason=GapReason(9), to_time=NOON),
            "gap       updates may be missing: UNKNOWN(9)",
        ),
    ],
)
def test_a_gap_says_what_to_reload(gap: Gap, line: str) -> None:
    assert _line(SubscribeUpdatesResponse(gap=gap)) == f"12:03:04 {line}"


def test_a_heartbeat_is_shown_when_updates_do_not_flow() -> None:
    degraded = Heartbeat(send_time=NOON, state=StreamState.DEGRADED)
    line = _line(SubscribeUpdatesResponse(heartbeat=degraded))
    assert line is not None
    assert line.startswith("12:03:04 degraded  the service has lost its broker")
    assert _line(SubscribeUpdatesResponse(heartbeat=Heartbeat())) is None


def test_a_response_of_a_later_contract_has_a_line() -> None:
    line = _line(SubscribeUpdatesResponse(resume_token="t1"))
    assert line is not None
    assert line.endswith("unknown   a response that this client does not know")


def test_colours_are_for_terminals_that_want_them() -> None:
    class Terminal:
        def isatty(self) -> bool:
            return True

    terminal: Any = Terminal()
    assert Style.of(terminal, {}).paint("x", 31) == "\x1b[31mx\x1b[0m"
    assert Style.of(terminal, {"NO_COLOR": "1"}).paint("x", 31) == "x"
    assert Style.of(terminal, {"TERM": "dumb"}).paint("x", 31) == "x"
    assert "\x1b[1mGeneral\x1b[0m" in (
        _line(update("t1"), UpdateRenderer(Style(coloured=True))) or ""
    )


async def _complaint(process: asyncio.subprocess.Process, text: str) -> None:
    assert process.stderr is not None
    async for line in process.stderr:
        if text in line.decode():
            return


def _names(directory: Path) -> list[str]:
    return [entry.name for entry in directory.iterdir()]
