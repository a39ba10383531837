"""The navigation's short forms: `guides/*` for pages that match, `api:NAME` for a package's."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TypeAlias

Item: TypeAlias = str | dict[str, Any]
"""An item as MkDocs takes it: a page, or a title with a page or with items."""

_ALL: Final = "*"
_FOLDER: Final = "/*"
_API: Final = "api:"


def expanded(
    items: Sequence[Item], docs: Path, packages: Mapping[str, Sequence[Item]]
) -> list[Item]:
    """Return the navigation without short forms; a section that has no page is left out."""
    named = frozenset(_named(items, docs))
    return list(_expanded(items, docs, named, packages))


def _expanded(
    items: Sequence[Item],
    docs: Path,
    named: frozenset[str],
    packages: Mapping[str, Sequence[Item]],
) -> Iterator[Item]:
    for item in items:
        if isinstance(item, str):
            yield from _meant(item, docs, named, packages)
            continue
        ((title, below),) = item.items()
        if isinstance(below, str) and not _is_short(below):
            yield item
            continue
        inner = [below] if isinstance(below, str) else below
        found = list(_expanded(inner, docs, named, packages))
        if found:
            yield {title: found}


def _meant(
    text: str, docs: Path, named: frozenset[str], packages: Mapping[str, Sequence[Item]]
) -> Iterator[Item]:
    if text.startswith(_API):
        yield from packages[text.removeprefix(_API)]
    elif text.endswith(_ALL):
        pages = sorted(docs.glob(f"{text}.md"), key=lambda page: (page.stem != "index", page.name))
        for page in pages:
            path = page.relative_to(docs).as_posix()
            if path not in named or not text.endswith(_FOLDER):
                yield path
    else:
        yield text


def _is_short(text: str) -> bool:
    return text.startswith(_API) or text.endswith(_ALL)


def _named(items: Sequence[Item], docs: Path) -> Iterator[str]:
    """Yield the pages that the navigation names, by more than their folder."""
    for item in items:
        if isinstance(item, dict):
            for below in item.values():
                yield from _named([below] if isinstance(below, str) else below, docs)
        elif not item.endswith(_ALL):
            yield item
        elif not item.endswith(_FOLDER):
            yield from (page.relative_to(docs).as_posix() for page in docs.glob(f"{item}.md"))
