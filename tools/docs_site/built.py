"""What a built site consists of: its pages, what they link to, and what they load."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Final

_LOADED: Final = {
    "audio": "src",
    "iframe": "src",
    "img": "src",
    "link": "href",
    "script": "src",
    "source": "src",
    "video": "src",
}
# What a `link` element names without loading it.
_NAMED: Final = frozenset({"alternate", "canonical", "next", "prev"})


@dataclass
class BuiltPage(HTMLParser):
    """One page: the addresses it links to and loads, and the anchors it has."""

    path: Path
    links: list[str] = field(default_factory=list)
    loads: list[str] = field(default_factory=list)
    anchors: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        super().__init__()
        self.feed(self.path.read_text("utf-8"))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take the addresses and the anchor of an element."""
        given = {name: value or "" for name, value in attrs}
        if anchor := given.get("id") or (given.get("name") if tag == "a" else None):
            self.anchors.add(anchor)
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        attribute = _LOADED.get(tag)
        if attribute in given and not (_NAMED & set(given.get("rel", "").split())):
            self.loads.append(given[attribute])


def page_files(site: Path) -> Iterator[Path]:
    """Yield the files of all pages; not of the one that a server shows for what is not there."""
    return (path for path in sorted(site.rglob("*.html")) if path != site / "404.html")
