"""Users whose custom data a tenant's meta indexes refuse: nobody is made, what is left is told."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from idempotency_vocabulary import Lossy, lossy_platform, service
from integration_vocabulary import Caller

from chat3_api.chat3.tenant import v1 as pb
from chat3_api.chat3.user.v1 import ErrorReason as Reason
from chat3_api.google.protobuf import Struct
from chat3_embedded.settings import Settings
from chat3_embedded.steps import CutAfter
from chat3_embedded.store.records import MetaIndex, When
from support.gateway import KEY, TENANT

pytestmark = pytest.mark.broker("in_process")

KEEPER = "key-that-deletes-nothing"
UNIQUE = "unique:email"


@asynccontextmanager
async def back_end(key: str = KEY, cut: str = "nothing") -> AsyncIterator[tuple[Lossy, Caller]]:
    platform = Settings(after_step=CutAfter(cut), keep_updates=True)
    async with lossy_platform(platform) as lossy, service(lossy) as client:
        lossy.store.add_key(KEEPER, ("read", "write"))
        yield lossy, client.with_metadata({"x-api-key": key, "x-tenant-id": TENANT})


def demand(lossy: Lossy, mode: str, *keys: str, when: When | None = None) -> MetaIndex:
    index = MetaIndex(TENANT, "user", f"{mode}:{'+'.join(keys)}", mode, keys, when, "test", 1.0)
    lossy.store.meta_indexes.add(index)
    return index


def creating(user_id: str = "bob", key: str = "", **meta: Any) -> pb.CreateUserRequest:
    return pb.CreateUserRequest(user_id=user_id, meta=Struct.from_dict(meta), idempotency_key=key)


def upserting(user_id: str = "bob", key: str = "", **meta: Any) -> pb.UpsertUserRequest:
    return pb.UpsertUserRequest(user_id=user_id, meta=Struct.from_dict(meta), idempotency_key=key)


def owned(lossy: Lossy, user_id: str = "bob") -> dict[str, Any]:
    return dict(lossy.store.meta.of(TENANT, "user", user_id))


def is_there(lossy: Lossy, user_id: str = "bob") -> bool:
    return lossy.store.users.get(TENANT, user_id) is not None


@pytest.mark.parametrize("request_of", [creating, upserting])
@pytest.mark.parametrize("key", ["", "k"])
async def test_a_value_that_must_be_unique_leaves_nothing_where_the_key_may_delete(
    key: str, request_of: Any
) -> None:
    async with back_end() as (lossy, caller):
        index = demand(lossy, "unique", "email")
        await caller.call(creating("alice", email="A@example.org"))
        request = request_of(key=key, name="Bob", email="a@example.org ", zip=1.0)
        for _ in range(2):
            refused = await caller.fails(request)
            assert refused.reason is Reason.META_INDEX_CONFLICT
            assert refused.metadata == {
                "kind": "user",
                "code": "DUPLICATE_INDEX",
                "index_id": UNIQUE,
            }
            assert not is_there(lossy)
            assert owned(lossy) == {}
        lossy.store.meta_indexes.remove(index)
        made = (await caller.call(request)).user
        assert (made.user_id, owned(lossy)) == (
            "bob",
            {"name": "Bob", "email": "a@example.org ", "zip": 1},
        )


@pytest.mark.parametrize("request_of", [creating, upserting])
async def test_custom_data_that_cannot_be_removed_is_told(request_of: Any) -> None:
    async with back_end(KEEPER) as (lossy, caller):
        demand(lossy, "unique", "email")
        await caller.call(creating("alice", email="a@example.org"))
        refused = await caller.fails(request_of(age=7.0, email="a@example.org"))
        assert refused.reason is Reason.META_INDEX_CONFLICT
        assert refused.metadata["left_id"] == "bob"
        assert not is_there(lossy)
        assert owned(lossy) == {"age": 7}
        # The first key is refused: nothing was written, so nothing has to be removed.
        refused = await caller.fails(request_of("carl", email="a@example.org"))
        assert "left_id" not in refused.metadata
        assert owned(lossy, "carl") == {}


async def test_custom_data_of_the_id_that_was_there_before_stays() -> None:
    async with back_end() as (lossy, caller):
        demand(lossy, "unique", "email")
        await caller.call(creating("alice", email="a@example.org"))
        lossy.store.meta.put_all(TENANT, "user", "bob", {"old": 1, "plan": "free"})
        refused = await caller.fails(creating(age=7.0, email="a@example.org"))
        assert "left_id" not in refused.metadata
        assert owned(lossy) == {"old": 1, "plan": "free"}
        refused = await caller.fails(creating(plan="free", email="a@example.org"))
        assert refused.metadata["left_id"] == "bob"
        assert owned(lossy) == {"old": 1, "plan": "free"}


@pytest.mark.parametrize("step", ["user row", "user event", "meta row"])
async def test_a_creation_that_was_cut_before_it_is_refused_leaves_no_user(step: str) -> None:
    async with back_end(cut=step) as (lossy, caller):
        demand(lossy, "unique", "email")
        lossy.store.meta.put_all(TENANT, "user", "alice", {"email": "a@example.org"})
        refused = await caller.fails(creating(key="k", email="a@example.org", name="Bob"))
        assert refused.reason is Reason.META_INDEX_CONFLICT
        assert not is_there(lossy)
        assert "left_id" in refused.metadata or owned(lossy) == {}


async def test_a_user_whom_somebody_else_made_at_that_very_time_stays() -> None:
    async with back_end() as (lossy, caller):
        demand(lossy, "unique", "email")
        lossy.store.meta.put_all(TENANT, "user", "alice", {"email": "a@example.org"})
        lossy.writes = [0.0, "before"]
        async with asyncio.TaskGroup() as tasks:
            failing = tasks.create_task(caller.fails(creating(key="k", email="a@example.org")))
            while "POST /api/users" not in lossy.asked:
                lossy.came.clear()
                await lossy.came.wait()
            lossy.store.add_user(TENANT, "bob", type="user", meta={"theirs": 1})
        refused = failing.result()
        assert refused.reason is Reason.META_INDEX_CONFLICT
        assert refused.metadata["left_id"] == "bob"
        assert is_there(lossy)
        assert owned(lossy) == {"theirs": 1}


@pytest.mark.parametrize(
    ("mode", "keys", "code", "key"),
    [
        ("allowed", ("name",), "META_KEY_NOT_ALLOWED", "email"),
        ("required", ("phone",), "INDEX_KEYS_REQUIRED", "phone"),
    ],
)
@pytest.mark.parametrize("request_of", [creating, upserting])
async def test_what_the_request_alone_breaks_is_refused_before_anything_is_written(
    request_of: Any, mode: str, keys: tuple[str, ...], code: str, key: str
) -> None:
    async with back_end() as (lossy, caller):
        index = demand(lossy, mode, *keys)
        refused = await caller.fails(request_of(name="Bob", email="b@example.org"))
        assert refused.reason is Reason.META_INDEX_CONFLICT
        assert refused.metadata == {
            "kind": "user",
            "code": code,
            "index_id": index.index_id,
            "key": key,
        }
        assert lossy.written() == 0
        assert not is_there(lossy)


async def test_keys_that_are_required_may_come_last_and_may_be_there_already() -> None:
    async with back_end() as (lossy, caller):
        demand(lossy, "required", "age", "zip")
        await caller.call(creating(age=1.0, name="Bob", zip=2.0))
        assert owned(lossy) == {"age": 1, "name": "Bob", "zip": 2}
        lossy.store.meta.put_all(TENANT, "user", "carl", {"zip": 3})
        await caller.call(creating("carl", age=1.0))
        assert is_there(lossy, "carl")
        # The platform demands nothing of a user without custom data.
        await caller.call(creating("dora"))
        assert is_there(lossy, "dora")


async def test_a_user_of_a_kind_that_an_index_is_not_about_is_made() -> None:
    async with back_end() as (lossy, caller):
        demand(lossy, "required", "phone", when=When("kind", "eq", "agent"))
        await caller.call(creating(kind="customer"))
        refused = await caller.fails(creating("carl", kind="agent"))
        assert refused.metadata["key"] == "phone"
        assert not is_there(lossy, "carl")


async def test_a_change_that_a_meta_index_refuses_leaves_the_user() -> None:
    async with back_end() as (lossy, caller):
        demand(lossy, "unique", "email")
        for name in ("alice", "bob"):
            await caller.call(creating(name, email=f"{name}@example.org"))
        for request in (
            pb.UpdateUserRequest(
                user_id="bob", meta=Struct.from_dict({"email": "alice@example.org"})
            ),
            upserting(email="alice@example.org"),
        ):
            for key in ("", "k"):
                request.idempotency_key = key
                refused = await caller.fails(request)
                assert refused.reason is Reason.META_INDEX_CONFLICT
        assert is_there(lossy)
        assert owned(lossy) == {"email": "bob@example.org"}
