"""The state machine: turns findings into one status, and notifies listeners of changes.

It knows neither sockets nor tasks; whoever feeds it decides when to look.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from chat3_user.health.finding import Finding
from chat3_user.health.table import COMPONENTS, Component, Effect, effect_of


class State(StrEnum):
    """A component: not seen yet, well, or not."""

    STARTING = "starting"
    UP = "up"
    DOWN = "down"


class Status(StrEnum):
    """A worker; only `NOT_READY` should keep new calls away."""

    READY = "ready"
    DEGRADED = "degraded"
    NOT_READY = "not_ready"


_RANK: Final = {Status.READY: 0, Status.DEGRADED: 1, Status.NOT_READY: 2}


def worst(statuses: Iterable[Status]) -> Status:
    """Return the worst of ``statuses``; of none, that is ready."""
    return max(statuses, key=_RANK.__getitem__, default=Status.READY)


@dataclass(frozen=True, slots=True)
class ComponentState:
    """A component as it is: ``status`` is what it makes of the worker.

    ``since`` (Unix seconds) is when ``state`` began. ``reason`` and ``detail`` are empty unless
    something is wrong.
    """

    state: State
    since: float
    status: Status
    reason: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """What became of a component, and of the whole worker with it."""

    component: str
    before: ComponentState
    after: ComponentState
    status_before: Status
    status: Status


Observer = Callable[[Change], None]


@dataclass(slots=True)
class _Watched:
    """A component, and the findings that have not changed its state yet."""

    component: Component
    now: ComponentState
    seen: bool = False
    against: int = 0


class Health:
    """The health of one worker, which runs the ``names`` among ``components``.

    A component changes its state after `Component.fall` or `Component.rise` findings in a row that
    contradict it, so that what flickers does not flap. Until one that is needed has been up for the
    first time, it makes the worker not ready whatever its reason: settings that are wrong must not
    replace workers that work.
    """

    def __init__(
        self,
        names: Iterable[str],
        components: Iterable[Component] = COMPONENTS,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._clock = clock
        self._observers: list[Observer] = []
        wanted = set(names)
        self._watched = {
            each.name: _Watched(
                each,
                ComponentState(
                    State.STARTING,
                    clock(),
                    Status.NOT_READY if each.needed else Status.READY,
                ),
            )
            for each in components
            if each.name in wanted
        }
        self.status = self._worst()

    @property
    def components(self) -> Mapping[str, ComponentState]:
        """A snapshot, by name, in the order of the table."""
        return {name: watched.now for name, watched in self._watched.items()}

    def wavering(self, name: str) -> bool:
        """Whether the last findings contradict the component's state, and it is worth a look."""
        watched = self._watched[name]
        return watched.against > 0 or watched.now.state is State.STARTING

    def on_change(self, observer: Observer) -> None:
        """Have ``observer`` called at every change of a component's state or reason."""
        self._observers.append(observer)

    def observe(self, name: str, finding: Finding) -> None:
        """Take in what a look at a component found."""
        watched = self._watched[name]
        now = watched.now
        if finding.reason and now.state is State.DOWN:
            watched.against = 0
            self._enter(watched, State.DOWN, finding)
        elif not finding.reason and now.state is State.UP:
            watched.against = 0
        else:
            watched.against += 1
            if watched.against >= _needed(watched, finding):
                watched.against = 0
                self._enter(watched, State.DOWN if finding.reason else State.UP, finding)

    def _enter(self, watched: _Watched, state: State, finding: Finding) -> None:
        watched.seen = watched.seen or state is State.UP
        before, status_before = watched.now, self.status
        watched.now = ComponentState(
            state,
            before.since if state is before.state else self._clock(),
            _status(watched, finding),
            finding.reason,
            finding.detail,
        )
        self.status = self._worst()
        if replace(watched.now, detail=before.detail) == before:
            return
        change = Change(watched.component.name, before, watched.now, status_before, self.status)
        for observer in self._observers:
            observer(change)

    def _worst(self) -> Status:
        return worst(watched.now.status for watched in self._watched.values())


def _needed(watched: _Watched, finding: Finding) -> int:
    """Return how many findings in a row change the component's state."""
    if finding.reason:
        return watched.component.fall
    return watched.component.rise if watched.now.state is State.DOWN and watched.seen else 1


def _status(watched: _Watched, finding: Finding) -> Status:
    if not finding.reason:
        return Status.READY
    effect = effect_of(watched.component, finding.reason)
    if effect is Effect.NOT_READY or (watched.component.needed and not watched.seen):
        return Status.NOT_READY
    return Status.DEGRADED
