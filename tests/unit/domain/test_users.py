"""Many users are looked for at once, but not all at once; the first who does not exist is named."""

import asyncio

import pytest
from creations_vocabulary import identity
from scripted_creations import ScriptedCreations

from chat3_api.chat3.user.v1 import ErrorReason
from chat3_user.domain.access import Access
from chat3_user.domain.users import Users
from chat3_user.errors import CallError
from chat3_user.tenant_api import TenantApi
from chat3_user.tenant_api.route import Request

MANY = [f"u{number}" for number in range(100)]


class Watched(ScriptedCreations):
    """Notes how many requests are under way at the same time."""

    def __init__(self, *users: str) -> None:
        super().__init__(*users)
        self.under_way = 0
        self.most = 0

    async def call(self, request: Request) -> tuple[int, object]:
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            await asyncio.sleep(0)
            return await super().call(request)
        finally:
            self.under_way -= 1


def users_of(platform: ScriptedCreations) -> Users:
    api = TenantApi(platform)
    return Users(api, Access(api))


async def test_a_hundred_are_looked_for_a_few_at_a_time() -> None:
    platform = Watched(*MANY)
    await users_of(platform).prove(identity(), MANY)
    assert len(platform.asked) == 101  # and whether the key may read
    assert 1 < platform.most <= 9


async def test_the_first_of_several_unknown_users_is_named() -> None:
    platform = Watched(*MANY)
    with pytest.raises(CallError) as refused:
        await users_of(platform).prove(identity(), ["u1", "nobody", "u2", "nobody-else"])
    assert refused.value.reason is ErrorReason.USER_NOT_FOUND
    assert refused.value.metadata == {"user_id": "nobody"}
