"""The rules of fields that say where in a list a page is: which of them may stand together."""

from dataclasses import dataclass
from typing import Any

from chat3_user.validation.filters import FilterError, messages_by_time
from chat3_user.validation.rules import KEPT, Problem, Problems


@dataclass(frozen=True, slots=True)
class ZeroWith:
    """A number that says nothing beside one of the other fields."""

    others: tuple[str, ...]
    final: bool = False

    @property
    def words(self) -> str:
        """The rule in the contract's words."""
        return "0 with " + " or ".join(f"`{other}`" for other in self.others)

    def problems(self, value: int, request: Any) -> Problems:
        """Return what the value breaks."""
        if value and any(getattr(request, other) for other in self.others):
            return (Problem("", self.words),)
        return KEPT


@dataclass(frozen=True, slots=True)
class AbsentWith:
    """An optional field that says nothing beside another one."""

    other: str
    final: bool = False

    @property
    def words(self) -> str:
        """The rule in the contract's words."""
        return f"absent with `{self.other}`"

    def problems(self, value: Any, request: Any) -> Problems:
        """Return what the value breaks."""
        if value is not None and getattr(request, self.other):
            return (Problem("", self.words),)
        return KEPT


@dataclass(frozen=True, slots=True)
class OnlyByTime:
    """An optional field that means something only where messages are sorted by creation time."""

    words: str = "only when sorted by creation time"
    final: bool = False

    def problems(self, value: Any, request: Any) -> Problems:
        """Return what the value breaks; a sort that is none is its own field's problem."""
        if value is None:
            return KEPT
        try:
            sort = messages_by_time(request.sort)
        except FilterError:
            return KEPT
        return (Problem("", self.words),) if sort is None else KEPT
