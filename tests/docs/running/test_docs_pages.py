"""Every page does what it says: its commands run, in their order, and print what it shows."""

import pytest

from support.documents.blocks import Block
from support.documents.catalogue import PROJECT, all_blocks, is_fragment, is_run
from support.documents.place import Place
from support.documents.playing import playing
from support.documents.programs import run_fragments
from support.documents.service import demo_of

WALKED = ("README.md", "docs/start/index.md", "docs/start/program.md")
"""The walks run these from the first line, with a service that they start themselves."""


def pages_to_run() -> dict[str, list[Block]]:
    """Return the blocks that are run of each page."""
    found: dict[str, list[Block]] = {}
    for block in all_blocks():
        if is_run(block) and not block.page.startswith(WALKED):
            found.setdefault(block.page, []).append(block)
    return found


PAGES = pages_to_run()


@pytest.mark.parametrize("page", PAGES)
def test_a_page_does_what_it_says(page: str, place: Place) -> None:
    with demo_of(place), playing(place) as reader:
        reader.play(PAGES[page])
        run_fragments(place, PROJECT, [b for b in PAGES[page] if is_fragment(b)])
