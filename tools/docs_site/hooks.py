"""What MkDocs calls while it builds the site: adds the pages and links that it cannot know of."""

import json
import logging
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from markdown.extensions import Extension
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.plugins import event_priority
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from mkdocs.structure.toc import AnchorLink, TableOfContents

from docs_site.api_pages import ApiDocs, ApiPage
from docs_site.api_style import style_sheet
from docs_site.links import LinkExtension, RepositoryLinks
from docs_site.navigation import expanded
from docs_site.outside import OUTSIDE
from docs_site.rows import RowExtension
from docs_site.tables import TableExtension

_PARTS: Final = "docs_site"
_STYLE: Final = "stylesheets/api.css"
_INDEX: Final = "search/search_index.json"
# After search has written its index, before the plugin that makes a script of it.
_BETWEEN: Final = -50
# Pages that explain come before those that list names, for readers who search by words.
_EXPLAINING: Final = ("start/", "concepts/", "guides/", "clients/", "operations.")
_BOOST: Final = 1.5
# Search finds these pages by what `on_post_build` adds.
_NOT_SEARCHED: Final = "---\nsearch:\n  exclude: true\n---\n"

_log: Final = logging.getLogger(f"mkdocs.plugins.{_PARTS}")


@dataclass
class _Parts:
    """What one build knows."""

    api: ApiDocs
    pages: dict[str, ApiPage]
    rows: RowExtension
    links: LinkExtension | None = None


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Read the contract, and write the navigation in full."""
    api = ApiDocs(_root(config))
    config.extra[_PARTS] = _Parts(api, {}, RowExtension())
    config.nav = expanded(config.nav or [], Path(config.docs_dir), api.navigation())
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages from elsewhere in the repository, and those of the API."""
    parts = _parts(config)
    for source, path in OUTSIDE.items():
        files.append(File.generated(config, source, abs_src_path=str(_root(config) / path)))
    guides = frozenset(files.src_uris)
    for page in parts.api.pages(guides):
        parts.pages[page.source] = page
        files.append(File.generated(config, page.source, content=_NOT_SEARCHED))
    files.append(File.generated(config, _STYLE, content=style_sheet()))
    links = RepositoryLinks(_root(config), config.extra["sources"], frozenset(files.src_uris))
    parts.links = LinkExtension(links, _log.warning)
    extensions: list[str | Extension] = config.markdown_extensions  # type: ignore[assignment]
    extensions += (parts.links, parts.rows, TableExtension())
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Say where the links of this text begin."""
    del files
    parts = _parts(config)
    parts.rows.at(page.file.src_uri)
    if parts.links is not None:
        parts.links.at(page.file.src_uri)
    return markdown


def on_page_content(html: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Put the text of a page of the API in its place."""
    del files
    found = _parts(config).pages.get(page.file.src_uri)
    if found is None:
        return html
    page.toc = TableOfContents(
        [
            AnchorLink(_label(entry.label, code=entry.code), entry.anchor, 2)
            for entry in found.contents
        ]
    )
    page.present_anchor_ids = set(found.anchors)
    return found.text


@event_priority(_BETWEEN)
def on_post_build(config: MkDocsConfig) -> None:
    """Let search find the symbols of the API, and the rows of reference tables."""
    parts = _parts(config)
    path = Path(config.site_dir) / _INDEX
    index = json.loads(path.read_text("utf-8"))
    for entry in index["docs"]:
        if entry["location"].startswith(_EXPLAINING):
            entry.setdefault("boost", _BOOST)
    index["docs"] += [asdict(entry) for entry in (*parts.api.search_entries(), *parts.rows.entries)]
    path.write_text(json.dumps(index, ensure_ascii=False, separators=(",", ":")), "utf-8")


def _label(text: str, *, code: bool) -> str:
    return f"<code>{text}</code>" if code else text


def _parts(config: MkDocsConfig) -> _Parts:
    parts: _Parts = config.extra[_PARTS]
    return parts


def _root(config: MkDocsConfig) -> Path:
    return Path(config.config_file_path).parent
