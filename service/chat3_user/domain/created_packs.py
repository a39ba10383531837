"""Creates packs, and finds and finishes what earlier attempts to create one left at tenant-api.

tenant-api writes a pack step by step, without a transaction; a restart cuts between any two: the
row; its metas one by one, our key first. Nobody is told of a new pack, so one with all its metas is
whole. What a look finds, and what is done about it (`docs/repaired-changes.md` has the same table
for operators):

| cut after | left behind | what is done |
|---|---|---|
| nothing written | nothing | written |
| the row | an orphan, which back ends can see | claimed; key, metas set |
| some metas | key | metas set |
| all metas | key, metas | the answer |
| a repair of ours | any of the above | as above |

An orphan carries no key. It is recognised by its time, by having no dialogs, and by having no meta
but what JavaScript puts before the key; a claim gives it to one key only. It may be a pack without
meta that another program created at that very time.

When the tenant's meta indexes refuse the meta, the platform takes the pack back itself. Where it
was cut off before that, the pack is deleted here if the API key may, or named.
"""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from chat3_api.chat3.user.v1 import ErrorReason
from chat3_user.domain.guard import past_guard
from chat3_user.domain.json_order import precede_key, unwritten
from chat3_user.domain.meta_rules import MetaRules
from chat3_user.domain.orphans import claimed, orphans
from chat3_user.domain.packs import Packs, pack_created
from chat3_user.domain.settling import CLOCKS_DIFFER, ORPHANS_WITHIN, Settling
from chat3_user.errors import CallError, reasons
from chat3_user.idempotency import Claims, Earlier
from chat3_user.tenant_api import TenantApi, routes
from chat3_user.tenant_api import models as m
from chat3_user.tenant_api.creating import ANY_KEY, keyed
from chat3_user.tenant_api.pages import Pages
from chat3_user.tenant_api.query import PACKS_PAGE
from chat3_user.tenant_api.sending import SEND_KEY
from chat3_user.validation import Identity

log = logging.getLogger(__name__)

_NEWEST_FIRST: Final = {"sort": "createdAt", "sortDirection": "desc"}


@dataclass(frozen=True, slots=True)
class NewPack:
    """A pack to be created."""

    identity: Identity
    meta: Mapping[str, Any]

    def may_have_left(self, pack: m.Pack) -> bool:
        """Tell whether an attempt that was cut before its key may have left the pack."""
        return precede_key(pack.meta, self.meta)


class CreatedPacks:
    """Creates and finds; ``settle`` is that of `Times`, in seconds.

    ``count`` hears of each pack that was found in part.
    """

    def __init__(
        self,
        api: TenantApi,
        rules: MetaRules,
        packs: Packs,
        claims: Claims,
        settle: float,
        count: Callable[[str], None],
    ) -> None:
        self._api = api
        self._rules = rules
        self._packs = packs
        self._claims = claims
        self._settle = settle
        self._count = count

    def search(self, wanted: NewPack) -> "Search":
        """Return the writes and looks of one call."""
        settling = Settling(self._settle)
        parts = (self._api, self._rules, self._packs, self._claims)
        return Search(wanted, *parts, settling, self._count)


class Search:
    """The writes and looks of one call for one pack."""

    def __init__(
        self,
        wanted: NewPack,
        api: TenantApi,
        rules: MetaRules,
        packs: Packs,
        claims: Claims,
        settling: Settling,
        count: Callable[[str], None],
    ) -> None:
        self._wanted = wanted
        self._api = api
        self._rules = rules
        self._packs = packs
        self._claims = claims
        self._settling = settling
        self._count = count

    async def prove_allowed(self) -> None:
        """Prove that no meta index refuses the pack for what the request alone says.

        Raises `CallError`.
        """
        meta = keyed(self._wanted.meta, ANY_KEY)
        await self._rules.prove_creatable(self._wanted.identity, "pack", meta)

    async def write(self, key: str | None) -> m.Pack:
        """Write a pack.

        Raises `CallError`.
        """
        body = {"meta": keyed(self._wanted.meta, key)}
        answer = await self._api.call(routes.CREATE_PACK, self._wanted.identity, body=body)
        return answer.data

    async def find(self, earlier: Earlier) -> m.Pack | None:
        """Return the pack that an earlier attempt wrote, finished.

        Raises `CallError` and `UnsettledError`.
        """
        row = await self._keyed(earlier)
        if row is None and earlier.settled and earlier.age is not None:
            row = await self._claimed_orphan(earlier, earlier.age)
        if row is None:
            return None
        metas = unwritten(keyed(self._wanted.meta, earlier.name), row.meta)
        if metas:
            self._settling.wait_for(row.pack_id, pack_created(row), earlier)
            await self._set(row, metas)
            self._count("pack")
        return await self._packs.known(self._wanted.identity, row.pack_id)

    async def _set(self, row: m.Pack, metas: Mapping[str, Any]) -> None:
        """Set what is missing; a pack whose meta is refused is deleted, or named."""
        identity = self._wanted.identity
        try:
            await past_guard(
                partial(
                    self._api.call,
                    routes.SET_META_KEYS,
                    identity,
                    body={"meta": metas},
                    kind="pack",
                    entity_id=row.pack_id,
                )
            )
        except CallError as error:
            if error.reason is not ErrorReason.META_INDEX_CONFLICT:
                raise
            raise await self._taken_back(error, row) from error

    async def _taken_back(self, conflict: CallError, row: m.Pack) -> CallError:
        """Delete a pack that nothing is in; return what to tell, which names what is left."""
        try:
            await self._packs.delete(self._wanted.identity, row.pack_id)
        except CallError as error:
            problem = {"pack_id": row.pack_id, "problem": error}
            log.warning("a pack that breaks a meta index stays", extra=problem)
            return reasons.leaving(conflict, row.pack_id)
        return conflict

    async def _keyed(self, earlier: Earlier) -> m.Pack | None:
        """Return the oldest pack that carries the key and was written in its time."""
        since = time.time() - earlier.oldest - CLOCKS_DIFFER
        page = await anext(self._pages(f'(meta.{SEND_KEY},eq,"{earlier.name}")'))
        rows = [
            row
            for row in page
            if row.meta.get(SEND_KEY) == earlier.name and pack_created(row) >= since
        ]
        return min(rows, key=pack_created, default=None)

    async def _claimed_orphan(self, earlier: Earlier, age: float) -> m.Pack | None:
        if age >= ORPHANS_WITHIN:
            return None
        for row in await self._orphans(age):
            # Counters come late: the list itself says whether somebody has filled the pack.
            if await self._packs.dialog_ids(self._wanted.identity, row.pack_id):
                continue
            self._settling.wait_for(row.pack_id, pack_created(row), earlier)
            if await claimed(self._claims, self._wanted.identity, row.pack_id, earlier.name):
                return row
        return None

    async def _orphans(self, age: float) -> list[m.Pack]:
        """Return what attempts since ``age`` seconds may have left without their key."""
        return await orphans(
            self._pages(), lambda row: row.pack_id, pack_created, self._wanted.may_have_left, age
        )

    def _pages(self, filter_: str = "") -> Pages[m.Pack]:
        """Return pages of the tenant's packs, newest first."""
        return self._api.pages(
            routes.PACKS,
            self._wanted.identity,
            size=PACKS_PAGE,
            filter_=filter_,
            query=_NEWEST_FIRST,
        )
