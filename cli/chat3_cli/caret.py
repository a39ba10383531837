"""Points to the place of a text that is wrong, as compilers do."""

import re
from collections.abc import Iterator

from chat3_cli.style import safe, width

_POSITION = re.compile(r"position (\d+): ")
_INDENT = 4
_LEAST_ROOM = 20
_MARK = "…"


def under(text: object, rule: str, terminal_columns: int | None) -> Iterator[str]:
    """Give a text and, below it, a caret at the position that a broken rule names.

    The position counts characters from 1. A rule that names none gives nothing. Of a text that is
    longer than the terminal is wide, the part around the place is shown.
    """
    named = _POSITION.match(rule)
    if named is None or not isinstance(text, str) or not 0 < int(named[1]) <= len(text):
        return
    at = int(named[1]) - 1
    before, after = safe(text[:at]), safe(text[at:])
    if terminal_columns is not None:
        room = max(terminal_columns - _INDENT, _LEAST_ROOM)
        before, after = _around(before, after, room)
    yield before + after
    yield " " * width(before) + "^"


def _around(before: str, after: str, room: int) -> tuple[str, str]:
    if width(before) + width(after) <= room:
        return before, after
    half = room // 2
    if width(before) > half:
        while width(before) > half - 1:
            before = before[1:]
        before = _MARK + before
    left = room - width(before)
    if width(after) > left:
        while width(after) > left - 1:
            after = after[:-1]
        after += _MARK
    return before, after
