"""Makes the sidebar of a page: sections with pages, and the pages below the one that is read."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from protoc_gen_chat3_docs.model import Package
from protoc_gen_chat3_docs.pages import Page, Site

# The section that has a page of this template is open on every page.
OVERVIEW = "service.html.j2"


@dataclass(frozen=True)
class Item:
    """A page in the sidebar, with the pages below it that are shown."""

    page: Page
    below: tuple[Page, ...]


@dataclass(frozen=True)
class Section:
    """A heading of the sidebar with its pages; `open` says that they are shown at first."""

    title: str
    items: tuple[Item, ...]
    open: bool


def sidebar(site: Site, page: Page) -> Iterator[Section]:
    """Make the sections: what belongs to no package, and the package of the page.

    A page that belongs to no package shows the only package, or, of several, where each begins.
    """
    packages = site.contract.packages
    shown = page.package or (packages[0] if len(packages) == 1 else None)
    if shown:
        pages = [each for each in site.pages if each.package is None or each.package is shown]
    else:
        pages = [each for each in site.pages if len(site.above(each)) <= 1]
    for title, group in groupby(pages, key=lambda each: _heading(each, shown)):
        yield _make_section(title, list(group), page)


def _heading(page: Page, shown: Package | None) -> str:
    return page.package.title if page.package and shown is None else page.section


def _make_section(title: str, pages: Sequence[Page], page: Page) -> Section:
    items = tuple(
        Item(each, tuple(below for below in pages if below.nested and below.parent == each.path))
        for each in pages
        if not each.nested
    )
    family = {page.path, page.parent}
    return Section(
        title=title,
        items=tuple(item if item.page.path in family else Item(item.page, ()) for item in items),
        open=len(items) == 1 or any(each is page or each.template == OVERVIEW for each in pages),
    )
