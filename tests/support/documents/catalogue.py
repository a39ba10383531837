"""All pages that people write, all blocks on them, and what becomes of each block."""

from collections import Counter
from pathlib import Path
from typing import Final

from support.documents.blocks import PROGRAMS, SHELL, Block, blocks_of, pages

PROJECT: Final = Path(__file__).resolve().parents[3]
ELSEWHERE: Final = {
    "docs/errors.md": "tests/contract_guard/test_documented_code.py",
    "docs/clients/go.md": "tests/client_go/test_go_library.py",
    "docs/clients/migration.md": "tests/client_typescript/test_typescript_page.py",
    "docs/clients/python.md": "tests/client_python/test_client_documentation.py",
    "docs/clients/testing.md": "tests/client_python/test_client_documentation.py",
    "docs/clients/typescript.md": "tests/client_typescript/test_typescript_page.py",
}
"""Pages whose blocks another test runs, and that test."""
TRANSLATED: Final = "docs/ru/"
"""Where pages have the blocks of English ones; a test compares them."""
DATA: Final = ("json", "yaml")


def all_blocks() -> list[Block]:
    """Return the blocks of all pages."""
    return [
        block
        for page in pages(PROJECT)
        for block in blocks_of(PROJECT, str(page.relative_to(PROJECT)))
    ]


def is_run(block: Block) -> bool:
    """Say whether a test of `tests/docs/running` types, saves or runs a block."""
    runnable = block.language in SHELL or block.language in PROGRAMS or bool(block.title)
    elsewhere = block.page in ELSEWHERE or block.page.startswith(TRANSLATED)
    return runnable and not block.skipped and not elsewhere


def is_fragment(block: Block) -> bool:
    """Say whether a block is a part of a program, without what stands around it."""
    return block.language in PROGRAMS and not block.title


def counts() -> str:
    """Say in one line how many blocks there are, and what becomes of them."""
    found: Counter[str] = Counter()
    for block in all_blocks():
        if is_run(block):
            found["run"] += 1
        elif block.page in ELSEWHERE:
            found["run by other tests"] += 1
        elif block.page.startswith(TRANSLATED):
            found["the same in Russian"] += 1
        elif block.skipped:
            found["not run, with a reason"] += 1
        elif block.language in DATA:
            found["parsed"] += 1
        else:
            found["only shown"] += 1
    told = ", ".join(f"{number} {what}" for what, number in sorted(found.items()))
    return f"documentation: {found.total()} blocks: {told}"
