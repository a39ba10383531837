"""The Russian pages show what the English ones show, so what is run there holds here."""

import pytest

from support.documents.blocks import blocks_of
from support.documents.catalogue import PROJECT

ENGLISH = {
    "docs/ru/index.md": ["docs/start/index.md"],
    "docs/ru/concepts.md": [
        "docs/concepts/identity.md",
        "docs/concepts/resume.md",
        "docs/concepts/idempotency.md",
    ],
    "docs/ru/errors.md": ["docs/concepts/errors.md"],
}


def test_every_russian_page_has_english_ones() -> None:
    russian = {str(page.relative_to(PROJECT)) for page in (PROJECT / "docs/ru").glob("*.md")}
    assert russian == set(ENGLISH)


@pytest.mark.parametrize("page", ENGLISH)
def test_a_russian_page_shows_blocks_of_the_english_ones(page: str) -> None:
    english = {block.text for name in ENGLISH[page] for block in blocks_of(PROJECT, name)}
    assert [block.place for block in blocks_of(PROJECT, page) if block.text not in english] == []


@pytest.mark.parametrize("page", ["docs/ru/index.md", "docs/ru/errors.md"])
def test_a_page_that_is_translated_whole_leaves_no_block_out(page: str) -> None:
    shown = {block.text for block in blocks_of(PROJECT, page)}
    english = [block for name in ENGLISH[page] for block in blocks_of(PROJECT, name)]
    assert [b.place for b in english if b.text not in shown and not b.skipped] == []
