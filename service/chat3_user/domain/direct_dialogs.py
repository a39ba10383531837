"""The one dialog between two users, found or created; both users get the same one.

It carries a name of the two in its meta, written first. The oldest dialog with that name is the
one. It is created while no other call works on the two, which the store of idempotency keys sees
to. Where workers share no store, two can be created at the same moment:

- both requests are equal to the letter: the platform's duplicate guard refuses the second;
- who has created one looks again: of several, the oldest counts, and the others are emptied.

Members are all that there is to be completed. Whoever of the two is no member is added, after a cut
as after leaving. A dialog that an attempt of unknown outcome left is announced anew: the name is
set again, of which both get an update.
"""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from chat3_api.chat3.user.v1 import ErrorReason
from chat3_user.domain.dialogs import Dialogs, dialog_created, seen_by
from chat3_user.domain.meta_rules import MetaRules
from chat3_user.domain.settling import ORPHANS_WITHIN, Settling, unix_time
from chat3_user.domain.together import both
from chat3_user.domain.users import Users
from chat3_user.errors import CallError
from chat3_user.idempotency import Earlier
from chat3_user.idempotency.keys import pair_name
from chat3_user.tenant_api import DuplicateGuardError, TenantApi, routes
from chat3_user.tenant_api import models as m
from chat3_user.tenant_api.answers import in_doubt
from chat3_user.tenant_api.creating import DIRECT_KEY, create_dialog
from chat3_user.validation import Identity

log = logging.getLogger(__name__)

GIVEN_UP: Final = "given-up"
"""What replaces the name of a dialog that turned out not to be the one."""


@dataclass(frozen=True)
class Pair:
    """The caller and another user, both ids in lower case."""

    identity: Identity
    other: str

    @cached_property
    def name(self) -> str:
        """Digits that name the two."""
        return pair_name(self.identity, self.other)

    @cached_property
    def members(self) -> tuple[str, ...]:
        """The two, in an order that does not depend on who asks."""
        return tuple(sorted((self.identity.user_id, self.other)))

    def are_in(self, there: set[str]) -> bool:
        """Tell whether both are among these members."""
        return there.issuperset(self.members)

    def lacking(self, there: set[str]) -> list[str]:
        """Return who of the two is not among these members."""
        return [user_id for user_id in self.members if user_id not in there]


@dataclass(frozen=True, slots=True)
class DirectDialog:
    """The dialog as the caller sees it, and whether this call created it."""

    dialog: m.UserDialog
    created: bool


class DirectDialogs:
    """Finds and creates; ``settle`` is that of `Times`, in seconds."""

    def __init__(self, api: TenantApi, rules: MetaRules, users: Users, settle: float) -> None:
        self._api = api
        self._rules = rules
        self._users = users
        self._dialogs = Dialogs(api)
        self._settle = settle

    async def known(self, pair: Pair) -> DirectDialog | None:
        """Return the dialog, if all that may work on it is over; None when it has to be sought.

        Raises `CallError`.
        """
        rows = await self._rows(pair)
        if not rows or self._is_young(rows[0]):
            return None
        dialog_id = rows[0].dialog_id
        there, seen = await self._read(pair, dialog_id)
        if not (seen and pair.are_in(there)):
            await self._users.prove(pair.identity, pair.members)
            await self._dialogs.add(pair.identity, dialog_id, pair.lacking(there))
            seen = await self._dialogs.own(pair.identity, dialog_id)
        for row in rows[1:]:
            if not await self._dialogs.is_used(pair.identity, row.dialog_id):
                return None
        return None if seen is None else DirectDialog(seen, created=False)

    async def whole(self, pair: Pair) -> DirectDialog | None:
        """Return the dialog if both are in it, however young it is, and None otherwise.

        Raises `CallError`.
        """
        for row in await self._rows(pair):
            there, seen = await self._read(pair, row.dialog_id)
            return DirectDialog(seen, created=False) if seen and pair.are_in(there) else None
        return None

    async def announce(self, pair: Pair, found: DirectDialog) -> None:
        """Publish an update of a dialog that was created lately, where the caller may write.

        Raises `CallError`.
        """
        created = found.dialog.created_at
        if (
            created is None
            or time.time() - unix_time(routes.USER_DIALOGS, created) > ORPHANS_WITHIN
        ):
            return
        try:
            await self._dialogs.set_meta(
                pair.identity, found.dialog.dialog_id, DIRECT_KEY, pair.name
            )
        except CallError as error:
            if error.reason is not ErrorReason.PERMISSION_MISSING:
                raise

    def search(self, pair: Pair) -> "Search":
        """Return the search of one call, which has to work on the two alone."""
        return Search(pair, self._api, self._rules, self._users, self._settle)

    async def _rows(self, pair: Pair) -> list[m.Dialog]:
        return await self._dialogs.named(pair.identity, DIRECT_KEY, pair.name)

    async def _read(self, pair: Pair, dialog_id: str) -> tuple[set[str], m.UserDialog | None]:
        """Return who is in a dialog, and the dialog as the caller sees it."""
        return await both(
            self._dialogs.member_ids(pair.identity, dialog_id),
            self._dialogs.own(pair.identity, dialog_id),
        )

    def _is_young(self, row: m.Dialog) -> bool:
        return time.time() - dialog_created(row) < self._settle


