"""Packs of the tenant and the dialogs in them, for back ends.

tenant-api adds a dialog to a pack by a row and an event, by which members are sent their counters.
What a restart leaves between the two, and a lost answer, look alike: the row decides, and that the
counters may be missing is reported. A dialog that is to be removed is looked up before, so one that
is not there after an attempt was removed by it, or was added again since.
"""

from functools import partial
from http import HTTPStatus

from chat3_api.chat3.user.v1 import ErrorReason
from chat3_user.domain.guard import past_guard
from chat3_user.domain.past_attempts import began, is_surely_since, may_be_since
from chat3_user.domain.settling import unix_time
from chat3_user.domain.unshown import Missing, UnshownChanges
from chat3_user.errors import CallError, reasons
from chat3_user.idempotency import Earlier
from chat3_user.tenant_api import TenantApi, routes
from chat3_user.tenant_api import models as m
from chat3_user.tenant_api.answers import NotInPackError
from chat3_user.tenant_api.query import PACKS_PAGE, paged
from chat3_user.validation import Identity


class Packs:
    """What back ends ask and change; every method raises `CallError`."""

    def __init__(self, api: TenantApi, unshown: UnshownChanges) -> None:
        self._api = api
        self._unshown = unshown

    async def known(self, identity: Identity, pack_id: str) -> m.Pack:
        """Return a pack of the tenant."""
        answer = await self._api.call(routes.PACK, identity, pack_id=pack_id)
        return answer.data

    async def delete(self, identity: Identity, pack_id: str) -> None:
        """Delete a pack; its dialogs stay. Needs the key's `delete` permission."""
        await past_guard(partial(self._api.call, routes.DELETE_PACK, identity, pack_id=pack_id))

    async def was_deleted(self, identity: Identity, pack_id: str, earlier: Earlier) -> bool:
        """Tell whether an earlier attempt, which had found the pack, deleted it."""
        if began(earlier) is None:
            return False
        try:
            await self.known(identity, pack_id)
        except CallError as error:
            if error.reason is not ErrorReason.PACK_NOT_FOUND:
                raise
            return True
        return False

    async def dialog_ids(self, identity: Identity, pack_id: str) -> list[str]:
        """Return the dialogs of a pack, the last added first."""
        pages = self._api.pages(routes.DIALOGS_OF_PACK, identity, size=PACKS_PAGE, pack_id=pack_id)
        return [row.dialog_id for row in await pages.rows()]

    async def add(self, identity: Identity, pack_id: str, dialog_id: str) -> bool:
        """Add a dialog to a pack; return whether it was not there before."""
        body = {"dialogId": dialog_id}
        status, _ = await past_guard(
            partial(self._api.answer, routes.ADD_PACK_DIALOG, identity, body=body, pack_id=pack_id)
        )
        return status == HTTPStatus.CREATED

    async def find_added(
        self, identity: Identity, pack_id: str, dialog_id: str, earlier: Earlier
    ) -> tuple[bool, Missing] | None:
        """Return whether an earlier attempt added a dialog, and what may be missing.

        None when the dialog is not in the pack.
        """
        since = began(earlier)
        at = await self._added_at(identity, pack_id, dialog_id)
        if since is None or at is None:
            return None
        if not may_be_since(since, at):
            return False, ()
        return True, self._unshown.report("pack", pack_id=pack_id, dialog_id=dialog_id)

    async def remove(self, identity: Identity, pack_id: str, dialog_id: str) -> bool:
        """Take a dialog out of a pack; return whether it was there."""
        ask = partial(self._api.call, routes.REMOVE_PACK_DIALOG, identity)
        try:
            await past_guard(partial(ask, pack_id=pack_id, dialog_id=dialog_id))
        except NotInPackError:
            return False
        return True

    async def holds(self, identity: Identity, pack_id: str, dialog_id: str) -> bool:
        """Tell whether a dialog is in a pack of the tenant."""
        return await self._added_at(identity, pack_id, dialog_id) is not None

    async def find_removed(
        self, identity: Identity, pack_id: str, dialog_id: str, earlier: Earlier
    ) -> Missing | None:
        """Return what may be missing of a removal that an earlier attempt made; None for none."""
        since = began(earlier)
        if since is None:
            return None
        at = await self._added_at(identity, pack_id, dialog_id)
        if at is not None and not is_surely_since(since, at):
            return None
        return self._unshown.report("pack", pack_id=pack_id, dialog_id=dialog_id)

    async def _added_at(self, identity: Identity, pack_id: str, dialog_id: str) -> float | None:
        """Return since when a dialog is in a pack, in Unix seconds by the platform's clock."""
        query = {**paged(1, 1), "dialogId": dialog_id}
        answer = await self._api.call(
            routes.DIALOGS_OF_PACK, identity, query=query, pack_id=pack_id
        )
        row = next((row for row in answer.data if row.dialog_id == dialog_id), None)
        return None if row is None else unix_time(routes.DIALOGS_OF_PACK, row.added_at)


def pack_created(pack: m.Pack) -> float:
    """Return when a pack was created, in Unix seconds by the platform's clock."""
    return unix_time(routes.PACKS, pack.created_at)


def no_such_member(pack_id: str) -> CallError:
    """Return the failure for a user who is in no dialog of a pack: the platform says the same."""
    return reasons.pack_not_found(pack_id)
