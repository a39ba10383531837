"""What befalls a run: workers killed, the keys' store killed or paused, the platform restarted."""

import asyncio
import random
import signal
from collections.abc import Coroutine, Sequence
from typing import Any

from mutation_platform import Platform
from mutation_tally import Tally

from support.faults.workers import Worker
from support.redis import RedisServer


class Trouble:
    """Whom trouble befalls; whoever is ended is always started again."""

    def __init__(
        self, platform: Platform, workers: Sequence[Worker], redis: RedisServer | None
    ) -> None:
        self._platform = platform
        self._workers = workers
        self._redis = redis

    async def befall(self, seed: int, tally: Tally) -> None:
        """Make trouble, drawn from a seed, until it is cancelled; everything runs again then."""
        draw = random.Random(seed)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._restart_platform(random.Random(draw.getrandbits(32)), tally))
            group.create_task(self._hurt_service(random.Random(draw.getrandbits(32)), tally))

    async def _restart_platform(self, draw: random.Random, tally: Tally) -> None:
        clock = asyncio.get_running_loop().time
        start_took = 0.0
        while True:
            # A machine that is slow to start it has it up for longer, too.
            await asyncio.sleep(draw.uniform(0.3, 4.0) + draw.uniform(0.0, 2.0) * start_took)
            how = draw.choice((signal.SIGTERM, signal.SIGKILL))
            began = clock()
            await _finished(self._restarted(how, draw.uniform(0.0, 0.1)))
            start_took = clock() - began
            tally.restarts[how.name] += 1

    async def _restarted(self, how: signal.Signals, away: float) -> None:
        await self._platform.end(how)
        await asyncio.sleep(away)
        await self._platform.start()

    async def _hurt_service(self, draw: random.Random, tally: Tally) -> None:
        """Kill workers, and the store where it is a server, now and then."""
        while True:
            await asyncio.sleep(draw.uniform(0.5, 3.0))
            if self._redis is not None and draw.random() < 0.35:
                await self._hurt_redis(self._redis, draw)
                tally.store_outages += 1
            elif draw.random() < 0.5:
                worker = draw.choice(self._workers)
                await _finished(_killed_and_started(worker, draw.uniform(0.0, 0.5)))
                tally.worker_kills += 1

    async def _hurt_redis(self, redis: RedisServer, draw: random.Random) -> None:
        away = draw.uniform(0.05, 0.8)
        if draw.random() < 0.4:
            redis.pause()
            try:
                await asyncio.sleep(away)
            finally:
                redis.go_on()
            return
        redis.kill()
        try:
            await asyncio.sleep(away)
        finally:
            await asyncio.to_thread(redis.start)


async def _finished(restart: Coroutine[Any, Any, None]) -> None:
    """Bring a restart to its end, although the caller is cancelled meanwhile."""
    task = asyncio.create_task(restart)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await task
        raise


async def _killed_and_started(worker: Worker, away: float) -> None:
    await worker.kill()
    await asyncio.sleep(away)
    await worker.start(until="serving")
