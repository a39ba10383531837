"""The rules of meta indexes: how many keys one has, and for which custom data it holds."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from chat3_api.chat3.tenant.v1 import MetaIndexMode, MetaIndexOperator
from chat3_api.google.protobuf import Value
from chat3_user.validation import meta_keys
from chat3_user.validation.rules import KEPT, Problem, Problems
from chat3_user.validation.text import is_longer

FEW_KEYS: Final = 3
ALLOWED_KEYS: Final = 45
"""The platform takes 50 keys: the others are left to this service."""

MOST_KEYS: Final = {
    MetaIndexMode.UNIQUE: FEW_KEYS,
    MetaIndexMode.REQUIRED: FEW_KEYS,
    MetaIndexMode.ALLOWED: ALLOWED_KEYS,
}
MOST_VALUES: Final = {
    MetaIndexOperator.EQUAL: 1,
    MetaIndexOperator.IN: 20,
    MetaIndexOperator.NOT_EQUAL: 1,
    MetaIndexOperator.PRESENT: 0,
    MetaIndexOperator.MISSING: 0,
}
TEXT_MAX: Final = 500
_A_VALUE: Final = f"a text of at most {TEXT_MAX} characters, a number or a bool"


@dataclass(frozen=True, slots=True)
class KeysOfMode:
    """As many keys as the mode of the index takes."""

    words: str = "as many items as the mode takes"
    final: bool = True

    def problems(self, value: Sequence[str], request: Any) -> Problems:
        """Return what the value breaks; of a mode that is none, nothing is known."""
        most = MOST_KEYS.get(request.mode)
        return KEPT if most is None or len(value) <= most else (Problem("", self.words),)


@dataclass(frozen=True, slots=True)
class NoTwoAlike:
    """Texts of which each is named once."""

    words: str = "no two alike"
    final: bool = False

    def problems(self, value: Sequence[str], _request: Any) -> Problems:
        """Return what the value breaks."""
        return KEPT if len(set(value)) == len(value) else (Problem("", self.words),)


class _Condition(Protocol):
    key: str
    operator: MetaIndexOperator
    values: list[Value]


@dataclass(frozen=True, slots=True)
class Condition:
    """For which custom data an index holds, when not for all."""

    words: str = "a condition as its fields describe"
    final: bool = True

    def problems(self, value: _Condition | None, _request: Any) -> Problems:
        """Return what the value breaks."""
        if value is None:
            return KEPT
        found = []
        if meta_keys.refusal(value.key) is not None:
            found.append(Problem(".key", "a key that `meta` takes"))
        most = MOST_VALUES.get(value.operator)
        if most is None:
            found.append(Problem(".operator", "an operator this contract names"))
        elif not min(most, 1) <= len(value.values) <= most:
            found.append(Problem(".values", "as many values as the operator takes"))
        else:
            found += [
                Problem(f".values[{place}]", _A_VALUE)
                for place, item in enumerate(value.values)
                if not _is_comparable(item)
            ]
        return found


@dataclass(frozen=True, slots=True)
class AbsentForAllowed:
    """Nothing where the index is one of allowed keys."""

    words: str = "none for `ALLOWED`"
    final: bool = False

    def problems(self, value: _Condition | None, request: Any) -> Problems:
        """Return what the value breaks."""
        wrong = value is not None and request.mode == MetaIndexMode.ALLOWED
        return (Problem("", self.words),) if wrong else KEPT


def _is_comparable(value: Value) -> bool:
    if value.string_value is not None:
        return not is_longer(value.string_value, TEXT_MAX)
    if value.number_value is not None:
        return abs(value.number_value) < float("inf")
    return value.bool_value is not None
