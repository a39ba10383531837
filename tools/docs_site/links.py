"""What files say to GitHub's renderer, said to this site's: links, and bars in tables.

A text links to files as they stand in the repository, so that its readers can follow. In the site,
a page, or an image that it has, is reached by its place there; any other file is reached where the
repository is readable; and where that is not known, the link is plain text.
"""

import posixpath
from collections.abc import Callable, Container, Mapping
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit
from xml.etree.ElementTree import Element

from markdown import Markdown
from markdown.extensions import Extension
from markdown.treeprocessors import Treeprocessor
from markdown.util import AtomicString

from docs_site.outside import API, API_DOCS, OUTSIDE

DOCS: Final = "docs"
_BLOCKS: Final = frozenset({"li", "p", "td"})
# Nothing else is pressed with it: the style makes it as high as a thumb.
_ALONE: Final = "alone"
_ADDRESSES: Final = (("a", "href"), ("img", "src"))
# After attributes are set, before MkDocs looks whether the targets exist.
_PRIORITY: Final = 3


class RepositoryLinks:
    """Where the links of one source file lead in the site."""

    def __init__(self, root: Path, repository: str, pages: Container[str]) -> None:
        """`repository` is the address of its files, or empty; `pages` are the site's sources."""
        self._root = root
        self._repository = repository.rstrip("/")
        self._pages = pages
        self._inside: Mapping[str, str] = {source: page for page, source in OUTSIDE.items()}

    def resolved(self, page: str, address: str) -> str | None:
        """Return where a link of a page leads; None where it cannot lead anywhere.

        Raises `FileNotFoundError` for a link to a file that the repository does not have.
        """
        parts = urlsplit(address)
        if parts.scheme or parts.netloc or not parts.path:
            return address
        source = OUTSIDE.get(page, f"{DOCS}/{page}")
        target = posixpath.normpath(posixpath.join(posixpath.dirname(source), unquote(parts.path)))
        anchor = f"#{parts.fragment}" if parts.fragment else ""
        inside = self._place(target)
        if inside in self._pages:
            return posixpath.relpath(inside, posixpath.dirname(page) or ".") + anchor
        if not (self._root / target).exists():
            raise FileNotFoundError(f"{source} links to {target}, which is not there")
        return f"{self._repository}/{target}{anchor}" if self._repository else None

    def _place(self, target: str) -> str:
        """Return the path in the site of a file of the repository, as if the site had it."""
        if target.startswith(API_DOCS):
            return API + target.removeprefix(API_DOCS).removesuffix(".html") + ".md"
        return self._inside.get(target, target.removeprefix(f"{DOCS}/"))


class LinkExtension(Extension):
    """Rewrites the links of the page that is set with `at`."""

    def __init__(self, links: RepositoryLinks, warn: Callable[[str], None]) -> None:
        super().__init__()
        self._links = links
        self._warn = warn
        self._page = ""

    def at(self, page: str) -> None:
        """Say which page is rendered next."""
        self._page = page

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802 -- the library's name
        """Add the rewriting to a renderer."""
        md.treeprocessors.register(_Rewriting(self, md), "repository-links", _PRIORITY)

    def rewrite(self, element: Element, attribute: str) -> None:
        """Rewrite the address of one element."""
        address = element.get(attribute, "")
        try:
            resolved = self._links.resolved(self._page, address)
        except FileNotFoundError as error:
            self._warn(str(error))
            return
        if resolved is not None:
            element.set(attribute, resolved)
            return
        # Reading offline, without an address of the repository: what the link says is all there is.
        del element.attrib[attribute]
        element.tag = "span"
        element.set("class", "in-repository")
        element.set("title", f"In the repository: {address.lstrip('./')}")


def _only_link(block: Element) -> Element | None:
    """Return the link that is all that a block consists of."""
    if len(block) != 1 or block[0].tag != "a" or (block.text or "").strip():
        return None
    return None if (block[0].tail or "").strip() else block[0]


class _Rewriting(Treeprocessor):
    def __init__(self, extension: LinkExtension, md: Markdown) -> None:
        super().__init__(md)
        self._extension = extension

    def run(self, root: Element) -> None:
        for block in root.iter():
            if block.tag in _BLOCKS and (link := _only_link(block)) is not None:
                link.set("class", _ALONE)
        for cell in root.iter("td"):
            for code in cell.iter("code"):
                # In a table, GitHub wants a bar escaped even within code.
                code.text = AtomicString((code.text or "").replace(r"\|", "|"))
        for tag, attribute in _ADDRESSES:
            for element in root.iter(tag):
                if element.get(attribute):
                    self._extension.rewrite(element, attribute)
