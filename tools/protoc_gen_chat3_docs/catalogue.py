"""Renders the error catalogue, a Markdown page with every error reason."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from jinja2 import Environment, PackageLoader, StrictUndefined

from protoc_gen_chat3_docs.model import Contract, Package, Reason


@dataclass(frozen=True)
class Catalogue:
    """The reasons of one package, each with the anchor of its section."""

    package: Package
    title: str
    anchor: str
    rows: tuple[tuple[Reason, str], ...]


def render(contract: Contract) -> dict[str, str]:
    """Make `errors.md`, with the reasons of every package that has some."""
    environment = Environment(
        loader=PackageLoader("protoc_gen_chat3_docs"),
        autoescape=False,  # noqa: S701 -- Markdown, made from our own contract
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    catalogues = tuple(_catalogues(contract))
    return {"errors.md": environment.get_template("errors.md.j2").render(catalogues=catalogues)}


def _catalogues(contract: Contract) -> Iterator[Catalogue]:
    """Find the catalogues; headings that repeat get a number in their anchors, as on GitHub."""
    packages = [package for package in contract.packages if package.reason_enum]
    seen: Counter[str] = Counter()
    for package in packages:
        rows: list[tuple[Reason, str]] = []
        for reason in package.reasons:
            slug = reason.name.lower()
            rows.append((reason, f"{slug}-{seen[slug]}" if seen[slug] else slug))
            seen[slug] += 1
        title = "All reasons" if len(packages) == 1 else f"All reasons of {package.title}"
        yield Catalogue(package, title, title.lower().replace(" ", "-"), tuple(rows))
