"""Creates dialogs, and finds and finishes what earlier attempts to create one left at tenant-api.

tenant-api writes a dialog step by step, without a transaction; a restart cuts between any two: the
row; its metas one by one, our key first; each member's row and event, the caller's first; the
event of the new dialog. What a look finds, and what is done about it (`docs/repairs.md` has the
same table for operators):

| cut after | left behind | what is done |
|---|---|---|
| nothing written | nothing | written |
| the row | a row that no member can see | written; the row stays |
| some metas | key | metas set, members added, announced anew; reported |
| all metas | key, metas | members added, announced anew; reported |
| some members | + some members | the others added, announced anew; reported |
| all members, or the event | all | announced anew; reported |
| a repair of ours | any of the above | as above |

Announced anew means: the key is set again, of which every member gets an update. Nothing shows
whether the event was published: not even an answer that was lost on its way tells. To announce
needs no settled attempts, for it does no harm to a dialog in the making.

Metas and members are written in order. So a member who is missing before one who is there has been
removed since, and a key is missing for good once there are members: neither is put back. A back end
may want a dialog without members: then there is nobody to announce it to.

Meta that breaks the tenant's meta indexes also stops a creation between two steps, and is a failure
like any other. What was refused is then asked again, key by key, by a route that says why; what was
written of the dialog is deleted where the API key may.
"""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from msgspec.structs import replace

from chat3_api.chat3.user.v1 import ErrorReason, MissingPart
from chat3_user.domain.dialogs import Dialogs, dialog_created, seen_by
from chat3_user.domain.json_order import unwritten
from chat3_user.domain.meta_rules import MetaRules
from chat3_user.domain.settling import CLOCKS_DIFFER, Settling
from chat3_user.errors import CallError, reasons
from chat3_user.idempotency import Earlier
from chat3_user.tenant_api import TenantApi
from chat3_user.tenant_api import models as m
from chat3_user.tenant_api.answers import WriteEndedError, in_doubt
from chat3_user.tenant_api.creating import ANY_KEY, create_dialog, keyed
from chat3_user.tenant_api.sending import SEND_KEY
from chat3_user.validation import Identity

log = logging.getLogger(__name__)

UNSHOWN: Final = (MissingPart.CREATED_UPDATE,)
"""The parts whose presence cannot be verified after an interrupted creation."""


@dataclass(frozen=True, slots=True)
class CreatedDialog:
    """A dialog that was created, and what of it is missing for good.

    ``seen`` is the dialog as its creator sees it, where that is a member and could read it.
    """

    dialog: m.Dialog
    seen: m.UserDialog | None = None
    missing: tuple[MissingPart, ...] = ()


@dataclass(frozen=True)
class NewDialog:
    """A dialog to be created; all ids are in lower case. A user who creates it is a member."""

    identity: Identity
    others: tuple[str, ...]
    meta: Mapping[str, Any]

    @cached_property
    def members(self) -> tuple[str, ...]:
        """The members, each once, in the order in which they are written: the caller first."""
        creator = (self.identity.user_id,) if self.identity.user_id else ()
        return tuple(dict.fromkeys((*creator, *self.others)))

    def lacking_members(self, there: set[str]) -> tuple[str, ...]:
        """Return the members who were never written where ``there`` are members."""
        written = [place for place, user_id in enumerate(self.members) if user_id in there]
        return self.members[written[-1] + 1 if written else 0 :]


class CreatedDialogs:
    """Creates and finds; ``settle`` is that of `Times`, in seconds.

    ``count`` hears of each dialog that was found in part, or cannot be shown to be whole.
    """

    def __init__(
        self, api: TenantApi, rules: MetaRules, settle: float, count: Callable[[str], None]
    ) -> None:
        self._api = api
        self._rules = rules
        self._settle = settle
        self._count = count

    def search(self, wanted: NewDialog) -> "Search":
        """Return the writes and looks of one call."""
        return Search(wanted, self._api, self._rules, Settling(self._settle), self._count)


