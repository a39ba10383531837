"""Who is watched on a stream of many users: batches are applied whole or not at all."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from chat3_api.chat3.tenant import v1 as pb
from chat3_api.chat3.user.v1 import ErrorReason, ResumeOutcome
from chat3_user.errors import CallError, FieldViolation, invalid_fields
from chat3_user.updates.fanout.hub import Hub
from chat3_user.updates.fanout.resuming import Resumption
from chat3_user.updates.fanout.watch import Outgoing, Watch, Watched
from chat3_user.updates.fanout.watch_responses import acknowledged
from chat3_user.updates.log.tokens import Token


class UserError(Exception):
    """A batch fails for one user, by ``error``."""

    def __init__(self, user_id: str, error: CallError) -> None:
        super().__init__(user_id)
        self.user_id = user_id
        self.error = error


@dataclass(frozen=True, slots=True)
class Batch:
    """What a client wants changed: users with the tokens to go on from, ids in lower case."""

    batch_id: str
    watch: Mapping[str, str]
    unwatch: frozenset[str]


class WatchedUsers:
    """Watches users of one tenant for one stream, by way of the hub.

    ``count_dropped`` is told the reason for which a user was dropped.
    """

    def __init__(
        self, hub: Hub, watch: Watch, tenant_id: str, count_dropped: Callable[[str], None]
    ) -> None:
        self._hub = hub
        self._watch = watch
        self._tenant_id = tenant_id
        self._count_dropped = count_dropped
        watch.leave = self._dropped

    def check(self, batch: Batch) -> dict[str, Token | None]:
        """Return the tokens of a batch that may be applied, by user.

        Raises `CallError`, `UserError`.
        """
        twice = [
            FieldViolation(f"watch[{place}].user_id", "not watched on this stream already")
            for place, user_id in enumerate(batch.watch)
            if user_id in self._watch.users
        ]
        if twice:
            raise invalid_fields(twice[:32])
        self._check_room(batch)
        tokens: dict[str, Token | None] = {}
        for user_id, text in batch.watch.items():
            try:
                tokens[user_id] = self._hub.read_token(text, self._tenant_id, user_id)
            except CallError as error:
                raise UserError(user_id, error) from error
        return tokens

    async def apply(self, batch: Batch, tokens: Mapping[str, Token | None]) -> None:
        """Apply a batch that was checked, and queue its acknowledgement.

        Raises `CallError`, `UserError`; then nothing has changed.
        """
        # Other streams of the key may have taken the room since it was checked.
        self._check_room(batch)
        joined: list[Watched] = []
        try:
            for user_id in tokens:
                watched = self._watch.add(user_id)
                try:
                    watched.feed = self._hub.join(self._tenant_id, user_id, watched)
                except CallError as error:
                    self._watch.remove(watched)
                    raise UserError(user_id, error) from error
                joined.append(watched)
            begun = await self._begin(joined, tokens)
        except BaseException:
            for watched in joined:
                self._leave(watched)
            raise
        for user_id in batch.unwatch:
            leaving = self._watch.users.get(user_id)
            if leaving is not None:
                self._leave(leaving)
        answer = Outgoing(
            acknowledged(
                batch.batch_id,
                [
                    pb.UserWatched(
                        user_id=watched.user_id,
                        resume_outcome=_told(watched, resumption),
                        resume_token=resumption.token,
                    )
                    for watched, resumption in zip(joined, begun, strict=True)
                ],
            )
        )
        self._watch.tell(lambda: answer)
        for watched, resumption in zip(joined, begun, strict=True):
            self._watch.open(watched, resumption.token, resumption.items, resumption.fresh)

    def drop_missing(self, user_ids: set[str]) -> None:
        """Watch users no longer who do not exist."""
        for user_id in user_ids:
            watched = self._watch.users.get(user_id)
            if watched is not None and watched.opened:
                self._watch.drop(watched, ErrorReason.USER_NOT_FOUND)

    def close(self) -> None:
        """Watch nobody any more."""
        for watched in tuple(self._watch.users.values()):
            self._leave(watched)

    def _check_room(self, batch: Batch) -> None:
        leaving = len(batch.unwatch & self._watch.users.keys())
        self._hub.make_room(self._watch, len(batch.watch) - leaving)

    async def _begin(
        self, joined: list[Watched], tokens: Mapping[str, Token | None]
    ) -> list[Resumption]:
        """Let every user's updates flow into its place.

        All are waited for before one of them fails the batch: none is left to itself.
        """
        outcomes = await asyncio.gather(
            *(
                self._hub.begin(watched.feed, watched, tokens[watched.user_id])
                for watched in joined
            ),
            return_exceptions=True,
        )
        begun: list[Resumption] = []
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome
            begun.append(outcome)
        return begun

    def _leave(self, watched: Watched) -> None:
        self._watch.remove(watched)
        self._hub.leave(watched.feed, watched)

    def _dropped(self, watched: Watched, reason: ErrorReason) -> None:
        self._hub.leave(watched.feed, watched)
        self._count_dropped(str(reason.name))


def _told(watched: Watched, resumption: Resumption) -> ResumeOutcome:
    """Return, and count, where a user begins; a gap among what was held meanwhile is one, too."""
    outcome = ResumeOutcome.RESUMED_WITH_GAP if watched.holds_gap else resumption.outcome
    watched.counts.begun(str(outcome.name))
    return outcome
