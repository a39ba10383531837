"""Rows of reference tables as places of their own, which search finds by their names."""

from collections.abc import Iterator
from typing import Final
from xml.etree.ElementTree import Element

from markdown import Markdown
from markdown.extensions import Extension
from markdown.treeprocessors import Treeprocessor

from docs_site.api_pages import SearchEntry

PAGES: Final = frozenset({"configuration.md", "metrics.md"})
"""The pages whose tables have a name in the first cell of each row."""

_BOOST: Final = 3
_PRIORITY: Final = 6


class RowExtension(Extension):
    """Gives rows their anchors, and remembers what stands in them."""

    def __init__(self) -> None:
        super().__init__()
        self._page = ""
        self._entries: dict[str, SearchEntry] = {}

    def at(self, page: str) -> None:
        """Say which page is rendered next."""
        self._page = page

    @property
    def entries(self) -> Iterator[SearchEntry]:
        """What search finds in the rows."""
        return iter(self._entries.values())

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802 -- the library's name
        """Add the anchors to a renderer."""
        md.treeprocessors.register(_Rows(self, md), "row-anchors", _PRIORITY)

    def anchored(self, root: Element) -> None:
        """Give the rows of the page that is rendered their anchors."""
        if self._page not in PAGES:
            return
        for row in root.iter("tr"):
            name = _name(row)
            if name:
                row.set("id", name)
                location = f"{self._page.removesuffix('.md')}.html#{name}"
                text = " ".join("".join(cell.itertext()) for cell in row[1:])
                self._entries[location] = SearchEntry(location, name, text, _BOOST)


class _Rows(Treeprocessor):
    def __init__(self, extension: RowExtension, md: Markdown) -> None:
        super().__init__(md)
        self._extension = extension

    def run(self, root: Element) -> None:
        self._extension.anchored(root)


def _name(row: Element) -> str:
    """Return the name that a row begins with; empty when its first cell has anything else."""
    cell = row[0]
    if len(cell) != 1 or cell[0].tag != "code" or (cell.text or "").strip():
        return ""
    return (cell[0].text or "") if not (cell[0].tail or "").strip() else ""
