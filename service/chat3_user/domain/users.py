"""Users of the tenant, as callers look them up."""

import asyncio
from collections.abc import Iterable
from typing import Final

from chat3_api.chat3.user.v1 import ErrorReason
from chat3_user.domain.access import Access
from chat3_user.domain.together import both, together
from chat3_user.errors import CallError, reasons
from chat3_user.tenant_api import TenantApi, routes
from chat3_user.tenant_api import models as m
from chat3_user.validation import Identity

_AT_ONCE: Final = 8
"""How many users one call looks for at the same time."""


class Users:
    """Looks users up for callers; needs the key's `read` permission."""

    def __init__(self, api: TenantApi, access: Access) -> None:
        self._api = api
        self._access = access

    async def known(self, identity: Identity, user_id: str) -> m.User:
        """Return a user of the caller's tenant.

        The platform checks no permission here, so it is asked what does, and permission is judged
        before existence. It also answers for who only owns custom data: such a user is none.

        Raises `CallError`.
        """
        permission = asyncio.ensure_future(self._access.prove_known(identity))
        asked = asyncio.ensure_future(self._api.call(routes.USER, identity, user_id=user_id))
        try:
            await permission
            user = (await asked).data
        finally:
            permission.cancel()
            asked.cancel()
            await asyncio.gather(permission, asked, return_exceptions=True)
        return _existing(user, user_id)

    async def prove(self, identity: Identity, user_ids: Iterable[str]) -> None:
        """Prove that all users (ids in lower case) exist in the caller's tenant.

        The platform makes a user of every id that it is given as a member's. It checks no
        permission here: an unknown user, the first of several, is told only to a key that may read
        and write.

        Raises `CallError`.
        """
        room = asyncio.Semaphore(_AT_ONCE)

        async def prove(user_id: str) -> None:
            async with room:
                answer = await self._api.call(routes.USER, identity, user_id=user_id)
            _existing(answer.data, user_id)

        try:
            await both(self._access.prove_known(identity), together(map(prove, user_ids)))
        except CallError as error:
            if error.reason is ErrorReason.USER_NOT_FOUND:
                await self._access.prove_writer(identity)
            raise


def _existing(user: m.User, user_id: str) -> m.User:
    if not user.exists:
        raise reasons.user_not_found(user_id)
    return user
