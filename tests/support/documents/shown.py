"""Whether a command printed what its page shows: all of it, but for what differs each time.

A page shows a real run. Ids, times and the like are another's, so they count by their form. `…`
within a line stands for anything in that line, at its beginning or end for anything at all, and a
line of `...` alone for any lines.
"""

import re
from collections.abc import Sequence
from typing import Final

# What differs from run to run; ids of the demo do not.
_VARYING: Final = (
    r"(?:msg|dlg|topic|pck|evt)_(?!demo)[a-z0-9]+",
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z",
    r"\d{4}-\d\d-\d\d \d\d:\d\d(?::\d\d)?",
    r"\d\d:\d\d:\d\d",
    r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b",
    r"\b(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{16,32}\b",
)
_FORM: Final = re.compile(
    "|".join(f"(?P<_{n}>{form})" for n, form in enumerate(_VARYING)) + r"|…|\s+"
)
_ANYTHING: Final = r"[\s\S]*?"


def pattern(shown: Sequence[str]) -> re.Pattern[str]:
    """Return what output fits the lines that a page shows."""
    lines = list(shown)
    while lines and not lines[-1].strip():
        lines.pop()
    return re.compile("".join(map(_line, lines)))


def _line(shown: str) -> str:
    if shown.strip() == "...":
        return r"(?:.*\n)*?"
    begins, ends = shown.startswith("…"), shown.endswith("…")
    inner = _inner(shown[begins : len(shown) - ends])
    return (_ANYTHING if begins else "") + inner + (_ANYTHING if ends else r"[ \t]*\n")


def _inner(shown: str) -> str:
    parts: list[str] = []
    end = 0
    for found in _FORM.finditer(shown):
        parts.append(re.escape(shown[end : found.start()]))
        if found[0] == "…":
            parts.append(".*?")
        elif found[0].isspace():
            parts.append(r"[ \t]+")
        else:
            parts.append(_VARYING[int(str(found.lastgroup)[1:])])
        end = found.end()
    return "".join(parts) + re.escape(shown[end:])
