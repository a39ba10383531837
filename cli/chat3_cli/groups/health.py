"""`chat3 health`: the standard health service."""

from argparse import Namespace
from collections.abc import Sequence
from dataclasses import dataclass

from chat3_cli import json_output
from chat3_cli.arguments import argument
from chat3_cli.command import Command, Group
from chat3_cli.failures import EXIT_OK, EXIT_UNAVAILABLE
from chat3_cli.output import Output
from chat3_cli.session import OpenSession
from chat3_cli.style import safe


@dataclass(frozen=True, kw_only=True)
class Check(Command):
    """The command that asks whether the service serves."""

    identity: Sequence[str] = ()

    @property
    def rpc(self) -> str:
        """None of the user service."""
        return ""

    async def run(self, args: Namespace, open_session: OpenSession, out: Output) -> int:
        """Print the status; anything but serving is the exit code of an unavailable service."""
        async with open_session() as session:
            status = await session.health(args.service)
        out.line(json_output.dump({"status": status}) if out.as_json else safe(status))
        return EXIT_OK if status == "SERVING" else EXIT_UNAVAILABLE


HEALTH = Group(
    name="health",
    help="the state of the service",
    default="check",
    commands=(
        Check(
            name="check",
            help="ask whether the service serves",
            example="chat3 health --service chat3.user.v1.UserService",
            arguments=(
                argument("--service", default="", help="a service name; default: the whole server"),
            ),
        ),
    ),
)
