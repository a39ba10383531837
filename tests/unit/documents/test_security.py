"""Every attack names where it is blocked and the tests that show it."""

import re
from pathlib import Path

from support import named_tests

PAGES = ("attacks.md", "attacks-on-tokens.md")


def _rows(project: Path) -> list[list[str]]:
    return [
        [cell.strip() for cell in line.strip("|\n").split("|")]
        for page in PAGES
        for line in (project / "docs" / page).read_text().splitlines()
        if line.startswith("| ") and "](" in line
    ]


def test_every_attack_names_where_it_is_stopped(project: Path) -> None:
    rows = _rows(project)
    assert len(rows) >= 40
    for attack, stopped, _ in rows:
        places = re.findall(r"\]\(\.\./((?:service|embedded)/[^)]+)\)", stopped)
        assert places, attack
        for place in places:
            assert (project / place).exists(), place


def test_every_attack_names_tests_that_exist_and_are_run(project: Path) -> None:
    for attack, _, shown in _rows(project):
        links = re.findall(r"\[([^\]]+)\]\(\.\./([^)]+)\)", shown)
        assert links, attack
        for name, file in links:
            assert named_tests.exists(project / file, name), f"{attack}: {file} has no {name}"
            assert not named_tests.is_slow(project / file, name), f"{attack}: {name} is slow"
        # Nothing stands in the column but names of tests.
        assert re.sub(r"\[[^\]]+\]\([^)]+\)|[\s,]", "", shown) == "", attack
