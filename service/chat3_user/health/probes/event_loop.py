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

    Each lag is ``noted``.
    """

    async def look() -> Finding:
        loop = asyncio.get_running_loop()
        due = loop.time() + _NAP
        await asyncio.sleep(_NAP)
        late = max(0.0, loop.time() - due)
        noted(late)
        return WELL if late < stall else Finding("stalled", f"{late:.1f} s")

    # The look is the interval, and a stall must not look like a check that hangs.
    return Probe(EVENT_LOOP, look, 0.0, float("inf"))
