"""Schemas for bodies and queries, with the messages of the validator that upstream uses."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from chat3_embedded.errors import bad_request
from chat3_embedded.ids import META_KEY
from chat3_embedded.jsonvalues import JsonObject, number

Path: TypeAlias = tuple[str | int, ...]
Problems: TypeAlias = list[JsonObject]
Check: TypeAlias = Callable[[Any, Path, Problems], Any]

_MISSING = object()
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")


@dataclass(frozen=True, slots=True)
class Field:
    """One field of an object; an absent one takes the default unless it is required."""

    check: Check
    required: bool = False
    nullable: bool = False
    default: Any = None


def validate(check: Check, value: Any) -> Any:
    """Return the checked and converted value; raise one 400 that lists all problems."""
    problems: Problems = []
    checked = check(value, (), problems)
    if problems:
        raise bad_request("Validation error", details=problems)
    return checked


def problem(problems: Problems, path: Path, text: str, value: Any = _MISSING) -> None:
    """Note that `text` holds of the value at `path`; the value is echoed unless it is missing."""
    said(problems, path, f'"{_label(path)}" {text}', value)


def said(problems: Problems, path: Path, message: str, value: Any) -> None:
    """Note a problem in words of its own."""
    entry: JsonObject = {"field": ".".join(map(str, path)), "message": message}
    if value is not _MISSING:
        entry["value"] = value
    problems.append(entry)


def _label(path: Path) -> str:
    label = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return label.removeprefix(".") or "value"


def obj(fields: Mapping[str, Field]) -> Check:
    """Check an object's fields; unknown fields are dropped."""

    def check(value: Any, path: Path, problems: Problems) -> Any:
        if not isinstance(value, dict):
            problem(problems, path, "must be of type object", value)
            return {}
        checked = {}
        for name, field in fields.items():
            given = value.get(name, _MISSING)
            if given is _MISSING and field.required:
                problem(problems, (*path, name), "is required")
            elif given is _MISSING or (given is None and field.nullable):
                checked[name] = field.default
            else:
                checked[name] = field.check(given, (*path, name), problems)
        return checked

    return check


def array(item: Check, *, minimum: int = 0) -> Check:
    """Check a list and its items."""

    def check(value: Any, path: Path, problems: Problems) -> Any:
        if not isinstance(value, list):
            problem(problems, path, "must be an array", value)
            return []
        if len(value) < minimum:
            problem(problems, path, f"must contain at least {minimum} items", value)
        return [item(one, (*path, index), problems) for index, one in enumerate(value)]

    return check


def string(
    *,
    maximum: int,
    empty: bool = False,
    trim: bool = False,
    lower: bool = False,
    pattern: re.Pattern[str] | None = None,
    wrong: str = "",
) -> Check:
    """Check a text: its length, and that it matches a pattern or else is `wrong`.

    `trim` and `lower` convert it first.
    """

    def check(value: Any, path: Path, problems: Problems) -> Any:
        if not isinstance(value, str):
            problem(problems, path, "must be a string", value)
            return ""
        if trim:
            value = value.strip()
        if lower:
            value = value.lower()
        if not value and not empty:
            problem(problems, path, "is not allowed to be empty", value)
        elif len(value) > maximum:
            text = f"length must be less than or equal to {maximum} characters long"
            problem(problems, path, text, value)
        elif pattern is not None and not pattern.fullmatch(value):
            said(problems, path, wrong, value)
        return value

    return check


def integer(
    *, minimum: int | None = None, maximum: int | None = None, convert: bool = False
) -> Check:
    """Check a whole number; `convert`: it comes as text, from a query."""

    def check(value: Any, path: Path, problems: Problems) -> Any:
        if convert and _NUMBER.fullmatch(value):
            value = number(float(value))
        if isinstance(value, bool) or not isinstance(value, int | float):
            problem(problems, path, "must be a number", value)
        elif not isinstance(value, int):
            problem(problems, path, "must be an integer", value)
        elif minimum is not None and value < minimum:
            problem(problems, path, f"must be greater than or equal to {minimum}", value)
        elif maximum is not None and value > maximum:
            problem(problems, path, f"must be less than or equal to {maximum}", value)
        return value

    return check


def boolean(value: Any, path: Path, problems: Problems) -> Any:
    """Check a truth value, which may come as text."""
    if isinstance(value, str) and value.lower() in {"true", "false"}:
        return value.lower() == "true"
    if not isinstance(value, bool):
        problem(problems, path, "must be a boolean", value)
        return False
    return value


def one_of(*values: str) -> Check:
    """Check that a text is one of a few."""

    def check(value: Any, path: Path, problems: Problems) -> Any:
        if value not in values:
            problem(problems, path, f"must be one of [{', '.join(values)}]", value)
        return value

    return check


def meta_value(value: Any, path: Path, problems: Problems) -> Any:
    """Check a value of meta: anything but null and the empty text."""
    if value is None:
        text = "must be one of [string, number, boolean, array, object]"
        problem(problems, path, text, value)
    elif value == "":
        problem(problems, path, "is not allowed to be empty", value)
    return value


def unwrapped(value: Any) -> Any:
    """Return the value that stands in `{value, dataType?}`, or what was given as it is."""
    if isinstance(value, dict) and "value" in value and value.keys() <= {"value", "dataType"}:
        return value["value"]
    return value


def meta(*, minimum: int = 0, required_keys: tuple[str, ...] = ()) -> Check:
    """Check a meta object; keys outside the alphabet are dropped without a word."""

    def check(value: Any, path: Path, problems: Problems) -> Any:
        if not isinstance(value, dict):
            problem(problems, path, "must be of type object", value)
            return {}
        kept = {key: item for key, item in value.items() if META_KEY.fullmatch(key)}
        if len(kept) < minimum:
            problem(problems, path, f"must have at least {minimum} key", kept)
        for key in required_keys:
            if key not in kept:
                problem(problems, (*path, key), "is required")
        return {
            key: meta_value(unwrapped(item), (*path, key), problems) for key, item in kept.items()
        }

    return check
