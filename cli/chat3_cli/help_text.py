"""The help: of all commands, of a group, of one command."""

from collections.abc import Iterator, Sequence

from chat3_cli.command import Command, Group

EXIT_CODES = (
    (0, "the call succeeded"),
    (1, "the call failed; the reason stands on standard error"),
    (2, "the command line, the configuration file or a profile is wrong"),
    (3, "the service cannot be reached or is not available"),
    (4, "the credentials were refused, or do not allow this"),
    (130, "interrupted by Ctrl-C or a closed pipe"),
)

_CODES = "".join(f"  {code:<5}{meaning}\n" for code, meaning in EXIT_CODES)

EPILOG = f"""\
exit codes:
{_CODES}
examples:
  chat3 login
  chat3 doctor
  chat3 dialogs --filter '(unread_count,gt,0)' --last-message
  chat3 send dlg_demoweekend000000000 'Hello' --meta '{{"important": true}}'
  chat3 messages dlg_demoweekend000000000 --oldest-first --all
  chat3 watch --resume-file ~/.chat3-token
  chat3 --json dialogs | jq -r '.dialogs[].title'

A text that begins with a dash goes after `--`: chat3 send DIALOG_ID -- -5
A text `-` is read from standard input: chat3 send DIALOG_ID - <message.txt
"""

_INTRODUCTION = """\
Chat3 as one user sees it: dialogs, messages, and a stream of updates. The
commands of `chat3 tenant` are for back ends: they see all of their tenant.
`chat3 COMMAND --help` says what a command takes, and gives an example.
"""

_BACK_ENDS = """\
The tenant as its back end sees it. These commands need an API key and no user.
`chat3 tenant GROUP COMMAND --help` says what a command takes.
"""


def of_all(groups: Sequence[Group]) -> str:
    """List the commands of all groups."""
    lines = [_INTRODUCTION]
    for group in groups:
        lines += [f"{group.name}: {group.help}", *_commands(group), ""]
    return "\n".join(lines).rstrip("\n")


def of_back_ends(groups: Sequence[Group]) -> str:
    """List the commands of the groups that are for back ends."""
    lines = ["usage: chat3 tenant GROUP [COMMAND] ...", "", _BACK_ENDS]
    for group in groups:
        lines += [f"{group.name}: {group.help}", *_commands(group), ""]
    return "\n".join(lines).rstrip("\n") + "\n"


def of_group(group: Group) -> str:
    """List the commands of one group."""
    lines = [
        f"usage: chat3 {group.name} [COMMAND] ...",
        "",
        f"{group.name}: {group.help}",
        *_commands(group),
        "",
        f"`chat3 {group.name} COMMAND --help` says what a command takes, and gives an example.",
        f"Without a command it is `{group.default}`.",
    ]
    return "\n".join(lines) + "\n"


def of_command(command: Command) -> str:
    """Say what a command does."""
    first = f"{command.help[0].upper()}{command.help[1:]}."
    return f"{first} {command.details}".rstrip()


def below(group: Group, command: Command) -> str:
    """Give a command's example and its other names."""
    names = [f"chat3 {command.short}"] * bool(command.short)
    names += [f"chat3 {group.name}"] * (group.default == command.name)
    short = [f"short form: {' or '.join(names)}", ""] * bool(names)
    return "\n".join(
        [
            "example:",
            f"  {command.example}",
            "",
            *short,
            "Options of the connection and identity: chat3 --help",
        ]
    )


def _commands(group: Group) -> Iterator[str]:
    for command in group.commands:
        short = command.short or (group.name if command.name == group.default else "")
        yield f"  {command.name:<12}{command.help}{f' (chat3 {short})' if short else ''}"
