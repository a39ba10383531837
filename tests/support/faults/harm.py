"""What can go wrong in a schedule: with the broker, with tenant-api, with clients, with workers."""

import asyncio
import random
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import aiormq

from support.faults.client import StreamClient
from support.faults.history import Address
from support.faults.proxy import Proxy, Way
from support.faults.world import World


@dataclass
class Seat:
    """A client and the proxy between it and the worker it uses."""

    client: StreamClient
    proxy: Proxy
    home: int


class Harm:
    """Does it, to a world and to the clients in their seats, as a seed decides."""

    def __init__(self, world: World, seed: int) -> None:
        self._world = world
        self._rng = random.Random(seed)
        self._seats: list[Seat] = []
        self._addresses: list[Address] = []

    def _any_seat(self) -> Seat:
        return self._rng.choice(self._seats)

    def _some_seats(self) -> list[Seat]:
        return self._rng.sample(self._seats, self._rng.randint(1, len(self._seats)))

    def _hop(self, seat: Seat) -> None:
        """Let a client use the other worker from its next stream on."""
        seat.home = self._rng.randrange(len(self._world.workers))
        seat.proxy.target = self._world.workers[seat.home].grpc_port

    async def cut_broker(self) -> None:
        self._rng.choice(self._world.amqp).proxy.cut()

    async def cut_both_brokers(self) -> None:
        for amqp in self._world.amqp:
            amqp.proxy.cut()

    async def broker_away(self) -> None:
        proxy = self._rng.choice(self._world.amqp).proxy
        proxy.refusing = True
        proxy.cut()
        await asyncio.sleep(self._rng.uniform(0.2, 1.5))
        proxy.flow()

    async def stall_broker(self) -> None:
        proxy = self._rng.choice(self._world.amqp).proxy
        proxy.stall(self._rng.choice((Way.UP, Way.DOWN, Way.BOTH)))
        await asyncio.sleep(self._rng.uniform(0.2, 1.5))
        if self._rng.random() < 0.5:
            proxy.cut()
        proxy.flow()

    async def drip_broker(self) -> None:
        proxy = self._rng.choice(self._world.amqp).proxy
        proxy.drip(self._rng.randint(20, 200))
        await asyncio.sleep(self._rng.uniform(0.2, 1.0))
        proxy.flow()

    async def half_close_broker(self) -> None:
        self._rng.choice(self._world.amqp).proxy.half_close(self._rng.choice((Way.UP, Way.DOWN)))

    async def delete_queue(self) -> None:
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

    async def break_channel(self) -> None:
        self._rng.choice(self._world.amqp).break_channel()

    async def cut_client(self) -> None:
        seat = self._any_seat()
        self._hop(seat)
        seat.proxy.cut()

    async def cut_client_repeatedly(self) -> None:
        seat = self._any_seat()
        for _ in range(self._rng.randint(3, 8)):
            self._hop(seat)
            seat.proxy.cut()
            await asyncio.sleep(self._rng.uniform(0.02, 0.3))

    async def storm(self) -> None:
        for seat in self._seats:
            self._hop(seat)
            seat.proxy.cut()

    async def stall_client(self) -> None:
        seats = self._some_seats()
        for seat in seats:
            seat.proxy.stall(self._rng.choice((Way.UP, Way.DOWN, Way.BOTH)))
        await asyncio.sleep(self._rng.uniform(0.2, 1.5))
        for seat in seats:
            if self._rng.random() < 0.5:
                seat.proxy.cut()
            seat.proxy.flow()

    async def drip_client(self) -> None:
        seat = self._any_seat()
        seat.proxy.drip(self._rng.randint(5, 100))
        await asyncio.sleep(self._rng.uniform(0.2, 1.0))
        seat.proxy.flow()

    async def half_close_client(self) -> None:
        self._any_seat().proxy.half_close(self._rng.choice((Way.UP, Way.DOWN)))

    async def vanish_client(self) -> None:
        seat = self._any_seat()
        seat.proxy.abandon()
        self._hop(seat)
        seat.client.vanish()

    async def slow_client(self) -> None:
        seat = self._any_seat()
        seat.client.lag = self._rng.uniform(0.005, 0.05)
        await asyncio.sleep(self._rng.uniform(0.5, 1.5))
        seat.client.lag = 0.0

    async def stop_reading_in_a_burst(self) -> None:
        """Publish more than windows and buffers hold to a client that does not read."""
        seat = self._any_seat()
        seat.client.reading.clear()
        await self._rng.choice(self._world.publishers).burst(
            seat.client.history.address, self._rng.randint(300, 700)
        )
        seat.client.reading.set()

    async def burst(self) -> None:
        await self._rng.choice(self._world.publishers).burst(
            self._rng.choice(self._addresses), self._rng.randint(100, 400)
        )

    async def platform_away(self) -> None:
        """Kill tenant-api, and start it again."""
        self._world.platform.refusing = True
        self._world.platform.cut()
        await asyncio.sleep(self._rng.uniform(0.2, 1.5))
        self._world.platform.flow()

    async def stall_platform(self) -> None:
        self._world.platform.stall(self._rng.choice((Way.UP, Way.DOWN, Way.BOTH)))
        await asyncio.sleep(self._rng.uniform(0.2, 1.0))
        if self._rng.random() < 0.5:
            self._world.platform.cut()
        self._world.platform.flow()

    async def kill_worker(self) -> None:
        await self._down_and_up(signal.SIGKILL)

    async def terminate_worker(self) -> None:
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

    async def restart_broker(self) -> None:
        await self._world.restart_broker()


Fault = tuple[Callable[[Harm], Awaitable[None]], float]
"""What goes wrong, and how often beside the others."""

FAULTS: tuple[Fault, ...] = (
    (Harm.cut_broker, 3),
    (Harm.cut_both_brokers, 2),
    (Harm.broker_away, 3),
    (Harm.stall_broker, 3),
    (Harm.drip_broker, 2),
    (Harm.half_close_broker, 1),
    (Harm.delete_queue, 3),
    (Harm.break_channel, 2),
    (Harm.cut_client, 3),
    (Harm.cut_client_repeatedly, 3),
    (Harm.storm, 3),
    (Harm.stall_client, 3),
    (Harm.drip_client, 2),
    (Harm.half_close_client, 1),
    (Harm.vanish_client, 2),
    (Harm.slow_client, 2),
    (Harm.stop_reading_in_a_burst, 2),
    (Harm.burst, 3),
    (Harm.platform_away, 2),
    (Harm.stall_platform, 1),
    (Harm.kill_worker, 1.5),
    (Harm.terminate_worker, 1.5),
)

COMING_AND_GOING: tuple[Fault, ...] = (
    (Harm.cut_client, 3),
    (Harm.cut_client_repeatedly, 3),
    (Harm.vanish_client, 1),
    (Harm.storm, 3),
    (Harm.burst, 2),
    (Harm.kill_worker, 2),
    (Harm.terminate_worker, 1),
)
"""Clients that resume here and there, and workers that die."""
