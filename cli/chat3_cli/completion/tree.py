"""The command tree as completion sees it: what can stand at each place of a command line."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from chat3_cli.arguments import Argument
from chat3_cli.command import Command, Group
from chat3_cli.connection import OPTIONS
from chat3_cli.groups.tenant import BACK_END
from chat3_cli.values import Named, OneOfNames

_OF_A_FILE = ("FILE", "PATH")
_OF_A_PROFILE = "PROFILE"
_NO_VALUE = frozenset({"store_true", "store_false", "store_const"})
HELP = "--help"


@dataclass(frozen=True, slots=True)
class Values:
    """What can stand for a value."""

    names: Sequence[str] = ()
    files: bool = False
    profiles: bool = False

    def __bool__(self) -> bool:
        return bool(self.names) or self.files or self.profiles


@dataclass(frozen=True, slots=True)
class Option:
    """An option with two dashes."""

    flag: str
    help: str
    takes_value: bool
    values: Values


@dataclass(frozen=True, slots=True)
class Place:
    """A place of the tree: a command, a group, or the words before one."""

    path: str
    """The words up to here, such as `dialogs list`; empty at the beginning."""
    words: Sequence[tuple[str, str]]
    """The words that can follow, with their help."""
    options: Sequence[Option]
    positionals: Sequence[Values]
    """What can stand for the first, the second value."""


def options_of_all() -> Sequence[Option]:
    """Give the options that stand anywhere."""
    return [
        *_options(OPTIONS),
        Option(HELP, "say what it takes", takes_value=False, values=Values()),
    ]


def places(groups: Sequence[Group]) -> Iterator[Place]:
    """Walk the tree."""
    of_tenant = [group for group in groups if _is_of_tenant(group)]
    others = [group for group in groups if not _is_of_tenant(group)]
    shorts = [command for group in groups for command in group.commands if command.short]
    first = [
        *((group.name, group.help) for group in others),
        (BACK_END, "the tenant as its back end sees it"),
        *((command.short, command.help) for command in shorts),
    ]
    yield Place("", first, [], [])
    yield Place(BACK_END, [(_last(group.name), group.help) for group in of_tenant], [], [])
    for group in groups:
        words = [(command.name, command.help) for command in group.commands]
        yield _place(group.name, group.command(group.default), words)
        for command in group.commands:
            yield _place(f"{group.name} {command.name}", command, [])
    for command in shorts:
        yield _place(command.short, command, [])


def _place(path: str, command: Command, words: Sequence[tuple[str, str]]) -> Place:
    arguments = command.single_arguments
    positionals = [_values(each) for each in arguments if not each.flags[0].startswith("-")]
    return Place(path, words, _options(arguments), positionals)


def _options(arguments: Sequence[Argument]) -> list[Option]:
    return [
        Option(
            flag,
            str(each.options.get("help", "")),
            takes_value=each.options.get("action") not in _NO_VALUE,
            values=_values(each),
        )
        for each in arguments
        for flag in each.flags
        if flag.startswith("--")
    ]


def _values(argument: Argument) -> Values:
    kind = argument.options.get("type")
    if isinstance(kind, Named | OneOfNames):
        return Values(names=kind.names)
    metavar = argument.options.get("metavar")
    if metavar in _OF_A_FILE:
        return Values(files=True)
    profile = metavar == _OF_A_PROFILE or argument.flags == ("--profile",)
    return Values(profiles=profile)


def _is_of_tenant(group: Group) -> bool:
    return group.name.startswith(f"{BACK_END} ")


def _last(name: str) -> str:
    return name.rpartition(" ")[2]
