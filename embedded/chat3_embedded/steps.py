"""Writes in steps: tenant-api writes without transactions, and can be cut between any two steps."""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, TypeVar

if TYPE_CHECKING:
    from chat3_embedded.settings import Settings

_Result = TypeVar("_Result")

# A write that yields the name of each step that it has done: what was done until then stays done.
Steps: TypeAlias = Generator[str, None, _Result]


class CutError(Exception):
    """The write is cut here, as if the process had been killed: its caller gets no answer."""


@dataclass(frozen=True, slots=True)
class Step:
    """A step that has been done; numbers start at 1 within each write."""

    number: int
    name: str


class CutAfter:
    """Cuts writes after the step of this number or name; for `Settings.after_step`."""

    def __init__(self, step: int | str, *, times: int = 1) -> None:
        self._step = step
        self.left = times

    def __call__(self, done: Step) -> None:
        """Cut the write if this is the step and cuts are left."""
        if self.left and self._step in {done.number, done.name}:
            self.left -= 1
            raise CutError(done.name)


async def played(steps: Steps[_Result], settings: Settings) -> _Result:
    """Do a write step by step, with a pause after each, and return its result.

    Without a pause nothing else runs between the steps.
    """
    number = 0
    while True:
        try:
            name = next(steps)
        except StopIteration as done:
            result: _Result = done.value
            return result
        number += 1
        if settings.after_step is not None:
            settings.after_step(Step(number, name))
        if settings.step_pause:
            await asyncio.sleep(settings.step_pause)


def at_once(steps: Steps[_Result]) -> _Result:
    """Do a write in one go, for callers that cannot be cut."""
    while True:
        try:
            next(steps)
        except StopIteration as done:
            result: _Result = done.value
            return result
