"""Random fault schedules: a seed decides who listens, what is published, what goes wrong when.

In the middle of each the platform is upgraded: its workers publish with old routing keys, then with
both forms, then with new ones.
"""

import asyncio
import random
import signal
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass

import aiormq

from support.faults.checker import Verdict, judge
from support.faults.client import StreamClient, stopped
from support.faults.generations import UPGRADE, Generation, strangers
from support.faults.history import Address, Delivered, Publication, Recorder
from support.faults.proxy import Proxy, Way
from support.faults.world import TENANTS, World
from support.gateway import KEY

_SETTLE = 45.0
"""Seconds in which every client must have everything once all faults are healed."""


@dataclass
class Seat:
    """A client and the proxy between it and the worker it uses."""

    client: StreamClient
    proxy: Proxy
    home: int


@dataclass(frozen=True)
class Plan:
    """What a schedule is made of: bounds for its clients and faults, seconds, key forms in turn."""

    seats: tuple[int, int] = (6, 10)
    faults: tuple[int, int] = (3, 6)
    among: "tuple[Fault, ...] | None" = None
    length: float = 2.0
    generations: tuple[Generation, ...] = UPGRADE


class Schedule:
    """One schedule; `play` returns the verdict."""

    def __init__(self, world: World, seed: int, *, with_broker: bool, plan: Plan = Plan()) -> None:
        self._world = world
        self._rng = random.Random(seed)
        self._seed = seed
        self._with_broker = with_broker
        self._plan = plan
        self._seats: list[Seat] = []
        self._addresses: list[Address] = []
        self.told: list[str] = []
        self._stuck: list[str] = []

    async def play(self) -> Verdict:
        """Run the schedule to its end."""
        world, rng = self._world, self._rng
        world.recorder = Recorder()
        users = [f"s{self._seed}u{number}" for number in range(3)]
        for user in users:
            world.add_user(user)
        self._addresses = [Address(tenant, user) for tenant in TENANTS for user in users]
        async with AsyncExitStack() as stack:
            for number in range(rng.randint(*self._plan.seats)):
                await self._seat(stack, number, rng.choice(self._addresses))
            tasks = [asyncio.create_task(seat.client.run()) for seat in self._seats]
            heard = sorted({seat.client.history.address for seat in self._seats})
            others = [*self._addresses[:1], *strangers(rng.choice(heard))]
            self._step(0)
            publishing = [
                asyncio.create_task(publisher.run([*heard, *others], 0.02))
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
        home = self._rng.randrange(len(self._world.workers))
        proxy = Proxy(self._world.workers[home].grpc_port)
        await stack.enter_async_context(proxy.running())
        history = self._world.recorder.client(f"c{number}", address)
        client = StreamClient(
            self._world.recorder, history, proxy.port, KEY, random.Random(self._rng.random())
        )
        self._seats.append(Seat(client, proxy, home))

    # What goes wrong.

    async def _do_harm(self) -> None:
        """Start a few faults at random moments and wait until all are over."""
        rng, length = self._rng, self._plan.length
        among = self._plan.among or FAULTS
        faults = rng.choices(
            among, weights=[weight for _, weight in among], k=rng.randint(*self._plan.faults)
        )
        chosen = [fault for fault, _ in faults]
        if self._with_broker:
            chosen = [*chosen[:3], Schedule._restart_broker]
        moments = [rng.uniform(0.0, length) for _ in chosen]
        steps = sorted(rng.uniform(0.2, 0.8) * length for _ in self._plan.generations[1:])
        await asyncio.gather(
            self._last(),
            self._upgrade(steps),
            *(self._later(*when) for when in zip(moments, chosen, strict=True)),
        )

    async def _last(self) -> None:
        await asyncio.sleep(self._plan.length)

    async def _upgrade(self, moments: Sequence[float]) -> None:
        """Let the platform publish the next form of routing key at each of ``moments``."""
        now = 0.0
        for number, moment in enumerate(moments, start=1):
            await asyncio.sleep(moment - now)
            now = moment
            self._step(number)

    def _step(self, number: int) -> None:
        generation = self._plan.generations[number]
        self.told.append(f"{time.time():.3f} {generation.value} keys")
        for publisher in self._world.publishers:
            publisher.generation = generation

    async def _later(self, delay: float, fault: "Callable[[Schedule], Awaitable[None]]") -> None:
        await asyncio.sleep(delay)
        name = fault.__name__.strip("_")
        begun = time.time()
        self.told.append(f"{begun:.3f} {name}")
        await fault(self)
        self.told.append(f"{time.time():.3f} {name} over")

    def _any_seat(self) -> Seat:
        return self._rng.choice(self._seats)

    def _some_seats(self) -> list[Seat]:
        return self._rng.sample(self._seats, self._rng.randint(1, len(self._seats)))

    def _hop(self, seat: Seat) -> None:
        """Let a client use the other worker from its next stream on."""
        seat.home = self._rng.randrange(len(self._world.workers))
        seat.proxy.target = self._world.workers[seat.home].grpc_port

    async def _cut_broker(self) -> None:
        self._rng.choice(self._world.amqp).proxy.cut()

    async def _cut_both_brokers(self) -> None:
        for amqp in self._world.amqp:
            amqp.proxy.cut()

    async def _broker_away(self) -> None:
        proxy = self._rng.choice(self._world.amqp).proxy
        proxy.refusing = True
        proxy.cut()
        await asyncio.sleep(self._rng.uniform(0.2, 1.5))
        proxy.flow()

    async def _stall_broker(self) -> None:
        proxy = self._rng.choice(self._world.amqp).proxy
        proxy.stall(self._rng.choice((Way.UP, Way.DOWN, Way.BOTH)))
        await asyncio.sleep(self._rng.uniform(0.2, 1.5))
        if self._rng.random() < 0.5:
            proxy.cut()
        proxy.flow()

    async def _drip_broker(self) -> None:
        proxy = self._rng.choice(self._world.amqp).proxy
        proxy.drip(self._rng.randint(20, 200))
        await asyncio.sleep(self._rng.uniform(0.2, 1.0))
        proxy.flow()

    async def _half_close_broker(self) -> None:
        self._rng.choice(self._world.amqp).proxy.half_close(self._rng.choice((Way.UP, Way.DOWN)))

    async def _delete_queue(self) -> None:
        """Delete a worker's queue as an operator would: the server cancels the consumer."""
        queue = self._rng.choice(self._world.amqp).queue
        if queue is None:
            return
        try:
            connection = await aiormq.connect(self._world.rabbitmq.url)
        except OSError:
            return
        channel = await connection.channel()
        await channel.queue_delete(queue)
        await connection.close()

    async def _break_channel(self) -> None:
        self._rng.choice(self._world.amqp).break_channel()

    async def _cut_client(self) -> None:
        seat = self._any_seat()
        self._hop(seat)
        seat.proxy.cut()

    async def _cut_client_repeatedly(self) -> None:
        seat = self._any_seat()
        for _ in range(self._rng.randint(3, 8)):
            self._hop(seat)
            seat.proxy.cut()
            await asyncio.sleep(self._rng.uniform(0.02, 0.3))

    async def _storm(self) -> None:
        for seat in self._seats:
            self._hop(seat)
            seat.proxy.cut()

    async def _stall_client(self) -> None:
        seats = self._some_seats()
        for seat in seats:
            seat.proxy.stall(self._rng.choice((Way.UP, Way.DOWN, Way.BOTH)))
        await asyncio.sleep(self._rng.uniform(0.2, 1.5))
        for seat in seats:
            if self._rng.random() < 0.5:
                seat.proxy.cut()
            seat.proxy.flow()

    async def _drip_client(self) -> None:
        seat = self._any_seat()
        seat.proxy.drip(self._rng.randint(5, 100))
        await asyncio.sleep(self._rng.uniform(0.2, 1.0))
        seat.proxy.flow()

    async def _half_close_client(self) -> None:
        self._any_seat().proxy.half_close(self._rng.choice((Way.UP, Way.DOWN)))

    async def _vanish_client(self) -> None:
        seat = self._any_seat()
        seat.proxy.abandon()
        self._hop(seat)
        seat.client.vanish()

    async def _slow_client(self) -> None:
        seat = self._any_seat()
        seat.client.lag = self._rng.uniform(0.005, 0.05)
        await asyncio.sleep(self._rng.uniform(0.5, 1.5))
        seat.client.lag = 0.0

    async def _stop_reading_in_a_burst(self) -> None:
        """Publish more than windows and buffers hold to a client that does not read."""
        seat = self._any_seat()
        seat.client.reading.clear()
        await self._rng.choice(self._world.publishers).burst(
            seat.client.history.address, self._rng.randint(300, 700)
        )
        seat.client.reading.set()

    async def _burst(self) -> None:
        await self._rng.choice(self._world.publishers).burst(
            self._rng.choice(self._addresses), self._rng.randint(100, 400)
        )

    async def _kill_worker(self) -> None:
        await self._down_and_up(signal.SIGKILL)

    async def _terminate_worker(self) -> None:
        await self._down_and_up(signal.SIGTERM)

    async def _down_and_up(self, number: signal.Signals) -> None:
        index = self._rng.randrange(len(self._world.workers))
        worker = self._world.workers[index]
        async with worker.changing:
            stopping = asyncio.create_task(worker.stop(number))
            for seat in self._seats:
                if seat.home == index and self._rng.random() < 0.7:
                    self._hop(seat)
            await stopping
            await worker.start(until="serving")

    async def _restart_broker(self) -> None:
        await self._world.restart_broker()

    # The end.

    async def _settle(self) -> None:
        """Heal everything, publish a last update to everybody, and wait until all have it."""
        world = self._world
        for seat in self._seats:
            seat.proxy.flow()
            seat.client.reading.set()
            seat.client.lag = 0.0
        await world.heal()
        last: dict[Address, list[Publication]] = {}
        try:
            async with asyncio.timeout(_SETTLE):
                await asyncio.gather(*(seat.client.live.wait() for seat in self._seats))
                last = {
                    address: [
                        await self._confirmed(index, address)
                        for index in range(len(world.publishers))
                    ]
                    for address in self._addresses
                }
                while self._without(last):
                    await world.recorder.changed()
        except TimeoutError:
            self._stuck = self._without(last)

    async def _confirmed(self, index: int, address: Address) -> Publication:
        """Publish until the broker confirms."""
        while True:
            publication = await self._world.publishers[index].publish(address, typing=False)
            if publication.confirmed is not None:
                return publication
            await asyncio.sleep(0.2)

    def _without(self, last: dict[Address, list[Publication]]) -> list[str]:
        """Name the clients that have not had the last updates."""
        names = []
        for seat in self._seats:
            history = seat.client.history
            wanted = {publication.update_id for publication in last.get(history.address, ())}
            recent = history.events[-2000:]
            have = {event.update_id for event in recent if isinstance(event, Delivered)}
            if not wanted or not wanted <= have:
                names.append(f"{history.name} on w{seat.home}, {recent[-1:]}")
        return names


Fault = tuple[Callable[[Schedule], Awaitable[None]], float]
"""What goes wrong, and how often beside the others."""

FAULTS: tuple[Fault, ...] = (
    (Schedule._cut_broker, 3),
    (Schedule._cut_both_brokers, 2),
    (Schedule._broker_away, 3),
    (Schedule._stall_broker, 3),
    (Schedule._drip_broker, 2),
    (Schedule._half_close_broker, 1),
    (Schedule._delete_queue, 3),
    (Schedule._break_channel, 2),
    (Schedule._cut_client, 3),
    (Schedule._cut_client_repeatedly, 3),
    (Schedule._storm, 3),
    (Schedule._stall_client, 3),
    (Schedule._drip_client, 2),
    (Schedule._half_close_client, 1),
    (Schedule._vanish_client, 2),
    (Schedule._slow_client, 2),
    (Schedule._stop_reading_in_a_burst, 2),
    (Schedule._burst, 3),
    (Schedule._kill_worker, 1.5),
    (Schedule._terminate_worker, 1.5),
)

COMING_AND_GOING: tuple[Fault, ...] = (
    (Schedule._cut_client, 3),
    (Schedule._cut_client_repeatedly, 3),
    (Schedule._vanish_client, 1),
    (Schedule._storm, 3),
    (Schedule._burst, 2),
    (Schedule._kill_worker, 2),
    (Schedule._terminate_worker, 1),
)
"""Clients that resume here and there, and workers that die."""
