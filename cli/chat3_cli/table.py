"""Prints rows as an aligned table that fits its terminal, page after page."""

from argparse import Namespace
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from chat3_cli.style import BOLD, DIM, Style, pad, safe, width
from chat3_cli.wrapping import LEAST_COLUMNS, wrap

Item = TypeVar("Item")

GAP = "  "
LEAST_TEXT_COLUMNS = 16
"""A column of text gets no narrower, nor than its header; without room for it there is no table."""

_NOTHING = frozenset({"-", "0"})


@dataclass(frozen=True, kw_only=True)
class Column(Generic[Item]):
    """A column of a table: what it shows of an item, and how."""

    header: str
    cell: Callable[[Item], str]
    right: bool = False
    colour: int | None = None
    text: bool = False
    """Whether it gives way on a narrow terminal: its cells are wrapped."""
    most_lines: int | None = None
    """After so many lines a wrapped cell ends in an ellipsis."""
    when: str = ""
    """The option that asks for the column; without one it always stands in the table."""


class Table(Generic[Item]):
    """One table, printed in as many parts as there are pages; a terminal's columns bound it."""

    def __init__(
        self,
        columns: Sequence[Column[Item]],
        args: Namespace,
        style: Style,
        terminal_columns: int | None,
    ) -> None:
        self._columns = [each for each in columns if not each.when or getattr(args, each.when)]
        self._style = style
        self._room = terminal_columns
        self._natural = [width(column.header) for column in self._columns]
        self._begun = False

    def lines(self, items: Sequence[Item]) -> Iterator[str]:
        """Give the lines of more rows, the header before the first of them."""
        rows = [[safe(column.cell(item)) or "-" for column in self._columns] for item in items]
        for index, cells in enumerate(zip(*rows, strict=True)):
            self._natural[index] = max(self._natural[index], *map(width, cells))
        widths = self._fitted()
        if rows and not self._begun and widths is not None:
            header = [column.header for column in self._columns]
            yield self._style.paint("".join(self._row(header, widths, plain=True)), BOLD)
        self._begun = self._begun or bool(rows)
        for row in rows:
            yield from self._row(row, widths) if widths is not None else self._card(row)

    def _fitted(self) -> list[int] | None:
        """Give the width of each column; nothing when the terminal is too narrow for a table."""
        widths = list(self._natural)
        if self._room is None:
            return widths
        room = self._room - len(GAP) * (len(widths) - 1)
        texts = [index for index, column in enumerate(self._columns) if column.text]
        for index in texts:
            least = max(LEAST_TEXT_COLUMNS, width(self._columns[index].header))
            widths[index] = min(widths[index], least)
        spare = room - sum(widths)
        if spare < 0:
            return None
        # The narrowest first: what it leaves over is for the wider ones.
        for place, index in enumerate(sorted(texts, key=lambda index: self._natural[index])):
            more = min(self._natural[index] - widths[index], spare // (len(texts) - place))
            widths[index] += more
            spare -= more
        return widths

    def _row(
        self, cells: Sequence[str], widths: Sequence[int], *, plain: bool = False
    ) -> Iterator[str]:
        wrapped = [
            wrap(cell, columns if self._room is not None else None, column.most_lines)
            for cell, columns, column in zip(cells, widths, self._columns, strict=True)
        ]
        last = len(cells) - 1
        for line in range(max(map(len, wrapped))):
            parts = []
            for index, (lines, columns, column) in enumerate(
                zip(wrapped, widths, self._columns, strict=True)
            ):
                text = lines[line] if line < len(lines) else ""
                fill = " " * (columns - width(text))
                painted = text if plain else self._painted(text, column)
                parts.append(
                    fill + painted if column.right else painted + (fill if index != last else "")
                )
            yield GAP.join(parts).rstrip(" ")

    def _card(self, cells: Sequence[str]) -> Iterator[str]:
        """Give a row as lines of its own, for terminals that are too narrow."""
        label_columns = max(width(column.header) for column in self._columns)
        room = max((self._room or 0) - label_columns - len(GAP), LEAST_COLUMNS)
        for cell, column in zip(cells, self._columns, strict=True):
            label = self._style.paint(pad(column.header, label_columns), DIM)
            for line in wrap(cell, room, column.most_lines):
                yield f"{label}{GAP}{self._painted(line, column)}"
                label = " " * label_columns
        yield ""

    def _painted(self, text: str, column: Column[Item]) -> str:
        if text in _NOTHING:
            return self._style.paint(text, DIM)
        return self._style.paint(text, column.colour) if column.colour and text else text
