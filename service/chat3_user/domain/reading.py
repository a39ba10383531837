"""Marks dialogs and packs as read, and finds out whether an attempt did.

From 0.0.86 on the platform does it in the background. A mark that is made again, late, would take
what has arrived since; so the time at which the caller last looked is asked first.
"""

from functools import partial

from chat3_user.domain.dialogs import Dialogs
from chat3_user.domain.guard import past_guard
from chat3_user.domain.past_attempts import is_long_ago, is_since
from chat3_user.idempotency import Earlier
from chat3_user.tenant_api import TenantApi, routes
from chat3_user.tenant_api import models as m
from chat3_user.tenant_api.query import paged
from chat3_user.validation import Identity

_PACK_PAGE = 50
"""The most dialogs of a pack that the platform returns at once."""


class Reading:
    """Marks as read what the caller is a member of, which the platform checks itself.

    Every method raises `CallError`.
    """

    def __init__(self, api: TenantApi) -> None:
        self._api = api
        self._dialogs = Dialogs(api)

    async def mark_dialog(self, identity: Identity, dialog_id: str) -> m.DialogContext:
        """Mark a dialog as read; return the caller's state in it."""
        answer = await past_guard(
            partial(self._api.call, routes.MARK_READ, identity, dialog_id=dialog_id)
        )
        return answer.data

    async def find_dialog(
        self, identity: Identity, dialog_id: str, earlier: Earlier
    ) -> m.DialogContext | None:
        """Return the caller's state when an earlier attempt marked the dialog as read."""
        if is_long_ago(earlier):
            return None
        dialog = await self._dialogs.own(identity, dialog_id)
        if dialog is None:
            return None
        seen = is_since(earlier, routes.USER_DIALOGS, dialog.context.last_seen_at)
        return dialog.context if seen else None

    async def mark_pack(self, identity: Identity, pack_id: str) -> int:
        """Mark the caller's dialogs in a pack as read; return how many there are."""
        answer = await past_guard(
            partial(self._api.call, routes.MARK_PACK_READ, identity, pack_id=pack_id)
        )
        return answer.data.processed_dialogs_count

    async def find_pack(self, identity: Identity, pack_id: str, earlier: Earlier) -> int | None:
        """Return the number of dialogs when an earlier attempt marked them all as read."""
        if is_long_ago(earlier):
            return None
        count = 0
        number = 0
        while True:
            number += 1
            page = await self._api.call(
                routes.PACK_DIALOGS, identity, query=paged(number, _PACK_PAGE), pack_id=pack_id
            )
            for row in page.data:
                count += 1
                if await self.find_dialog(identity, row.dialog_id, earlier) is None:
                    return None
            if len(page.data) < _PACK_PAGE:
                return count or None
