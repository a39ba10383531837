"""Turns the command line and the environment into a command and its checked options."""

import argparse
import difflib
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import NoReturn

from chat3_cli import connection, help_text, values
from chat3_cli.arguments import OneOf
from chat3_cli.command import Command, Group
from chat3_cli.groups import BACK_END, GROUPS
from chat3_cli.session import Identity, Target

_HELP = ("-h", "--help")


@dataclass(frozen=True, slots=True)
class Invocation:
    """What is to be done, where, and in whose name."""

    words: str
    """The command by its full name, such as `dialogs list`."""
    command: Command
    args: argparse.Namespace
    target: Target
    identity: Identity


@dataclass(frozen=True, slots=True)
class _Named:
    """A command that was found, and what follows its name on the command line."""

    group: Group
    command: Command
    rest: Sequence[str]
    meant: str = ""
    """What the first word may have been meant for, when the command line did not name a command."""


def parse(argv: Sequence[str], environ: Mapping[str, str]) -> Invocation:
    """Read the command line; end the process with code 2 when it breaks a rule."""
    parser = argparse.ArgumentParser(
        prog="chat3",
        usage="chat3 [OPTIONS] COMMAND ...",
        add_help=False,
        allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description=help_text.of_all(GROUPS),
        epilog=help_text.EPILOG,
    )
    connection.add_options(parser, environ)
    parser.add_argument("--version", action="version", version=_version())
    for word in argv:
        try:
            values.text(word)
        except argparse.ArgumentTypeError as error:
            parser.error(f"{word!a} {error}")
    options, rest = parser.parse_known_args(argv)
    if not rest:
        parser.error("the following arguments are required: COMMAND")
    if rest[0] in _HELP:
        parser.print_help()
        parser.exit()
    named = _named(parser, rest)
    args = _arguments(named)
    return Invocation(
        words=f"{named.group.name} {named.command.name}",
        command=named.command,
        args=argparse.Namespace(**vars(options), **vars(args)),
        target=connection.target(parser, options),
        identity=connection.identity(parser, options, needed=named.command.identity),
    )


def _named(parser: argparse.ArgumentParser, words: Sequence[str]) -> _Named:
    """Find the command; a group alone stands for its default, some commands have a short name.

    The name of a back end's group is two words.
    """
    groups = {group.name: group for group in GROUPS}
    pair = " ".join(words[:2])
    first, rest = (pair, words[2:]) if pair in groups else (words[0], words[1:])
    shorts = {
        command.short: _Named(group, command, rest)
        for group in GROUPS
        for command in group.commands
        if command.short
    }
    known = [*groups, *shorts]
    if first == BACK_END:
        if not rest or rest[0] in _HELP:
            of_back_ends = [group for name, group in groups.items() if name.startswith(BACK_END)]
            print(help_text.of_back_ends(of_back_ends), end="")
            parser.exit()
        first = pair
    if first not in known:
        choices = ", ".join(known)
        parser.error(f"invalid choice: {first!r}{_meant(first, known)} (choose from {choices})")
    if rest and rest[0] in _HELP and first in groups:
        print(help_text.of_group(groups[first]), end="")
        parser.exit()
    return shorts.get(first) or _in_group(groups[first], rest)


def _in_group(group: Group, words: Sequence[str]) -> _Named:
    names = [command.name for command in group.commands]
    if words and words[0] in names:
        return _Named(group, group.command(words[0]), words[1:])
    meant = _meant(words[0], names) if words else ""
    return _Named(group, group.command(group.default), words, meant)


def _arguments(named: _Named) -> argparse.Namespace:
    command = named.command
    parser = _CommandParser(
        prog=f"chat3 {named.group.name} {command.name}",
        allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description=help_text.of_command(command),
        epilog=help_text.below(named.group, command),
    )
    parser.meant = named.meant
    for declared in command.all_arguments:
        if isinstance(declared, OneOf):
            either = parser.add_mutually_exclusive_group()
            for one in declared.arguments:
                one.add_to(either)
        else:
            declared.add_to(parser)
    args = parser.parse_args(named.rest)
    if command.needs and not any(getattr(args, name) for name in command.needs):
        flags = [
            flag
            for declared in command.arguments
            if not isinstance(declared, OneOf) and declared.options.get("dest") in command.needs
            for flag in declared.flags
        ]
        parser.error(f"nothing to do: give one of {', '.join(flags)}")
    if getattr(args, "idempotency_key", "") is None:
        args.idempotency_key = str(uuid.uuid4())
    return args


class _CommandParser(argparse.ArgumentParser):
    """A parser that says what its first word may have been meant for."""

    meant = ""

    def error(self, message: str) -> NoReturn:
        """End the process with code 2."""
        super().error(message + self.meant)


def _meant(word: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(word, known, n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def _version() -> str:
    return f"chat3 {version('chat3-cli')}"
