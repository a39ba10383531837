"""Field rules as values: each checks one thing and states itself in the words of the contract."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, Protocol


@dataclass(frozen=True, slots=True)
class Problem:
    """One breach: where inside the field (such as ``[2]``; empty for the field) and what rule."""

    where: str
    rule: str


Problems = Sequence[Problem]
KEPT: Final[Problems] = ()


class Rule(Protocol):
    """A rule of one field."""

    @property
    def words(self) -> str:
        """The rule as the contract's comment states it."""

    @property
    def final(self) -> bool:
        """Whether later rules of the field say nothing new once this one is broken."""

    def problems(self, value: Any, request: Any) -> Problems:
        """Return what the value breaks; empty when it keeps the rule."""


Rules = Mapping[str, Sequence[Rule]]
"""The rules of a request, by the name of the field; fields without rules are not named."""


@dataclass(frozen=True, slots=True)
class Required:
    """The field has to be set: neither empty text nor an enum's zero."""

    words: str = "required"
    final: bool = True

    def problems(self, value: Any, _request: Any) -> Problems:
        """Return what the value breaks."""
        return KEPT if value else (Problem("", self.words),)


@dataclass(frozen=True, slots=True)
class Between:
    """A whole number within bounds."""

    low: int
    high: int
    final: bool = False

    @property
    def words(self) -> str:
        """The rule in the contract's words."""
        return f"{self.low} to {self.high}"

    def problems(self, value: int, _request: Any) -> Problems:
        """Return what the value breaks."""
        return KEPT if self.low <= value <= self.high else (Problem("", self.words),)


@dataclass(frozen=True, slots=True)
class Seconds:
    """A duration within bounds, when there is one."""

    low: int
    high: int
    final: bool = False

    @property
    def words(self) -> str:
        """The rule in the contract's words."""
        return f"{self.low} to {self.high} seconds"

    def problems(self, value: timedelta | None, _request: Any) -> Problems:
        """Return what the value breaks."""
        if value is None or timedelta(seconds=self.low) <= value <= timedelta(seconds=self.high):
            return KEPT
        return (Problem("", self.words),)


@dataclass(frozen=True, slots=True)
class Named:
    """An enum value that has a name in this version of the contract; zero is none."""

    words: str
    numbers: frozenset[int]
    final: bool = False

    def problems(self, value: int, _request: Any) -> Problems:
        """Return what the value breaks."""
        return KEPT if value in self.numbers else (Problem("", self.words),)


@dataclass(frozen=True, slots=True)
class Items:
    """A list that is not too long; one that is too long is not looked at any further."""

    high: int
    final: bool = True

    @property
    def words(self) -> str:
        """The rule in the contract's words."""
        return f"at most {self.high} items"

    def problems(self, value: Sequence[Any], _request: Any) -> Problems:
        """Return what the value breaks."""
        return KEPT if len(value) <= self.high else (Problem("", self.words),)


@dataclass(frozen=True, slots=True)
class Each:
    """Every item of a list keeps a rule."""

    rule: Rule
    prefix: str = "each "
    final: bool = False

    @property
    def words(self) -> str:
        """The rule in the contract's words."""
        return self.prefix + self.rule.words

    def problems(self, value: Sequence[Any], request: Any) -> Problems:
        """Return what the value breaks."""
        if not value:
            return KEPT
        return [
            Problem(f"[{index}]{problem.where}", problem.rule)
            for index, item in enumerate(value)
            for problem in self.rule.problems(item, request)
        ]
