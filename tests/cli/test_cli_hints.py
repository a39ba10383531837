"""What the command says beside an error: what was meant, where it is wrong, what to do."""

import asyncio
import json
import os
import sys
from pathlib import Path

import pytest
from cli_scripted_service import HANG, ScriptedService, established, failure
from cli_vocabulary import DIALOG, Run, Spawn
from grpclib.const import Status

from chat3_api.chat3.user.v1 import (
    Dialog,
    GetDialogMessagesRequest,
    GetMyselfRequest,
    GetMyselfResponse,
    GetUserDialogsRequest,
    GetUserDialogsResponse,
    ListPacksRequest,
    ListPacksResponse,
    ListUpdatesRequest,
)
from chat3_cli import caret, hints
from chat3_cli.meant import meant

UNKNOWN = failure(Status.NOT_FOUND, "USER_NOT_FOUND", metadata={"user_id": "alcie"})


@pytest.mark.parametrize(
    ("line", "guess"),
    [
        ("dialogs --fliter x", "--filter"),
        ("dialogs --page_size 5", "--page-size"),
        ("dialogs --usr bob", "--user"),
        ("--adress h:1 dialogs", "--address"),
        (f"send {DIALOG} x --idempotency-kye=1", "--idempotency-key"),
        ("watch --kind message-created", "message_created"),
        ("watch --kind typping", "typing"),
        (f"status {DIALOG} m raed", "read"),
        ("dialgos", "dialogs"),
        ("tenant usres list", "tenant users"),
        ("dialogs crate", "create"),
        ("completion bsh", "bash"),
    ],
)
async def test_what_was_meant(run: Run, line: str, guess: str) -> None:
    result = await run(*line.split())
    assert result.code == 2
    assert f"; did you mean {guess!r}?" in result.err


async def test_nothing_is_guessed_that_is_not_alike(run: Run) -> None:
    for line in ("qqqqqq", "dialogs --qqqqqq", f"send {DIALOG} x -- --fliter y"):
        assert "did you mean" not in (await run(*line.split())).err


def test_case_and_underscores_count_for_nothing() -> None:
    assert meant("MESSAGE-CREATED", ["message_created"]) == "; did you mean 'message_created'?"
    assert meant("x", []) == ""


async def test_a_caret_stands_under_the_place(service: ScriptedService, run: Run) -> None:
    rule = "position 2: no such field 'unred'"
    service.answers[GetUserDialogsRequest] = [
        failure(Status.INVALID_ARGUMENT, "INVALID_FIELD", violations={"filter": rule})
    ]
    result = await run("dialogs", "--filter", "(unred,gt,0)")
    assert result.err.splitlines()[1:] == [
        f"  filter: {rule}",
        "    (unred,gt,0)",
        "     ^",
    ]


async def test_a_sort_has_one_too(service: ScriptedService, run: Run) -> None:
    rule = "position 13: `asc` or `desc` expected"
    service.answers[GetDialogMessagesRequest] = [
        failure(Status.INVALID_ARGUMENT, "INVALID_FIELD", violations={"sort": rule})
    ]
    result = await run("messages", DIALOG, "--sort", "(create_time,up)")
    assert result.err.endswith(f"    (create_time,up)\n    {' ' * 12}^\n")


@pytest.mark.parametrize(
    ("text", "position", "columns", "lines"),
    [
        ("(a,eq,b)", 1, None, ["(a,eq,b)", "^"]),
        ("(a,eq,b)", 8, 80, ["(a,eq,b)", "       ^"]),
        ("(имя,eq,日本)", 9, None, ["(имя,eq,日本)", "        ^"]),
        ("日本)", 3, None, ["日本)", "    ^"]),
        ("a\x1b[2J)", 6, None, ["a\ufffd[2J)", "     ^"]),
        ("x" * 50 + "!" + "y" * 50, 51, 24, ["…xxxxxxxxx!yyyyyyyy…", "          ^"]),
        ("!" + "y" * 50, 1, 24, ["!yyyyyyyyyyyyyyyyyy…", "^"]),
        ("x" * 50 + "!", 51, 24, ["…xxxxxxxxx!", "          ^"]),
    ],
)
def test_the_caret_is_under_the_character(
    text: str, position: int, columns: int | None, lines: list[str]
) -> None:
    assert list(caret.under(text, f"position {position}: wrong", columns)) == lines


@pytest.mark.parametrize(
    ("text", "rule"),
    [("(a)", "0 to 100"), ("(a)", "position 9: x"), ("(a)", "position 0: x"), (5, "position 1: x")],
)
def test_without_a_place_there_is_no_caret(text: object, rule: str) -> None:
    assert list(caret.under(text, rule, None)) == []


@pytest.mark.parametrize(
    ("command", "request_type", "response"),
    [
        (["dialogs"], GetUserDialogsRequest, GetUserDialogsResponse()),
        (["packs", "--all"], ListPacksRequest, ListPacksResponse()),
    ],
)
async def test_an_unknown_user_is_told_from_an_empty_list(
    service: ScriptedService, run: Run, command: list[str], request_type: type, response: object
) -> None:
    service.answers[request_type] = [response] * 3
    service.answers[GetMyselfRequest] = [UNKNOWN, UNKNOWN, GetMyselfResponse()]
    result = await run(*command)
    assert result.code == 0
    assert result.out.startswith("0 ")
    assert "warning: the tenant has no user 'alcie', so there is nothing to list" in result.err
    result = await run(*command, "--json")
    assert json.loads(result.err)["warning"].startswith("the tenant has no user 'alcie'")
    assert (await run(*command)).err == "", "a user who is known has nothing"


