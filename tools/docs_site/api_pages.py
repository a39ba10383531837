"""The API documentation as pages of this site: text, anchors, and what search finds in them."""

import html
import posixpath
import re
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from jinja2 import ChoiceLoader, PackageLoader

from docs_site.contract import read
from docs_site.navigation import Item
from docs_site.outside import API
from protoc_gen_chat3_docs.pages import Entry, Page, Site
from protoc_gen_chat3_docs.plan import plan
from protoc_gen_chat3_docs.search_index import rows
from protoc_gen_chat3_docs.site import TEMPLATES, rendered_pages

START: Final = "start"
SHARED: Final = "shared"
KINDS: Final = "kinds"
"""What the navigation takes beside packages: the first page, others of no package, and kinds."""

# What readers type to look it up, before what mentions it.
_LOOKED_UP: Final = frozenset({"reason", "rpc"})
_BOOST: Final = 3
_KINDS_TEMPLATE: Final = "kinds.html.j2"
_MAIN: Final = re.compile(r"<main>(.*)</main>", re.DOTALL)
_GUIDE: Final = re.compile(r"<code>docs/([a-z/-]+)\.md(#[a-z-]+)?</code>")
_ID: Final = re.compile(r'\bid="([^"]+)"')


@dataclass(frozen=True)
class ApiPage:
    """One page: its path in the site as a source, its title, HTML, and table of contents."""

    source: str
    title: str
    text: str
    contents: tuple[Entry, ...]

    @property
    def anchors(self) -> frozenset[str]:
        """What can be linked to on the page."""
        return frozenset(_ID.findall(self.text))


@dataclass(frozen=True)
class SearchEntry:
    """What search finds: an address in the site, a title, and text; `boost` moves it forward."""

    location: str
    title: str
    text: str
    boost: float = 1


class ApiDocs:
    """The pages of the contract as it is generated in the repository."""

    def __init__(self, root: Path) -> None:
        self._site = plan(read(root))
        loader = ChoiceLoader([PackageLoader("docs_site"), TEMPLATES])
        self._html = rendered_pages(self._site, loader)

    def pages(self, guides: Container[str]) -> Iterator[ApiPage]:
        """Yield all pages; `guides` are the other pages, which comments name."""
        for page in self._site.pages:
            source = _source(page)
            found = _MAIN.search(self._html[page.path])
            body = found[1] if found else ""
            text = f'<div class="api">{_linked(body, source, guides)}</div>'
            yield ApiPage(source, page.title, text, page.contents)

    def navigation(self) -> Mapping[str, list[Item]]:
        """Return the items of each package, of the kinds of updates, and of what is in none."""
        kinds = [page for page in self._site.pages if page.template == _KINDS_TEMPLATE]
        own = [page for page in self._site.pages if page.package is None]
        packages = {
            package.name: list(_sections(self._site, package.name))
            for package in self._site.contract.packages
        }
        return {
            START: [_item(p) for p in own[:1]],
            SHARED: [_item(p) for p in own[1:]],
            KINDS: [_item(p) for p in kinds],
            **packages,
        }

    def search_entries(self) -> Iterator[SearchEntry]:
        """Yield what search finds: each page, then its symbols and passages."""
        titles = {page.path: page.title for page in self._site.pages}
        found: dict[str, list[SearchEntry]] = {
            path: [SearchEntry(API + path, title, "")] for path, title in titles.items()
        }
        for row in rows(self._site, self._html):
            anchor = f"{row.owner}.{row.name}" if row.owner else row.name
            title = row.heading or row.name
            text = html.escape(row.text, quote=False)
            boost = _BOOST if row.kind in _LOOKED_UP else 1
            location = f"{API}{row.page}#{anchor}"
            found[row.page].append(SearchEntry(location, title, text, boost))
        for entries in found.values():
            yield from entries


def _source(page: Page) -> str:
    return f"{API}{page.path.removesuffix('.html')}.md"


def _item(page: Page) -> Item:
    return {page.label or page.title: _source(page)}


def _sections(site: Site, package: str) -> Iterator[Item]:
    """Yield the sections of a package, in order, each with its pages."""
    sections: dict[str, list[Item]] = {}
    for page in site.pages:
        if page.package is None or page.package.name != package or page.nested:
            continue
        if page.template == _KINDS_TEMPLATE:
            continue
        below = [_item(each) for each in site.pages if each.nested and each.parent == page.path]
        item = {page.title: [{"All": _source(page)}, *below]} if below else _item(page)
        sections.setdefault(page.section, []).append(item)
    for title, items in sections.items():
        yield {title: items}


def _linked(text: str, source: str, guides: Container[str]) -> str:
    """Link the guides that comments name."""

    def link(found: re.Match[str]) -> str:
        if f"{found[1]}.md" not in guides:
            return found[0]
        target = posixpath.relpath(f"{found[1]}.html", posixpath.dirname(source))
        return f'<a href="{target}{found[2] or ""}">{found[0]}</a>'

    return _GUIDE.sub(link, text)
