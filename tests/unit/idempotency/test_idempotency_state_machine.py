"""Whatever happens between workers, store and tenant-api: one key, one message.

A stateful machine starts calls with every fate a write can have, lets time pass, kills workers and
takes the store or tenant-api away. Writes are cut in the middle, and so are their repairs;
tenant-api learns to delete, and forgets it. After each step nothing is written twice and nobody was
told a success that tenant-api does not have, or has half; in the end, with all well again, every
key succeeds.
"""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from idempotency_simulation import TIMES, World
from idempotency_upstream import Fate, Repair

from chat3_api.chat3.user.v1 import ErrorReason

FATES: tuple[Fate, ...] = (
    "ok",
    "slow",
    "lost",
    "answer lost",
    "late",
    "hangs",
    "hangs, then writes",
    "refused",
    "5xx",
    "cut",
    "in steps",
)
REPAIRS: tuple[Repair, ...] = ("ok", "lost", "answer lost", "late", "hangs, then done")
KEYS = st.sampled_from(["k1", "k2"])
WORKERS = st.integers(0, 1)
ALLOWED = {
    ErrorReason.DEADLINE_EXCEEDED,
    ErrorReason.IDEMPOTENCY_OUTCOME_UNKNOWN,
    ErrorReason.IDEMPOTENCY_STORE_UNAVAILABLE,
    ErrorReason.NOT_A_MEMBER,
    ErrorReason.UPSTREAM_UNAVAILABLE,
}


class KeysUnderFire(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.world = World()

    @rule(
        worker=WORKERS,
        key=KEYS,
        fate=st.sampled_from(FATES),
        delay=st.floats(0.02, TIMES.settle - 0.5),
        deadline=st.sampled_from([0.1, 1.0, 3.0, 8.0, 30.0]),
        repair=st.sampled_from(REPAIRS),
    )
    def call(
        self, worker: int, key: str, fate: Fate, delay: float, deadline: float, repair: Repair
    ) -> None:
        self.world.start(worker, key, fate=fate, delay=delay, deadline=deadline, repair=repair)

    @rule(seconds=st.sampled_from([0.001, 0.011, 0.03, 0.3, 1.0, 4.0, 11.0]))
    def time_passes(self, seconds: float) -> None:
        self.world.advance(seconds)

    @rule(worker=WORKERS)
    def kill(self, worker: int) -> None:
        self.world.replace(worker)

    @rule(worker=WORKERS, down=st.booleans())
    def store_away(self, worker: int, *, down: bool) -> None:
        self.world.workers[worker].store.down = down

    @rule(worker=WORKERS, deaf=st.booleans())
    def store_not_heard(self, worker: int, *, deaf: bool) -> None:
        self.world.workers[worker].store.deaf = deaf

    @rule(down=st.booleans())
    def upstream_away(self, *, down: bool) -> None:
        self.world.upstream.down = down

    @rule(deletes=st.booleans())
    def upstream_learns_to_delete(self, *, deletes: bool) -> None:
        self.world.upstream.deletes = deletes

    @invariant()
    def once(self) -> None:
        self.world.check()

    def teardown(self) -> None:
        world = self.world
        world.upstream.down = False
        for index in (0, 1):
            world.replace(index)
        for key in ("k1", "k2"):
            world.start(0, key, fate="ok", delay=0.0, deadline=60.0)
        world.advance(60.0)
        assert set(world.acknowledged) == {"k1", "k2"}
        assert sum(not one.gone for one in world.upstream.messages) == 2
        world.check()
        reasons = {error.reason for errors in world.failures.values() for error in errors}
        assert reasons <= ALLOWED
        world.close()


TestKeysUnderFire = KeysUnderFire.TestCase
TestKeysUnderFire.settings = settings(max_examples=300, stateful_step_count=30)


def test_a_repair_that_was_cut_is_over_before_anybody_judges_again() -> None:
    world = World()
    world.start(0, "k", fate="cut", delay=9.0, deadline=30.0, repair="hangs, then done")
    world.advance(30.1)
    # Now the message would be completed in place, and taken away afterwards.
    world.upstream.deletes = False
    world.start(1, "k", fate="ok", delay=0.0, deadline=30.0)
    world.advance(30.0)
    assert len(world.acknowledged["k"]) == 1
    world.check()
    world.close()
