"""What the pages show is well formed, and names settings, targets and commands that there are."""

import re
from pathlib import Path

import pytest

from support.documents.blocks import PROGRAMS, SHELL, Block
from support.documents.catalogue import DATA, ELSEWHERE, PROJECT, all_blocks, counts, is_run
from support.documents.checks import problems

BLOCKS = all_blocks()


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.place)
def test_a_block_is_what_it_says_it_is(block: Block) -> None:
    assert list(problems(block, PROJECT)) == []


def test_what_looks_like_commands_is_called_commands() -> None:
    looks = re.compile(r"^\$ \w", re.MULTILINE)
    strange = [block.place for block in BLOCKS if not block.language and looks.search(block.text)]
    assert strange == []


def test_every_block_has_a_language_that_somebody_handles() -> None:
    known = {*SHELL, *PROGRAMS, *DATA, "", "text", "ini", "toml", "nginx", "proto", "css", "html"}
    assert {block.language for block in BLOCKS} <= known


@pytest.mark.parametrize("page", ELSEWHERE)
def test_a_page_that_another_test_runs_is_named_there(page: str) -> None:
    test = PROJECT / ELSEWHERE[page]
    assert not (PROJECT / page).exists() or Path(page).stem in test.read_text("utf-8")


def test_most_commands_and_programs_are_run(capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        print(f"\n{counts()}")
    assert sum(map(is_run, BLOCKS)) > 60
