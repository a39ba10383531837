"""Adds and removes members of dialogs: the platform checks nobody, so it is checked here.

What the list of members says after an attempt of unknown outcome: users who are there joined by it
when they joined since it began; a member who is not there was removed by it, for an attempt at
somebody else is refused before it is sent.
"""

from collections.abc import Iterable, Sequence

from chat3_user.domain.dialogs import Dialogs
from chat3_user.domain.past_attempts import is_long_ago, is_since
from chat3_user.errors import reasons
from chat3_user.idempotency import Earlier, UnsettledError
from chat3_user.tenant_api import TenantApi, routes
from chat3_user.validation import Identity


class Members:
    """Changes the members of dialogs that the caller was proved to be a member of.

    Ids are in lower case. Every method raises `CallError`.
    """

    def __init__(self, api: TenantApi) -> None:
        self._dialogs = Dialogs(api)

    async def add(self, identity: Identity, dialog_id: str, user_ids: Sequence[str]) -> list[str]:
        """Add users who exist; return those who were no members, in the order of ``user_ids``."""
        return [
            user_id
            for user_id in dict.fromkeys(user_ids)
            if await self._dialogs.add_one(identity, dialog_id, user_id)
        ]

    async def find_added(
        self, identity: Identity, dialog_id: str, user_ids: Sequence[str], earlier: Earlier
    ) -> list[str] | None:
        """Return whom an earlier attempt added, None when it added nobody; completes it.

        Raises also `UnsettledError`.
        """
        if is_long_ago(earlier):
            return None
        there = {
            member.user_id: member.created_at
            for member in await self._dialogs.members(identity, dialog_id)
        }
        added = {
            user_id
            for user_id in user_ids
            if user_id in there and is_since(earlier, routes.MEMBERS, there[user_id])
        }
        if not added:
            return None
        lacking = [user_id for user_id in user_ids if user_id not in there]
        if lacking:
            if not earlier.settled:
                raise UnsettledError
            added |= set(await self.add(identity, dialog_id, lacking))
        return _in_order(user_ids, added)

    async def prove_removable(self, identity: Identity, dialog_id: str, user_id: str) -> None:
        """Prove that a user is a member, and not the last one."""
        await self._spelling(identity, dialog_id, user_id)

    async def remove(self, identity: Identity, dialog_id: str, user_id: str) -> None:
        """Remove a member, as the platform spells the id."""
        spelling = await self._spelling(identity, dialog_id, user_id)
        await self._dialogs.remove(identity, dialog_id, [spelling])

    async def was_removed(
        self, identity: Identity, dialog_id: str, user_id: str, earlier: Earlier
    ) -> bool:
        """Tell whether a user is no member any more since an earlier attempt."""
        if is_long_ago(earlier):
            return False
        members = await self._dialogs.member_ids(identity, dialog_id)
        return all(member.lower() != user_id for member in members)

    async def _spelling(self, identity: Identity, dialog_id: str, user_id: str) -> str:
        members = await self._dialogs.member_ids(identity, dialog_id)
        spellings = [member for member in members if member.lower() == user_id]
        if not spellings and user_id == identity.user_id:
            raise reasons.not_a_member(dialog_id)
        if not spellings:
            raise reasons.member_not_found(dialog_id, user_id)
        if len(members) == 1:
            raise reasons.last_member(dialog_id)
        return user_id if user_id in spellings else spellings[0]


def _in_order(user_ids: Iterable[str], chosen: set[str]) -> list[str]:
    return [user_id for user_id in dict.fromkeys(user_ids) if user_id in chosen]
