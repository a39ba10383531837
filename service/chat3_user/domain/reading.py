"""Marks dialogs and packs as read, and finds out whether an attempt did.

tenant-api sets unread to 0 and notes when the user has seen the dialog; publishes that; then marks
the messages one by one, from 0.0.86 on in the background. What a restart leaves is completed by
another mark (`docs/repaired-changes.md` says it). But one that is made late would take what
nobody has seen yet. So what has arrived since the attempt began is asked first:

| arrived since | the dialog was seen since | what is done |
|---|---|---|
| nothing | either | marked, perhaps again |
| a message | yes | it is the answer; reported |
| a message | no | marked, once the attempt has settled |
"""

from dataclasses import dataclass
from functools import partial

from msgspec.structs import replace

from chat3_user.domain.dialogs import Dialogs
from chat3_user.domain.guard import past_guard
from chat3_user.domain.past_attempts import CLOCKS_DIFFER, began, may_be_since
from chat3_user.domain.settling import unix_time
from chat3_user.domain.unshown import Missing, UnshownChanges
from chat3_user.idempotency import Earlier
from chat3_user.tenant_api import TenantApi, routes
from chat3_user.tenant_api import models as m
from chat3_user.tenant_api.query import PACKS_PAGE, is_plain
from chat3_user.validation import Identity

_OLDEST_FIRST = "(createdAt,asc)"


@dataclass(frozen=True, slots=True)
class ReadDialog:
    """The caller's state in a dialog that was read, and what of that may be missing for good."""

    state: m.DialogContext
    missing: Missing = ()


@dataclass(frozen=True, slots=True)
class ReadPack:
    """How many dialogs of a pack were read, and what of that may be missing for good."""

    dialog_count: int
    missing: Missing = ()


class Reading:
    """Marks as read what the caller is a member of, which the platform checks itself.

    Every method raises `CallError`.
    """

    def __init__(self, api: TenantApi, unshown: UnshownChanges) -> None:
        self._api = api
        self._dialogs = Dialogs(api)
        self._unshown = unshown

    async def mark_dialog(self, identity: Identity, dialog_id: str) -> ReadDialog:
        """Mark a dialog as read."""
        answer = await past_guard(
            partial(self._api.call, routes.MARK_READ, identity, dialog_id=dialog_id)
        )
        return ReadDialog(answer.data)

    async def find_dialog(
        self, identity: Identity, dialog_id: str, earlier: Earlier
    ) -> ReadDialog | None:
        """Return the caller's state when an earlier attempt marked the dialog, or it is as good.

        Where nothing has arrived since, a mark does what the attempt was to do, whatever that did.
        """
        since = began(earlier)
        if since is None:
            return None
        if not await self._arrivals(identity, dialog_id, since):
            return await self.mark_dialog(identity, dialog_id)
        state = await self._seen(identity, dialog_id, since)
        if state is None:
            return None
        missing = self._unshown.report("reading", dialog_id=dialog_id)
        return ReadDialog(replace(state, joined_at=None), missing)

    async def mark_pack(self, identity: Identity, pack_id: str) -> ReadPack:
        """Mark the caller's dialogs in a pack as read."""
        answer = await past_guard(
            partial(self._api.call, routes.MARK_PACK_READ, identity, pack_id=pack_id)
        )
        return ReadPack(answer.data.processed_dialogs_count)

    async def find_pack(
        self, identity: Identity, pack_id: str, earlier: Earlier
    ) -> ReadPack | None:
        """Return the number of dialogs when an earlier attempt marked one of them; completes it.

        Each is marked by itself, but for what was, and in which something has arrived since.
        """
        since = began(earlier)
        if since is None:
            return None
        dialog_ids = await self._dialogs_of(identity, pack_id)
        seen: set[str] = set()
        for dialog_id in dialog_ids:
            if await self._seen(identity, dialog_id, since) is not None:
                seen.add(dialog_id)
            elif not earlier.settled:
                return None
        if not seen:
            return None
        left = False
        for dialog_id in dialog_ids:
            if dialog_id in seen and await self._arrivals(identity, dialog_id, since):
                left = True
            else:
                await self.mark_dialog(identity, dialog_id)
        missing = self._unshown.report("reading", pack_id=pack_id) if left else ()
        return ReadPack(len(dialog_ids), missing)

    async def _seen(
        self, identity: Identity, dialog_id: str, since: float
    ) -> m.DialogContext | None:
        """Return the caller's state when the dialog was seen since an attempt began.

        What was seen shortly before may be the attempt's doing by a clock that is behind; it is
        not when something arrived after it, still before the attempt.
        """
        dialog = await self._dialogs.own(identity, dialog_id)
        if dialog is None or dialog.context.last_seen_at is None:
            return None
        seen = unix_time(routes.USER_DIALOGS, dialog.context.last_seen_at)
        if not may_be_since(since, seen):
            return None
        if seen < since:
            arrivals = await self._arrivals(identity, dialog_id, since)
            if any(seen < at < since for at in arrivals):
                return None
        return dialog.context

    async def _arrivals(self, identity: Identity, dialog_id: str, since: float) -> list[float]:
        """Return when others' messages arrived that may be since an attempt began, oldest first.

        The first that is since then by tenant-api's clock, too, is the last one returned.
        """
        wanted = f"(createdAt,gt,{int((since - CLOCKS_DIFFER) * 1000)})"
        if is_plain(identity.user_id):
            wanted += f'&(senderId,ne,"{identity.user_id}")'
        found: list[float] = []
        async for page in self._api.pages(
            routes.USER_MESSAGES,
            identity,
            filter_=wanted,
            sort=_OLDEST_FIRST,
            dialog_id=dialog_id,
        ):
            for message in page:
                if message.sender_id == identity.user_id:
                    continue
                found.append(unix_time(routes.USER_MESSAGES, message.created_at))
                if found[-1] >= since:
                    return found
        return found

    async def _dialogs_of(self, identity: Identity, pack_id: str) -> list[str]:
        pages = self._api.pages(routes.PACK_DIALOGS, identity, size=PACKS_PAGE, pack_id=pack_id)
        return [row.dialog_id for row in await pages.rows()]
