"""Prints the stream of updates. The library opens it again where it broke off."""

from abc import ABC, abstractmethod
from argparse import Namespace
from contextlib import aclosing
from datetime import timedelta
from typing import Generic, TypeVar

from chat3_api.chat3.tenant.v1 import WatchUpdatesResponse
from chat3_api.chat3.user.v1 import ErrorReason, SubscribeUpdatesResponse
from chat3_cli.arguments import UPDATE_KINDS
from chat3_cli.failures import EXIT_OK
from chat3_cli.output import Output
from chat3_cli.render_updates import UpdateRenderer
from chat3_cli.resume_point import ResumePoint
from chat3_cli.session import OpenSession, Session
from chat3_cli.style import BOLD, safe
from chat3_cli.whole_text import whole_text
from chat3_client import Chat3Client, Disconnected, TenantClient, UpdateStream

USUAL_HEARTBEAT = timedelta(seconds=30)

_UNUSABLE = f"ERROR_REASON_{ErrorReason.RESUME_TOKEN_INVALID.name}"
_OF_SOMEBODY_ELSE = f"ERROR_REASON_{ErrorReason.RESUME_TOKEN_FOREIGN.name}"

Streamed = TypeVar("Streamed", SubscribeUpdatesResponse, WatchUpdatesResponse)


class Printing(ABC, Generic[Streamed]):
    """One run of a command that prints a stream, over as many connections as it takes."""

    def __init__(self, args: Namespace, out: Output) -> None:
        self.args = args
        self.out = out
        self.renderer = UpdateRenderer(out.style)
        self.left: int | None = args.count
        """How many updates are still to be printed; None when all are."""

    @property
    def heartbeat(self) -> timedelta:
        """The longest silence that is wanted."""
        seconds = self.args.heartbeat
        return USUAL_HEARTBEAT if seconds is None else timedelta(seconds=seconds)

    def lost(self, lost: Disconnected) -> None:
        """Say that the connection was lost; raise why, when it is not to be made again."""
        if self.args.no_reconnect:
            raise lost.error
        self.out.reconnecting(lost.error, lost.retry_in)

    def show(self, response: Streamed) -> None:
        """Print a response, and count an update."""
        if response.update is not None and self.left:
            self.left -= 1
        line = self.line_of(response)
        self.out.answer(response, [line] if line else [])

    @abstractmethod
    def line_of(self, response: Streamed) -> str | None:
        """Return what is printed of a response, if anything is."""

    def for_user(self, user_id: str, line: str | None) -> str | None:
        """Put the user whom it is for before a line."""
        if line is None or not user_id:
            return line
        return f"{self.out.style.paint(safe(user_id), BOLD)} {line}"


class Watching(Printing[SubscribeUpdatesResponse]):
    """One run of `chat3 watch`."""

    def __init__(self, args: Namespace, out: Output) -> None:
        super().__init__(args, out)
        self._point = ResumePoint(args.resume, args.resume_file)

    async def run(self, open_session: OpenSession) -> int:
        """Print updates until enough were seen, or until the stream fails for good."""
        async with (
            open_session() as session,
            self._stream(session) as stream,
            aclosing(stream.responses()) as responses,
        ):
            async for response in responses:
                if isinstance(response, Disconnected):
                    self.lost(response)
                    continue
                await self._complete(session, response)
                self.show(response)
                await stream.acknowledge()
                if self.left == 0:
                    break
        return EXIT_OK

    def lost(self, lost: Disconnected) -> None:
        """Say that the connection was lost, or that the resume token was refused."""
        if lost.reason == _OF_SOMEBODY_ELSE:
            raise lost.error
        if lost.reason == _UNUSABLE and not self.args.no_reconnect:
            self.out.warning(
                f"{self._point.where} was refused: it is damaged, or of another service. Watching "
                "from now on: what changed since then is not shown; read dialogs and messages again"
            )
        super().lost(lost)

    def line_of(self, response: SubscribeUpdatesResponse) -> str | None:
        """Return what is printed of a response, if anything is."""
        return self.renderer.line(response)

    def _client(self, session: Session) -> Chat3Client | TenantClient:
        return session.user

    def _stream(self, session: Session) -> UpdateStream:
        return self._client(session).updates(
            self._point,
            kinds=[UPDATE_KINDS[name] for name in self.args.kinds],
            dialog_ids=self.args.dialogs,
            heartbeat=self.heartbeat,
        )

    async def _complete(self, session: Session, response: SubscribeUpdatesResponse) -> None:
        """Put the whole text into an update that may have it cut."""
        await whole_text(session, response)


class FollowingTenant(Watching):
    """One run of `chat3 tenant updates follow`: the same, of a whole tenant.

    A text that may be cut stays as it is: a back end has no user who could read it again.
    """

    def line_of(self, response: SubscribeUpdatesResponse) -> str | None:
        """Return the line of an update behind the user whom it is for."""
        user_id = response.update.user_id if response.update is not None else ""
        return self.for_user(user_id, super().line_of(response))

    def _client(self, session: Session) -> TenantClient:
        return session.back_end

    async def _complete(self, session: Session, response: SubscribeUpdatesResponse) -> None:
        pass
