"""What befalls a player: a seeded order of faults, each of which comes to an end."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

from scenario.front import Front
from support.faults.harm import Harm
from support.faults.proxy import Way
from support.faults.world import World

_GAPS: Final = (0.3, 1.2)
"""Seconds between two faults."""

FEWEST: Final = 8
"""With fewer faults a play says nothing."""


class Mishaps(Harm):
    """Breaks what is between the players and the service, and what is behind it."""

    def __init__(self, world: World, front: Front, seed: int) -> None:
        super().__init__(world, seed)
        self._front = front
        self.told: list[str] = []
        self.over = 0
        self._enough = asyncio.Event()

    def planned(self) -> list[Callable[[], Awaitable[None]]]:
        """Return every kind of fault once, in an order of its own.

        What takes longest is in the first half, so that no player is through before it.
        """
        heavy: list[Callable[[], Awaitable[None]]] = [
            self.restart_broker,
            self.kill_worker,
            self.terminate_worker,
            self.platform_refuses,
            self.cut_connections,
        ]
        light: list[Callable[[], Awaitable[None]]] = [
            self.cut_again_and_again,
            self.stall_connections,
            self.drip_connections,
            self.half_close_connections,
            self.refuse_connections,
            self.stall_platform,
            self.cut_both_brokers,
            self.broker_away,
        ]
        self._rng.shuffle(light)
        first = [*heavy, *light[: FEWEST - len(heavy)]]
        self._rng.shuffle(first)
        return [*first, *light[FEWEST - len(heavy) :]]

    def enough(self) -> None:
        """Begin no other fault: the player comes to its end."""
        self._enough.set()

    async def happen(self) -> None:
        """Let one fault happen after the other, until it is enough."""
        began = time.monotonic()
        while True:
            for fault in self.planned():
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._rng.uniform(*_GAPS)):
                        await self._enough.wait()
                if self._enough.is_set():
                    return
                at = time.monotonic() - began
                await fault()
                took = time.monotonic() - began - at
                self.told.append(f"{at:5.1f} s  {fault.__name__}, {took:.1f} s")
                self.over += 1

    async def cut_connections(self) -> None:
        """Reset all connections of the player."""
        self._front.cut()

    async def cut_again_and_again(self) -> None:
        """Reset all of them several times within a second."""
        for _ in range(self._rng.randint(3, 6)):
            self._front.cut()
            await asyncio.sleep(self._rng.uniform(0.05, 0.3))

    async def stall_connections(self) -> None:
        """Forward nothing for a while, and perhaps reset then."""
        self._front.stall(self._rng.choice((Way.UP, Way.DOWN, Way.BOTH)))
        await asyncio.sleep(self._rng.uniform(0.5, 2.0))
        if self._rng.random() < 0.5:
            self._front.cut()
        self._front.flow()

    async def drip_connections(self) -> None:
        """Forward in small pieces."""
        self._front.drip(self._rng.randint(20, 100))
        await asyncio.sleep(self._rng.uniform(0.5, 1.5))
        self._front.flow()

    async def half_close_connections(self) -> None:
        """End one direction of all connections."""
        self._front.half_close(self._rng.choice((Way.UP, Way.DOWN)))

    async def refuse_connections(self) -> None:
        """Reset all connections, and refuse new ones for a while."""
        self._front.refusing = True
        self._front.cut()
        await asyncio.sleep(self._rng.uniform(0.3, 1.0))
        self._front.flow()

    async def platform_refuses(self) -> None:
        """Let tenant-api refuse for a second."""
        self._world.platform.refusing = True
        self._world.platform.cut()
        await asyncio.sleep(1.0)
        self._world.platform.flow()


def seeded(seed: int, player: str) -> int:
    """Return a seed of its own for each player."""
    return random.Random(f"{seed} {player}").randrange(2**31)