class Search:
    """The writes and looks of one call for one dialog."""

    def __init__(
        self,
        wanted: NewDialog,
        api: TenantApi,
        rules: MetaRules,
        settling: Settling,
        count: Callable[[str], None],
    ) -> None:
        self._wanted = wanted
        self._api = api
        self._rules = rules
        self._dialogs = Dialogs(api)
        self._settling = settling
        self._count = count
        # What the platform itself said it works on no more.
        self._ended: set[str] = set()

    async def prove_allowed(self) -> None:
        """Prove that no meta index refuses the dialog for what the request alone says.

        Raises `CallError`.
        """
        meta = keyed(self._wanted.meta, ANY_KEY)
        await self._rules.prove_creatable(self._wanted.identity, "dialog", meta)

    async def write(self, key: str | None) -> CreatedDialog:
        """Write a dialog whose members must have been proved to exist.

        Raises `CallError`.
        """
        wanted = self._wanted
        meta = keyed(wanted.meta, key)
        try:
            made = await create_dialog(self._api, wanted.identity, wanted.members, meta)
        except WriteEndedError as error:
            refusal = await self._refusal(meta)
            if refusal is None:
                # Where not even the key was written, an index that is new may leave it out.
                await self.prove_allowed()
                raise
            left = "left_id" in refusal.metadata
            raise (in_doubt(refusal) if left else refusal) from error
        # Counted late, and known here.
        made = replace(made, stats=replace(made.stats, member_count=len(wanted.members)))
        return CreatedDialog(made, await self._seen_new(made))

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
        missing = UNSHOWN if self._wanted.members else ()
        if not identity.user_id:
            found = CreatedDialog(await self._dialogs.known(identity, row.dialog_id), None, missing)
        else:
            seen = await self._dialogs.own(identity, row.dialog_id)
            if seen is None:
                raise reasons.not_a_member(row.dialog_id)
            found = CreatedDialog(row, seen, missing)
        self._count("dialog")
        log.warning("a dialog may be unannounced for good", extra={"dialog_id": row.dialog_id})
        return found

    async def _finish(self, row: m.Dialog, earlier: Earlier) -> None:
        """Write what was never written, in the platform's order, and announce the dialog."""
        wanted, identity, dialog_id = self._wanted, self._wanted.identity, row.dialog_id
        there = await self._dialogs.member_ids(identity, dialog_id)
        members = wanted.lacking_members(there)
        if identity.user_id and identity.user_id not in {*there, *members}:
            raise reasons.not_a_member(dialog_id)
        metas = {} if there else unwritten(keyed(wanted.meta, earlier.name), row.meta)
        if metas or members:
            if dialog_id not in self._ended:
                self._settling.wait_for(dialog_id, dialog_created(row), earlier)
            await self._set(dialog_id, metas)
            await self._dialogs.add(identity, dialog_id, members)
        await self._dialogs.set_meta(identity, dialog_id, SEND_KEY, earlier.name)

    async def _set(self, dialog_id: str, metas: Mapping[str, Any]) -> None:
        """Set metas of a dialog without members; take the dialog back where one is refused."""
        try:
            for key, value in metas.items():
                await self._dialogs.set_meta(self._wanted.identity, dialog_id, key, value)
        except CallError as error:
            if error.reason is not ErrorReason.META_INDEX_CONFLICT:
                raise
            raise await self._taken_back(error, dialog_id) from error

    async def _refusal(self, meta: Mapping[str, Any]) -> CallError | None:
        """Return why the platform stopped at the meta of a dialog, None when that is not known."""
        identity = self._wanted.identity
        try:
            for row in await self._dialogs.named(identity, SEND_KEY, meta[SEND_KEY]):
                self._ended.add(row.dialog_id)
                if not await self._dialogs.member_ids(identity, row.dialog_id):
                    await self._set(row.dialog_id, unwritten(meta, row.meta))
        except CallError as error:
            return error if error.reason is ErrorReason.META_INDEX_CONFLICT else None
        return None

    async def _taken_back(self, conflict: CallError, dialog_id: str) -> CallError:
        """Delete a dialog without members; return the failure, which names what is left."""
        try:
            await self._dialogs.delete(self._wanted.identity, dialog_id)
        except CallError as error:
            log.warning(
                "a dialog that breaks a meta index stays, without members",
                extra={"dialog_id": dialog_id, "problem": error},
            )
            return reasons.leaving(conflict, dialog_id)
        return conflict

    async def _seen_new(self, made: m.Dialog) -> m.UserDialog | None:
        """Return a dialog just written as its creator sees it: it is written, this cannot fail."""
        identity = self._wanted.identity
        if not identity.user_id:
            return None
        try:
            seen = await self._dialogs.own(identity, made.dialog_id)
        except CallError as error:
            log.warning("a new dialog cannot be read", extra={"problem": error})
            seen = None
        return seen or seen_by(identity.user_id, made, len(self._wanted.members))
