"""Prints the reference of the `chat3` command, made of its commands; `--write` writes the page."""

import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from chat3_cli.arguments import Argument
from chat3_cli.command import Command, Group
from chat3_cli.connection import OPTIONS
from chat3_cli.groups import GROUPS
from chat3_cli.help_text import EXIT_CODES, of_command

PAGE = Path(__file__).resolve().parent.parent / "docs" / "cli-reference.md"

_HEAD = """\
# Commands of chat3

<!-- Generated from the commands by `make generate`; edit cli/chat3_cli. -->

Each command, with what it takes. [The guide](cli.md) says how to log in, and what all commands
share. A group alone stands for its command in **bold**; some commands have a short form.

"""


def page() -> str:
    """Return the page."""
    parts = [_HEAD, "## Options of every command\n\n", *_table(OPTIONS), "\n", _exit_codes()]
    for group in GROUPS:
        parts += _group(group)
    return "".join(parts)


def _exit_codes() -> str:
    rows = "".join(f"| {code} | {meaning} |\n" for code, meaning in EXIT_CODES)
    return f"## Exit codes\n\n| code | meaning |\n|---|---|\n{rows}"


def _group(group: Group) -> Iterator[str]:
    yield f"\n## {group.name}\n\n{group.help[0].upper()}{group.help[1:]}.\n\n"
    yield "| command | what it does |\n|---|---|\n"
    for command in group.commands:
        name = f"`{group.name} {command.name}`"
        shown = f"**{name}**" if command.name == group.default else name
        short = f", short `{command.short}`" if command.short else ""
        yield f"| {shown}{short} | {_prose(command.help)} |\n"
    for command in group.commands:
        yield from _command(group, command)


def _command(group: Group, command: Command) -> Iterator[str]:
    words = f"{group.name} {command.name}"
    arguments = command.single_arguments
    positional = [each for each in arguments if not _is_option(each)]
    options = [each for each in arguments if _is_option(each)]
    synopsis = " ".join(
        ["chat3", words, *map(_metavar, positional), *(["[OPTIONS]"] if options else [])]
    )
    lines = [_prose(of_command(command)), "", "```text", synopsis, command.example, "```", ""]
    if any(each.options.get("help") for each in positional) or options:
        lines += "".join(_table([*positional, *options])).splitlines()
    body = "".join(f"    {line}".rstrip() + "\n" for line in lines)
    yield f'\n??? abstract "`{words}`"\n\n{body.rstrip()}\n'


def _table(arguments: Sequence[Argument]) -> Iterator[str]:
    yield "| argument | meaning |\n|---|---|\n"
    for each in arguments:
        if text := _prose(str(each.options.get("help", ""))):
            yield f"| `{_shown(each)}` | {text} |\n"


def _shown(argument: Argument) -> str:
    if not _is_option(argument):
        return str(argument.options.get("metavar") or argument.flags[0]).replace("|", "/")
    metavar = argument.options.get("metavar")
    return f"{', '.join(argument.flags)}{f' {metavar}' if metavar else ''}"


def _metavar(argument: Argument) -> str:
    name = str(argument.options.get("metavar") or argument.flags[0])
    match argument.options.get("nargs"):
        case "*":
            return f"[{name} ...]"
        case "+":
            return f"{name} [{name} ...]"
        case "?":
            return f"[{name}]"
        case _:
            return name


def _is_option(argument: Argument) -> bool:
    return argument.flags[0].startswith("-")


def _prose(text: str) -> str:
    """Give a text of the help as Markdown: options, variables and expressions as code."""
    bars = text.replace("|", "\\|")
    code = re.compile(
        r"`[^`]*`|'\([^']*\)'|(?<![\w`-])--[a-z][a-z-]*|\bCHAT3_[A-Z_]+(?:=\w+)?|\btnt_\w+"
    )
    return code.sub(lambda found: f"`{found[0].strip('`')}`", bars)


if __name__ == "__main__":
    if "--write" in sys.argv:
        PAGE.write_text(page(), "utf-8")
    else:
        sys.stdout.write(page())
