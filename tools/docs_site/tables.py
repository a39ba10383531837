"""Tables that a phone shows row by row: each cell below its head, not columns side by side."""

from collections.abc import Iterator
from typing import Final
from xml.etree.ElementTree import Element

from markdown import Markdown
from markdown.extensions import Extension
from markdown.treeprocessors import Treeprocessor

STACKED: Final = "data-stacked"
LABEL: Final = "data-label"
_PRIORITY: Final = 5


class TableExtension(Extension):
    """Gives the cells of tables of words the names of their columns."""

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802 -- the library's name
        """Add the names to a renderer."""
        md.treeprocessors.register(_Tables(md), "table-labels", _PRIORITY)


class _Tables(Treeprocessor):
    def run(self, root: Element) -> None:
        for table in root.iter("table"):
            if not any(_is_number(cell) for cell in table.iter("th")):
                _label(table)


def _label(table: Element) -> None:
    """Mark a table, and each cell behind the first one of its row with the head of its column."""
    heads = ["".join(cell.itertext()).strip() for cell in table.iter("th")]
    table.set(STACKED, "")
    for row in _rows(table):
        for head, cell in list(zip(heads, row, strict=False))[1:]:
            cell.set(LABEL, head)


def _rows(table: Element) -> Iterator[Element]:
    return (row for body in table.iter("tbody") for row in body)


def _is_number(head: Element) -> bool:
    """Say whether a column is aligned as numbers are: numbers are compared side by side."""
    return "right" in head.get("style", "") or head.get("align") == "right"
