"""Finds statuses and reactions that an attempt of unknown outcome set, so that none is set twice.

From 0.0.86 each `read` lowers the unread count again: what was recorded must not be sent anew.
"""

import time
from typing import Any, Final

from chat3_user.domain.access import Access
from chat3_user.idempotency import Earlier
from chat3_user.tenant_api import TenantApi, routes
from chat3_user.tenant_api import models as m
from chat3_user.tenant_api.answers import understood
from chat3_user.tenant_api.query import WHOLE_PAGE, paged
from chat3_user.tenant_api.route import Route
from chat3_user.times import to_datetime
from chat3_user.validation import Identity

_CLOCKS_DIFFER: Final = 5.0
"""How far, in seconds, tenant-api's clock may be from ours."""

LOOKED_FOR_WITHIN: Final = 3600.0
"""For how long, in seconds after an attempt began, its mark can be told from others."""


class PastMarks:
    """Looks for the caller's own marks of the time of an attempt."""

    def __init__(self, access: Access, api: TenantApi) -> None:
        self._access = access
        self._api = api

    async def status(
        self, identity: Identity, dialog_id: str, message_id: str, status: str, earlier: Earlier
    ) -> m.StatusRecord | None:
        """Return the entry of the history that an earlier attempt made, if any.

        An entry from shortly before the attempt may be its own by a clock that is behind; it is
        not when the user set another status after it, still before the attempt.
        """
        if earlier.age is None or earlier.age > LOOKED_FOR_WITHIN:
            return None
        await self._access.prove_message(identity, dialog_id, message_id)
        began = time.time() - earlier.age
        changed_before = False
        number = 0
        while True:
            number += 1
            page = await self._api.call(
                routes.STATUSES,
                identity,
                query=paged(number, WHOLE_PAGE),
                dialog_id=dialog_id,
                message_id=message_id,
            )
            for row in page.data:
                at = _time(routes.STATUSES, row.created_at)
                if at < began - _CLOCKS_DIFFER:
                    return None
                if row.user_id != identity.user_id:
                    continue
                if row.status == status and (at >= began or not changed_before):
                    return row
                changed_before = changed_before or at < began
            if len(page.data) < WHOLE_PAGE:
                return None

    async def reaction(
        self, identity: Identity, dialog_id: str, message_id: str, reaction: str, earlier: Earlier
    ) -> bool | None:
        """Return whether the reaction is new since the attempt began; None when it is not there."""
        if earlier.age is None or earlier.age > LOOKED_FOR_WITHIN:
            return None
        await self._access.prove_message(identity, dialog_id, message_id)
        answer = await self._api.call(
            routes.OWN_REACTIONS, identity, dialog_id=dialog_id, message_id=message_id
        )
        for row in answer.data.reactions:
            if row.reaction == reaction:
                at = _time(routes.OWN_REACTIONS, row.created_at)
                return at >= time.time() - earlier.age - _CLOCKS_DIFFER
        return None


def _time(route: Route[Any], value: m.Time) -> float:
    with understood(route):
        return to_datetime(value).timestamp()
