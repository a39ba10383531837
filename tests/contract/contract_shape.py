"""Compares an answer with a recorded one: same keys, types and texts; ids and times may differ."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

# What stands for itself in neither answer: ids and times differ from run to run.
VARYING = {
    "dialog id": re.compile(r"dlg_[a-z0-9]{20}"),
    "message id": re.compile(r"msg_[a-z0-9]{20}"),
    "topic id": re.compile(r"topic_[a-z0-9]{20}"),
    "event id": re.compile(r"evt_[0-9a-f]{32}"),
    "tenant id": re.compile(r"tnt_[a-z0-9]{8}"),
    "object id": re.compile(r"[0-9a-f]{24}"),
    "time text": re.compile(r"\d{13}\.\d{6}"),
}
_A_TIME = 1e12


def kind(value: Any) -> str:
    """Return what a value is: its JSON type, or for a varying value what it names."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "time number" if value > _A_TIME else "number"
    if isinstance(value, str):
        return next((name for name, form in VARYING.items() if form.fullmatch(value)), "text")
    return "array" if isinstance(value, list) else "object"


def differences(
    recorded: Any,
    answer: Any,
    *,
    loose: frozenset[str] = frozenset(),
    any_text: frozenset[str] = frozenset(),
    at: str = "$",
) -> Iterator[str]:
    """Say where an answer differs.

    Numbers under `loose` keys need only be numbers, texts under `any_text` keys only texts.
    """
    free = (loose, any_text)
    expected, found = kind(recorded), kind(answer)
    if expected != found:
        yield f"{at}: {expected} recorded, found {found}: {answer!r}"
    elif expected == "object":
        yield from _of_objects(recorded, answer, free, at)
    elif expected == "array":
        if len(recorded) != len(answer):
            yield f"{at}: {len(recorded)} items recorded, found {len(answer)}: {answer!r}"
        for index, (one, other) in enumerate(zip(recorded, answer, strict=False)):
            yield from differences(one, other, loose=loose, any_text=any_text, at=f"{at}[{index}]")
    elif expected in {"text", "number", "boolean"} and recorded != answer:
        yield f"{at}: {recorded!r} recorded, found {answer!r}"


def _of_objects(
    recorded: dict[str, Any],
    answer: dict[str, Any],
    free: tuple[frozenset[str], frozenset[str]],
    at: str,
) -> Iterator[str]:
    loose, any_text = free
    for key in sorted(recorded.keys() | answer.keys()):
        if key not in answer:
            yield f"{at}.{key}: recorded, but missing"
        elif key not in recorded:
            yield f"{at}.{key}: not recorded, found {answer[key]!r}"
        elif key in loose and kind(answer[key]) == "number":
            continue
        elif not (key in any_text and isinstance(answer[key], str) and answer[key]):
            yield from differences(
                recorded[key], answer[key], loose=loose, any_text=any_text, at=f"{at}.{key}"
            )


def correspondence(recorded: Any, answer: Any) -> Iterator[tuple[str, str]]:
    """Yield which recorded id or time is which of the answer, where both stand in one place."""
    if isinstance(recorded, dict) and isinstance(answer, dict):
        for key in recorded.keys() & answer.keys():
            yield from correspondence(recorded[key], answer[key])
    elif isinstance(recorded, list) and isinstance(answer, list):
        for one, other in zip(recorded, answer, strict=False):
            yield from correspondence(one, other)
    elif isinstance(recorded, str) and isinstance(answer, str) and recorded != answer:
        name = kind(recorded)
        if name in {"dialog id", "message id", "topic id", "time text"} and name == kind(answer):
            yield recorded, answer
