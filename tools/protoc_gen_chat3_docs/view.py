"""What the templates ask about the page that they render: addresses, comments, code, sidebar."""

import posixpath
from collections.abc import Iterator

from markupsafe import Markup

from protoc_gen_chat3_docs.highlight import highlight
from protoc_gen_chat3_docs.markdown import CommentRenderer, first_sentence
from protoc_gen_chat3_docs.navigation import Section, sidebar
from protoc_gen_chat3_docs.pages import Page, Site
from protoc_gen_chat3_docs.symbols import SymbolTable


class PageView:
    """One page as its templates see it."""

    def __init__(self, site: Site, table: SymbolTable, page: Page) -> None:
        self.site = site
        self.page = page
        self.parents = site.above(page)
        self.before, self.after = site.neighbours(page)
        self._table = table
        comments = CommentRenderer(self._link)
        self.blocks = comments.blocks
        self.inline = comments.inline
        self.summary = comments.summary

    def address(self, full_name: str) -> str:
        """Give the address of a symbol's description, from this page."""
        if full_name in self.page.shows:
            return f"#{full_name}"
        page = self.site.page_of(full_name)
        if page is None:
            raise LookupError(f"no page describes {full_name}")
        return f"{self.to(page)}#{full_name}"

    def to(self, page: Page) -> str:
        """Give the address of another page."""
        return self.file(page.path)

    def file(self, path: str) -> str:
        """Give the address of a file by its path in the site."""
        return posixpath.relpath(path, posixpath.dirname(self.page.path) or ".")

    def knows(self, full_name: str | None) -> bool:
        """Whether a page describes the symbol."""
        return self.site.page_of(full_name) is not None

    def has(self, path: str) -> bool:
        """Whether the site has a page."""
        return any(page.path == path for page in self.site.pages)

    def plain_summary(self, text: str, name: str) -> str:
        """Give the first sentence without links, and without the name that it begins with."""
        return first_sentence(text).removeprefix(f"{name} ").replace("`", "")

    def code(self, text: str, language: str) -> Markup:
        """Colour code."""
        return Markup(highlight(text, language))  # noqa: S704 -- highlight escapes

    def sidebar(self) -> Iterator[Section]:
        """Make the sidebar."""
        return sidebar(self.site, self.page)

    def _link(self, name: str, scope: str) -> str | None:
        target = self._table.resolve(name, scope)
        return self.address(target) if target else None
