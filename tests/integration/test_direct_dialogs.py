"""Two users have one direct dialog, however, wherever and whenever they ask for it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from grpclib.exceptions import GRPCError
from idempotency_vocabulary import Lossy, lossy_platform, service
from integration_vocabulary import Caller, Client, failure, sending

from chat3_api.chat3.user import v1 as pb
from chat3_embedded.settings import Settings
from support.gateway import OTHER_TENANT, READ_KEY, TENANT, run_gateway
from support.ports import free_port

PAIRS = 50
SETTLE = 0.5
# All pairs at once on a busy machine: what is sent then still arrives within this.
SETTLE_OF_MANY = 3.0
Asked = pb.GetOrCreateDirectDialogRequest
Answer = Any  # a response, whose dialog is always set
Clients = tuple[Client, Client]


@asynccontextmanager
async def two_workers(
    folder: Path, *, shared: bool, platform: Settings | None = None, **settings: Any
) -> AsyncIterator[tuple[Lossy, Clients]]:
    """Two workers before one platform, with one store of keys or one each."""
    settings = {"idempotency_settle": SETTLE} | settings
    async with AsyncExitStack() as stack:
        lossy = await stack.enter_async_context(lossy_platform(platform))
        clients = []
        for name in ("one", "one" if shared else "other"):
            database = str(folder / f"{name}.db")
            gateway = await stack.enter_async_context(
                run_gateway(lossy.url, "", idempotency_database=database, **settings)
            )
            clients.append(await stack.enter_async_context(Client(gateway.address)))
        yield lossy, (clients[0], clients[1])


def made_pairs(lossy: Lossy, count: int = PAIRS) -> list[tuple[str, str]]:
    pairs = [(f"left-{number}", f"right-{number}") for number in range(count)]
    for user_id in (user_id for pair in pairs for user_id in pair):
        lossy.store.add_user(TENANT, user_id)
    return pairs


def dialogs_of(lossy: Lossy, user_id: str, tenant: str = TENANT) -> list[str]:
    return [member.dialog_id for member in lossy.store.members.of_user(tenant, user_id)]


async def answered(caller: Caller, user_id: str) -> Answer:
    """Ask, and ask again when told to: on a busy machine an outcome can stay unknown."""
    while True:
        try:
            return await caller.call(Asked(user_id=user_id), timeout=30.0)
        except GRPCError as error:
            told = failure(error)
            if told.reason is not pb.ErrorReason.IDEMPOTENCY_OUTCOME_UNKNOWN:
                raise
            await asyncio.sleep(told.retry_after)


async def asked_at_once(
    clients: Clients, pairs: list[tuple[str, str]]
) -> list[tuple[Answer, Answer]]:
    """Let both of every pair ask, each at a worker of their own, all at the same time."""
    here, there = clients

    async def both(left: str, right: str) -> tuple[Answer, Answer]:
        return await asyncio.gather(
            answered(here.as_user(left), right), answered(there.as_user(right), left)
        )

    return await asyncio.gather(*(both(*pair) for pair in pairs))


@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize("step_pause", [0.0, 0.005])
async def test_both_get_one_dialog_when_they_ask_at_once_at_two_workers(
    tmp_path: Path, step_pause: float, *, shared: bool
) -> None:
    platform = Settings(step_pause=step_pause)
    async with two_workers(
        tmp_path, shared=shared, platform=platform, idempotency_settle=SETTLE_OF_MANY
    ) as (lossy, clients):
        pairs = made_pairs(lossy)
        answers = await asked_at_once(clients, pairs)
        for (left, right), (mine, theirs) in zip(pairs, answers, strict=True):
            assert mine.dialog.dialog_id == theirs.dialog.dialog_id
            assert not (mine.created and theirs.created)
            assert dialogs_of(lossy, left) == dialogs_of(lossy, right)
            assert dialogs_of(lossy, left) == [mine.dialog.dialog_id]
            assert mine.dialog.member_count == theirs.dialog.member_count == 2
        if shared:
            assert len(lossy.store.dialogs.all(TENANT)) == PAIRS


async def test_without_shared_store_and_guard_the_older_dialog_counts_for_both(
    tmp_path: Path,
) -> None:
    """As with several processes of the platform, each with a guard of its own."""
    platform = Settings(guard_window=0.0, step_pause=0.002)
    async with two_workers(
        tmp_path, shared=False, platform=platform, idempotency_settle=SETTLE_OF_MANY
    ) as (lossy, clients):
        pairs = made_pairs(lossy)
        answers = await asked_at_once(clients, pairs)
        doubled = len(lossy.store.dialogs.all(TENANT)) - PAIRS
        assert doubled > 0, "nobody created a second one"
        await asyncio.sleep(SETTLE_OF_MANY)
        later = await asked_at_once(clients, pairs)
        for (left, right), first, (mine, theirs) in zip(pairs, answers, later, strict=True):
            assert mine.dialog.dialog_id == theirs.dialog.dialog_id
            assert not mine.created
            assert not theirs.created
            assert dialogs_of(lossy, left) == dialogs_of(lossy, right)
            assert dialogs_of(lossy, left) == [mine.dialog.dialog_id]
            assert {answer.dialog.dialog_id for answer in first} == {mine.dialog.dialog_id}


async def test_a_dialog_that_people_write_in_is_never_emptied(tmp_path: Path) -> None:
    platform = Settings(guard_window=0.0)
    async with two_workers(tmp_path, shared=True, platform=platform) as (lossy, clients):
        ((left, right),) = made_pairs(lossy, 1)
        here = clients[0].as_user(left)
        mine = (await here.call(Asked(user_id=right))).dialog.dialog_id
        name = lossy.store.meta.of(TENANT, "dialog", mine)["chat3_direct"]
        others = [lossy.dialog(left, right), lossy.dialog(left, right)]
        for other in others:
            lossy.store.meta.put(TENANT, "dialog", other, "chat3_direct", name)
        await here.call(sending(others[0], "hello"))
        await asyncio.sleep(SETTLE)
        again = await here.call(Asked(user_id=right))
        assert again.dialog.dialog_id == mine
        assert sorted(dialogs_of(lossy, right)) == sorted([mine, others[0]])
        assert lossy.texts(others[0]) == ["hello"]


async def test_each_tenant_has_its_own(tmp_path: Path) -> None:
    async with two_workers(tmp_path, shared=True) as (lossy, clients):
        answers = []
        for tenant in (TENANT, OTHER_TENANT):
            for name in ("alice", "bob"):
                lossy.store.add_user(tenant, name)
            caller = clients[0].as_user("alice", tenant=tenant)
            answers.append(await caller.call(Asked(user_id="bob")))
        assert all(answer.created for answer in answers)
        assert dialogs_of(lossy, "bob") == [answers[0].dialog.dialog_id]
        assert dialogs_of(lossy, "bob", OTHER_TENANT) == [answers[1].dialog.dialog_id]


async def test_ids_that_no_filter_can_hold_have_a_dialog_too(tmp_path: Path) -> None:
    async with two_workers(tmp_path, shared=True) as (lossy, clients):
        for name in ("a(b)", "x,y&z|"):
            lossy.store.add_user(TENANT, name)
        mine = await clients[0].as_user("a(b)").call(Asked(user_id="X,Y&Z|"))
        theirs = await clients[1].as_user("x,y&z|").call(Asked(user_id="A(B)"))
        assert mine.dialog.dialog_id == theirs.dialog.dialog_id
        assert (mine.created, theirs.created) == (True, False)


async def test_a_key_that_may_only_read_gets_what_is_there_and_creates_nothing(
    tmp_path: Path,
) -> None:
    async with two_workers(tmp_path, shared=True) as (lossy, clients):
        ((left, right),) = made_pairs(lossy, 1)
        reader = clients[0].as_user(left, key=READ_KEY)
        refused = await reader.fails(Asked(user_id=right))
        assert refused.reason is pb.ErrorReason.PERMISSION_MISSING
        made = await clients[0].as_user(left).call(Asked(user_id=right))
        assert (await reader.call(Asked(user_id=right))).dialog == made.dialog
        assert lossy.store.dialogs.all(TENANT)[-1].dialog_id == made.dialog.dialog_id


@pytest.mark.parametrize("choice", ["refuse", "write"])
async def test_a_store_that_is_away_is_missed_only_where_a_dialog_must_be_created(
    tmp_path: Path, choice: str
) -> None:
    away = {
        "redis_url": f"redis://127.0.0.1:{free_port()}",
        "redis_timeout": 0.2,
        "idempotency_on_store_failure": choice,
        "idempotency_settle": 30.0,
    }
    async with (
        two_workers(tmp_path, shared=True) as (lossy, clients),
        service(lossy, **away) as storeless,
    ):
        (first, second) = made_pairs(lossy, 2)
        here = storeless.as_user(first[0])
        if choice == "write":
            assert (await here.call(Asked(user_id=first[1]))).created
        else:
            refused = await here.fails(Asked(user_id=first[1]))
            assert refused.reason is pb.ErrorReason.IDEMPOTENCY_STORE_UNAVAILABLE
            assert lossy.store.dialogs.all(TENANT) == []
        made = await clients[0].as_user(second[0]).call(Asked(user_id=second[1]))
        there = await storeless.as_user(second[1]).call(Asked(user_id=second[0]))
        assert (there.dialog.dialog_id, there.created) == (made.dialog.dialog_id, False)


async def test_a_failing_platform_leaves_nobody_waiting_for_the_other(tmp_path: Path) -> None:
    async with two_workers(tmp_path, shared=True) as (lossy, clients):
        ((left, right),) = made_pairs(lossy, 1)
        lossy.writes = [30.0]  # the first POST hangs
        while lossy.writes:  # on a busy machine the time can be up before it is made
            gone = await clients[0].as_user(left).fails(Asked(user_id=right), timeout=0.5)
            assert gone.reason in {
                pb.ErrorReason.DEADLINE_EXCEEDED,
                pb.ErrorReason.IDEMPOTENCY_OUTCOME_UNKNOWN,
            }
        answer = await clients[1].as_user(right).call(Asked(user_id=left))
        assert dialogs_of(lossy, left) == [answer.dialog.dialog_id]
