"""Makes users members of all dialogs of a pack, and ends that, dialog by dialog.

The platform has routes for all dialogs at once, which are cut between two dialogs like any other
write and do not say which were done. So each dialog is joined and left by itself, and what becomes
of a cut is what `Members` says of one dialog.
"""

from chat3_api.chat3.user.v1 import MissingPart
from chat3_user.domain.dialogs import Dialogs
from chat3_user.domain.members import Added, Adding, Members
from chat3_user.domain.packs import Packs, no_such_member
from chat3_user.domain.past_attempts import began
from chat3_user.errors import CallError
from chat3_user.idempotency import Earlier, UnsettledError
from chat3_user.tenant_api import TenantApi, routes
from chat3_user.tenant_api.answers import in_doubt
from chat3_user.tenant_api.query import PACKS_PAGE
from chat3_user.validation import Identity


class PackMembers:
    """Ids of users are in lower case; every method raises `CallError`."""

    def __init__(self, api: TenantApi, packs: Packs, members: Members) -> None:
        self._api = api
        self._packs = packs
        self._members = members
        self._dialogs = Dialogs(api)

    async def listed(self, identity: Identity, pack_id: str) -> list[str]:
        """Return who is in a dialog of a pack, as the platform spells the ids, sorted."""
        answer = await self._api.call(routes.USERS_OF_PACK, identity, pack_id=pack_id)
        return sorted({row.user_id for row in answer.data})

    async def spellings(self, identity: Identity, pack_id: str, user_id: str) -> list[str]:
        """Return a member's id as the platform spells it, which may be in several letter cases."""
        found = [each for each in await self.listed(identity, pack_id) if each.lower() == user_id]
        if not found:
            raise no_such_member(pack_id)
        return sorted(found, key=lambda each: (each != user_id, each))

    def joining(self, identity: Identity, pack_id: str, user_id: str) -> "Joining":
        """Return how one call makes a user who exists a member of a pack's dialogs."""
        return Joining(self._packs, self._members, identity, pack_id, user_id)

    async def remove(self, identity: Identity, pack_id: str, user_id: str) -> None:
        """End a user's membership of all dialogs of a pack; a failure on the way leaves it open."""
        left = 0
        for spelling in await self.spellings(identity, pack_id, user_id):
            for dialog_id in await self._dialogs_of(identity, pack_id, spelling):
                try:
                    await self._dialogs.remove(identity, dialog_id, [spelling])
                except CallError as error:
                    if left:
                        raise in_doubt(error) from error
                    raise
                left += 1

    async def was_removed(
        self, identity: Identity, pack_id: str, user_id: str, earlier: Earlier
    ) -> bool:
        """Tell whether an earlier attempt, which had found the member, removed it everywhere."""
        if began(earlier) is None:
            return False
        return all(each.lower() != user_id for each in await self.listed(identity, pack_id))

    async def _dialogs_of(self, identity: Identity, pack_id: str, spelling: str) -> list[str]:
        pages = self._api.pages(
            routes.PACK_DIALOGS, identity, size=PACKS_PAGE, pack_id=pack_id, user_id=spelling
        )
        return [row.dialog_id for row in await pages.rows()]


class Joining:
    """The writes and looks of one call; it remembers what it was answered.

    Every method raises `CallError`.
    """

    def __init__(
        self, packs: Packs, members: Members, identity: Identity, pack_id: str, user_id: str
    ) -> None:
        self._packs = packs
        self._members = members
        self._identity = identity
        self._pack_id = pack_id
        self._user_id = user_id
        self._each: dict[str, Adding] = {}

    async def write(self) -> Added:
        """Join all dialogs; return which were joined, by their ids."""
        joined: list[str] = []
        for dialog_id, adding in (await self._addings()).items():
            await self._join(dialog_id, adding, joined)
        return Added(joined)

    async def find(self, earlier: Earlier) -> Added | None:
        """Return which dialogs an earlier attempt joined, None when it joined none; completes it.

        Raises also `UnsettledError`.
        """
        if began(earlier) is None:
            return None
        addings = await self._addings()
        found = {dialog_id: await each.find(earlier) for dialog_id, each in addings.items()}
        if not any(one is not None and one.user_ids for one in found.values()):
            return None if None in found.values() else Added(())
        if None in found.values() and not earlier.settled:
            raise UnsettledError
        joined: list[str] = []
        missing: set[MissingPart] = set()
        for dialog_id, one in found.items():
            if one is None:
                await self._join(dialog_id, addings[dialog_id], joined)
                continue
            joined += [dialog_id] if one.user_ids else []
            missing.update(one.missing)
        return Added(joined, tuple(sorted(missing)))

    async def _addings(self) -> dict[str, Adding]:
        """Return how each dialog is joined, the first added first, as the platform does."""
        there = await self._packs.dialog_ids(self._identity, self._pack_id)
        for dialog_id in there:
            if dialog_id not in self._each:
                self._each[dialog_id] = self._members.adding(
                    self._identity, dialog_id, [self._user_id]
                )
        return {dialog_id: self._each[dialog_id] for dialog_id in reversed(there)}

    async def _join(self, dialog_id: str, adding: Adding, joined: list[str]) -> None:
        try:
            added = await adding.write()
        except CallError as error:
            if joined:
                raise in_doubt(error) from error
            raise
        if added.user_ids:
            joined.append(dialog_id)
