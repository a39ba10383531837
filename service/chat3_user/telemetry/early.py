"""What a sampler will refuse, known before the SDK is asked: most of all calls and updates.

To have the SDK make a span that nobody records costs several times what it costs to know that. Only
what the sampler may take goes on to it, with the trace id that was looked at.
"""

import random
from collections.abc import Callable, Mapping
from typing import Final

_DEFAULT: Final = "parentbased_always_on"
_RATIO: Final = "parentbased_traceidratio"
_SHARES: Final = {_DEFAULT: 1.0, "parentbased_always_off": 0.0}
_LOW: Final = (1 << 64) - 1
"""The part of a trace id that samplers by ratio look at."""


def share_of(environment: Mapping[str, str]) -> float | None:
    """Return the share of new traces that the sampler takes; none where only the sampler knows.

    That is known of samplers that do as the parent says, where there is one.
    """
    name = environment.get("OTEL_TRACES_SAMPLER", "").strip().lower() or _DEFAULT
    if name != _RATIO:
        return _SHARES.get(name)
    try:
        share = float(environment.get("OTEL_TRACES_SAMPLER_ARG", "") or 1.0)
    except ValueError:
        return None
    return share if 0.0 <= share <= 1.0 else None


class Early:
    """Draws the ids of new traces; ``share`` of them are taken, whose ids go to ``begin``."""

    __slots__ = ("_begin", "_bound")

    def __init__(self, share: float, begin: Callable[[int], None]) -> None:
        self._bound = round(share * (_LOW + 1))
        self._begin = begin

    def refused(self) -> int:
        """Draw the id of a new trace; return it when it is refused, else 0: the SDK makes it."""
        trace_id = random.getrandbits(128) or 1
        if trace_id & _LOW < self._bound:
            self._begin(trace_id)
            return 0
        return trace_id
