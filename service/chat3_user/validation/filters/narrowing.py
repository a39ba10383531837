"""Narrows a filter of messages to those on one side of a time.

The platform takes one condition on a field in an and. So the time of a page replaces the caller's
condition on ``createdAt``. Where both bound the same side, the tighter one stays. A bound of the
other side becomes a `Stop`, which the reader of the messages applies to them in their order.
Alternatives with different stops are queries of their own.
"""

from dataclasses import dataclass
from typing import Final

from chat3_user.times import to_nanoseconds
from chat3_user.validation.filters.plan import Branch, Plan
from chat3_user.validation.filters.render import rendered
from chat3_user.validation.filters.syntax import Condition

CREATED: Final = "createdAt"

_LATEST: Final = ("lt", "lte")
_EARLIEST: Final = ("gt", "gte")


@dataclass(frozen=True, slots=True)
class Stop:
    """Where messages, read in their order, end: at ``time``, which is in when ``included``.

    ``time`` is in nanoseconds since 1970. ``newer``: whether they are read towards newer ones.
    """

    time: int
    included: bool
    newer: bool

    def admits(self, time: int) -> bool:
        """Tell whether a message of that time is still in."""
        if time == self.time:
            return self.included
        return (time < self.time) is self.newer


@dataclass(frozen=True, slots=True)
class Query:
    """One question to the platform, and where its answer ends."""

    filter: str
    stop: Stop | None = None


def narrowed(plan: Plan, time: int, *, newer: bool) -> tuple[Query, ...]:
    """Return what selects the plan's messages that are not older than ``time``, or not newer.

    ``time`` is in nanoseconds since 1970; messages of just that time are selected either way.
    """
    groups: dict[Stop | None, Plan] = {}
    for branch in plan:
        kept, stop = _narrowed(branch, time, newer=newer)
        groups[stop] = (*groups.get(stop, ()), kept)
    # A conjunction that was made for an or is right only in one.
    alone = len(plan) == 1
    return tuple(
        Query(rendered(part * 2 if len(part) == 1 and not alone else part), stop)
        for stop, part in groups.items()
    )


def _narrowed(branch: Branch, time: int, *, newer: bool) -> tuple[Branch, Stop | None]:
    own = next((condition for condition in branch if condition.name == CREATED), None)
    rest = tuple(condition for condition in branch if condition is not own)
    bound = _bound(time, newer=newer)
    if own is None:
        return (*rest, bound), None
    limit = _time(own)
    if own.operator in (_LATEST if newer else _EARLIEST):
        return (*rest, bound), Stop(limit, own.operator.endswith("e"), newer)
    tighter = limit > time if newer else limit < time
    # Of equal bounds the caller's is as tight or tighter.
    return (*rest, own if tighter or limit == time else bound), None


def _bound(time: int, *, newer: bool) -> Condition:
    # The platform writes times rounded to a nanosecond: a message may lie that far beyond its own.
    outer = time - 1 if newer else time + 1
    return Condition(CREATED, "gte" if newer else "lte", outer / 1_000_000)


def _time(condition: Condition) -> int:
    value = condition.value
    if not isinstance(value, int | float):
        raise TypeError("a time is a number")
    return to_nanoseconds(value)
