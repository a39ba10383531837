"""Prints the updates of many users from one stream, and opens it again where it broke off."""

from argparse import Namespace
from contextlib import aclosing
from datetime import timedelta

import betterproto2
from grpclib.const import Status

from chat3_api.chat3.tenant.v1 import (
    UserDropped,
    UserToWatch,
    WatchRefused,
    WatchUpdatesRequest,
    WatchUpdatesResponse,
)
from chat3_cli.failures import CallFailedError, Failure
from chat3_cli.output import Output
from chat3_cli.render_updates import UpdateRenderer
from chat3_cli.session import OpenSession
from chat3_cli.style import BOLD, safe

_BATCH = "watch"


class WatchingUsers:
    """One run of `chat3 tenant updates watch`, over as many streams as it takes.

    It keeps each user's token in memory: a run that begins anew begins with the present.
    """

    def __init__(self, args: Namespace, out: Output) -> None:
        self._args = args
        self._out = out
        self._renderer = UpdateRenderer(out.style)
        self._tokens = dict.fromkeys(args.user_ids, "")
        self._left: int | None = args.count
        self._established = False
        self.alive = False
        """Whether the last stream carried more than its opening."""

    async def follow(self, open_session: OpenSession) -> None:
        """Print one stream; return when enough was seen, raise when the stream fails."""
        self.alive = False
        async with (
            open_session() as session,
            aclosing(session.watch_users(self._request())) as stream,
        ):
            async for response in stream:
                self._take(response)
                if self._left == 0 and self._established:
                    return

    def worth_another_try(self, failure: Failure) -> bool:
        """Say whether the stream is to be opened again."""
        if not failure.reached or failure.status is Status.DEADLINE_EXCEEDED:
            return self._established
        return failure.passing

    def _request(self) -> WatchUpdatesRequest:
        seconds = self._args.heartbeat
        return WatchUpdatesRequest(
            batch_id=_BATCH,
            watch=[
                UserToWatch(user_id=user_id, resume_token=token)
                for user_id, token in self._tokens.items()
            ],
            heartbeat_interval=None if seconds is None else timedelta(seconds=seconds),
        )

    def _take(self, response: WatchUpdatesResponse) -> None:
        event = betterproto2.which_one_of(response, "event")[1]
        if isinstance(event, WatchRefused):
            raise CallFailedError(_failure(event))
        if response.connection_established is None:
            self.alive = True
        if response.acknowledged is not None:
            self._established = True
            for watched in response.acknowledged.watched:
                self._tokens[watched.user_id] = watched.resume_token
        if response.user_id in self._tokens:
            self._tokens[response.user_id] = response.resume_token
        if response.update is not None and self._left:
            self._left -= 1
        line = self._line(response, event)
        self._out.answer(response, [line] if line else [])

    def _line(self, response: WatchUpdatesResponse, event: object) -> str | None:
        if response.acknowledged is not None:
            return None
        if isinstance(event, UserDropped):
            line: str | None = f"dropped: {safe(str(event.reason))}"
        else:
            line = self._renderer.line(response)
        if line is None or not response.user_id:
            return line
        return f"{self._out.style.paint(safe(response.user_id), BOLD)} {line}"


def _failure(refused: WatchRefused) -> Failure:
    """Return what a refused request says, as a call that failed."""
    text = f"{refused.user_id}: {refused.message}" if refused.user_id else refused.message
    return Failure(
        Status.UNAVAILABLE if refused.retry_delay is not None else Status.FAILED_PRECONDITION,
        text,
        reason=f"ERROR_REASON_{refused.reason}",
        violations=[(broken.field, broken.rule) for broken in refused.broken_rules],
        retry_after=None if refused.retry_delay is None else refused.retry_delay.total_seconds(),
    )
