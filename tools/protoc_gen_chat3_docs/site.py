"""Renders the HTML reference: its pages, style sheet, scripts and search index."""

from collections.abc import Iterator
from importlib import resources
from importlib.resources.abc import Traversable

from jinja2 import BaseLoader, Environment, PackageLoader, StrictUndefined

from protoc_gen_chat3_docs.calls import SampleCalls, first_calls
from protoc_gen_chat3_docs.examples import Examples
from protoc_gen_chat3_docs.kinds import kind_tables
from protoc_gen_chat3_docs.model import Contract
from protoc_gen_chat3_docs.pages import Site
from protoc_gen_chat3_docs.plan import plan
from protoc_gen_chat3_docs.search_index import search_index
from protoc_gen_chat3_docs.symbols import SymbolTable
from protoc_gen_chat3_docs.view import PageView

TEMPLATES = PackageLoader("protoc_gen_chat3_docs")
SCRIPTS = ("theme.js", "search.js", "results.js", "page.js")
# The style sheet is these parts, one after another.
STYLES = ("tokens", "base", "frame", "search", "content", "symbols", "pages", "phone", "print")


def render(contract: Contract) -> dict[str, str]:
    """Make every file of the site, by its path."""
    site = plan(contract)
    pages = rendered_pages(site, TEMPLATES)
    assets = resources.files("protoc_gen_chat3_docs") / "assets"
    return {
        **pages,
        "assets/site.css": "\n".join(_text(assets / f"{name}.css") for name in STYLES),
        "assets/search-index.js": search_index(site, pages),
        **{f"assets/{name}": _text(assets / name) for name in SCRIPTS},
    }


def rendered_pages(site: Site, templates: BaseLoader) -> dict[str, str]:
    """Render the pages, by their paths."""
    environment = Environment(
        loader=templates,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    examples = Examples(site.contract)
    environment.globals.update(
        site=site,
        examples=examples,
        merged=frozenset(_merged(site.contract)),
        samples={
            service.full_name: SampleCalls(package, service, examples)
            for package in site.contract.packages
            for service in package.services
        },
        first_calls={
            service.full_name: first_calls(service, examples)
            for package in site.contract.packages
            for service in package.services
        },
    )
    table = SymbolTable(site.contract)
    return {
        page.path: environment.get_template(page.template).render(
            v=PageView(site, table, page), page=page, package=page.package, **page.content
        )
        for page in site.pages
    }


def _merged(contract: Contract) -> Iterator[str]:
    """Give the payloads and fields that a page of kinds says how to merge."""
    for package in contract.packages:
        for table in kind_tables(contract, package):
            yield from (each.full_name for each in table.merged)


def _text(file: Traversable) -> str:
    return file.read_text("utf-8")
