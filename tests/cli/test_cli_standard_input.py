"""`-` takes a text, JSON or ids from standard input."""

import asyncio
import sys

import pytest
from cli_scripted_service import ScriptedService
from cli_vocabulary import DIALOG, MESSAGE, Result

from chat3_api.chat3.user.v1 import (
    AddDialogMembersRequest,
    AddDialogMembersResponse,
    CreateDialogRequest,
    CreateDialogResponse,
    EditMessageRequest,
    EditMessageResponse,
    SendMessageRequest,
    SendMessageResponse,
)


async def piped(environment: dict[str, str], given: bytes, *argv: str) -> Result:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "chat3_cli", *argv),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=environment,
    )
    out, err = await process.communicate(given)
    assert process.returncode is not None
    return Result(process.returncode, out.decode(), err.decode())


async def test_a_text_keeps_all_but_its_last_line_break(
    service: ScriptedService, environment: dict[str, str]
) -> None:
    service.answers[SendMessageRequest] = [SendMessageResponse()]
    service.answers[EditMessageRequest] = [EditMessageResponse()]
    result = await piped(environment, "één\n\n— two \n".encode(), "send", DIALOG, "-")
    assert (result.code, result.err) == (0, "")
    await piped(environment, b"x\r\n", "messages", "edit", DIALOG, MESSAGE, "-")
    assert [each.content for each in service.requests] == ["één\n\n— two ", "x"]


async def test_open_data_comes_from_a_file(
    service: ScriptedService, environment: dict[str, str]
) -> None:
    service.answers[SendMessageRequest] = [SendMessageResponse()]
    result = await piped(environment, b'{"a": 1}\n', "send", DIALOG, "x", "--meta", "-")
    assert (result.code, result.err) == (0, "")
    assert service.requests[0].meta.to_dict() == {"a": 1.0}


async def test_users_come_one_a_line(service: ScriptedService, environment: dict[str, str]) -> None:
    service.answers[CreateDialogRequest] = [CreateDialogResponse()]
    service.answers[AddDialogMembersRequest] = [AddDialogMembersResponse()]
    await piped(environment, b"bob\n\n carl \r\n", "dialogs", "create", "anna", "-", "zoe")
    await piped(environment, "jörg\n".encode(), "members", "add", DIALOG, "-")
    created, added = service.requests
    assert created.member_ids == ["anna", "bob", "carl", "zoe"]
    assert added.user_ids == ["jörg"]


@pytest.mark.parametrize(
    ("given", "argv", "complaint"),
    [
        (b"\xff", ["send", DIALOG, "-"], "standard input is no valid UTF-8"),
        (b"x" * 1_100_000, ["send", DIALOG, "-"], "standard input has more than"),
        (b"[1]", ["send", DIALOG, "x", "--meta", "-"], "standard input must be a JSON object"),
        (b"{", ["send", DIALOG, "x", "--meta", "-"], "standard input is no JSON"),
        (b"{}", ["send", DIALOG, "-", "--meta", "-"], "standard input is read once"),
        (b"a", ["dialogs", "create", "-", "-"], "standard input is read once"),
        (b"k", ["send", DIALOG, "-", "--api-key-file", "-"], "standard input is read once"),
        (b" \n", ["dialogs", "create", "-"], "one id a line"),
    ],
)
async def test_input_that_cannot_be_taken(
    environment: dict[str, str], given: bytes, argv: list[str], complaint: str
) -> None:
    result = await piped(environment, given, *argv)
    assert (result.code, result.out) == (2, "")
    assert complaint in result.err


async def test_input_that_is_closed_is_told(environment: dict[str, str]) -> None:
    process = await asyncio.create_subprocess_exec(
        *("sh", "-c", 'exec "$0" -m chat3_cli send d - <&-', sys.executable),
        stderr=asyncio.subprocess.PIPE,
        env=environment,
    )
    _, err = await process.communicate()
    assert process.returncode == 2
    assert b"standard input is closed" in err
