"""Users whose creation, change or deletion is cut anywhere: one, whole, and told; or refused."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from idempotency_vocabulary import Lossy, lossy_platform, service
from integration_vocabulary import Caller

from chat3_api.chat3.tenant import v1 as pb
from chat3_api.chat3.user.v1 import ErrorReason as Reason
from chat3_api.google.protobuf import Struct
from chat3_embedded.generations import NEWEST, OLDEST
from chat3_embedded.settings import Settings
from chat3_embedded.steps import CutAfter
from support.gateway import KEY, TENANT

LONG_AGO = 1_795_424_735_959.186
REPLAYED = "idempotency-replayed"
META = {"a": 1, "b": "two", "c": True}
# The proof, the user, its custom data in bulk, the last key by itself.
CREATE_WRITES = 4
# The proof, its custom data in bulk, the last key by itself, the type.
UPDATE_WRITES = 4
FAULTS = ("before", "after", 500)


@asynccontextmanager
async def platform(
    cut: CutAfter | None = None, version: str = NEWEST, **settings: Any
) -> AsyncIterator[tuple[Lossy, Caller]]:
    how = Settings(platform=version, after_step=cut, keep_updates=True)
    async with lossy_platform(how) as lossy, service(lossy, **settings) as client:
        yield lossy, client.with_metadata({"x-api-key": KEY, "x-tenant-id": TENANT})


def creating(key: str = "k", **more: Any) -> pb.CreateUserRequest:
    meta = Struct.from_dict(META)
    fields = {"user_id": "bob", "type": "bot", "meta": meta, "idempotency_key": key} | more
    return pb.CreateUserRequest(**fields)


def user(lossy: Lossy) -> tuple[str, dict[str, Any]] | None:
    row = lossy.store.users.get(TENANT, "bob")
    return None if row is None else (row.type, dict(lossy.store.meta.of(TENANT, "user", "bob")))


async def told(lossy: Lossy) -> list[dict[str, Any]]:
    """Return what the user was sent, in order."""
    await lossy.relayed()
    bodies = [json.loads(update.body) for update in lossy.store.outgoing.kept()]
    return [body["data"]["user"] for body in bodies if body["userId"] == "bob"]


def seeded(lossy: Lossy) -> None:
    meta = {"a": 0, "old": 1}
    lossy.store.add_user(TENANT, "bob", type="user", meta=meta, created_at=LONG_AGO)


def fault_at(place: int, fault: Any) -> list[Any]:
    return [0.0] * place + [fault]


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
@pytest.mark.parametrize("step", ["user row", "user event", "meta row", "meta event"])
async def test_a_creation_that_is_cut_after_any_step_is_one_whole_and_told(
    version: str, step: str
) -> None:
    async with platform(CutAfter(step), version) as (lossy, back_end):
        made = await back_end.call(creating())
        assert user(lossy) == ("bot", META)
        assert made.user.meta == Struct.from_dict(META)
        # Whatever was cut, the last that the user is told of is all of it.
        assert (await told(lossy))[-1]["meta"] == META
        again, trailing = await back_end.called(creating())
        assert (again, trailing[REPLAYED]) == (made, "true")


@pytest.mark.parametrize("step", ["user row", "user event"])
async def test_a_creation_without_custom_data_is_told_too(step: str) -> None:
    async with platform(CutAfter(step)) as (lossy, back_end):
        await back_end.call(creating(meta=None))
        assert user(lossy) == ("bot", {})
        assert (await told(lossy))[-1]["type"] == "bot"


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("place", range(CREATE_WRITES))
async def test_a_creation_is_one_whatever_request_of_it_fails(fault: Any, place: int) -> None:
    async with platform() as (lossy, back_end):
        lossy.writes = fault_at(place, fault)
        try:
            await back_end.call(creating())
        finally:
            assert not lossy.writes, "the fault was never met"
        assert user(lossy) == ("bot", META)
        assert lossy.store.users.count(TENANT) == 1


async def test_a_creation_that_is_cut_between_user_and_custom_data_without_a_key_is_told() -> None:
    async with platform() as (lossy, back_end):
        lossy.writes = fault_at(2, "before")
        failed = await back_end.fails(creating(key=""))
        assert failed.reason is Reason.UPSTREAM_UNAVAILABLE
        assert user(lossy) == ("bot", {})


async def test_who_was_there_before_is_never_taken_for_the_attempts_own() -> None:
    async with platform() as (lossy, back_end):
        lossy.store.add_user(TENANT, "bob", type="bot")
        lossy.writes = fault_at(1, "before")
        refused = await back_end.fails(creating())
        assert refused.reason is Reason.USER_EXISTS
        assert user(lossy) == ("bot", {})
        assert not [line for line in lossy.asked if line == "POST /api/users"]


async def test_a_user_of_another_type_since_is_somebody_elses() -> None:
    async with platform(idempotency_settle=1.0) as (lossy, back_end):
        lossy.writes = fault_at(1, "before")
        lossy.reads = [0.0, 0.0, 30.0]
        await back_end.hangs_up(creating(), lambda: not lossy.reads)
        lossy.store.add_user(TENANT, "bob", type="contact")
        refused = await back_end.fails(creating())
        assert refused.reason is Reason.USER_EXISTS
        assert user(lossy) == ("contact", {})


async def test_a_user_who_was_created_anew_is_not_deleted_by_a_repetition() -> None:
    async with platform(idempotency_settle=1.0) as (lossy, back_end):
        seeded(lossy)
        lossy.writes = fault_at(1, "after")
        request = pb.DeleteUserRequest(user_id="bob", idempotency_key="k")
        lossy.reads = [0.0, 0.0, 30.0]
        await back_end.hangs_up(request, lambda: not lossy.reads)
        assert user(lossy) is None
        later = time.time() * 1000 + 60_000
        lossy.store.add_user(TENANT, "bob", type="bot", created_at=later)
        assert await back_end.call(request) == pb.DeleteUserResponse()
        assert lossy.store.users.get(TENANT, "bob") is not None


async def test_custom_data_that_the_platform_refuses_takes_the_user_back() -> None:
    async with platform() as (lossy, back_end):
        lossy.writes = fault_at(3, 418)
        refused = await back_end.fails(creating())
        assert refused.reason is Reason.UPSTREAM_REJECTED
        assert user(lossy) is None
        # The key is free: nothing is in doubt.
        made, trailing = await back_end.called(creating())
        assert made.user.type == "bot"
        assert REPLAYED not in trailing


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("place", range(CREATE_WRITES))
async def test_an_upsert_says_created_whatever_request_of_it_fails(fault: Any, place: int) -> None:
    async with platform() as (lossy, back_end):
        lossy.writes = fault_at(place, fault)
        request = pb.UpsertUserRequest(
            user_id="bob", type="bot", meta=Struct.from_dict(META), idempotency_key="k"
        )
        answer = await back_end.call(request)
        assert answer.created
        assert user(lossy) == ("bot", META)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("place", range(UPDATE_WRITES))
@pytest.mark.parametrize("upsert", [False, True])
async def test_a_change_is_made_and_told_whatever_request_of_it_fails(
    fault: Any, place: int, *, upsert: bool
) -> None:
    async with platform() as (lossy, back_end):
        seeded(lossy)
        lossy.writes = fault_at(place, fault)
        kind: Any = pb.UpsertUserRequest if upsert else pb.UpdateUserRequest
        answer = await back_end.call(
            kind(user_id="bob", type="bot", meta=Struct.from_dict(META), idempotency_key="k")
        )
        assert user(lossy) == ("bot", META | {"old": 1})
        assert answer.user.type == "bot"
        if upsert:
            assert not answer.created
        assert (await told(lossy))[-1]["meta"] == META | {"old": 1}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("place", range(2))
async def test_a_deletion_is_one_whatever_request_of_it_fails(fault: Any, place: int) -> None:
    async with platform() as (lossy, back_end):
        seeded(lossy)
        lossy.writes = fault_at(place, fault)
        request = pb.DeleteUserRequest(user_id="bob", idempotency_key="k")
        assert await back_end.call(request) == pb.DeleteUserResponse()
        assert user(lossy) is None
        assert (await back_end.called(request))[1][REPLAYED] == "true"


async def test_two_creations_with_one_key_at_once_are_one() -> None:
    async with platform() as (lossy, back_end):
        lossy.writes = [0.0, 0.2]
        first, second = await asyncio.gather(*(back_end.call(creating()) for _ in range(2)))
        assert first == second
        assert lossy.asked.count("POST /api/users") == 1
