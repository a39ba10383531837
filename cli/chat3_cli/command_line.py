"""Turns the command line and the environment into a command and its checked options."""

import argparse
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import NoReturn

from chat3_cli import connection, help_text, standard_input, values
from chat3_cli.arguments import OneOf
from chat3_cli.command import Command, Group
from chat3_cli.connection import Connection
from chat3_cli.groups import BACK_END, GROUPS
from chat3_cli.local import Local
from chat3_cli.meant import meant
from chat3_cli.session import Session
from chat3_cli.settings import config_file
from chat3_cli.settings.config_file import Config
from chat3_cli.settings.errors import SettingsError
from chat3_cli.settings.identity import identity
from chat3_cli.settings.precedence import Settings, resolve

_HELP = ("-h", "--help")
_GLOBAL_FLAGS = [flag for option in connection.OPTIONS for flag in option.flags]


@dataclass(frozen=True, slots=True)
class Invocation:
    """What is to be done, with which settings."""

    words: str
    """The command by its full name, such as `dialogs list`."""
    command: Command
    args: argparse.Namespace
    settings: Settings
    connection: Connection | None
    """Where, and in whose name; nothing for a command that finds that out by itself."""

    def open_session(self) -> Session:
        """Make a new connection to the service."""
        if self.connection is None:
            raise RuntimeError(f"{self.words} has no connection")
        return self.connection.open()


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
    connection.add_options(parser)
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
    try:
        settings = resolve(vars(options), environ, _config(named.command, environ))
        standard_input.fill(args, taken=_reads_input(settings, named.command))
        found = _connection(named.command, settings, options.timeout)
    except SettingsError as error:
        parser.error(str(error))
    effective = vars(options) | {name: each.value for name, each in settings.found.items()}
    return Invocation(
        words=f"{named.group.name} {named.command.name}",
        command=named.command,
        args=argparse.Namespace(**effective | vars(args)),
        settings=settings,
        connection=found,
    )


def _config(command: Command, environ: Mapping[str, str]) -> Config:
    wanted = not (isinstance(command, Local) and not command.reads_profile)
    return config_file.load(config_file.path(environ)) if wanted else Config()


def _connection(command: Command, settings: Settings, timeout: float | None) -> Connection | None:
    if isinstance(command, Local):
        return None
    return Connection(
        connection.target(settings, timeout), identity(settings, needed=command.identity)
    )


def _reads_input(settings: Settings, command: Command) -> bool:
    """Say whether a key or a token comes from standard input."""
    files = ("api_key_file", "token_file")
    return bool(command.identity) and any(settings.text(name) == "-" for name in files)


def _named(parser: argparse.ArgumentParser, words: Sequence[str]) -> _Named:
    """Find the command; a group alone stands for its default, some commands have a short name.

    The name of a back end's group is two words.
    """
    if words[0].startswith("-"):
        guess = meant(words[0].partition("=")[0], _GLOBAL_FLAGS)
        parser.error(f"unrecognized arguments: {words[0]}{guess}")
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
        parser.error(f"invalid choice: {first!r}{meant(first, known)} (choose from {choices})")
    if rest and rest[0] in _HELP and first in groups:
        print(help_text.of_group(groups[first]), end="")
        parser.exit()
    return shorts.get(first) or _in_group(groups[first], rest)


def _in_group(group: Group, words: Sequence[str]) -> _Named:
    names = [command.name for command in group.commands]
    if words and words[0] in names:
        return _Named(group, group.command(words[0]), words[1:])
    guess = meant(words[0], names) if words else ""
    return _Named(group, group.command(group.default), words, guess)


def _arguments(named: _Named) -> argparse.Namespace:
    command = named.command
    parser = _CommandParser(
        prog=f"chat3 {named.group.name} {command.name}",
        allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description=help_text.of_command(command),
        epilog=help_text.below(named.group, command),
    )
    for declared in command.all_arguments:
        if isinstance(declared, OneOf):
            either = parser.add_mutually_exclusive_group()
            for one in declared.arguments:
                one.add_to(either)
        else:
            declared.add_to(parser)
    parser.meant = named.meant or _flag_meant(named.rest, command)
    args = parser.parse_args(named.rest)
    parser.meant = ""
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


def _flag_meant(words: Sequence[str], command: Command) -> str:
    """Say what the first option that is not known may have been meant for."""
    of_command = [flag for declared in command.single_arguments for flag in declared.flags]
    known = [flag for flag in (*of_command, *_GLOBAL_FLAGS, "--help") if flag.startswith("--")]
    for word in words[: words.index("--") if "--" in words else None]:
        flag = word.partition("=")[0]
        if flag.startswith("--") and flag not in known:
            return meant(flag, known)
    return ""


def _version() -> str:
    return f"chat3 {version('chat3-cli')}"
