"""Marks a pack as read by everybody, for back ends, and finds out whether that may be repeated.

The platform goes through members and dialogs one by one and can be cut off anywhere; it does not
say who has seen what. So what has arrived since an attempt of unknown outcome began decides:

| arrived since | what is done |
|---|---|
| nothing | marked, perhaps again |
| a message | it is the answer; reported: to mark would take what nobody has seen |
"""

from dataclasses import dataclass
from functools import partial

from chat3_user.domain.guard import past_guard
from chat3_user.domain.past_attempts import CLOCKS_DIFFER, began
from chat3_user.domain.unshown import Missing, UnshownChanges
from chat3_user.idempotency import Earlier, UnsettledError
from chat3_user.tenant_api import TenantApi, routes
from chat3_user.tenant_api import models as m
from chat3_user.validation import Identity


@dataclass(frozen=True, slots=True)
class ReadByAll:
    """How much was marked, where that is known, and what of it may be missing."""

    done: m.ReadPackOfAll | None
    missing: Missing = ()


class PackReading:
    """Marks; every method raises `CallError`."""

    def __init__(self, api: TenantApi, unshown: UnshownChanges) -> None:
        self._api = api
        self._unshown = unshown

    async def mark(self, identity: Identity, pack_id: str) -> ReadByAll:
        """Mark a pack as read by every member of its dialogs."""
        answer = await past_guard(
            partial(self._api.call, routes.MARK_PACK_READ_BY_ALL, identity, pack_id=pack_id)
        )
        return ReadByAll(answer.data)

    async def find(self, identity: Identity, pack_id: str, earlier: Earlier) -> ReadByAll | None:
        """Return what is known of an earlier attempt; None if nothing is.

        Raises also `UnsettledError`.
        """
        since = began(earlier)
        if since is None:
            return None
        if not await self._has_arrivals(identity, pack_id, since):
            return await self.mark(identity, pack_id)
        if not earlier.settled:
            raise UnsettledError
        return ReadByAll(None, self._unshown.report("reading", pack_id=pack_id))

    async def _has_arrivals(self, identity: Identity, pack_id: str, since: float) -> bool:
        """Tell whether a message may have arrived since an attempt began."""
        moment = int((since - CLOCKS_DIFFER) * 1000)
        query = {"limit": "1", "filter": f"(createdAt,gt,{moment})"}
        page = await self._api.call(routes.MESSAGES_OF_PACK, identity, query=query, pack_id=pack_id)
        return bool(page.data)
