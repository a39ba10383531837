"""`chat3 tenant updates`: what changes for many users, or in the tenant, while one watches."""

from argparse import Namespace
from dataclasses import dataclass
from typing import Final

from chat3_api.chat3.tenant.v1 import TenantServiceStub
from chat3_cli import values
from chat3_cli.arguments import IN_DIALOG, KIND, RESUME, RESUME_FILE, argument, user_ids
from chat3_cli.command import Command, Group
from chat3_cli.groups.tenant import IDENTITY
from chat3_cli.output import Output
from chat3_cli.session import OpenSession
from chat3_cli.watching import FollowingTenant
from chat3_cli.watching_users import WatchingUsers


@dataclass(frozen=True, kw_only=True)
class WatchUsers(Command):
    """The command that prints the updates of many users."""

    @property
    def rpc(self) -> str:
        """The method of the stub."""
        return TenantServiceStub.watch_updates.__name__

    async def run(self, args: Namespace, open_session: OpenSession, out: Output) -> int:
        """Print updates until there are enough."""
        return await WatchingUsers(args, out).run(open_session)


@dataclass(frozen=True, kw_only=True)
class FollowTenant(Command):
    """The command that prints the updates of the whole tenant."""

    @property
    def rpc(self) -> str:
        """The method of the stub."""
        return TenantServiceStub.subscribe_tenant_updates.__name__

    async def run(self, args: Namespace, open_session: OpenSession, out: Output) -> int:
        """Print updates until there are enough."""
        return await FollowingTenant(args, out).run(open_session)


_HEARTBEAT: Final = argument(
    "--heartbeat",
    type=values.seconds,
    metavar="SECONDS",
    help="the longest silence wanted, 5 to 300; default 30",
)
_NO_RECONNECT: Final = argument(
    "--no-reconnect", action="store_true", help="end when the stream ends"
)

TENANT_UPDATES = Group(
    name="tenant updates",
    help="what changes for users of the tenant",
    default="watch",
    commands=(
        WatchUsers(
            name="watch",
            help="print updates of many users as they come",
            details="It reconnects by itself and resumes each user where the last stream ended. "
            "With --json every response of the stream is a line, heartbeats included.",
            example="chat3 tenant updates watch alice bob",
            identity=IDENTITY,
            arguments=(
                user_ids("user_ids", "the users to watch", nargs="+"),
                _HEARTBEAT,
                argument(
                    "--count",
                    type=values.count,
                    metavar="N",
                    help="end after N updates; 0 ends once the users are watched",
                ),
                _NO_RECONNECT,
            ),
        ),
        FollowTenant(
            name="follow",
            help="print the updates of all users of the tenant as they come",
            details="It reconnects by itself and resumes where the last stream ended. With --json "
            "every response of the stream is a line, heartbeats included.",
            example="chat3 tenant updates follow --kind message_created "
            "--resume-file ~/.chat3-token",
            identity=IDENTITY,
            arguments=(
                KIND,
                IN_DIALOG,
                RESUME,
                RESUME_FILE,
                _HEARTBEAT,
                argument(
                    "--count",
                    type=values.count,
                    metavar="N",
                    help="end after N updates; 0 ends once the stream is open",
                ),
                _NO_RECONNECT,
            ),
        ),
    ),
)
