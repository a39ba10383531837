"""The event loop: how late it wakes what sleeps."""

import asyncio
from collections.abc import Callable
from typing import Final

from chat3_user.health.finding import WELL, Finding
from chat3_user.health.prober import Probe
from chat3_user.health.table import EVENT_LOOP

_NAP: Final = 0.25
"""Seconds; a stall of any length is noticed when the loop runs again."""


def event_loop(stall: float, noted: Callable[[float], None]) -> Probe:
    """Return the probe that finds the loop ``stall`` seconds late, or later.

    Each lag is ``noted``. A look begins when the last one ended: what stands still in between is a
    stall as well.
    """
    ended: float | None = None

    async def look() -> Finding:
        nonlocal ended
        loop = asyncio.get_running_loop()
        due = _NAP + (loop.time() if ended is None else ended)
        await asyncio.sleep(_NAP)
        ended = loop.time()
        late = max(0.0, ended - due)
        noted(late)
        return WELL if late < stall else Finding("stalled", f"{late:.1f} s")

    # The look is the interval, and a stall must not look like a check that hangs.
    return Probe(EVENT_LOOP, look, 0.0, float("inf"))
