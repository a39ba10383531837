"""Workers as processes before a faulty platform that is restarted, and runs of mutations there."""

import asyncio
import os
import random
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import mutation_back_end as back_end
from mutation_callers import Callers
from mutation_cases import BACK_END, MEMBERS, Case, Like, Mark, Read, Send, cases
from mutation_changes import DIRECTORY_KINDS, PACK_KINDS, USER_KINDS, Change, changes
from mutation_check import Checker
from mutation_creations import Creation, creations
from mutation_platform import Platform, platform
from mutation_proxy import LATEST, FaultProxy
from mutation_tally import Tally
from mutation_trouble import Trouble
from mutation_users import back_end_creations

from support.faults.workers import Worker
from support.gateway import TENANT
from support.redis import RedisServer

# The settle time leaves room for what is late on purpose and for a busy machine, which is checked:
# harness and platform may be late by so much and no more.
LEASE: Final = 1.0
SETTLE: Final = 3.0
# Where the platform only dies, nothing is late.
CUT_SETTLE: Final = 0.2
LAG_ALLOWED: Final = SETTLE - LATEST
# A write with meta and quote has 13 steps: most restarts fall between two of them.
STEP_PAUSE: Final = 0.015
RELAY_DELAY: Final = 0.2
# So many keys of one seed are under way at once: a slow machine takes longer, and is not flooded.
_AT_ONCE: Final = 6
# Of each kind of creation there is one for so many sends.
_SENDS_FOR_A_CREATION: Final = 10
# Of each kind of change.
_SENDS_FOR_A_CHANGE: Final = 50
_PROJECT: Final = Path(__file__).resolve().parents[2]
# The checkout whose service the workers run; the platform and the tests are always of this one.
SERVICE: Final = Path(os.environ.get("MUTATION_SERVICE") or _PROJECT)


