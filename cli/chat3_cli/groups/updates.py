"""`chat3 updates`: what has changed for the user, and what changes while one watches."""

from argparse import Namespace
from collections.abc import Sequence
from dataclasses import dataclass

from chat3_api.chat3.user.v1 import (
    ListUpdatesResponse,
    SubscribeUpdatesResponse,
    UserServiceStub,
)
from chat3_cli import values
from chat3_cli.arguments import (
    ALL,
    IN_DIALOG,
    KIND,
    RESUME,
    RESUME_FILE,
    UPDATE_KINDS,
    Argument,
    argument,
)
from chat3_cli.command import Command, Group
from chat3_cli.failures import EXIT_OK, endless
from chat3_cli.output import Output
from chat3_cli.render import counted
from chat3_cli.render_updates import UpdateRenderer
from chat3_cli.resume_point import ResumePoint
from chat3_cli.session import OpenSession
from chat3_cli.style import DIM, safe
from chat3_cli.watching import Watching
from chat3_cli.whole_text import whole_text
from chat3_client import Chat3Error


@dataclass(frozen=True, kw_only=True)
class Missed(Command):
    """The command that lists updates: a page of them, or all that wait."""

    @property
    def rpc(self) -> str:
        """The method of the stub."""
        return UserServiceStub.list_updates.__name__

    async def run(self, args: Namespace, open_session: OpenSession, out: Output) -> int:
        """Print what was missed, and where to continue."""
        renderer = UpdateRenderer(out.style)
        point = ResumePoint(args.resume, args.resume_file)
        token = await point.load()
        shown, more = 0, True
        async with open_session() as session:
            while more:
                try:
                    response = await session.user.list_updates(
                        resume_token=token,
                        page_size=args.page_size,
                        update_kinds=[UPDATE_KINDS[name] for name in args.kinds],
                        dialog_ids=args.dialogs,
                    )
                except Chat3Error:
                    if shown:
                        out.note(
                            f"{counted(shown, 'update')} so far; continue with --resume={token}"
                        )
                    raise
                parts = _as_on_the_stream(response)
                for part in parts:
                    await whole_text(session, part)
                out.answer(response, filter(None, map(renderer.line, parts)))
                shown += len(response.updates)
                more = args.all and response.has_more
                if more and response.next_resume_token == token:
                    raise endless("it continues where it began")
                token = response.next_resume_token or token
                await point.save(token)
        if not out.as_json:
            waiting = ", more are waiting" if response.has_more else ""
            out.line(out.style.paint(f"{counted(shown, 'update')}{waiting}", DIM))
            out.line(out.style.paint(f"continue: --resume={safe(token)}", DIM))
        return EXIT_OK


@dataclass(frozen=True, kw_only=True)
class Watch(Command):
    """The command that prints the stream of updates."""

    @property
    def rpc(self) -> str:
        """The method of the stub."""
        return UserServiceStub.subscribe_updates.__name__

    async def run(self, args: Namespace, open_session: OpenSession, out: Output) -> int:
        """Print updates until there are enough."""
        return await Watching(args, out).run(open_session)


def _as_on_the_stream(response: ListUpdatesResponse) -> list[SubscribeUpdatesResponse]:
    gap = [SubscribeUpdatesResponse(gap=response.gap)] if response.gap is not None else []
    return gap + [SubscribeUpdatesResponse(update=update) for update in response.updates]


_SELECTION: Sequence[Argument] = (KIND, IN_DIALOG, RESUME, RESUME_FILE)

UPDATES = Group(
    name="updates",
    help="what changes for the user",
    commands=(
        Missed(
            name="list",
            help="list the updates that were missed since a token",
            example="chat3 updates list --resume-file ~/.chat3-token --all",
            arguments=(
                *_SELECTION,
                argument(
                    "--page-size",
                    type=values.int32,
                    default=0,
                    metavar="N",
                    help="1 to 1000; default 100",
                ),
                ALL,
            ),
        ),
        Watch(
            name="watch",
            help="print updates as they come",
            details="It reconnects by itself and resumes where the last stream ended. With --json "
            "every response of the stream is a line, heartbeats included.",
            example="chat3 watch --kind message_created --resume-file ~/.chat3-token",
            short="watch",
            arguments=(
                *_SELECTION,
                argument(
                    "--heartbeat",
                    type=values.seconds,
                    metavar="SECONDS",
                    help="the longest silence wanted, 5 to 300; default 30",
                ),
                argument(
                    "--count",
                    type=values.count,
                    metavar="N",
                    help="end after N updates; 0 ends once the stream is open",
                ),
                argument("--no-reconnect", action="store_true", help="end when the stream ends"),
            ),
        ),
    ),
)
