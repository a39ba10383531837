"""Prints the stream of updates, and opens it again where it broke off."""

import asyncio
from argparse import Namespace
from contextlib import aclosing
from datetime import timedelta
from typing import Protocol

from grpclib.const import Status

from chat3_api.chat3.user.v1 import SubscribeUpdatesRequest, SubscribeUpdatesResponse
from chat3_cli import backoff
from chat3_cli.arguments import UPDATE_KINDS
from chat3_cli.failures import EXIT_OK, CallFailedError, Failure
from chat3_cli.output import Output
from chat3_cli.render_updates import UpdateRenderer
from chat3_cli.resume_point import ResumePoint
from chat3_cli.session import OpenSession
from chat3_cli.whole_text import whole_text


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
            aclosing(session.subscribe(self._request())) as stream,
        ):
            async for response in stream:
                await whole_text(session, response)
                self._print(response)
                self._point.advance(response.resume_token)
                if self._left == 0:
                    return

    def worth_another_try(self, failure: Failure) -> bool:
        """Say whether the stream is to be opened again; learn a last token from the failure."""
        if not self._point.token:
            self._point.advance(failure.metadata.get("resume_token", ""))
        if not failure.reached or failure.status is Status.DEADLINE_EXCEEDED:
            # Never reached: the address may be wrong. Reached before: the service is restarting.
            return self._established
        return failure.passing

    def _request(self) -> SubscribeUpdatesRequest:
        seconds = self._args.heartbeat
        return SubscribeUpdatesRequest(
            resume_token=self._point.token,
            update_kinds=[UPDATE_KINDS[name] for name in self._args.kinds],
            dialog_ids=self._args.dialogs,
            heartbeat_interval=None if seconds is None else timedelta(seconds=seconds),
        )

    def _print(self, response: SubscribeUpdatesResponse) -> None:
        if response.connection_established is None:
            self.alive = True
        else:
            self._established = True
        if response.update is not None and self._left:
            self._left -= 1
        line = self._renderer.line(response)
        self._out.answer(response, [line] if line else [])
