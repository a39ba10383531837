"""Finds statuses and reactions that an attempt of unknown outcome set, so that none is set twice.

From 0.0.86 each `read` lowers the unread count again: what was recorded must not be sent anew.
"""

from dataclasses import dataclass

from chat3_user.domain.access import Access
from chat3_user.domain.past_attempts import began, may_be_since
from chat3_user.domain.settling import unix_time
from chat3_user.domain.unshown import Missing, UnshownChanges
from chat3_user.idempotency import Earlier
from chat3_user.tenant_api import TenantApi, routes
from chat3_user.tenant_api import models as m
from chat3_user.validation import Identity


@dataclass(frozen=True, slots=True)
class PastStatus:
    """An entry of the history that an attempt made, and what of that may be missing for good."""

    record: m.StatusRecord
    missing: Missing = ()


@dataclass(frozen=True, slots=True)
class PastReaction:
    """Whether an attempt gave a reaction that is there, and what of that may be missing."""

    changed: bool
    missing: Missing = ()


class PastMarks:
    """Looks for the caller's own marks of the time of an attempt."""

    def __init__(self, access: Access, api: TenantApi, unshown: UnshownChanges) -> None:
        self._access = access
        self._api = api
        self._unshown = unshown

    async def status(
        self, identity: Identity, dialog_id: str, message_id: str, status: str, earlier: Earlier
    ) -> PastStatus | None:
        """Return the entry of the history that an earlier attempt made, if any.

        An entry from shortly before the attempt may be its own by a clock that is behind; it is
        not when the user set another status after it, still before the attempt.
        """
        since = began(earlier)
        if since is None:
            return None
        await self._access.prove_message(identity, dialog_id, message_id)
        changed_before = False
        async for page in self._api.pages(
            routes.STATUSES, identity, dialog_id=dialog_id, message_id=message_id
        ):
            for row in page:
                at = unix_time(routes.STATUSES, row.created_at)
                if not may_be_since(since, at):
                    return None
                if row.user_id != identity.user_id:
                    continue
                if row.status == status and (at >= since or not changed_before):
                    return PastStatus(row, self._unshown.report("status", id=message_id))
                changed_before = changed_before or at < since
        return None

    async def reaction(
        self, identity: Identity, dialog_id: str, message_id: str, reaction: str, earlier: Earlier
    ) -> PastReaction | None:
        """Return whether the reaction is new since the attempt began; None when it is not there."""
        since = began(earlier)
        if since is None:
            return None
        await self._access.prove_message(identity, dialog_id, message_id)
        answer = await self._api.call(
            routes.OWN_REACTIONS, identity, dialog_id=dialog_id, message_id=message_id
        )
        for row in answer.data.reactions:
            if row.reaction != reaction:
                continue
            if not may_be_since(since, unix_time(routes.OWN_REACTIONS, row.created_at)):
                return PastReaction(changed=False)
            return PastReaction(
                changed=True, missing=self._unshown.report("reaction", id=message_id)
            )
        return None
