"""Counts what is turned away before it is a call, and logs a line a second of each kind."""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from chat3_user.logs.repeats import Repeats

log = logging.getLogger(__name__)

_EVERY: Final = 1.0


@dataclass(frozen=True, slots=True)
class Refusal:
    """What was turned away: ``kind`` is a name from a fixed list, ``method`` one of ours.

    ``problem`` is in words of ours, or an exception: nothing that a client says is logged.
    """

    kind: str
    peer: str
    problem: str | BaseException = ""
    method: str = ""
    request_id: str = ""


class Refusals:
    """``count`` is the metric, by kind."""

    def __init__(
        self, count: Callable[[str], None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._count = count
        self._repeats: Repeats[str, Refusal] = Repeats(1, clock)
        self._timer: asyncio.TimerHandle | None = None

    def refused(
        self,
        kind: str,
        peer: str,
        problem: str | BaseException = "",
        *,
        method: str = "",
        request_id: str = "",
    ) -> None:
        """Count what was turned away; see `Refusal`. Called within the event loop."""
        self._count(kind)
        refusal = Refusal(kind, peer, problem, method, request_id)
        if self._repeats.writes(kind, refusal):
            _tell(refusal, 1)
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_EVERY, self._sum_up)

    def close(self) -> None:
        """Log what was counted and not logged yet."""
        if self._timer is not None:
            self._timer.cancel()
        for refusal, count in self._repeats.due(all_=True):
            _tell(refusal, count)

    def _sum_up(self) -> None:
        self._timer = None
        for refusal, count in self._repeats.due():
            _tell(refusal, count)
        if self._repeats.waiting:
            self._timer = asyncio.get_running_loop().call_later(_EVERY, self._sum_up)


def _tell(refusal: Refusal, count: int) -> None:
    """Log ``count`` refusals, of which this is the last."""
    known = {
        "problem": refusal.problem,
        "method": refusal.method,
        "request_id": refusal.request_id,
    }
    given = {name: value for name, value in known.items() if value}
    log.warning(
        "refused",
        extra={"kind": refusal.kind, "count": count, "peer": refusal.peer, **given},
    )
