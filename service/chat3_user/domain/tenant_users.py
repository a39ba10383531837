"""Creates, changes and deletes users for back ends, and recovers interrupted attempts.

The platform's routes of users check no permission, so each is proved before. It writes a user row,
then, in requests of their own, its custom data. What a look after an attempt finds whose outcome is
unknown:

| call | there | what is done |
|---|---|---|
| create | no user, or one that owns custom data only | written |
| create | a user since the attempt began, of its type | completed, or announced anew; the answer |
| create | another user | the platform refuses: there is such a user |
| upsert | a user since the attempt began | brought to the wanted state; `created` |
| upsert, update | a user in the wanted state | announced anew; the answer |
| upsert, update | a user in another state | written again |
| delete | no user, or one created after the attempt began | the answer |

A user who is there before the first attempt is refused before anything is sent. So one who is there
since is the attempt's, or was made by somebody else at that very time.

Custom data that the tenant's meta indexes refuse for what the request alone says is refused before
anything is sent. What else they refuse is taken back: the keys that were written, where the API key
may delete, and the user.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import msgspec

from chat3_api.chat3.user.v1 import ErrorReason
from chat3_user.domain.access import Access
from chat3_user.domain.custom_data import Change, CustomDataChanges
from chat3_user.domain.first_custom_data import REFUSALS, FirstCustomData, is_part
from chat3_user.domain.guard import past_guard
from chat3_user.domain.past_attempts import began, is_surely_since, may_be_since
from chat3_user.domain.settling import unix_time
from chat3_user.domain.users import Users
from chat3_user.errors import CallError, reasons
from chat3_user.idempotency import Earlier, UnsettledError
from chat3_user.tenant_api import TenantApi, routes
from chat3_user.tenant_api import models as m
from chat3_user.tenant_api.answers import BODY_LIMIT, in_doubt
from chat3_user.validation import Identity

PLAIN_TYPE: Final = "user"
"""The type of a user of whom none is said."""


@dataclass(frozen=True, slots=True)
class WantedUser:
    """A user as a back end wants it: ``user_id`` in lower case, ``type`` empty for any.

    ``keys`` are set in the custom data, ``removed`` are removed from it.
    """

    identity: Identity
    user_id: str
    type: str
    keys: Mapping[str, Any]
    removed: tuple[str, ...] = ()

    @property
    def change(self) -> Change:
        """The change of the custom data."""
        return Change("user", self.user_id, self.keys, self.removed)

    def is_typed(self, user: m.User) -> bool:
        """Tell whether a user has the wanted type."""
        return not self.type or user.type == self.type


class TenantUsers:
    """Writes users; every method raises `CallError`."""

    def __init__(
        self,
        api: TenantApi,
        access: Access,
        users: Users,
        custom_data: CustomDataChanges,
        first: FirstCustomData,
    ) -> None:
        self._api = api
        self._access = access
        self._users = users
        self._custom_data = custom_data
        self._first = first

    async def prove_creatable(self, wanted: WantedUser) -> None:
        """Prove that the key may create the user, that its data fits, and that none is there."""
        if len(msgspec.json.encode({"meta": wanted.keys})) > BODY_LIMIT:
            raise reasons.request_too_large(BODY_LIMIT)
        await self._access.prove_writer(wanted.identity)
        if await self._there(wanted.identity, wanted.user_id) is not None:
            raise reasons.user_exists(wanted.user_id)
        await self._first.prove_allowed(wanted.identity, wanted.change)

    async def create(self, wanted: WantedUser) -> None:
        """Write a user who was proved creatable; one whose custom data is refused is taken back."""
        await self._add(wanted)
        await self._complete(wanted)

    async def find_created(self, wanted: WantedUser, earlier: Earlier) -> bool:
        """Tell whether an earlier attempt created the user; completes it.

        Raises also `UnsettledError`.
        """
        user = await self._there(wanted.identity, wanted.user_id)
        if user is None or not _may_be_its(earlier, user):
            return False
        if not wanted.is_typed(user):
            return False
        if not await self._is_made(wanted, user, earlier):
            if not earlier.settled:
                raise UnsettledError
            await self._complete(wanted, found=True)
        return True

    async def prove_writable(self, wanted: WantedUser) -> None:
        """Prove that the key may read and write, wherever a user may have to be created."""
        await self._access.prove_writer(wanted.identity)
        await self._access.prove_known(wanted.identity)

    async def upsert(self, wanted: WantedUser) -> bool:
        """Bring a user to the wanted state; return whether it was created for that."""
        user = await self._there(wanted.identity, wanted.user_id)
        if user is None:
            await self._first.prove_allowed(wanted.identity, wanted.change)
            try:
                await self._add(wanted)
            except CallError as error:
                if error.reason is not ErrorReason.USER_EXISTS:
                    raise
            else:
                await self._complete(wanted)
                return True
            # Somebody else has created it meanwhile.
            user = await self._users.known(wanted.identity, wanted.user_id)
        await self._change(wanted, user)
        return False

    async def find_upserted(self, wanted: WantedUser, earlier: Earlier) -> bool | None:
        """Return whether an earlier attempt created the user, None when it is to be made again.

        Raises also `UnsettledError`.
        """
        user = await self._there(wanted.identity, wanted.user_id)
        if user is None:
            return None
        is_new = _may_be_its(earlier, user)
        if await self._is_made(wanted, user, earlier):
            return is_new
        if not is_new:
            return None
        if not earlier.settled:
            raise UnsettledError
        await self._change(wanted, user)
        return True

    async def prove_changeable(self, wanted: WantedUser) -> None:
        """Prove that the key may write, and that the user is there."""
        await self._access.prove_writer(wanted.identity)
        await self._users.known(wanted.identity, wanted.user_id)

    async def update(self, wanted: WantedUser) -> None:
        """Change a user who is there."""
        await self._change(wanted, await self._users.known(wanted.identity, wanted.user_id))

    async def find_updated(self, wanted: WantedUser, earlier: Earlier) -> bool:
        """Tell whether the user is as an earlier attempt wanted it."""
        user = await self._users.known(wanted.identity, wanted.user_id)
        return await self._is_made(wanted, user, earlier)

    async def prove_deletable(self, identity: Identity, user_id: str) -> None:
        """Prove that the key may delete, and that the user is there."""
        await self._access.prove_deleter(identity)
        await self._users.known(identity, user_id)

    async def delete(self, identity: Identity, user_id: str) -> None:
        """Delete a user; memberships, messages and custom data stay."""
        await past_guard(partial(self._api.call, routes.DELETE_USER, identity, user_id=user_id))

    async def was_deleted(self, identity: Identity, user_id: str, earlier: Earlier) -> bool:
        """Tell whether an earlier attempt, which had found the user, deleted it."""
        since = began(earlier)
        if since is None:
            return False
        user = await self._there(identity, user_id)
        return user is None or is_surely_since(since, _created(user))

    async def _there(self, identity: Identity, user_id: str) -> m.User | None:
        try:
            return await self._users.known(identity, user_id)
        except CallError as error:
            if error.reason is ErrorReason.USER_NOT_FOUND:
                return None
            raise

    async def _add(self, wanted: WantedUser) -> None:
        body = {"userId": wanted.user_id, "type": wanted.type or PLAIN_TYPE}
        await past_guard(partial(self._api.call, routes.CREATE_USER, wanted.identity, body=body))

    async def _complete(self, wanted: WantedUser, *, found: bool = False) -> None:
        """Write the custom data of a user whom this call, or its earlier attempt, has created.

        One who is ``found`` with custom data that was not asked for is nobody's to be taken back.
        """
        identity, before = wanted.identity, None
        try:
            before = await self._custom_data.read(identity, "user", wanted.user_id)
            await self._custom_data.make(identity, wanted.change, before)
        except CallError as error:
            if error.reason not in REFUSALS:
                raise in_doubt(error) from error
            if found and before is not None and not is_part(before, wanted.keys):
                raise reasons.leaving(error, wanted.user_id) from error
            refused = error
            try:
                if error.reason is ErrorReason.META_INDEX_CONFLICT and before is not None:
                    refused = await self._first.taken_back(error, identity, wanted.change, before)
                await self.delete(identity, wanted.user_id)
            except CallError as left:
                raise in_doubt(error) from left
            raise refused from error

    async def _change(self, wanted: WantedUser, user: m.User) -> None:
        # Removing needs a permission of its own, so it comes before all else.
        await self._custom_data.make(wanted.identity, wanted.change)
        if not wanted.is_typed(user):
            await self._set_type(wanted)

    async def _set_type(self, wanted: WantedUser) -> None:
        """Set the requested type; the user gets an update, even if it is the current type."""
        ask = partial(self._api.call, routes.CHANGE_USER, wanted.identity, user_id=wanted.user_id)
        await past_guard(partial(ask, body={"type": wanted.type} if wanted.type else {}))

    async def _is_made(self, wanted: WantedUser, user: m.User, earlier: Earlier) -> bool:
        """Return whether a user is in the requested state; if so, announce the user again."""
        if not wanted.is_typed(user):
            return False
        if not await self._custom_data.find(wanted.identity, wanted.change, earlier):
            return False
        if not wanted.keys:
            await self._set_type(wanted)
        return True


def _created(user: m.User) -> float:
    return unix_time(routes.USER, user.created_at)


def _may_be_its(earlier: Earlier, user: m.User) -> bool:
    """Tell whether an earlier attempt may have created the user."""
    since = began(earlier)
    return since is not None and may_be_since(since, _created(user))
