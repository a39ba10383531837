"""What a filter consists of once it is read: conditions, and groups of them."""

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Scalar: TypeAlias = str | int | float | bool


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison, with the platform's name of its field.

    ``written``, the name as the caller wrote it, and ``position``, where the condition begins, are
    for what is said about it; they are no part of what it means.
    """

    name: str
    operator: str
    value: Scalar | tuple[Scalar, ...]
    written: str = field(default="", compare=False)
    position: int = field(default=1, compare=False)


@dataclass(frozen=True, slots=True)
class Group:
    """Operands joined by ``&`` or by ``|``; always two or more."""

    joint: Literal["&", "|"]
    operands: "tuple[Condition | Group, ...]"
    position: int = field(default=1, compare=False)


Tree: TypeAlias = Condition | Group
