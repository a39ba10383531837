"""Finds what earlier attempts to send a message left at tenant-api, and finishes what is half done.

tenant-api writes a message step by step, without a transaction; a restart cuts between any two:
the row; its metas one by one, our key first; the event; a first status row for each other member
(not for `system.*`); the quote. What a look finds, and what is done about it once the attempts are
settled (`docs/repairs.md` has the same table for operators):

| cut after | left behind | platform that can delete | older platform |
|---|---|---|---|
| nothing written | nothing | written | written |
| the row | an orphan | claimed; replaced | claimed; key, metas set; reported |
| some metas | key | replaced | metas set; reported |
| all metas, or the event | key, metas | replaced | announced anew; reported |
| some statuses | + some rows | replaced | reported: statuses, quote |
| all statuses | + all rows | replaced if a quote was asked for | reported: quote |
| the quote | all | the answer | the answer |
| a repair of ours | any of the above | as above | as above |

Without other members, and for `system.*`, nothing shows whether the event was published. There a
message is completed in place, announced anew and reported. It is replaced only for a missing quote:
meta that is missing may have been removed by somebody, and an orphan may be somebody's direct
write, complete as it is.

What people have edited or reacted to is never taken away: it is completed in place and reported.
What they deleted is the answer: nothing is written again. What this service took away is none.

Replaced means: deleted in this service's name; then nothing is found, and the message is written
whole, under the same key. Any step can be cut again: the next look finds one of these states.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal

import msgspec

from chat3_api.chat3.user.v1 import ErrorReason, MissingPart
from chat3_user.domain.attempts import (
    Request,
    Statuses,
    carries_key,
    first_statuses,
    is_in_use,
)
from chat3_user.domain.guard import past_guard
from chat3_user.domain.orphans import claimed
from chat3_user.domain.repairs import TAKEN_AWAY_BY, put_message_meta, take_away
from chat3_user.domain.settling import ORPHANS_WITHIN, Settling
from chat3_user.domain.traces import Traces, written_at
from chat3_user.errors import CallError, reasons
from chat3_user.idempotency import Claims, Earlier
from chat3_user.tenant_api import TenantApi
from chat3_user.tenant_api import models as m
from chat3_user.tenant_api.sending import SEND_KEY

log = logging.getLogger(__name__)

Repair = Literal["replaced", "incomplete"]


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that was written, and what of it is missing for good."""

    message: m.Message
    missing: tuple[MissingPart, ...] = ()


@dataclass(frozen=True, slots=True)
class SentMessages:
    """What recognition and repair need; ``settle`` is that of `Times`, in seconds.

    ``count`` hears of each message that was repaired or was found to lack something for good.
    """

    traces: Traces
    api: TenantApi
    claims: Claims
    settle: float
    count: Callable[[Repair], None]

    def judged(self, request: Request, message: m.Message) -> Sent:
        """Return what a write answered, with what tenant-api silently left out of it."""
        if not request.lacks_quote(message):
            return Sent(message)
        self.count("incomplete")
        _report(message, (MissingPart.QUOTE,))
        return Sent(message, (MissingPart.QUOTE,))


