"""The command `chat3 completion`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from chat3_cli.command import Group
from chat3_cli.completion import bash, fish, zsh
from chat3_cli.failures import EXIT_OK
from chat3_cli.local import Context, Local

SCRIPTS: Mapping[str, Callable[[Sequence[Group]], str]] = {
    "bash": bash.script,
    "zsh": zsh.script,
    "fish": fish.script,
}
SHELLS = tuple(SCRIPTS)


@dataclass(frozen=True, kw_only=True)
class Completion(Local):
    """The command that prints a script for a shell."""

    reads_profile: bool = False

    def perform(self, context: Context) -> int:
        """Print it."""
        context.out.line(SCRIPTS[context.args.shell](context.groups).rstrip("\n"))
        return EXIT_OK
