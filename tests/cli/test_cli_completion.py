"""`chat3 completion`: the scripts complete what the commands take, in each shell that is here."""

import asyncio
import os
import shlex
import shutil
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from cli_vocabulary import Run

from chat3_cli.arguments import UPDATE_KINDS
from chat3_cli.completion.command import SCRIPTS, SHELLS
from chat3_cli.completion.tree import options_of_all, places
from chat3_cli.groups import GROUPS

Complete = Callable[[str], Awaitable[list[str]]]

_BASH = """
source completion
COMP_LINE=$1
COMP_POINT=${#COMP_LINE}
_chat3
printf '%s\\n' "${COMPREPLY[@]}"
"""
# What zsh itself would show is caught where it is handed over.
_ZSH = """
compdef() { : }
compset() { words[CURRENT]=${words[CURRENT]#*=} }
_files() { print -l -- ${words[CURRENT]}*(N) }
compadd() { print -l -- ${(M)reply:#${words[CURRENT]}*} }
_describe() {
  [[ $1 == -o ]] && shift
  shift
  local name
  for name; do
    [[ $name == -- ]] || print -l -- ${(M)${(@)${(P@)name}%%:*}:#${words[CURRENT]}*}
  done
}
source ./completion
words=(${(z)1})
[[ $1 == *' ' ]] && words+=('')
CURRENT=$#words
_chat3
"""
_FISH = "source completion; complete -C $argv[1] | string split -f1 \\t"
_RUN = {"bash": ["bash", "-c", _BASH, "-"], "zsh": ["zsh", "-f", "-c", _ZSH, "-"]} | {
    "fish": ["fish", "-N", "-c", _FISH]
}
HERE = [shell for shell in SHELLS if shutil.which(shell)]


@pytest.fixture(params=HERE)
async def complete(
    request: pytest.FixtureRequest, environment: dict[str, str], tmp_path: Path
) -> Complete:
    """Complete a line in a shell, in a folder that has one file, with a profile or two."""
    folder = tmp_path / "shell"
    folder.mkdir()
    (folder / "ca.pem").touch()
    command = folder / "chat3"
    command.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m chat3_cli "$@"\n')
    command.chmod(0o755)
    (folder / "completion").write_text(SCRIPTS[request.param](GROUPS))
    config = tmp_path / "config" / "chat3" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text("[profiles.work]\nuser = 'a'\n[profiles.home]\nuser = 'b'\n")
    config.chmod(0o600)
    changed = {"PATH": f"{folder}:{os.environ['PATH']}", "HOME": str(tmp_path)}

    async def run(*command: str) -> str:
        process = await asyncio.create_subprocess_exec(
            *command,
            cwd=folder,
            env=environment | changed,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await process.communicate()
        assert err == b""
        return out.decode()

    async def completed(line: str) -> list[str]:
        return [each for each in (await run(*_RUN[request.param], line)).splitlines() if each]

    return completed


def test_bash_is_here_at_least() -> None:
    assert "bash" in HERE


async def test_words_of_the_tree(complete: Complete) -> None:
    assert await complete("chat3 dial") == ["dialogs"]
    assert set(await complete("chat3 dialogs ")) >= {"list", "create", "typing"}
    assert set(await complete("chat3 messages st")) == {"status", "statuses"}
    assert set(await complete("chat3 tenant ")) >= {"users", "meta-indexes"}
    assert set(await complete("chat3 tenant users ")) >= {"upsert", "delete"}
    assert await complete("chat3 who") == ["whoami"]


async def test_options_and_their_values(complete: Complete) -> None:
    assert await complete("chat3 dialogs list --fil") == ["--filter"]
    assert await complete("chat3 dialogs --last") == ["--last-message"]
    assert await complete("chat3 me --prof") == ["--profile"]
    assert await complete("chat3 watch --kind pack_") == ["pack_changed"]
    assert set(await complete("chat3 watch --kind ")) == set(UPDATE_KINDS)
    assert await complete("chat3 watch --kind typing --kind dialog_r") == ["dialog_read"]
    assert await complete("chat3 --ca ca") == ["ca.pem"]


async def test_positional_arguments(complete: Complete) -> None:
    assert set(await complete("chat3 status d m ")) == {"read", "delivered", "unread"}
    assert await complete("chat3 status d ") == []
    assert set(await complete("chat3 completion ")) == set(SHELLS)


async def test_the_names_of_profiles(complete: Complete) -> None:
    assert set(await complete("chat3 --profile ")) == {"work", "home"}
    assert await complete("chat3 profiles use w") == ["work"]
    (found,) = await complete("chat3 --profile=w")
    assert found.removeprefix("--profile=") == "work"


async def test_options_before_the_command_do_not_hide_it(complete: Complete) -> None:
    line = "chat3 --user bob --address=h:1 --json tenant users del"
    assert await complete(line) == ["delete"]


async def test_what_is_not_an_option_behind_two_dashes(complete: Complete) -> None:
    assert await complete("chat3 send d -- --me") == []


async def test_the_command_prints_the_script(run: Run) -> None:
    for shell in SHELLS:
        assert (await run("completion", shell)).out == SCRIPTS[shell](GROUPS)


def test_every_command_has_its_place() -> None:
    known = {place.path: place for place in places(GROUPS)}
    for group in GROUPS:
        for command in group.commands:
            place = known[f"{group.name} {command.name}"]
            flags = {flag for each in command.single_arguments for flag in each.flags}
            assert {each.flag for each in place.options} == {f for f in flags if f[:2] == "--"}
            assert not command.short or known[command.short].options == place.options
    assert {"--profile", "--no-tls", "--help"} <= {each.flag for each in options_of_all()}
