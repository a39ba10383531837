"""What a page of the site is, and where on which page a symbol is described."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from protoc_gen_chat3_docs.model import Contract, Package


@dataclass(frozen=True)
class Entry:
    """A line of a page's table of contents: an anchor and its name."""

    anchor: str
    label: str
    code: bool = True


@dataclass(frozen=True)
class Page:
    """One page: its path, its template with what that is about, and its place among the others.

    `shows` are the full names of the symbols whose anchors are on the page. `parent` is the path of
    the page above, `section` the heading of the sidebar that the page stands under, `label` what
    the sidebar calls the page where that is not its title. The sidebar shows a `nested` page only
    while the reader is at its parent or beside it.
    """

    path: str
    title: str
    template: str
    section: str
    label: str = ""
    package: Package | None = None
    parent: str | None = None
    code: bool = False
    mark: str = ""
    nested: bool = False
    shows: tuple[str, ...] = ()
    contents: tuple[Entry, ...] = ()
    content: Mapping[str, object] = field(default_factory=dict)

    @property
    def root(self) -> str:
        """The way from the page to the site's root: empty, or `../` once or more often."""
        return "../" * self.path.count("/")


@dataclass(frozen=True)
class Site:
    """All pages, in the order in which they are read."""

    contract: Contract
    pages: tuple[Page, ...]

    @property
    def title(self) -> str:
        """What the site is called: the name of the only package, or of all packages' product."""
        first = self.contract.packages[0]
        if len(self.contract.packages) == 1:
            return first.title
        return f"{first.name.partition('.')[0].capitalize()} APIs"

    def page(self, path: str) -> Page:
        """Find a page that exists."""
        return self._by_path[path]

    def page_of(self, full_name: str | None) -> Page | None:
        """Find the page that describes a symbol."""
        return self._by_symbol.get(full_name or "")

    def above(self, page: Page) -> tuple[Page, ...]:
        """Give the pages above a page, the landing page first."""
        return tuple(reversed(tuple(self._parents(page))))

    def neighbours(self, page: Page) -> tuple[Page | None, Page | None]:
        """Give the page before and the page after."""
        at = self._positions[page.path]
        before = self.pages[at - 1] if at else None
        return before, self.pages[at + 1] if at + 1 < len(self.pages) else None

    def _parents(self, page: Page) -> Iterator[Page]:
        while page.parent is not None:
            page = self.page(page.parent)
            yield page

    @cached_property
    def _by_path(self) -> dict[str, Page]:
        return {page.path: page for page in self.pages}

    @cached_property
    def _by_symbol(self) -> dict[str, Page]:
        return {name: page for page in reversed(self.pages) for name in page.shows}

    @cached_property
    def _positions(self) -> dict[str, int]:
        return {page.path: at for at, page in enumerate(self.pages)}
