"""Breaks text into lines that fit a terminal, by the columns that it takes there."""

from collections.abc import Iterator

from chat3_cli.style import width

LEAST_COLUMNS = 8
"""So much room a text has beside its label, however narrow the terminal is."""


def wrap(text: str, columns: int | None, most: int | None = None) -> list[str]:
    """Break text at spaces, and words that are too long within; at least one line comes back.

    Without `columns` the text stays one line. With more than `most` lines the last one ends in an
    ellipsis.
    """
    if columns is None or width(text) <= columns:
        return [text]
    lines: list[str] = []
    for line in _lines(text, columns):
        if most is not None and len(lines) == most:
            lines[-1] = f"{_head(lines[-1], columns - 1)}…"
            break
        lines.append(line)
    return lines


def _lines(text: str, columns: int) -> Iterator[str]:
    rest = text
    while len(head := _head(rest, columns)) < len(rest):
        space = len(head) if rest[len(head)] == " " else head.rfind(" ")
        end = space if space > 0 else len(head)
        yield rest[:end].rstrip(" ")
        rest = rest[end:].lstrip(" ")
    yield rest


def _head(text: str, columns: int) -> str:
    """Give as much of the text as the columns hold, but one character at least."""
    taken = 0
    for index, character in enumerate(text):
        taken += width(character)
        if taken > columns:
            return text[: max(index, 1)]
    return text
