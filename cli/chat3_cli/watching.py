"""Prints the stream of updates, and opens it again where it broke off."""

import asyncio
from argparse import Namespace
from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import timedelta
from typing import Any, Protocol, TypeAlias

from grpclib.const import Status

from chat3_api.chat3.tenant.v1 import (
    SubscribeTenantUpdatesRequest,
    SubscribeTenantUpdatesResponse,
)
from chat3_api.chat3.user.v1 import (
    ErrorReason,
    SubscribeUpdatesRequest,
    SubscribeUpdatesResponse,
)
from chat3_cli import backoff
from chat3_cli.arguments import UPDATE_KINDS
from chat3_cli.failures import EXIT_OK, CallFailedError, Failure
from chat3_cli.output import Output
from chat3_cli.render_updates import UpdateRenderer
from chat3_cli.resume_point import ResumePoint
from chat3_cli.session import OpenSession, Session
from chat3_cli.style import BOLD, safe
from chat3_cli.whole_text import whole_text

_UNUSABLE = f"ERROR_REASON_{ErrorReason.RESUME_TOKEN_INVALID.name}"
"""Nobody can use such a token. One of somebody else, in contrast, stays in its file."""

AnyResponse: TypeAlias = SubscribeUpdatesResponse | SubscribeTenantUpdatesResponse


async def watch(args: Namespace, open_session: OpenSession, out: Output) -> int:
    """Print updates until enough were seen, or until the stream fails for good."""
    return await follow(Watching(args, out), args, open_session, out)


class Follower(Protocol):
    """One run of a command that prints a stream, over as many streams as it takes."""

    @property
    def alive(self) -> bool:
        """Whether the last stream carried more than its opening."""

    async def follow(self, open_session: OpenSession) -> None:
        """Print one stream; return when enough was seen, raise when the stream fails."""

    def worth_another_try(self, failure: Failure) -> bool:
        """Say whether the stream is to be opened again."""


async def follow(
    watching: Follower, args: Namespace, open_session: OpenSession, out: Output
) -> int:
    """Follow one stream after the other until enough was seen, or one fails for good."""
    failures = 0
    while True:
        try:
            await watching.follow(open_session)
        except CallFailedError as error:
            # A stream that carried something shows that the service works: back-off starts anew.
            failures = 1 if watching.alive else failures + 1
            if args.no_reconnect or not watching.worth_another_try(error.failure):
                raise
            pause = backoff.pause(failures, error.failure.retry_after)
            out.reconnecting(error.failure, pause)
        else:
            return EXIT_OK
        await asyncio.sleep(pause)


class Watching:
    """One run of `chat3 watch`, over as many streams as it takes."""

    def __init__(self, args: Namespace, out: Output) -> None:
        self._args = args
        self._out = out
        self._renderer = UpdateRenderer(out.style)
        self._point = ResumePoint(args.resume, args.resume_file)
        self._left: int | None = args.count
        self._established = False
        self.alive = False
        """Whether the last stream carried more than its opening."""

    async def follow(self, open_session: OpenSession) -> None:
        """Print one stream; return when enough was seen, raise when the stream fails."""
        self.alive = False
        async with (
            open_session() as session,
            aclosing(self._stream(session)) as stream,
        ):
            async for response in stream:
                await self._complete(session, response)
                self._print(response)
                self._point.advance(response.resume_token)
                if self._left == 0:
                    return

    def worth_another_try(self, failure: Failure) -> bool:
        """Say whether the stream is to be opened again; learn a last token from the failure."""
        if self._point.token and failure.reason == _UNUSABLE:
            self._out.warning(
                f"{self._point.where} was refused: it is damaged, or of another service. Watching "
                "from now on: what changed since then is not shown; read dialogs and messages again"
            )
            self._point.forget()
            return True
        if not self._point.token:
            self._point.advance(failure.metadata.get("resume_token", ""))
        if not failure.reached or failure.status is Status.DEADLINE_EXCEEDED:
            # Never reached: the address may be wrong. Reached before: the service is restarting.
            return self._established
        return failure.passing

    def _stream(self, session: Session) -> AsyncGenerator[AnyResponse, None]:
        return session.subscribe(SubscribeUpdatesRequest(**self._asked()))

    async def _complete(self, session: Session, response: AnyResponse) -> None:
        """Put the whole text into an update that may have it cut."""
        await whole_text(session, response)

    def _asked(self) -> dict[str, Any]:
        """Return the fields of the request."""
        seconds = self._args.heartbeat
        return {
            "resume_token": self._point.token,
            "update_kinds": [UPDATE_KINDS[name] for name in self._args.kinds],
            "dialog_ids": self._args.dialogs,
            "heartbeat_interval": None if seconds is None else timedelta(seconds=seconds),
        }

    def line_of(self, response: AnyResponse) -> str | None:
        """Return what is printed of a response, if anything is."""
        return self._renderer.line(response)

    def _print(self, response: AnyResponse) -> None:
        if response.connection_established is None:
            self.alive = True
        else:
            self._established = True
        if response.update is not None and self._left:
            self._left -= 1
        line = self.line_of(response)
        self._out.answer(response, [line] if line else [])


class FollowingTenant(Watching):
    """One run of `chat3 tenant updates follow`: the same, of a whole tenant.

    A text that may be cut stays as it is: a back end has no user who could read it again.
    """

    def _stream(self, session: Session) -> AsyncGenerator[AnyResponse, None]:
        return session.follow_tenant(SubscribeTenantUpdatesRequest(**self._asked()))

    async def _complete(self, session: Session, response: AnyResponse) -> None:
        pass

    def line_of(self, response: AnyResponse) -> str | None:
        """Return the line of an update behind the user whom it is for."""
        line = super().line_of(response)
        if line is None or response.update is None:
            return line
        return f"{self._out.style.paint(safe(response.update.user_id), BOLD)} {line}"
