"""`-` takes a text, JSON or ids from standard input."""

import asyncio
import sys
from collections.abc import Callable

import pytest
from cli_scripted_service import ScriptedService
from cli_vocabulary import DIALOG, MESSAGE, Run

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

Give = Callable[[bytes], None]


async def test_a_text_keeps_all_but_its_last_line_break(
    service: ScriptedService, run: Run, given: Give
) -> None:
    service.answers[SendMessageRequest] = [SendMessageResponse()]
    service.answers[EditMessageRequest] = [EditMessageResponse()]
    given("één\n\n— two \n".encode())
    result = await run("send", DIALOG, "-")
    assert (result.code, result.err) == (0, "")
    given(b"x\r\n")
    await run("messages", "edit", DIALOG, MESSAGE, "-")
    assert [each.content for each in service.requests] == ["één\n\n— two ", "x"]


async def test_custom_data_comes_from_a_file(
    service: ScriptedService, run: Run, given: Give
) -> None:
    service.answers[SendMessageRequest] = [SendMessageResponse()]
    given(b'{"a": 1}\n')
    result = await run("send", DIALOG, "x", "--meta", "-")
    assert (result.code, result.err) == (0, "")
    assert service.requests[0].meta.to_dict() == {"a": 1.0}


async def test_users_come_one_a_line(service: ScriptedService, run: Run, given: Give) -> None:
    service.answers[CreateDialogRequest] = [CreateDialogResponse()]
    service.answers[AddDialogMembersRequest] = [AddDialogMembersResponse()]
    given(b"bob\n\n carl \r\n")
    await run("dialogs", "create", "anna", "-", "zoe")
    given("jörg\n".encode())
    await run("members", "add", DIALOG, "-")
    created, added = service.requests
    assert created.member_ids == ["anna", "bob", "carl", "zoe"]
    assert added.user_ids == ["jörg"]


@pytest.mark.parametrize(
    ("raw", "argv", "complaint"),
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
    run: Run, given: Give, raw: bytes, argv: list[str], complaint: str
) -> None:
    given(raw)
    result = await run(*argv)
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
