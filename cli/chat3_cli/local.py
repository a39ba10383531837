"""What a command is that is about this command's own settings: it may call nothing at all."""

from abc import abstractmethod
from argparse import Namespace
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from chat3_cli.command import Command, Group
from chat3_cli.output import Output
from chat3_cli.session import OpenSession
from chat3_cli.settings.precedence import Settings


@dataclass(frozen=True, slots=True)
class Context:
    """What such a command works with."""

    args: Namespace
    settings: Settings
    config_path: Path | None
    """Where the config file is, or would be; nothing when there shall be none."""
    environ: Mapping[str, str]
    groups: Sequence[Group]
    """All commands there are."""
    out: Output


@dataclass(frozen=True, kw_only=True)
class Local(Command):
    """A command about this command's own settings."""

    identity: Sequence[str] = ()
    reads_profile: bool = True
    """Whether the profile that counts is read first; a config file that is wrong ends it then."""

    @property
    def rpc(self) -> str:
        """No method of its own."""
        return ""

    async def run(self, args: Namespace, open_session: OpenSession, out: Output) -> int:
        """Do nothing: `perform` does it."""
        raise NotImplementedError

    @abstractmethod
    def perform(self, context: Context) -> int:
        """Do it, outside of any event loop; return the exit code."""