async def test_who_has_something_is_not_asked_for(service: ScriptedService, run: Run) -> None:
    listed = GetUserDialogsResponse(dialogs=[Dialog(dialog_id=DIALOG)])
    service.answers[GetUserDialogsRequest] = [listed]
    await run("dialogs")
    assert len(service.requests) == 1


async def test_that_nobody_knows_the_user_is_no_failure(service: ScriptedService, run: Run) -> None:
    service.answers[GetUserDialogsRequest] = [GetUserDialogsResponse()]
    service.answers[GetMyselfRequest] = [failure(Status.UNAVAILABLE, "UPSTREAM_UNAVAILABLE")]
    result = await run("dialogs")
    assert (result.code, result.err) == (0, "")
    assert len(service.requests) == 2


async def test_a_refused_resume_token_is_explained_and_given_up(
    service: ScriptedService, run: Run, tmp_path: Path
) -> None:
    kept = tmp_path / "token"
    kept.write_text("damaged")
    service.streams = [
        [failure(Status.INVALID_ARGUMENT, "RESUME_TOKEN_INVALID")],
        [established("fresh"), HANG],
    ]
    result = await run("watch", "--count", "0", "--resume-file", str(kept))
    assert result.code == 0
    assert [each.resume_token for each in service.requests] == ["damaged", ""]
    assert f"the resume token in {kept} was refused: it is damaged" in result.err
    assert "what changed since then is not shown" in result.err
    assert kept.read_text() == "fresh\n"


async def test_a_token_that_is_refused_twice_ends_it(service: ScriptedService, run: Run) -> None:
    refused = failure(Status.INVALID_ARGUMENT, "RESUME_TOKEN_INVALID")
    service.streams = [[refused], [refused]]
    result = await run("watch", "--resume", "damaged")
    assert result.code == 1
    assert "begin without a token" in result.err


async def test_somebody_elses_resume_token_stays_in_its_file(
    service: ScriptedService, run: Run, tmp_path: Path
) -> None:
    kept = tmp_path / "token"
    kept.write_text("of.bob")
    service.streams = [[failure(Status.PERMISSION_DENIED, "RESUME_TOKEN_FOREIGN")]]
    result = await run("watch", "--resume-file", str(kept))
    assert result.code == 4
    assert "keep one --resume-file for each user and tenant" in result.err
    assert kept.read_text() == "of.bob"


async def test_no_reconnect_does_not_begin_anew(service: ScriptedService, run: Run) -> None:
    service.streams = [[failure(Status.INVALID_ARGUMENT, "RESUME_TOKEN_INVALID")]]
    result = await run("watch", "--no-reconnect", "--resume", "x")
    assert (result.code, len(service.requests)) == (1, 1)


async def test_a_refused_token_of_a_list_is_explained(service: ScriptedService, run: Run) -> None:
    service.answers[ListUpdatesRequest] = [failure(Status.INVALID_ARGUMENT, "RESUME_TOKEN_INVALID")]
    assert "hint: begin without a token" in (await run("updates", "--resume", "x")).err


async def test_a_hint_is_a_part_of_the_json(service: ScriptedService, run: Run) -> None:
    service.answers[GetUserDialogsRequest] = [failure(Status.NOT_FOUND, "TENANT_NOT_FOUND")]
    error = json.loads((await run("dialogs", "--json")).err)["error"]
    assert error["hint"] == hints.hint("ERROR_REASON_TENANT_NOT_FOUND")


@pytest.mark.parametrize("argv", [["--help"], ["dialogs", "--help"], ["profiles", "list", "-h"]])
async def test_a_reader_that_leaves_ends_it_quietly(
    environment: dict[str, str], argv: list[str]
) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    process = await asyncio.create_subprocess_exec(
        *("sh", "-c", '"$0" -m chat3_cli "$@"; echo $? >&2', sys.executable, *argv),
        stdout=writing,
        stderr=asyncio.subprocess.PIPE,
        env=environment,
    )
    os.close(writing)
    _, err = await process.communicate()
    # argparse keeps to itself that nobody reads its help.
    assert err in (b"0\n", b"130\n")


async def test_closed_streams_are_no_fault(
    service: ScriptedService, environment: dict[str, str], spawn: Spawn
) -> None:
    assert spawn
    service.answers[GetUserDialogsRequest] = [
        GetUserDialogsResponse(dialogs=[Dialog(dialog_id=DIALOG)])
    ]
    process = await asyncio.create_subprocess_exec(
        *("sh", "-c", 'exec "$0" -m chat3_cli dialogs >&- 2>&-', sys.executable), env=environment
    )
    assert await process.wait() == 0


async def test_a_full_disk_is_told(service: ScriptedService, environment: dict[str, str]) -> None:
    service.answers[GetUserDialogsRequest] = [
        GetUserDialogsResponse(dialogs=[Dialog(dialog_id=DIALOG)])
    ]
    process = await asyncio.create_subprocess_exec(
        *("sh", "-c", 'exec "$0" -m chat3_cli dialogs >/dev/full', sys.executable),
        stderr=asyncio.subprocess.PIPE,
        env=environment,
    )
    _, err = await process.communicate()
    assert process.returncode == 1
    assert err.startswith(b"error: [Errno 28]")
