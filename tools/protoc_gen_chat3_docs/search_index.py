"""Makes the index that search reads: every symbol, and all prose as it stands on the pages."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser

from protoc_gen_chat3_docs.pages import Site
from protoc_gen_chat3_docs.symbols import symbols

KINDS = (
    "guide",
    "service",
    "rpc",
    "message",
    "enum",
    "reason",
    "oneof",
    "field",
    "value",
    "type",
)
_VOID = frozenset({"br", "hr", "img", "input", "link", "meta", "path", "circle"})
_HEADINGS = frozenset({"h1", "h2", "h3", "h4"})
# Code and what repeats other text is not prose.
_SKIPPED = frozenset({"button", "figure", "nav", "script", "svg"})
_INLINE = frozenset({"a", "b", "code", "em", "kbd", "span", "strong"})


@dataclass
class Passage:
    """The text that stands under one anchor, and its heading."""

    heading: str = ""
    text: str = ""


@dataclass
class _Element:
    tag: str
    anchor: str
    skipped: bool
    heading: bool


@dataclass
class PassageReader(HTMLParser):
    """Reads the passages of a page's `main` element by their anchors."""

    passages: dict[str, Passage] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__init__()
        self._open: list[_Element] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Go into an element; what has an id begins a passage."""
        if tag in _VOID or not (self._open or tag == "main"):
            return
        given = dict(attrs)
        above = self._open[-1] if self._open else _Element(tag, "", skipped=False, heading=False)
        anchor = given.get("id") or above.anchor
        self._open.append(
            _Element(
                tag,
                anchor,
                skipped=above.skipped or tag in _SKIPPED or "data-unsearched" in given,
                heading=above.heading or tag in _HEADINGS,
            ),
        )
        self.passages.setdefault(anchor, Passage())
        self._separate(tag)

    def handle_endtag(self, tag: str) -> None:
        """Come out of an element."""
        if tag not in _VOID and self._open:
            self._separate(tag)
            self._open.pop()

    def handle_data(self, data: str) -> None:
        """Take text."""
        if not self._open or self._open[-1].skipped:
            return
        at = self._open[-1]
        passage = self.passages[at.anchor]
        if not at.heading:
            passage.text += data
        elif not passage.text.strip():
            passage.heading += data

    def _separate(self, tag: str) -> None:
        if self._open and tag not in _INLINE:
            self.passages[self._open[-1].anchor].text += " "


def search_index(site: Site, pages: Mapping[str, str]) -> str:
    """Make the script that search loads when it is used first."""
    packages = [package.name for package in site.contract.packages]
    found = tuple(rows(site, pages))
    owners = [*packages, *sorted({row.owner for row in found} - {"", *packages})]
    texts = sorted({row.text for row in found})
    paths = {page.path: number for number, page in enumerate(site.pages)}
    numbers = {text: number for number, text in enumerate(texts)}
    return "".join(
        (
            "// Search reads this: what rows point into, and a row for each symbol and passage.\n",
            "// A row: kind, owner, page, name within the owner (or an anchor), text, heading.\n",
            "window.searchIndex = {\n",
            f'"kinds": {_line(KINDS)},\n"owners": {_line(owners)},\n',
            _list("pages", ([page.path, page.title] for page in site.pages)),
            _list("texts", texts),
            _list(
                "rows",
                (
                    [
                        KINDS.index(row.kind),
                        owners.index(row.owner) if row.owner else -1,
                        paths[row.page],
                        row.name,
                        numbers[row.text],
                        *([row.heading] if row.heading else []),
                    ]
                    for row in found
                ),
            ),
            "};\n",
        ),
    )


@dataclass(frozen=True)
class Row:
    """What one result of a search is made of: where it leads, its name or heading, its text."""

    kind: str
    owner: str
    page: str
    name: str
    text: str
    heading: str = ""


def rows(site: Site, pages: Mapping[str, str]) -> Iterator[Row]:
    """Yield a row for each symbol, then one for each passage of prose."""
    passages = {path: _passages(html) for path, html in pages.items()}
    names: set[str] = set()
    for symbol in symbols(site.contract):
        names.add(symbol.full_name)
        page = site.page_of(symbol.full_name)
        if page is not None:
            passage = passages[page.path].get(symbol.full_name, Passage())
            yield Row(symbol.kind, symbol.owner, page.path, symbol.path, _plain(passage.text))
    for page in site.pages:
        for anchor, passage in passages[page.path].items():
            text = _plain(passage.text)
            if anchor and text and anchor not in names:
                heading = _plain(passage.heading) or page.title
                yield Row("guide", "", page.path, anchor, text, heading)


def _passages(html: str) -> Mapping[str, Passage]:
    reader = PassageReader()
    reader.feed(html)
    return reader.passages


def _plain(text: str) -> str:
    return " ".join(text.split())


def _line(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _list(name: str, items: Iterator[list[object]] | list[str]) -> str:
    return f'"{name}": [\n' + ",\n".join(map(_line, items)) + "\n],\n"
