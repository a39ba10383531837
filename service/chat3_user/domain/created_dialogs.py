"""Creates dialogs, and finds and finishes what earlier attempts to create one left at tenant-api.

tenant-api writes a dialog step by step, without a transaction; a restart cuts between any two: the
row; its metas one by one, our key first; each member's row and event, the caller's first; the
event of the new dialog. What a look finds, and what is done about it (`docs/idempotency.md` has the
same table for operators):

| cut after | left behind | what is done |
|---|---|---|
| nothing written | nothing | written |
| the row | a row that nobody can see | written; the row stays |
| some metas | key | metas set, members added, announced anew; reported |
| all metas | key, metas | members added, announced anew; reported |
| some members | + some members | the others added, announced anew; reported |
| all members, or the event | all | announced anew; reported |
| a repair of ours | any of the above | as above |

Announced anew means: the key is set again, of which every member gets an update. Nothing shows
whether the event was published: not even an answer that was lost on its way tells. To announce
needs no settled attempts, for it does no harm to a dialog in the making.

Metas and members are written in order. So a member who is missing before one who is there has been
removed since, and a key is missing for good once there are members: neither is put back.
"""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from chat3_api.chat3.user.v1 import MissingPart
from chat3_user.domain.dialogs import Dialogs, dialog_created, seen_by
from chat3_user.domain.json_order import unwritten
from chat3_user.domain.settling import CLOCKS_DIFFER, Settling
from chat3_user.errors import CallError, reasons
from chat3_user.idempotency import Earlier
from chat3_user.tenant_api import TenantApi
from chat3_user.tenant_api import models as m
from chat3_user.tenant_api.creating import create_dialog, keyed
from chat3_user.tenant_api.sending import SEND_KEY
from chat3_user.validation import Identity

log = logging.getLogger(__name__)

UNSHOWN: Final = (MissingPart.CREATED_UPDATE,)
"""What nothing can show to have been made, once a creation was cut off."""


@dataclass(frozen=True, slots=True)
class CreatedDialog:
    """A dialog that was created, as its creator sees it, and what of it is missing for good."""

    dialog: m.UserDialog
    missing: tuple[MissingPart, ...] = ()


@dataclass(frozen=True)
class NewDialog:
    """A dialog to be created by the caller, who is a member; all ids are in lower case."""

    identity: Identity
    others: tuple[str, ...]
    meta: Mapping[str, Any]

    @cached_property
    def members(self) -> tuple[str, ...]:
        """The members, each once, in the order in which they are written: the caller first."""
        return tuple(dict.fromkeys((self.identity.user_id, *self.others)))

    def lacking_members(self, there: set[str]) -> tuple[str, ...]:
        """Return the members who were never written where ``there`` are members."""
        written = [place for place, user_id in enumerate(self.members) if user_id in there]
        return self.members[written[-1] + 1 if written else 0 :]


class CreatedDialogs:
    """Creates and finds; ``settle`` is that of `Times`, in seconds.

    ``count`` hears of each dialog that was found in part, or cannot be shown to be whole.
    """

    def __init__(self, api: TenantApi, settle: float, count: Callable[[str], None]) -> None:
        self._api = api
        self._dialogs = Dialogs(api)
        self._settle = settle
        self._count = count

    async def create(self, wanted: NewDialog, key: str | None) -> CreatedDialog:
        """Write a dialog whose members must have been proved to exist.

        Raises `CallError`.
        """
        meta = keyed(wanted.meta, key)
        made = await create_dialog(self._api, wanted.identity, wanted.members, meta)
        return CreatedDialog(await self._seen(wanted, made))

    def search(self, wanted: NewDialog) -> "Search":
        """Return the looks of one call."""
        return Search(wanted, self._dialogs, Settling(self._settle), self._count)

    async def _seen(self, wanted: NewDialog, made: m.Dialog) -> m.UserDialog:
        """Return a dialog just written as its creator sees it: it is written, this cannot fail."""
        try:
            seen = await self._dialogs.own(wanted.identity, made.dialog_id)
        except CallError as error:
            log.warning("a new dialog cannot be read", extra={"problem": str(error)})
            seen = None
        return seen or seen_by(wanted.identity.user_id, made, len(wanted.members))


class Search:
    """The looks of one call for one dialog."""

    def __init__(
        self,
        wanted: NewDialog,
        dialogs: Dialogs,
        settling: Settling,
        count: Callable[[str], None],
    ) -> None:
        self._wanted = wanted
        self._dialogs = dialogs
        self._settling = settling
        self._count = count

    async def find(self, earlier: Earlier) -> CreatedDialog | None:
        """Return the dialog that an earlier attempt wrote, finished as far as it can be.

        Raises `CallError` and `UnsettledError`.
        """
        identity = self._wanted.identity
        since = time.time() - earlier.oldest - CLOCKS_DIFFER
        rows = await self._dialogs.named(identity, SEND_KEY, earlier.name)
        row = next((row for row in rows if dialog_created(row) >= since), None)
        if row is None:
            return None
        await self._finish(row, earlier)
        seen = await self._dialogs.own(identity, row.dialog_id)
        if seen is None:
            raise reasons.not_a_member(row.dialog_id)
        self._count("dialog")
        log.warning("a dialog may be unannounced for good", extra={"dialog_id": row.dialog_id})
        return CreatedDialog(seen, UNSHOWN)

    async def _finish(self, row: m.Dialog, earlier: Earlier) -> None:
        """Write what was never written, in the platform's order, and announce the dialog."""
        wanted, identity, dialog_id = self._wanted, self._wanted.identity, row.dialog_id
        there = await self._dialogs.member_ids(identity, dialog_id)
        members = wanted.lacking_members(there)
        if identity.user_id not in there and identity.user_id not in members:
            raise reasons.not_a_member(dialog_id)
        if members:
            self._settling.wait_for(dialog_id, dialog_created(row), earlier)
            if not there:
                metas = unwritten(keyed(wanted.meta, earlier.name), row.meta)
                for key, value in metas.items():
                    await self._dialogs.set_meta(identity, dialog_id, key, value)
            await self._dialogs.add(identity, dialog_id, members)
        await self._dialogs.set_meta(identity, dialog_id, SEND_KEY, earlier.name)
