"""Checks each component periodically, and reports the findings to the state machine."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from chat3_user.health.finding import Finding
from chat3_user.health.machine import Health
from chat3_user.health.settings import HealthSettings
from chat3_user.health.table import CHECK_FAILED

log = logging.getLogger(__name__)

_JITTER: Final = 0.25
_SOONER: Final = 0.2
"""The part of an interval after which what contradicts the known state is looked at again."""


class Look(Protocol):
    """Looks at a component once."""

    async def __call__(self) -> Finding | None:
        """Return what was found; None when nothing was learnt."""


@dataclass(frozen=True, slots=True)
class Probe:
    """``look`` is called every ``interval`` seconds, and has ``timeout`` to come back.

    ``silent`` is the reason of a component whose look did not.
    """

    component: str
    look: Look
    interval: float
    timeout: float
    silent: str = CHECK_FAILED


def outside(component: str, look: Look, silent: str, settings: HealthSettings) -> Probe:
    """Return the probe of something that has to be asked."""
    return Probe(component, look, settings.interval, settings.timeout, silent)


def inside(component: str, look: Look, settings: HealthSettings) -> Probe:
    """Return the probe of something that this worker knows by itself."""
    return Probe(component, look, settings.inside, settings.timeout)


class Prober:
    """Runs each probe in a task of its own, so that one that waits holds up no other.

    Intervals vary by a quarter: workers that started together do not ask together for long.
    """

    def __init__(
        self,
        health: Health,
        probes: Sequence[Probe],
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._health = health
        self._sleep = sleep
        self._probes = probes
        self._tasks: list[asyncio.Task[None]] = []
        self._stopped = False

    async def open(self) -> None:
        """Begin to look."""
        self._tasks = [
            asyncio.create_task(self._repeat(probe), name=f"health-{probe.component}")
            for probe in self._probes
        ]

    def stop(self) -> None:
        """Stop looking; what was found last stays."""
        self._stopped = True
        for task in self._tasks:
            task.cancel()

    async def close(self) -> None:
        """Stop looking, and wait for looks under way."""
        self.stop()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _repeat(self, probe: Probe) -> None:
        while True:
            finding = await _looked(probe)
            if self._stopped:
                # A library can turn the cancellation of a look into an error of its own.
                return
            if finding is not None:
                self._health.observe(probe.component, finding)
            sooner = _SOONER if self._health.wavering(probe.component) else 1.0
            await self._sleep(probe.interval * sooner * random.uniform(1 - _JITTER, 1 + _JITTER))


async def _looked(probe: Probe) -> Finding | None:
    try:
        async with asyncio.timeout(probe.timeout):
            return await probe.look()
    except TimeoutError:
        return Finding(probe.silent, f"no answer within {probe.timeout:g} s")
    except Exception as error:
        log.exception("a health check failed", extra={"component": probe.component})
        return Finding(CHECK_FAILED, type(error).__name__)
