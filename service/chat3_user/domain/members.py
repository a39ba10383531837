"""Adds and removes members of dialogs, and checks the users, which the platform does not do.

tenant-api adds a member by a row and an event, and removes one by an event and the row. What a
restart leaves between them, and what is done about it (`docs/repaired-changes.md` has the same
table):

| call | cut after | what is done |
|---|---|---|
| add | the row of a member | the dialog is announced anew, the others are added; reported |
| | the event | the same: it looks alike |
| remove, leave | the event | removed, with a second event |
| | the row | it is the answer |

What the list of members says after an attempt: users who are there joined by it when they may have
joined since it began, where the call itself has not heard it; a member who is not there was removed
by it, for an attempt at somebody else is refused before it is sent. A member who joined after it
began was removed and added again.

Somebody who is not there may never have been written, or may have been removed since: that looks
alike, and is added.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import partial

from chat3_user.domain.dialogs import Dialogs
from chat3_user.domain.past_attempts import began, is_surely_since, may_be_since
from chat3_user.domain.settling import unix_time
from chat3_user.domain.unshown import Missing, UnshownChanges, announced
from chat3_user.errors import CallError, reasons
from chat3_user.idempotency import Earlier, UnsettledError
from chat3_user.tenant_api import TenantApi, routes
from chat3_user.tenant_api import models as m
from chat3_user.tenant_api.answers import in_doubt
from chat3_user.tenant_api.creating import TOLD_KEY
from chat3_user.validation import Identity


@dataclass(frozen=True, slots=True)
class Added:
    """Who was added, in the order of the request, and what of that may be missing for good."""

    user_ids: Sequence[str]
    missing: Missing = ()


class Members:
    """Changes the members of dialogs that the caller was proved to be a member of.

    Ids are in lower case. Every method raises `CallError`.
    """

    def __init__(self, api: TenantApi, unshown: UnshownChanges) -> None:
        self._dialogs = Dialogs(api)
        self._unshown = unshown

    def adding(self, identity: Identity, dialog_id: str, user_ids: Sequence[str]) -> "Adding":
        """Return how one call adds users who exist."""
        wanted = tuple(dict.fromkeys(user_ids))
        return Adding(self._dialogs, self._unshown, identity, dialog_id, wanted)

    async def prove_removable(self, identity: Identity, dialog_id: str, user_id: str) -> None:
        """Prove that a user is a member, and not the last one; a back end removes that one, too."""
        members = await self._dialogs.member_ids(identity, dialog_id)
        _spelling(identity, dialog_id, user_id, members)
        _prove_not_last(identity, dialog_id, members)

    async def spelling(self, identity: Identity, dialog_id: str, user_id: str) -> str:
        """Return a member's id as the platform spells it, which may be in another letter case."""
        members = await self._dialogs.member_ids(identity, dialog_id)
        return _spelling(identity, dialog_id, user_id, members)

    async def remove(self, identity: Identity, dialog_id: str, user_id: str) -> None:
        """Remove a member, as the platform spells the id; nothing is to do once it is gone."""
        members = await self._dialogs.member_ids(identity, dialog_id)
        spellings = _spellings(members, user_id)
        if spellings:
            _prove_not_last(identity, dialog_id, members)
        await self._dialogs.remove(identity, dialog_id, _preferred(spellings, user_id))

    async def was_removed(
        self, identity: Identity, dialog_id: str, user_id: str, earlier: Earlier
    ) -> bool:
        """Tell whether an earlier attempt removed a user, whatever became of that since."""
        since = began(earlier)
        if since is None:
            return False
        there = await joined(self._dialogs, identity, dialog_id)
        spellings = _spellings(there, user_id)
        return all(is_surely_since(since, there[spelling]) for spelling in spellings)


class Adding:
    """The writes and looks of one call; it remembers what it was answered.

    Every method raises `CallError`.
    """

    def __init__(
        self,
        dialogs: Dialogs,
        unshown: UnshownChanges,
        identity: Identity,
        dialog_id: str,
        wanted: Sequence[str],
    ) -> None:
        self._dialogs = dialogs
        self._unshown = unshown
        self._identity = identity
        self._dialog_id = dialog_id
        self._wanted = wanted
        # Whom this call asked for, and whether each was new: None while nobody knows. Before that,
        # another call may have asked for any of them.
        self._asked: dict[str, bool | None] | None = None

    async def write(self) -> Added:
        """Add the users, one after another; those who were members before stay as they are.

        What fails after the first one was added leaves the outcome open.
        """
        self._asked = {}
        return Added(await self._add(self._wanted))

    async def find(self, earlier: Earlier) -> Added | None:
        """Complete an earlier attempt; return the users that it added, None when it added none.

        Raises also `UnsettledError`.
        """
        since = began(earlier)
        if since is None:
            return None
        there = await joined(self._dialogs, self._identity, self._dialog_id)
        added = {user for user in self._wanted if self._was_added(user, there.get(user), since)}
        lacking = [user for user in self._wanted if user not in there]
        if not added:
            return None if lacking else Added(())
        if lacking:
            if not earlier.settled:
                raise UnsettledError
            added.update(await self._add(lacking))
        where = (self._identity, self._dialog_id)
        await announced(partial(self._dialogs.set_meta, *where, TOLD_KEY, earlier.name))
        missing = self._unshown.report("members", dialog_id=self._dialog_id)
        return Added([user for user in self._wanted if user in added], missing)

    async def _add(self, user_ids: Sequence[str]) -> list[str]:
        asked = {} if self._asked is None else self._asked
        added: list[str] = []
        for user_id in user_ids:
            asked[user_id] = None
            try:
                new = await self._dialogs.add_one(self._identity, self._dialog_id, user_id)
            except CallError as error:
                if added:
                    raise in_doubt(error) from error
                raise
            asked[user_id] = new
            if new:
                added.append(user_id)
        return added

    def _was_added(self, user_id: str, joined_at: float | None, since: float) -> bool:
        known = None if self._asked is None else self._asked.get(user_id, False)
        if known is not None:
            return known
        return joined_at is not None and may_be_since(since, joined_at)


async def joined(dialogs: Dialogs, identity: Identity, dialog_id: str) -> dict[str, float]:
    """Return since when a dialog's members are members, in Unix seconds by the platform's clock.

    Raises `CallError`.
    """
    members = await dialogs.members(identity, dialog_id)
    return {member.user_id: _joined_at(member) for member in members}


def _joined_at(member: m.Member) -> float:
    return unix_time(routes.MEMBERS, member.created_at)


def _spelling(identity: Identity, dialog_id: str, user_id: str, members: Collection[str]) -> str:
    spellings = _spellings(members, user_id)
    if not spellings and user_id == identity.user_id:
        raise reasons.not_a_member(dialog_id)
    if not spellings:
        raise reasons.member_not_found(dialog_id, user_id)
    return _preferred(spellings, user_id)[0]


def _preferred(spellings: Sequence[str], user_id: str) -> Sequence[str]:
    """Return which of a user's spellings is meant, if there is any."""
    return [user_id] if user_id in spellings else spellings[:1]


def _prove_not_last(identity: Identity, dialog_id: str, members: Collection[str]) -> None:
    if len(members) == 1 and identity.user_id:
        raise reasons.last_member(dialog_id)


def _spellings(members: Collection[str], user_id: str) -> list[str]:
    return [member for member in members if member.lower() == user_id]
