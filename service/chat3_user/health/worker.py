"""The health of one worker: its checks, their findings, and who is notified."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from chat3_user.health.board import Seat
from chat3_user.health.changes import log_change
from chat3_user.health.composing import Parts, probes
from chat3_user.health.finding import WELL, Finding
from chat3_user.health.machine import Health, Observer
from chat3_user.health.prober import Prober
from chat3_user.health.settings import HealthSettings
from chat3_user.health.table import PROCESS


class WorkerHealth:
    """What is found about a worker while it is watched, in ``state``."""

    def __init__(self, state: Health, prober: Prober) -> None:
        self.state = state
        self._prober = prober

    def step_back(self) -> None:
        """Be not ready from now on, whatever else is found: the worker is about to end."""
        self._prober.stop()
        self.state.observe(PROCESS, Finding("shutting_down"))


@asynccontextmanager
async def watching(
    parts: Parts, settings: HealthSettings, seat: Seat, observer: Observer
) -> AsyncIterator[WorkerHealth]:
    """Watch the parts of the worker in ``seat`` within the block.

    Each change goes to the log, to the other workers of the machine, and to ``observer``.
    """
    watched = probes(parts, settings)
    state = Health({PROCESS, *(probe.component for probe in watched)})
    for each in (log_change, seat.changed, observer):
        state.on_change(each)
    prober = Prober(state, watched)
    state.observe(PROCESS, WELL)
    await prober.open()
    try:
        yield WorkerHealth(state, prober)
    finally:
        await prober.close()
