"""Streams and calls in any order, on any worker, through any trouble of the log: nothing breaks.

A machine of hypothesis publishes, lets clients catch up by call and by stream with the same token,
holds queues back, restarts workers, lets feeds expire, and cuts, replaces and marks the log. After
each answer a client has had nothing twice, nothing of others or unwanted, nothing out of its
publisher's order; at the end of a catch-up it has all it is owed, unless a true gap excuses it.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest
from catch_up_simulation import ADDRESSES, DIALOGS, TEMPLATES, Client, World
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from chat3_api.chat3.user.v1 import UpdateKind
from chat3_user.updates.fanout import catch_up
from chat3_user.updates.fanout.items import Filter
from chat3_user.updates.log import windows

CLIENTS = st.integers(0, 3)
WORKERS = st.integers(0, 1)
SIZES = st.sampled_from((1, 2, 5, 100))
KINDS = st.frozensets(
    st.sampled_from(
        (UpdateKind.MESSAGE_CREATED, UpdateKind.TYPING, UpdateKind.USER_COUNTERS_CHANGED)
    )
)
FILTERS = st.builds(Filter, KINDS, st.frozensets(st.sampled_from(DIALOGS), max_size=1))
PUBLICATIONS = st.tuples(
    st.integers(0, len(TEMPLATES) - 1), st.sampled_from(ADDRESSES), st.sampled_from(DIALOGS)
)


class CatchingUp(RuleBasedStateMachine):
    """Four clients of two users, two workers, one log."""

    def __init__(self) -> None:
        super().__init__()
        self._runner = asyncio.Runner()
        self._world = World()

    def _run(self, act: Coroutine[Any, Any, Any]) -> Any:
        return self._runner.run(act)

    def _client(self, number: int) -> Client:
        return self._world.clients[number]

    @initialize(wanted=st.lists(FILTERS, min_size=2, max_size=2))
    def begin(self, wanted: list[Filter]) -> None:
        self._run(self._world.open())
        for filter_ in (Filter(), *wanted):
            self._world.client(("t", "alice"), filter_)
        self._world.client(("elsewhere", "alice"), Filter())
        for number in range(4):
            self._run(self._world.call(self._client(number), number % 2, 100))

    @rule(publication=PUBLICATIONS, twice=st.booleans())
    def publish(self, publication: tuple[int, tuple[str, str], str], *, twice: bool) -> None:
        update = self._world.update(*publication, publisher="p")
        self._run(self._published(update, *[update] * twice))

    @rule(publications=st.lists(PUBLICATIONS, min_size=5, max_size=30))
    def publish_many(self, publications: list[tuple[int, tuple[str, str], str]]) -> None:
        for publication in publications:
            self._run(self._published(self._world.update(*publication, publisher="p")))

    @rule(first=PUBLICATIONS, second=PUBLICATIONS)
    def publish_at_once(
        self,
        first: tuple[int, tuple[str, str], str],
        second: tuple[int, tuple[str, str], str],
    ) -> None:
        """Two publishers: what the log has in one order comes live in the other."""
        one = self._world.update(*first, publisher="p")
        other = self._world.update(*second, publisher="q")
        self._run(self._published(one, other, swapped=True))

    async def _published(self, *updates: Any, swapped: bool = False) -> None:
        self._world.publish(*updates, swapped=swapped)

    @rule(client=CLIENTS, worker=WORKERS, size=SIZES)
    def call(self, client: int, worker: int, size: int) -> None:
        self._run(self._world.call(self._client(client), worker, size))

    @rule(client=CLIENTS, worker=WORKERS, size=SIZES)
    def call_and_lose_the_answer(self, client: int, worker: int, size: int) -> None:
        self._run(self._world.call(self._client(client), worker, size, lost=True))

    @rule(client=CLIENTS, workers=st.lists(WORKERS, min_size=1, max_size=3), size=SIZES)
    def catch_up(self, client: int, workers: list[int], size: int) -> None:
        """Call again and again, on one worker after the other."""
        calls, more = 0, True
        while more:
            worker = workers[calls % len(workers)]
            more = self._run(self._world.call(self._client(client), worker, size))
            calls += 1
            assert calls < 1000, "catching up does not end"

    @rule(client=CLIENTS, worker=WORKERS, most=st.sampled_from((1, 2, 5, 1000)))
    def stream(self, client: int, worker: int, most: int) -> None:
        self._run(self._world.stream(self._client(client), worker, most))

    @rule(publications=st.lists(PUBLICATIONS, max_size=5), worker=WORKERS, size=SIZES)
    def all_at_once(
        self, publications: list[tuple[int, tuple[str, str], str]], worker: int, size: int
    ) -> None:
        """Several clients call while updates are published."""

        async def together() -> None:
            await asyncio.gather(*(self._calls(number, worker, size) for number in range(4)))

        for publication in publications:
            self._run(self._published(self._world.update(*publication, publisher="p")))
        self._run(together())

    async def _calls(self, client: int, worker: int, size: int) -> None:
        await self._world.call(self._client(client), worker, size)

    @rule(worker=WORKERS)
    def restart(self, worker: int) -> None:
        self._run(self._world.restart(worker))

    @rule(worker=WORKERS)
    def hold(self, worker: int) -> None:
        self._world.hold(worker)

    @rule()
    def flow(self) -> None:
        self._run(self._flows())

    async def _flows(self) -> None:
        self._world.flow()

    @rule(worker=WORKERS)
    def forget_feeds(self, worker: int) -> None:
        self._world.forget_feeds(worker)

    @rule(worker=WORKERS)
    def watermark(self, worker: int) -> None:
        self._run(self._world.watermark(worker))

    @rule()
    def hole(self) -> None:
        self._world.hole()

    @rule(count=st.integers(1, 60))
    def trim(self, count: int) -> None:
        self._world.trim(count)

    @rule()
    def replace_log(self) -> None:
        self._run(self._world.replace_log())

    def teardown(self) -> None:
        try:
            for number in range(len(self._world.clients)):
                self.catch_up(number, [0, 1], 3)
        finally:
            self._run(self._world.close())
            self._runner.close()


@pytest.mark.timeout(600)
def test_streams_and_calls_in_any_order_keep_all_promises(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(windows, "STRETCH", 25)
    monkeypatch.setattr(catch_up, "_LOOKED_AT", 20)
    run_state_machine_as_test(
        CatchingUp,
        settings=settings(
            max_examples=100,
            stateful_step_count=40,
            suppress_health_check=list(HealthCheck),
        ),
    )