@dataclass
class World:
    """A platform, a proxy before it, workers before that, and callers."""

    platform: Platform
    proxy: FaultProxy
    trouble: Trouble
    callers: Callers

    async def run(self, seeds: Sequence[int], sends: int) -> Tally:
        """Do the mutations of every seed, through its faults and restarts; check them.

        Seeds that run together share the killing of workers, store and platform.
        """
        total = Tally()
        self.proxy.faulty, self.proxy.slowest = True, 0.0
        async with asyncio.TaskGroup() as group:
            trouble = group.create_task(self.trouble.befall(seeds[0], total))
            watch = group.create_task(_watch_lag(total))
            done = await asyncio.gather(*(self._seed(seed, sends) for seed in seeds))
            trouble.cancel()
            watch.cancel()
        self.proxy.faulty = False
        await self.proxy.quiet()
        total.slowest = self.proxy.slowest
        await self.platform.settled()
        checker = Checker(self.platform.store)
        for dialog, asked, tally in done:
            checker.check(dialog, asked, tally)
            total.add(tally)
        return total

    async def cut(self, case: Case, steps: Sequence[str], tally: Tally) -> int:
        """Do one mutation on a platform that dies after a step, and once started again after more.

        Return how often it died: a write without such a step ends well.
        """
        await self.platform.end(signal.SIGTERM)
        await self.platform.start(die_after=steps[0])
        patient = self.callers.call(case, random.Random(0), tally, patient=True)
        async with asyncio.TaskGroup() as group:
            call = group.create_task(patient)
            for number, then in enumerate((*steps[1:], None), start=1):
                death = group.create_task(self.platform.died())
                await asyncio.wait({call, death}, return_when=asyncio.FIRST_COMPLETED)
                if not death.done():
                    death.cancel()
                    return number - 1
                tally.restarts["died"] += 1
                await self.platform.start(die_after=then)
        return len(steps)

    def dialog(self) -> str:
        """Make a dialog of all members."""
        return self.platform.store.add_dialog(TENANT, MEMBERS).dialog_id

    async def _seed(self, seed: int, sends: int) -> tuple[str, list[Case], Tally]:
        draw = random.Random(seed)
        dialog = self.dialog()
        store = self.platform.store
        kinds, marks = (Send, Send, *back_end.SENDS), (Read, Like, *back_end.MARKS)
        asked = cases(store, dialog, seed, draw, sends, kinds, marks)
        asked += creations(store, dialog, seed, sends // _SENDS_FOR_A_CREATION)
        asked += back_end_creations(dialog, seed, sends // _SENDS_FOR_A_CREATION)
        count = sends // _SENDS_FOR_A_CHANGE
        kinds_of_change = (*USER_KINDS, *DIRECTORY_KINDS, *PACK_KINDS, *back_end.KINDS)
        asked += changes(store, self.platform.version, seed, count, kinds_of_change)
        draw.shuffle(asked)
        changed = [thing for case in asked if isinstance(case, Change) for thing in case.things]
        self.proxy.seed(draw.getrandbits(32), dialog, *filter(None, changed))
        tally = counted(asked)
        room = asyncio.Semaphore(_AT_ONCE)

        async def repeat(case: Case, hows: list[random.Random]) -> None:
            async with room, asyncio.TaskGroup() as callers:
                for how in hows:
                    callers.create_task(self.callers.call(case, how, tally))

        async with asyncio.TaskGroup() as keys:
            for case in asked:
                count = draw.choice((1, 1, 1, 2, 3))
                hows = [random.Random(draw.getrandbits(32)) for _ in range(count)]
                keys.create_task(repeat(case, hows))
        return dialog, asked, tally


def counted(asked: Sequence[Case]) -> Tally:
    """Return the tally of what was asked for."""
    return Tally(
        sends=sum(isinstance(case, Send) for case in asked),
        full=sum(isinstance(case, Send) and case.quoted is not None for case in asked),
        marks=sum(isinstance(case, Mark) for case in asked),
        creations=sum(isinstance(case, Creation) for case in asked),
        changes=sum(isinstance(case, Change) for case in asked),
        of_back_ends=sum(case.method.startswith(BACK_END) for case in asked),
    )


async def _watch_lag(tally: Tally) -> None:
    """Note how late this process, and so the proxy, comes to what it has to do."""
    clock = asyncio.get_running_loop().time
    while True:
        due = clock() + 0.02
        await asyncio.sleep(0.02)
        tally.lag = max(tally.lag, clock() - due)


@asynccontextmanager
async def world(
    kind: str,
    count: int,
    version: str,
    folder: Path,
    *,
    settle: float = SETTLE,
    step_pause: float = STEP_PAUSE,
) -> AsyncIterator[World]:
    """Run ``count`` workers on a store of a kind, `sqlite` or `redis`, before a platform."""
    async with AsyncExitStack() as stack:
        upstream = await stack.enter_async_context(
            platform(version, folder, step_pause=step_pause, relay_delay=RELAY_DELAY)
        )
        upstream.store.add_user(TENANT, back_end.HELPER)
        proxy = await stack.enter_async_context(FaultProxy(upstream.url).running())
        environment = {
            "TENANT_API_URL": proxy.url,
            "DEMO": "true",
            "WORKERS": "1",
            # A circuit that opens at every restart would leave little to be cut.
            "TENANT_API_CIRCUIT_FAILURES": "10000",
            "IDEMPOTENCY_LEASE": str(LEASE),
            "IDEMPOTENCY_SETTLE": str(settle),
            "IDEMPOTENCY_DATABASE": str(folder / "keys.db"),
        }
        redis = None
        if kind == "redis":
            redis = RedisServer(folder / "redis")
            redis.start()
            stack.callback(redis.stop)
            environment |= {"REDIS_URL": redis.url, "REDIS_TIMEOUT": "0.5"}
        workers = [
            Worker(f"{kind}-{index}", environment, project=SERVICE) for index in range(count)
        ]
        for worker in workers:
            stack.push_async_callback(worker.kill)
        await asyncio.gather(*(worker.start(until="serving") for worker in workers))
        callers = Callers([worker.grpc_port for worker in workers])
        stack.callback(callers.close)
        yield World(upstream, proxy, Trouble(upstream, workers, redis), callers)
