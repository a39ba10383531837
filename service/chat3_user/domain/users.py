"""Users of the tenant, as callers look them up."""

import asyncio

from chat3_user.domain.access import Access
from chat3_user.errors import reasons
from chat3_user.tenant_api import TenantApi, routes
from chat3_user.tenant_api import models as m
from chat3_user.validation import Identity


class Users:
    """Looks users up for callers; needs the key's `read` permission."""

    def __init__(self, api: TenantApi, access: Access) -> None:
        self._api = api
        self._access = access

    async def known(self, identity: Identity, user_id: str) -> m.User:
        """Return a user of the caller's tenant.

        The platform checks no permission here, so it is asked what does, and permission is judged
        before existence. It also answers for who only owns open data: such a user is none.

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
        if user.type is None and user.created_at is None:
            raise reasons.user_not_found(user_id)
        return user