class Search:
    """The looks of one call for one message."""

    def __init__(self, sent: SentMessages, request: Request) -> None:
        self._sent = sent
        self._request = request
        self._settling = Settling(sent.settle)

    async def find(self, earlier: Earlier) -> Sent | None:
        """Return the message that an earlier attempt wrote, whole or with what it lacks.

        It comes as tenant-api answers a write: without statuses and reactions. An edit in the
        meantime shows.

        Raises `CallError` and `UnsettledError`.
        """
        rows = await self._sent.traces.keyed(self._request, earlier)
        alive = [row for row in rows if not row.deleted]
        for row in alive:
            if await self._is_whole(row):
                return Sent(_as_written(row))
        for row in alive:
            self._settling.wait_for(row.message_id, written_at(row), earlier)
            found = await self._finish(row, earlier.name)
            if found is not None:
                return found
        for row in rows:
            if row.deleted and row.deleted_by != TAKEN_AWAY_BY:
                return Sent(_as_written(row))
        if earlier.settled and earlier.age is not None and earlier.age < ORPHANS_WITHIN:
            return await self._find_orphan(earlier, earlier.age)
        return None

    async def _find_orphan(self, earlier: Earlier, age: float) -> Sent | None:
        for row in await self._sent.traces.orphans(self._request, age):
            statuses = await self._sent.traces.statuses(self._request, row)
            if statuses not in {Statuses.NONE, Statuses.NOBODY}:
                continue
            self._settling.wait_for(row.message_id, written_at(row), earlier)
            claims, identity = self._sent.claims, self._request.identity
            if not await claimed(claims, identity, row.message_id, earlier.name):
                continue
            return await self._finish_with(row, earlier.name, statuses)
        return None

    async def _is_whole(self, row: m.Message) -> bool:
        """Tell whether it shows at little cost that the platform took its last step.

        Meta that is missing then was removed by somebody since.
        """
        if "quotedMessageId" in self._request.body:
            return not self._request.lacks_quote(row)
        if not self._request.has_statuses:
            return False
        audience = await self._sent.traces.audience(self._request)
        if audience is None:
            return False
        if audience.last_message_at == row.created_at:
            return True
        return audience.others > 0 and first_statuses(row, audience.others)

    async def _finish(self, row: m.Message, name: str) -> Sent | None:
        return await self._finish_with(
            row, name, await self._sent.traces.statuses(self._request, row)
        )

    async def _finish_with(self, row: m.Message, name: str, statuses: Statuses) -> Sent | None:
        """Return the message as far as it can be had; None when it was taken away."""
        missing = self._missing_for_good(row, statuses)
        if not missing:
            return Sent(_as_written(row))
        if self._is_broken(row, statuses) and not is_in_use(row):
            gone = await past_guard(
                lambda: take_away(self._sent.api, self._request.identity, row.message_id)
            )
            if gone is not None and gone.deleted_by == TAKEN_AWAY_BY:
                self._sent.count("replaced")
                log.warning("a half-written message is replaced", extra=_ids(row))
                return None
            if gone is not None:
                # Somebody deleted it since it was read.
                return Sent(_as_written(gone))
        completed = await self._complete(row, name, statuses)
        self._sent.count("incomplete")
        _report(row, missing)
        return Sent(_as_written(completed), missing)

    def _is_broken(self, row: m.Message, statuses: Statuses) -> bool:
        """Return whether the platform was certainly interrupted while it wrote the message."""
        return statuses is not Statuses.NOBODY or self._request.lacks_quote(row)

    def _missing_for_good(self, row: m.Message, statuses: Statuses) -> tuple[MissingPart, ...]:
        """Return what cannot be made afterwards, or cannot be shown to have been made."""
        missing: list[MissingPart] = []
        if self._request.lacks_quote(row):
            missing.append(MissingPart.QUOTE)
        if statuses in {Statuses.NONE, Statuses.SOME}:
            missing.append(MissingPart.STATUSES)
        if statuses is Statuses.NONE:
            missing.append(MissingPart.UNREAD_COUNTS)
        if statuses in {Statuses.NONE, Statuses.NOBODY}:
            missing.append(MissingPart.CREATED_UPDATE)
        return tuple(missing)

    async def _complete(self, row: m.Message, name: str, statuses: Statuses) -> m.Message:
        """Set what meta the message lacks, and announce it unless it certainly was.

        Each key is an update for every member, so the last one announces all. The key comes first:
        what is cut off from then on is recognised by it.
        """
        if statuses in {Statuses.ALL, Statuses.SOME}:
            return row
        lacking = self._request.missing_meta(row)
        if not carries_key(row, name):
            lacking = {SEND_KEY: name, **lacking}
        identity = self._request.identity
        for key, value in (lacking or {SEND_KEY: name}).items():
            put = partial(put_message_meta, self._sent.api, identity, row.message_id, key, value)
            try:
                await past_guard(put)
            except CallError as error:
                if error.reason is not ErrorReason.META_INDEX_CONFLICT:
                    raise
                raise reasons.leaving(error, row.message_id) from error
        return msgspec.structs.replace(row, meta={**(row.meta or {}), **lacking})


def _as_written(row: m.Message) -> m.Message:
    return msgspec.structs.replace(row, status_message_matrix=m.ABSENT, reaction_set=[])


def _report(row: m.Message, missing: tuple[MissingPart, ...]) -> None:
    """Log what a message lacks: ids only, never what somebody wrote."""
    parts = ",".join(str(part.name) for part in missing)
    log.warning("a message is incomplete for good", extra={**_ids(row), "missing": parts})


def _ids(row: m.Message) -> dict[str, str]:
    return {"dialog_id": row.dialog_id, "message_id": row.message_id}
