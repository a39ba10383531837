"""Which of many users do not exist: asked by lists, and what a list lacks one by one."""

import asyncio
import re
from collections.abc import Collection, Iterator
from typing import Final

from chat3_api.chat3.user.v1 import ErrorReason
from chat3_user.domain.together import together
from chat3_user.errors import CallError
from chat3_user.tenant_api import TenantApi, routes
from chat3_user.tenant_api.query import WHOLE_PAGE, paged
from chat3_user.validation import Identity

_AT_ONCE: Final = 4
"""How many requests one call has under way."""

_LISTABLE: Final = re.compile("(?![0-9]+(?:e[0-9]+)?$)[a-z0-9][a-z0-9_-]{0,49}")
"""User ids that a filter can list: nothing in them is syntax, a number or another type."""

_LIKE_TYPES: Final = frozenset({"true", "false", "null", "undefined", "infinity", "nan"})


class ExistingUsers:
    """Looks for users of the caller's tenant; whether the caller may read is proved by others."""

    def __init__(self, api: TenantApi) -> None:
        self._api = api

    async def missing(
        self, identity: Identity, user_ids: Collection[str], *, most: int | None = None
    ) -> set[str]:
        """Return which of the users (ids in lower case) do not exist; ``most`` of them are enough.

        A list saves requests and decides nothing: who is not on it is looked for by id, where the
        platform is known to answer rightly. Raises `CallError`.
        """
        room = asyncio.Semaphore(_AT_ONCE)
        listable = [each for each in user_ids if _is_listable(each)]
        found = await together(
            self._listed(identity, listable[start : start + WHOLE_PAGE], room)
            for start in range(0, len(listable), WHOLE_PAGE)
        )
        left = sorted(set(user_ids).difference(*found))
        missing: set[str] = set()
        for some in _chunks(left, _AT_ONCE):
            exist = await together(self._exists(identity, each) for each in some)
            missing.update(each for each, there in zip(some, exist, strict=True) if not there)
            if most is not None and len(missing) >= most:
                break
        return missing

    async def _listed(
        self, identity: Identity, user_ids: list[str], room: asyncio.Semaphore
    ) -> set[str]:
        """Return whom a list of these users has."""
        filter_ = f"(userId,in,[{','.join(user_ids)}])"
        async with room:
            page = await self._api.call(
                routes.USERS, identity, query=paged(limit=WHOLE_PAGE, filter_=filter_)
            )
        return {user.user_id for user in page.data}.intersection(user_ids)

    async def _exists(self, identity: Identity, user_id: str) -> bool:
        try:
            answer = await self._api.call(routes.USER, identity, user_id=user_id)
        except CallError as error:
            if error.reason is ErrorReason.USER_NOT_FOUND:
                return False
            raise
        return answer.data.exists


def _is_listable(user_id: str) -> bool:
    return _LISTABLE.fullmatch(user_id) is not None and user_id not in _LIKE_TYPES


def _chunks(items: list[str], size: int) -> Iterator[list[str]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
