"""Which command a command line names, and what its options are wherever they stand."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from cli_vocabulary import DIALOG, MESSAGE, Run

from chat3_cli.command_line import parse
from chat3_cli.groups import GROUPS

ROOT = Path(__file__).parents[2]
IDENTITY = {"CHAT3_USER": "alice", "CHAT3_API_KEY": "key"}
DOCUMENTS = ["docs/start/index.md", "docs/concepts/resume.md"]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("dialogs", "dialogs list"),
        ("dialogs --page 2", "dialogs list"),
        (f"messages {DIALOG}", "messages list"),
        (f"messages list {DIALOG}", "messages list"),
        (f"messages get {DIALOG} {MESSAGE}", "messages get"),
        (f"members {DIALOG} --all", "members list"),
        (f"topics {DIALOG}", "topics list"),
        ("users bob", "users get"),
        ("users get get", "users get"),
        ("me", "me show"),
        ("packs", "packs list"),
        ("updates", "updates list"),
        ("watch", "updates watch"),
        ("updates watch", "updates watch"),
        (f"send {DIALOG} x", "messages send"),
        (f"status {DIALOG} {MESSAGE} read", "messages status"),
        (f"react {DIALOG} {MESSAGE} x --unset", "messages react"),
        (f"typing {DIALOG}", "dialogs typing"),
        ("health", "health check"),
    ],
)
def test_a_group_alone_and_short_forms_stand_for_commands(line: str, words: str) -> None:
    assert parse(line.split(), IDENTITY).words == words


@pytest.mark.parametrize(
    ("line", "known"),
    [
        (f"--user bob dialogs get {DIALOG}", {"user": "bob", "dialog_id": DIALOG}),
        (f"dialogs --user bob get {DIALOG}", {"user": "bob", "dialog_id": DIALOG}),
        (f"dialogs get {DIALOG} --user=bob --json", {"user": "bob", "json": True}),
        (f"dialogs get {DIALOG}", {"user": "alice", "json": False}),
        (f"send {DIALOG} -- -5", {"content": "-5", "dialog_id": DIALOG}),
        (f"send {DIALOG} -- --json", {"content": "--json", "json": False}),
        (f"--json send -- {DIALOG} --user", {"content": "--user", "json": True, "user": "alice"}),
        (f"messages {DIALOG} --page-token=-x", {"page_token": "-x"}),
        ("dialogs create a b --title x", {"member_ids": ["a", "b"], "meta": {"title": "x"}}),
        ("dialogs create", {"member_ids": [], "meta": None}),
        (f"messages topic {DIALOG} {MESSAGE} none", {"topic_id": None}),
    ],
)
def test_options_stand_anywhere(line: str, known: dict[str, Any]) -> None:
    args = vars(parse(line.split(), IDENTITY).args)
    assert {name: args[name] for name in known} == known


def test_a_user_of_the_environment_is_a_text(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        parse(["me"], IDENTITY | {"CHAT3_USER": "\udcff"})
    assert "argument --user: is no valid UTF-8" in capsys.readouterr().err


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.name)
async def test_every_group_has_help(run: Run, group: Any) -> None:
    result = await run(group.name, "--help")
    assert (result.code, result.err) == (0, "")
    for command in group.commands:
        assert f"  {command.name:<12}{command.help}" in result.out


async def test_the_help_of_a_command_names_its_short_forms(run: Run) -> None:
    assert "short form: chat3 watch\n" in (await run("watch", "--help")).out
    assert "short form: chat3 messages\n" in (await run("messages", "list", "-h")).out
    assert "short form" not in (await run("messages", "edit", "-h")).out


async def test_the_examples_of_the_help_are_commands(run: Run) -> None:
    shown = (await run("--help")).out
    lines = re.findall(r"^  chat3 ([^|\n]*)", shown[shown.index("examples:") :], re.MULTILINE)
    assert len(lines) > 3
    for line in lines:
        parse(shlex.split(line), IDENTITY)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_documented_commands_are_commands(document: str) -> None:
    text = (ROOT / document).read_text("utf-8")
    lines = re.findall(r"^(?:\$ )?(?:\.venv/bin/)?chat3 (.*)$", text, re.MULTILINE)
    assert lines
    for line in lines:
        parse(shlex.split(line, comments=True), IDENTITY)


@pytest.mark.parametrize("words", [["tenant"], ["tenant", "--help"]])
async def test_the_word_of_the_back_ends_lists_their_commands(run: Run, words: list[str]) -> None:
    result = await run(*words)
    assert result.code == 0
    assert "tenant users: all users of the tenant\n  list " in result.out
    assert "\ndialogs:" not in result.out


async def test_a_group_of_back_ends_that_does_not_exist_is_told(run: Run) -> None:
    result = await run("tenant", "usres")
    assert result.code == 2
    assert "invalid choice: 'tenant usres'; did you mean 'tenant users'?" in result.err


def test_the_reference_is_that_of_the_commands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT / "tools")
    from cli_reference import PAGE, page

    assert PAGE.read_text("utf-8") == page(), "run: make generate-cli-reference"
