"""Users come and go on streams of many, through any trouble: each keeps every promise of their own.

A machine of hypothesis publishes, watches and unwatches, reads or does not, moves users between
streams of many on two workers, streams of their own and calls, lets users begin anew and streams
beat, holds queues back and loses them, restarts workers, lets feeds expire, and cuts and marks the
log. The judge is that of the catch-up machine.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest
from catch_up_simulation import DIALOGS, TEMPLATES, Client, World
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from watch_simulation import TENANT, BackEnd

from chat3_user.updates.fanout.items import Filter
from chat3_user.updates.fanout.settings import (
    BufferLimits,
    HubSettings,
    TailLimits,
    WatchLimits,
)

ADDRESSES = ((TENANT, "alice"), (TENANT, "bob"), ("elsewhere", "alice"))
USERS = 2
WORKERS = st.integers(0, 1)
SOME = st.lists(st.integers(0, USERS - 1), unique=True, max_size=USERS)
ONE = st.integers(0, USERS - 1)
PUBLICATIONS = st.tuples(
    st.integers(0, len(TEMPLATES) - 1), st.sampled_from(ADDRESSES), st.sampled_from(DIALOGS)
)
SETTINGS = HubSettings(
    tail=TailLimits(count=8), buffer=BufferLimits(count=12), watch=WatchLimits(bytes=20_000)
)


class Watching(RuleBasedStateMachine):
    """Two users, a back end with a stream on each of two workers, one log."""

    def __init__(self) -> None:
        super().__init__()
        self._runner = asyncio.Runner()
        self._world = World(SETTINGS, drops=True)
        self._trimmed = False
        self._back_ends: list[BackEnd] = []

    def _run(self, act: Coroutine[Any, Any, Any]) -> Any:
        return self._runner.run(act)

    def _clients(self, numbers: list[int]) -> list[Client]:
        return [self._world.clients[number] for number in numbers]

    @initialize()
    def begin(self) -> None:
        self._run(self._world.open())
        for address in ADDRESSES[:USERS]:
            self._world.client(address, Filter())
        for client in self._world.clients:
            self._run(self._world.call(client, 0, 100))
        self._run(self._open())

    async def _open(self) -> None:
        self._back_ends = [BackEnd(self._world, each.hub) for each in self._world.workers]

    @rule(publications=st.lists(PUBLICATIONS, min_size=1, max_size=30), twice=st.booleans())
    def publish(self, publications: list[tuple[int, tuple[str, str], str]], *, twice: bool) -> None:
        self._run(self._published(publications, twice=twice))

    async def _published(
        self, publications: list[tuple[int, tuple[str, str], str]], *, twice: bool
    ) -> None:
        for publication in publications:
            update = self._world.update(*publication, publisher="p")
            self._world.publish(update, *[update] * twice)

    @rule(user=ONE, worker=WORKERS, count=st.integers(13, 40))
    def falls_behind(self, user: int, worker: int, count: int) -> None:
        """More is published for a user than may wait while the back end does not read."""
        self._run(self._falls_behind(user, worker, count))

    async def _falls_behind(self, user: int, worker: int, count: int) -> None:
        self._back_ends[worker].reading.clear()
        for number in range(count):
            await self._published([(number, ADDRESSES[user], DIALOGS[0])], twice=False)
            await asyncio.sleep(0)
        self._world.flow()

    @rule(
        worker=WORKERS,
        users=SOME,
        publications=st.lists(PUBLICATIONS, min_size=1, max_size=10),
        steps=st.integers(0, 14),
        late=st.booleans(),
        forgotten=st.booleans(),
    )
    def watches_while_updates_come(
        self,
        worker: int,
        users: list[int],
        publications: list[tuple[int, tuple[str, str], str]],
        steps: int,
        *,
        late: bool,
        forgotten: bool,
    ) -> None:
        if forgotten:
            self._world.forget_feeds(worker)
        self._run(self._changes_among(worker, users, publications, steps, late=late))

    async def _changes_among(
        self,
        worker: int,
        users: list[int],
        publications: list[tuple[int, tuple[str, str], str]],
        steps: int,
        *,
        late: bool,
    ) -> None:
        """Publish while users begin, after so many steps; the queue may be ``late``."""
        await self._back_ends[worker].reads()
        changing = asyncio.ensure_future(self._changes(worker, users, [], reads=False))
        for _ in range(steps):
            await asyncio.sleep(0)
        for publication in publications:
            await asyncio.sleep(0)
            if late:
                self._world.hold(worker)
            await self._published([publication], twice=False)
        await changing
        self._world.flow()

    @rule(worker=WORKERS, users=SOME, away=SOME)
    def changes(self, worker: int, users: list[int], away: list[int]) -> None:
        self._run(self._changes(worker, users, away))

    async def _changes(
        self, worker: int, users: list[int], away: list[int], *, reads: bool = True
    ) -> None:
        """Watch some, here only: a user's position moves on one stream at a time."""
        here, there = self._back_ends[worker], self._back_ends[1 - worker]
        watch = [client for client in self._clients(users) if client not in self._held(there)]
        unwatch = [client for client in self._clients(away) if client not in watch]
        if reads:
            await here.reads()
        watch = [client for client in watch if client not in self._held(here)]
        await here.changes(watch, unwatch)
        if here.reading.is_set():
            await here.reads()

    def _held(self, back_end: BackEnd) -> list[Client]:
        return [client for client in self._world.clients if client.address[1] in back_end.held]

    @rule(worker=WORKERS)
    def reads(self, worker: int) -> None:
        self._run(self._back_ends[worker].reads())

    @rule(worker=WORKERS)
    def stops_reading(self, worker: int) -> None:
        self._back_ends[worker].reading.clear()

    @rule(worker=WORKERS)
    def reads_again(self, worker: int) -> None:
        self._run(self._reads_again(self._back_ends[worker]))

    async def _reads_again(self, back_end: BackEnd) -> None:
        back_end.reading.set()
        await back_end.reads()

    @rule(worker=WORKERS, publications=st.lists(PUBLICATIONS, min_size=1, max_size=10))
    def reads_while_updates_come(
        self, worker: int, publications: list[tuple[int, tuple[str, str], str]]
    ) -> None:
        self._run(self._reads_among(self._back_ends[worker], publications))

    async def _reads_among(
        self, back_end: BackEnd, publications: list[tuple[int, tuple[str, str], str]]
    ) -> None:
        """Read again what waits, while more is published for the same users."""
        back_end.reading.set()
        for publication in publications:
            await asyncio.sleep(0)
            await self._published([publication], twice=False)
        await back_end.reads()

    @rule(worker=WORKERS)
    def reconnects(self, worker: int) -> None:
        self._run(self._reconnects(worker))

    async def _reconnects(self, worker: int) -> None:
        await self._back_ends[worker].closes()
        self._back_ends[worker] = BackEnd(self._world, self._world.workers[worker].hub)

    @rule(user=ONE, worker=WORKERS, size=st.sampled_from((1, 5, 100)))
    def calls(self, user: int, worker: int, size: int) -> None:
        client = self._world.clients[user]
        if not any(client in self._held(back_end) for back_end in self._back_ends):
            self._run(self._world.call(client, worker, size))

    @rule(user=ONE, worker=WORKERS, most=st.sampled_from((1, 3, 1000)))
    def streams(self, user: int, worker: int, most: int) -> None:
        client = self._world.clients[user]
        if client.token and not any(client in self._held(each) for each in self._back_ends):
            self._run(self._world.stream(client, worker, most))

    @rule(user=ONE)
    def forgets(self, user: int) -> None:
        """A user whom nobody watches begins anew."""
        client = self._world.clients[user]
        if not any(client in self._held(back_end) for back_end in self._back_ends):
            self._world.forgets(client)

    @rule(worker=WORKERS)
    def beats(self, worker: int) -> None:
        self._run(self._back_ends[worker].beats())

    @rule(worker=WORKERS, kept=st.integers(0, 5))
    def loses_the_broker(self, worker: int, kept: int) -> None:
        """What is lost at the queue comes from the log, as long as that has it."""
        if not self._trimmed:
            self._run(self._loses(worker, kept))

    async def _loses(self, worker: int, kept: int) -> None:
        self._world.lose_queue(worker, kept)
        await self._world.workers[worker].hub.wait_live()

    @rule(worker=WORKERS)
    def restart(self, worker: int) -> None:
        self._run(self._restart(worker))

    async def _restart(self, worker: int) -> None:
        await self._back_ends[worker].closes()
        await self._world.restart(worker)
        self._back_ends[worker] = BackEnd(self._world, self._world.workers[worker].hub)

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
        self._trimmed = True
        self._world.trim(count)

    def teardown(self) -> None:
        try:
            if self._back_ends:
                self._run(self._ends())
        finally:
            self._run(self._world.close())
            self._runner.close()

    async def _ends(self) -> None:
        """Have every user watched to the end: nothing is owed then."""
        self._world.flow()
        for _ in range(20):
            for back_end in self._back_ends:
                await self._reads_again(back_end)
            for number in range(USERS):
                if not any(self._clients([number])[0] in self._held(it) for it in self._back_ends):
                    await self._changes(number % 2, [number], [])
            if not any(client.owed for client in self._world.clients):
                break
        for client in self._world.clients:
            assert not client.owed, f"{client.name} lost {client.owed}"
        for back_end in self._back_ends:
            await back_end.closes()


@pytest.mark.timeout(600)
def test_users_of_a_stream_of_many_keep_all_promises() -> None:
    run_state_machine_as_test(
        Watching,
        settings=settings(
            max_examples=200,
            stateful_step_count=40,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
