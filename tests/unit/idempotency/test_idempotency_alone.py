"""One call at a time works on a thing, for all users and workers: each test over both stores."""

import asyncio
from dataclasses import replace

import pytest
from idempotency_simulation import World

from chat3_api.chat3.user import v1 as pb
from chat3_user.calls import Call
from chat3_user.errors import CallError, reasons
from chat3_user.idempotency import Earlier, Mutation, Once, Standing, Store, Times, once
from chat3_user.idempotency.sqlite import SqliteStore
from chat3_user.tenant_api.answers import in_doubt
from chat3_user.validation import Identity
from support.patience import HANGS

Response = pb.GetOrCreateDirectDialogResponse
TIMES = Times(lease=HANGS, settle=HANGS, retention=3600.0)


@pytest.fixture
def times() -> Times:
    return TIMES


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a busy machine be late."""
    monkeypatch.setattr(once, "_PATIENCE", HANGS)


def call(user_id: str = "alice", tenant_id: str = "tnt_one") -> Call:
    found = Call("GetOrCreateDirectDialog", "request", Identity("key", tenant_id, user_id))
    found.deadline = asyncio.get_running_loop().time() + HANGS
    return found


class Work:
    """Writes that note who works at the same time; the next failures of theirs are given."""

    def __init__(self) -> None:
        self.at_work = 0
        self.most = 0
        self.written = 0
        self.looked: list[Earlier] = []
        self.there = False
        self.failures: list[CallError] = []
        self.may_end = asyncio.Event()
        self.may_end.set()

    async def write(self, _: str | None) -> Response:
        self.at_work += 1
        self.most = max(self.most, self.at_work)
        try:
            await asyncio.sleep(0.02)
            await self.may_end.wait()
        finally:
            self.at_work -= 1
        self.written += 1
        if self.failures:
            raise self.failures.pop()
        return Response(created=self.written == 1)

    async def find(self, earlier: Earlier) -> Response | None:
        self.looked.append(earlier)
        return Response() if self.there else None

    def mutation(self) -> Mutation[Response]:
        return Mutation(Response, self.write, self.find)


async def test_of_many_calls_one_works_at_a_time_and_each_gets_its_own_answer(
    store: Store,
) -> None:
    workers, work = [Once(store, TIMES), Once(store, TIMES)], Work()
    calls = [call("alice"), call("bob")] * 5
    answers = await asyncio.gather(
        *(
            workers[number % 2].alone(one, "pair", work.mutation())
            for number, one in enumerate(calls)
        )
    )
    assert (work.most, work.written) == (1, 10)
    assert sum(answer.created for answer in answers) == 1
    assert all(one.trailing == {} for one in calls)


async def test_things_and_tenants_do_not_wait_for_each_other(store: Store) -> None:
    doer, work = Once(store, TIMES), Work()
    work.may_end.clear()
    calls = asyncio.gather(
        doer.alone(call(), "pair", work.mutation()),
        doer.alone(call(), "another pair", work.mutation()),
        doer.alone(call(tenant_id="tnt_two"), "pair", work.mutation()),
    )
    async with asyncio.timeout(HANGS):
        while work.at_work < 3:
            await asyncio.sleep(0.01)
    work.may_end.set()
    await calls


async def test_an_unknown_outcome_is_looked_for_by_whoever_comes_next(store: Store) -> None:
    doer, work = Once(store, TIMES), Work()
    work.failures = [in_doubt(reasons.upstream_unavailable())]
    impatient = call("alice")
    impatient.deadline = asyncio.get_running_loop().time() + 0.1
    with pytest.raises(CallError) as unknown:
        await doer.alone(impatient, "pair", work.mutation())
    assert unknown.value.reason is pb.ErrorReason.IDEMPOTENCY_OUTCOME_UNKNOWN
    work.looked.clear()
    work.there = True
    await doer.alone(call("bob"), "pair", work.mutation())
    assert work.written == 1
    assert work.looked[0].age is not None


async def test_the_doubt_of_an_attempt_ends_with_the_call_that_finds_what_it_left(
    store: Store,
) -> None:
    doer, work = Once(store, TIMES), Work()
    assert await doer.standing(call(), "pair") is Standing.CLEAR
    work.failures = [in_doubt(reasons.upstream_unavailable())]
    impatient = call()
    impatient.deadline = asyncio.get_running_loop().time() + 0.1
    with pytest.raises(CallError):
        await doer.alone(impatient, "pair", work.mutation())
    # Who asks holds the thing until the store has let it go: each asks for another.
    assert await doer.standing(call("bob"), "pair") is Standing.IN_DOUBT
    assert await doer.standing(call("bob"), "another pair") is Standing.CLEAR
    assert await doer.standing(call("bob", "tnt_two"), "pair") is Standing.CLEAR
    work.there = True
    await doer.alone(call("bob"), "pair", work.mutation())
    assert await doer.standing(call(), "pair") is Standing.CLEAR
    await doer.close()


@pytest.mark.parametrize("arrives", [True, False])
async def test_a_refusal_that_an_attempt_itself_brought_about_is_its_answer(
    store: Store, *, arrives: bool
) -> None:
    doer, work = Once(store, replace(TIMES, settle=0.1)), Work()
    work.failures = [in_doubt(reasons.upstream_unavailable())]

    async def ready() -> None:
        # What was sent arrives after everybody believes that it cannot, and stands in the way.
        if work.written:
            work.there = arrives
            raise reasons.not_a_member("dlg_aaaaaaaaaaaaaaaaaaaa")

    mutation = Mutation(Response, work.write, work.find, ready=ready)
    if arrives:
        await doer.alone(call(), "pair", mutation)
    else:
        with pytest.raises(CallError) as refused:
            await doer.alone(call(), "pair", mutation)
        assert refused.value.reason is pb.ErrorReason.NOT_A_MEMBER
    assert work.written == 1
    await doer.close()


async def test_nobody_waits_to_hear_of_doubt(store: Store) -> None:
    doer, work = Once(store, TIMES), Work()
    work.may_end.clear()
    working = asyncio.create_task(doer.alone(call(), "pair", work.mutation()))
    while not work.at_work:
        await asyncio.sleep(0)
    assert await doer.standing(call("bob"), "pair") is Standing.OPEN
    assert work.at_work
    work.may_end.set()
    await working
    assert (work.written, work.looked) == (1, [])
    # A store that cannot be asked leaves it open.
    away = Once(SqliteStore(":memory:", TIMES), TIMES)
    assert await away.standing(call(), "pair") is Standing.IN_DOUBT
    await doer.close()


async def test_a_failure_that_wrote_nothing_leaves_no_doubt(store: Store) -> None:
    doer, work = Once(store, TIMES), Work()
    work.failures = [reasons.user_not_found("bob")]
    with pytest.raises(CallError):
        await doer.alone(call(), "pair", work.mutation())
    await doer.alone(call(), "pair", work.mutation())
    assert work.looked == []


async def test_a_call_that_is_cut_off_before_its_write_has_sent_nothing(store: Store) -> None:
    doer, work = Once(store, TIMES), Work()
    asked = asyncio.Event()

    async def ready() -> None:
        asked.set()
        await asyncio.Event().wait()

    waiting = Mutation(Response, work.write, work.find, ready=ready)
    task = asyncio.create_task(doer.alone(call(), "pair", waiting))
    await asked.wait()
    task.cancel()
    await asyncio.wait((task,))
    await doer.close()
    await doer.alone(call(), "pair", work.mutation())
    assert (work.written, work.looked) == (1, [])


@pytest.mark.parametrize("with_key", [True, False])
async def test_what_cannot_be_written_is_not_written(store: Store, *, with_key: bool) -> None:
    doer, work = Once(store, TIMES), Work()

    async def ready() -> None:
        raise reasons.user_not_found("nobody")

    mutation = Mutation(Response, work.write, work.find, ready=ready)
    request = pb.CreateDialogRequest(idempotency_key="k" if with_key else "")
    with pytest.raises(CallError) as refused:
        await doer.run(call(), request, mutation)
    assert refused.value.reason is pb.ErrorReason.USER_NOT_FOUND
    assert work.written == 0


@pytest.mark.parametrize("choice", [False, True])
async def test_a_store_that_is_away_refuses_or_lets_write_as_set(*, choice: bool) -> None:
    away = SqliteStore(":memory:", TIMES)  # never opened
    doer, work = Once(away, TIMES, write_without_store=choice), Work()
    if choice:
        assert (await doer.alone(call(), "pair", work.mutation())).created
        assert [earlier.settled for earlier in work.looked] == [False]
        return
    with pytest.raises(CallError) as refused:
        await doer.alone(call(), "pair", work.mutation())
    assert refused.value.reason is pb.ErrorReason.IDEMPOTENCY_STORE_UNAVAILABLE
    assert work.written == 0


def test_a_look_whose_repairs_are_cut_off_comes_again_in_measure() -> None:
    world, work = World(), Work()

    async def repair(earlier: Earlier) -> Response | None:
        work.looked.append(earlier)
        raise in_doubt(reasons.upstream_unavailable())

    async def look() -> None:
        impatient = call("alice")
        impatient.deadline = world.loop.time() + 1.0
        with pytest.raises(CallError) as unknown:
            await world.workers[0].once.alone(
                impatient, "pair", Mutation(Response, work.write, repair)
            )
        assert unknown.value.reason is pb.ErrorReason.IDEMPOTENCY_OUTCOME_UNKNOWN

    work.failures = [in_doubt(reasons.upstream_unavailable())]
    world.loop.run_until_complete(look())
    world.close()
    assert 2 <= len(work.looked) <= 10
