"""What a command has to say, as data, and its form on a terminal.

Everything is made safe here, on its way to the terminal: no view has to care.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from chat3_cli.style import BOLD, DIM, Style, pad, safe, width
from chat3_cli.wrapping import LEAST_COLUMNS, wrap

INDENT = "  "
MOST_LABEL_COLUMNS = 24
"""A longer label, such as a key of custom data, pushes its value aside and no other."""

_REPLAYED = " (by an earlier call with this idempotency key)"


@dataclass(frozen=True, slots=True)
class Says:
    """One sentence; dim when the call changed nothing."""

    text: str
    changed: bool = True


@dataclass(frozen=True, slots=True)
class Record:
    """One thing: what it is, what is known about it, and its text."""

    title: str
    fields: Sequence[tuple[str, str | None]]
    """Labels and values; what has no value is left out."""
    text: str = ""
    """Keeps its line breaks."""


View = Says | Record


def replayed(view: View) -> View:
    """Say as well that the answer is that of an earlier call."""
    match view:
        case Says() if view.text:
            return replace(view, text=view.text + _REPLAYED)
        case Record():
            return replace(view, title=view.title + _REPLAYED)
        case _:
            return view


def lines(view: View, style: Style, terminal_columns: int | None) -> Iterator[str]:
    """Give the lines that show a view."""
    match view:
        case Says(text, changed) if text:
            yield safe(text) if changed else style.paint(safe(text), DIM)
        case Record():
            yield from _record(view, style, terminal_columns)
        case _:
            pass  # nothing to say


def _record(record: Record, style: Style, terminal_columns: int | None) -> Iterator[str]:
    yield style.paint(safe(record.title), BOLD)
    known = [(safe(label), safe(value)) for label, value in record.fields if value]
    label_columns = min(max((width(label) for label, _ in known), default=0), MOST_LABEL_COLUMNS)
    taken = len(INDENT) * 2 + label_columns
    room = None if terminal_columns is None else max(terminal_columns - taken, LEAST_COLUMNS)
    for label, value in known:
        shown = style.paint(pad(label, label_columns), DIM)
        for line in wrap(value, room):
            yield f"{INDENT}{shown}{INDENT}{line}"
            shown = " " * label_columns
    if record.text:
        yield ""
        for line in record.text.split("\n"):
            yield safe(line)
