"""Random fault schedules: a seed decides who listens, what is published, what goes wrong when.

In the middle of each the platform is upgraded: its workers publish with old routing keys, then with
both forms, then with new ones.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass

from support.faults.archive import Archive
from support.faults.back_end import BackEnd
from support.faults.checker import Verdict, judge
from support.faults.client import StreamClient, stopped
from support.faults.generations import UPGRADE, Generation, strangers
from support.faults.harm import FAULTS, Fault, Harm, Seat
from support.faults.history import Address, ClientHistory, Delivered, Publication, Recorder
from support.faults.phone import Phone
from support.faults.proxy import Proxy
from support.faults.web import WebStreamClient
from support.faults.world import TENANTS, World
from support.gateway import KEY
from support.patience import HANGS
from support.web_client import FORMS

Harmful = Callable[[Harm], Awaitable[None]]

_SETTLE = 2 * HANGS
_SETTLE_EACH = 0.05
"""Seconds in which every client must have everything once all faults are healed; more for each
address, to which a last update is published."""

_LOOK = 0.02
"""Seconds."""


@dataclass(frozen=True)
class Plan:
    """What a schedule is made of: bounds for its clients and faults, seconds, key forms in turn.

    ``phones`` is the part of the clients that hold no stream for long, ``back_ends`` the part that
    watch all ``users`` of a tenant on one, ``archives`` the part that follow a whole tenant. Of the
    others two in three listen by Connect or gRPC-Web. A publisher waits ``pause`` seconds at most.
    In ``length`` seconds ``updates`` are published at least, and ``streams`` begun, where clients
    begin many by themselves: it takes longer on a busy machine.
    ``exactly`` is what goes wrong instead of ``faults`` chosen at random ``among`` others.
    """

    seats: tuple[int, int] = (6, 10)
    users: int = 3
    pause: float = 0.02
    faults: tuple[int, int] = (3, 6)
    among: tuple[Fault, ...] = FAULTS
    exactly: tuple[Harmful, ...] = ()
    length: float = 2.0
    updates: int = 0
    streams: int = 0
    phones: float = 0.3
    back_ends: float = 0.2
    archives: float = 0.2
    generations: tuple[Generation, ...] = UPGRADE


class Schedule(Harm):
    """One schedule; `play` returns the verdict."""

    def __init__(self, world: World, seed: int, *, with_broker: bool, plan: Plan = Plan()) -> None:
        super().__init__(world, seed)
        self._seed = seed
        self._with_broker = with_broker
        self._plan = plan
        self.told: list[str] = []
        self._begun = 0.0
        self._stuck: list[str] = []

    async def play(self) -> Verdict:
        """Run the schedule to its end."""
        world, rng = self._world, self._rng
        world.recorder = Recorder()
        users = [f"s{self._seed}u{number}" for number in range(self._plan.users)]
        for user in users:
            world.add_user(user)
        self._addresses = [Address(tenant, user) for tenant in TENANTS for user in users]
        async with AsyncExitStack() as stack:
            for number in range(rng.randint(*self._plan.seats)):
                await self._seat(stack, number, rng.choice(self._addresses))
            tasks = [asyncio.create_task(seat.client.run()) for seat in self._seats]
            heard = sorted(
                {history.address for seat in self._seats for history in seat.client.histories}
            )
            others = [*self._addresses[:1], *strangers(rng.choice(heard))]
            self._step(0)
            publishing = [
                asyncio.create_task(publisher.run([*heard, *others], self._plan.pause))
                for publisher in world.publishers
            ]
            try:
                await self._do_harm()
                for task in publishing:
                    await stopped(task)
                await self._settle()
            finally:
                for task in (*publishing, *tasks):
                    await stopped(task)
        verdict = judge(world.recorder.publications, world.recorder.clients)
        verdict.stuck += self._stuck
        return verdict

    async def _seat(self, stack: AsyncExitStack, number: int, address: Address) -> None:
        home = number % len(self._world.workers)
        proxy = Proxy(self._world.workers[home].grpc_port)
        await stack.enter_async_context(proxy.running())
        self._seats.append(Seat(self._client(number, address, proxy.port), proxy, home))

    def _client(self, number: int, address: Address, port: int) -> StreamClient:
        recorder, kind = self._world.recorder, self._rng.random()
        rng = random.Random(self._rng.random())
        if kind < self._plan.back_ends + self._plan.archives:
            users = [other for other in self._addresses if other.tenant == address.tenant]
            histories = [recorder.client(f"c{number}/{user.user}", user) for user in users]
            form = BackEnd if kind < self._plan.back_ends else Archive
            return form(recorder, histories, port, KEY, rng)
        history = recorder.client(f"c{number}", address)
        if kind < self._plan.back_ends + self._plan.archives + self._plan.phones:
            return Phone(recorder, history, port, KEY, rng)
        form = self._rng.choice([None, None, *FORMS])
        if form is not None:
            return WebStreamClient(recorder, history, port, KEY, rng, form)
        return StreamClient(recorder, history, port, KEY, rng)

    async def _do_harm(self) -> None:
        """Start a few faults at random moments and wait until all are over."""
        rng, length = self._rng, self._plan.length
        self._begun = time.monotonic()
        chosen = self._plan.exactly or self._chosen()
        moments = [rng.uniform(0.0, length) for _ in chosen]
        steps = sorted(rng.uniform(0.2, 0.8) * length for _ in self._plan.generations[1:])
        await asyncio.gather(
            self._moment(length),
            self._upgrade(steps),
            *(self._later(*when) for when in zip(moments, chosen, strict=True)),
        )

    def _chosen(self) -> Sequence[Harmful]:
        """Return what goes wrong, as the seed decides."""
        among = self._plan.among
        faults = self._rng.choices(
            among, weights=[weight for _, weight in among], k=self._rng.randint(*self._plan.faults)
        )
        chosen = [fault for fault, _ in faults]
        return [*chosen[:3], Harm.restart_broker] if self._with_broker else chosen

    async def _moment(self, moment: float) -> None:
        """Wait until the schedule has lasted so long, and until as much has happened."""
        await asyncio.sleep(max(0.0, self._begun + moment - time.monotonic()))
        plan, recorder = self._plan, self._world.recorder
        part = moment / plan.length
        while len(recorder.publications) < part * plan.updates or (
            recorder.streams < part * plan.streams
        ):
            await asyncio.sleep(_LOOK)

    async def _upgrade(self, moments: Sequence[float]) -> None:
        """Let the platform publish the next form of routing key at each of ``moments``."""
        for number, moment in enumerate(moments, start=1):
            await self._moment(moment)
            self._step(number)

    def _step(self, number: int) -> None:
        generation = self._plan.generations[number]
        self.told.append(f"{time.time():.3f} {generation.value} keys")
        for publisher in self._world.publishers:
            publisher.generation = generation

    async def _later(self, moment: float, fault: Harmful) -> None:
        await self._moment(moment)
        name = fault.__name__
        begun = time.time()
        self.told.append(f"{begun:.3f} {name}")
        await fault(self)
        self.told.append(f"{time.time():.3f} {name} over")

    async def _settle(self) -> None:
        """Heal everything, publish a last update to everybody, and wait until all have it."""
        world = self._world
        for seat in self._seats:
            seat.proxy.flow()
            seat.client.reading.set()
            seat.client.lag = 0.0
            seat.client.restless = False
        await world.heal()
        if self._with_broker and await world.renew_lost_log():
            self.told.append(f"{time.time():.3f} RabbitMQ has lost its stream for good")
        last: dict[Address, list[Publication]] = {}
        try:
            async with asyncio.timeout(_SETTLE + _SETTLE_EACH * len(self._addresses)):
                await asyncio.gather(*(seat.client.live.wait() for seat in self._seats))
                last = {
                    address: [await publisher.confirmed(address) for publisher in world.publishers]
                    for address in self._addresses
                }
                waiting = self._heard()
                while waiting:
                    if self._lacks(waiting[-1][1], last):
                        await world.recorder.changed()
                    else:
                        waiting.pop()
        except TimeoutError:
            self._stuck = [
                f"{history.name} on w{seat.home}, {history.events[-1:]}"
                for seat, history in self._heard()
                if self._lacks(history, last)
            ]

    def _heard(self) -> list[tuple[Seat, ClientHistory]]:
        return [(seat, history) for seat in self._seats for history in seat.client.histories]

    def _lacks(self, history: ClientHistory, last: Mapping[Address, Sequence[Publication]]) -> bool:
        """Return whether a client has not had the last updates."""
        wanted = {publication.update_id for publication in last.get(history.address, ())}
        recent = history.events[-2000:]
        have = {event.update_id for event in recent if isinstance(event, Delivered)}
        return not wanted or not wanted <= have
