"""Streams of a tenant in any trouble of the log: each gets exactly what the log says, in its order.

A machine of hypothesis publishes, also twice, lets clients read as fast as they like, come and go
between two workers, kills workers, breaks their connections, and cuts, replaces and marks the log.
Every response is held against the log.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest
from following_simulation import DIALOGS, TEMPLATES, TENANTS, USERS, Client, World
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from chat3_api.chat3.user.v1 import UpdateKind
from chat3_user.updates.fanout.following import entries, follower, recent, stream, tail
from chat3_user.updates.fanout.items import Filter

WINDOW = 12
"""What `LOOK_BACK` is set to."""

CLIENTS = st.integers(0, 2)
WORKERS = st.integers(0, 1)
KINDS = st.frozensets(
    st.sampled_from(
        (UpdateKind.MESSAGE_CREATED, UpdateKind.TYPING, UpdateKind.USER_COUNTERS_CHANGED)
    )
)
FILTERS = st.builds(Filter, KINDS, st.frozensets(st.sampled_from(DIALOGS), max_size=1))
UPDATES = st.tuples(
    st.integers(0, len(TEMPLATES) - 1),
    st.sampled_from(TENANTS),
    st.sampled_from(USERS),
    st.sampled_from(DIALOGS),
)


class Following(RuleBasedStateMachine):
    """Three clients of one tenant, two workers, one log."""

    def __init__(self) -> None:
        super().__init__()
        self._runner = asyncio.Runner()
        self._world = World()
        self._published: list[bytes] = []

    def _run(self, act: Coroutine[Any, Any, Any]) -> Any:
        return self._runner.run(act)

    @initialize(wanted=FILTERS)
    def begin(self, wanted: Filter) -> None:
        self._run(self._world.open())
        for filter_ in (Filter(), Filter(), wanted):
            self._world.clients.append(Client(self._world, filter_))
        for number, client in enumerate(self._world.clients):
            self._run(client.open(number % 2))

    @rule(updates=st.lists(UPDATES, min_size=1, max_size=12))
    def publish(self, updates: list[tuple[int, str, str, str]]) -> None:
        bodies = [self._world.update(*update) for update in updates]
        self._published += bodies

        async def act() -> None:
            self._world.publish(*bodies)
            await asyncio.sleep(0)

        self._run(act())

    @rule(back=st.integers(1, WINDOW + 4))
    def publish_again(self, back: int) -> None:
        async def act() -> None:
            self._world.publish(*self._published[-back:][:1])
            await asyncio.sleep(0)

        self._run(act())

    @rule(number=CLIENTS, most=st.sampled_from((1, 2, 5, 100)))
    def read(self, number: int, most: int) -> None:
        self._run(self._world.clients[number].read(most))

    @rule(number=CLIENTS, worker=WORKERS)
    def come_back(self, number: int, worker: int) -> None:
        self._run(self._world.clients[number].open(worker))

    @rule(number=CLIENTS)
    def break_off(self, number: int) -> None:
        self._run(self._world.clients[number].close())

    @rule(worker=WORKERS)
    def kill_worker(self, worker: int) -> None:
        self._run(self._world.restart(worker))

    @rule(worker=WORKERS)
    def lose_the_broker(self, worker: int) -> None:
        async def act() -> None:
            broken = self._world.workers[worker].log.broken
            broken.set()
            await asyncio.sleep(0.002)
            broken.clear()

        self._run(act())

    @rule()
    def hole(self) -> None:
        self._world.hole()

    @rule()
    def mark(self) -> None:
        self._world.note(b"mark")

    @rule(number=st.integers(1, 30))
    def trim(self, number: int) -> None:
        self._world.trim(number)

    @rule()
    def replace_log(self) -> None:
        async def act() -> None:
            # Who has read all is told of this log, and not of one in between.
            for client in self._world.clients:
                await client.read()
            self._world.replace_log()
            self._published.clear()
            await asyncio.sleep(0.002)

        self._run(act())

    def teardown(self) -> None:
        async def finish() -> None:
            for number, client in enumerate(self._world.clients):
                if not number % 2:
                    await client.open(number % 2)
            # What must not come would come before these.
            for template in range(0, len(TEMPLATES), 5):
                self._world.publish(self._world.update(template, "t", "alice", DIALOGS[0]))
            for client in self._world.clients:
                await client.read()
            await self._world.close()

        self._run(finish())
        self._runner.close()


@pytest.mark.timeout(600)
def test_streams_of_a_tenant_get_what_the_log_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follower, "LENGTH", 7)
    monkeypatch.setattr(tail, "LENGTH", 7)
    monkeypatch.setattr(tail, "_MARGIN", WINDOW + 4)
    monkeypatch.setattr(tail, "_A_LITTLE", 0.001)
    monkeypatch.setattr(recent, "_KEPT", WINDOW + 12)
    monkeypatch.setattr(follower, "LOOK_BACK", WINDOW)
    monkeypatch.setattr(entries, "LOOK_BACK", WINDOW)
    monkeypatch.setattr(tail, "_PAUSE", 0.001)
    monkeypatch.setattr(stream, "_RETRY", 0.001)
    run_state_machine_as_test(
        Following,
        settings=settings(
            max_examples=40,
            stateful_step_count=40,
            suppress_health_check=list(HealthCheck),
        ),
    )
