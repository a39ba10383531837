"""How deep the cases reach, stage by stage, and the floors below which fuzzing has become blind.

A case that is refused at the door attacks the door only. Each stage counts, for every method, kind
or parser, the cases that were made for it and the cases that got through it.
"""

from collections import Counter
from collections.abc import Iterable
from enum import Enum
from typing import Final

import fuzz_frames
import fuzz_texts
import fuzz_updates

from chat3_user.methods import METHODS, Bidi, Streaming


class Stage(Enum):
    """What a case has to get through to count as deep."""

    DECODED = "requests that are protobuf"
    VALID = "requests past validation"
    ADDRESSED = "updates past the envelope"
    TYPED = "updates decoded as their kind"
    ACCEPTED = "texts accepted"
    LEARNED_VALID = "atheris: requests past validation"
    LEARNED_TYPED = "atheris: updates decoded as their kind"
    HANDLED = "calls that came to their method"
    ANSWERED = "calls answered with OK"
    FRAME = "odd frames that the service has read"
    CONNECTION = "connections that the worker greeted"
    WEB = "calls over HTTP/1.1 that came to their method"


# About half of the least share of any name when the floor was set (`make test-fuzz` prints the
# shares; seed 1), so that neither chance nor a rule more breaks it, and a generator that has lost
# its aim does: before there were floors, no update and no reaction came past the first stage.
# Atheris chooses three quarters of what it tries, which is refused in ever new ways.
FLOORS: Final[dict[Stage, float]] = {
    Stage.DECODED: 0.35,
    Stage.VALID: 0.18,
    Stage.ADDRESSED: 0.40,
    Stage.TYPED: 0.23,
    Stage.ACCEPTED: 0.17,
    Stage.LEARNED_VALID: 0.04,
    Stage.LEARNED_TYPED: 0.04,
    Stage.HANDLED: 0.12,
    Stage.ANSWERED: 0.11,
    Stage.FRAME: 0.30,
    Stage.CONNECTION: 0.45,
    Stage.WEB: 0.12,
}

_METHODS: Final = tuple(METHODS)
_KINDS: Final = tuple(kind.name or "" for kind in fuzz_updates.KINDS)
NAMES: Final[dict[Stage, tuple[str, ...]]] = {
    Stage.DECODED: _METHODS,
    Stage.VALID: _METHODS,
    Stage.ADDRESSED: _KINDS,
    Stage.TYPED: _KINDS,
    Stage.ACCEPTED: tuple(fuzz_texts.READERS),
    Stage.LEARNED_VALID: _METHODS,
    Stage.LEARNED_TYPED: _KINDS,
    Stage.HANDLED: _METHODS,
    Stage.ANSWERED: _METHODS,
    Stage.FRAME: tuple(fuzz_frames.KINDS),
    Stage.CONNECTION: ("worker",),
    Stage.WEB: tuple(
        label for label in _METHODS if not isinstance(METHODS[label], Streaming | Bidi)
    ),
}
"""What has to be reached: methods and kinds are the contract's, so a new one is missed by name."""


class Depth:
    """Counts cases by stage and name."""

    def __init__(self) -> None:
        self.made: Counter[tuple[Stage, str]] = Counter()
        self.through: Counter[tuple[Stage, str]] = Counter()

    def count(self, stage: Stage, name: str, *, through: bool) -> None:
        """Count a case that was made for the stage, and whether it got through."""
        self.made[stage, name] += 1
        self.through[stage, name] += through

    def add(self, other: "Depth") -> None:
        """Add what another has counted."""
        self.made += other.made
        self.through += other.through

    def lines(self) -> list[str]:
        """Return the shares as text, a line for each name of each stage that was tried."""
        lines = []
        for stage in Stage:
            names = sorted({name for at, name in self.made if at is stage})
            if names:
                lines.append(f"{stage.value}; at least {FLOORS[stage]:.0%}:")
            for name in names:
                made, through = self.made[stage, name], self.through[stage, name]
                lines.append(f"    {name:24} {through / made:6.1%} of {made:,}")
        return lines

    def shallow(self, stages: Iterable[Stage]) -> list[str]:
        """Return what was not tried or lies below its floor; empty when all reach deep enough."""
        problems = []
        for stage in stages:
            for name in NAMES[stage]:
                made, through = self.made[stage, name], self.through[stage, name]
                if not made:
                    problems.append(f"{stage.value}: no case for {name}")
                elif through / made < FLOORS[stage]:
                    problems.append(
                        f"{stage.value}: {name}: {through / made:.1%} of {made:,} cases,"
                        f" at least {FLOORS[stage]:.0%} are wanted"
                    )
        return problems