class Search:
    """One call's search; it knows whether it has created what it finds."""

    def __init__(
        self, pair: Pair, api: TenantApi, rules: MetaRules, users: Users, settle: float
    ) -> None:
        self._pair = pair
        self._identity = pair.identity
        self._api = api
        self._rules = rules
        self._users = users
        self._dialogs = Dialogs(api)
        self._settle = settle
        self._settling = Settling(settle)
        self._created = False

    async def ready(self) -> None:
        """Prove that both users exist.

        Raises `CallError`.
        """
        await self._users.prove(self._identity, self._pair.members)

    async def write(self, _: str | None) -> DirectDialog:
        """Return the dialog, created now if there is none; no other call may be working on it.

        Raises `CallError`.
        """
        rows = await self._rows()
        if not rows:
            made = await self._create()
            try:
                rows = await self._rows() or [made]
                if rows[0].dialog_id != made.dialog_id:
                    self._created = False
                    await self._give_up(made)
            except CallError as error:
                # The next look finds it, or the older one.
                raise in_doubt(error) from error
        await self._tidy(rows)
        return await self._completed(rows[0])

    async def find(self, earlier: Earlier) -> DirectDialog | None:
        """Return the dialog that an earlier attempt may have created, complete; None without one.

        Raises `CallError` and `UnsettledError`.
        """
        rows = await self._rows()
        if not rows:
            return None
        if earlier.settled:
            await self._tidy(rows)
        row, attempted = rows[0], earlier.age is not None
        there = await self._dialogs.member_ids(self._identity, row.dialog_id)
        if not self._pair.are_in(there):
            if not earlier.settled or attempted:
                self._settling.wait_for(row.dialog_id, dialog_created(row), earlier)
            await self.ready()
        found = await self._completed(row, there)
        if attempted:
            await self._dialogs.set_meta(self._identity, row.dialog_id, DIRECT_KEY, self._pair.name)
        return found

    async def _rows(self) -> list[m.Dialog]:
        return await self._dialogs.named(self._identity, DIRECT_KEY, self._pair.name)

    async def _create(self) -> m.Dialog:
        meta = {DIRECT_KEY: self._pair.name}
        await self._rules.prove_creatable(self._identity, "dialog", meta)
        self._created = True
        try:
            return await create_dialog(self._api, self._identity, self._pair.members, meta)
        except DuplicateGuardError:
            # A worker that shares no store with this one has just asked for the same.
            self._created = False
            raise

    async def _completed(self, row: m.Dialog, there: set[str] | None = None) -> DirectDialog:
        if there is None:
            there = await self._dialogs.member_ids(self._identity, row.dialog_id)
        await self._dialogs.add(self._identity, row.dialog_id, self._pair.lacking(there))
        seen = await self._dialogs.own(self._identity, row.dialog_id)
        return DirectDialog(
            seen or seen_by(self._identity.user_id, row, len(self._pair.members)), self._created
        )

    async def _tidy(self, rows: Sequence[m.Dialog]) -> None:
        """Remove the members of duplicates from concurrent creations that have no messages."""
        for row in rows[1:]:
            age = time.time() - dialog_created(row)
            if age >= self._settle and not await self._dialogs.is_used(
                self._identity, row.dialog_id
            ):
                await self._give_up(row)

    async def _give_up(self, row: m.Dialog) -> None:
        """Empty a dialog that is not the one; its name goes last, for by it the rest is found."""
        log.warning("a second direct dialog is emptied", extra={"dialog_id": row.dialog_id})
        await self._dialogs.remove(self._identity, row.dialog_id, self._pair.members)
        await self._dialogs.set_meta(self._identity, row.dialog_id, DIRECT_KEY, GIVEN_UP)
