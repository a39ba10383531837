"""Which of many users do not exist: few requests for usual ids, and right for all others."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from chat3_user.domain.existing_users import ExistingUsers
from chat3_user.errors import reasons
from chat3_user.tenant_api import TenantApi, routes
from chat3_user.tenant_api import models as m
from chat3_user.validation import Identity

IDENTITY = Identity("key", "tnt_default", "")


class Platform:
    """Has some users, and lists those of ``listed`` among them; counts what it is asked."""

    def __init__(self, users: set[str], *, lists: bool = True) -> None:
        self.users = users
        self.lists = lists
        self.listed: list[str] = []
        self.looked_up: list[str] = []

    async def call(self, route: Any, _: Identity, **asked: Any) -> Any:
        if route is routes.USERS:
            ids = asked["query"]["filter"].partition("[")[2].partition("]")[0].split(",")
            self.listed += ids
            found = self.users.intersection(ids) if self.lists else set()
            return SimpleNamespace(data=[SimpleNamespace(user_id=each) for each in found])
        self.looked_up.append(asked["user_id"])
        if asked["user_id"] not in self.users:
            raise reasons.user_not_found(asked["user_id"])
        return SimpleNamespace(data=m.User(asked["user_id"], "user", 1.0))


async def missing(platform: Platform, user_ids: list[str]) -> set[str]:
    return await ExistingUsers(cast("TenantApi", platform)).missing(IDENTITY, user_ids)


@pytest.mark.parametrize(
    "user_id", ["ann", "usr_1", "a-b", "5f3a0c1e-7b1d-4c55-9a0e-3d2b1c0a9f8e", "0b", "7eleven"]
)
async def test_usual_ids_are_asked_for_by_list_alone(user_id: str) -> None:
    platform = Platform({user_id})
    assert await missing(platform, [user_id]) == set()
    assert (platform.listed, platform.looked_up) == ([user_id], [])


@pytest.mark.parametrize("user_id", ["123", "1e5", "true", "null", "a b", "x,y", "[a]", "ж", "-1"])
async def test_ids_that_a_filter_reads_otherwise_are_asked_for_by_id(user_id: str) -> None:
    platform = Platform({user_id})
    assert await missing(platform, [user_id]) == set()
    assert (platform.listed, platform.looked_up) == ([], [user_id])


async def test_a_list_that_says_nothing_decides_nothing() -> None:
    platform = Platform({"ann", "bob"}, lists=False)
    assert await missing(platform, ["ann", "bob", "cid"]) == {"cid"}
    assert sorted(platform.looked_up) == ["ann", "bob", "cid"]


async def test_a_thousand_users_take_ten_lists() -> None:
    users = [f"user{number}" for number in range(1000)]
    platform = Platform(set(users[:-1]))
    assert await missing(platform, users) == {"user999"}
    assert platform.looked_up == ["user999"]
