"""Ids in the documentation can be tried in the demo, or are marked as made up.

An id that a command prints is what the command made; later commands of the page may use it. Others
are marked by a comment such as `<!-- made up: msg_ovi6poi4cj4gw63js8cz -->`. An id that is one
character over and over, such as that of `docs/errors.md`, says itself that it is made up.
"""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from chat3_embedded import demo
from chat3_embedded.store import Store

ID = re.compile(r"\b(?:dlg|msg|pck|topic)_[a-z0-9]{20}\b")
LOOKS_LIKE_ONE = re.compile(r"\b(?:dlg|msg|pck)_[a-z0-9]{6,}\b")
MADE_UP = re.compile(r"<!-- made up: ([^>]*) -->")
CONSOLE = re.compile(r"^( *)```console\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^ *\$ (?:.*\\\n)*.*$", re.MULTILINE)
SAME = re.compile(r"[a-z]+_(.)\1{19}")


def documents(project: Path) -> Iterator[Path]:
    yield from (project / "docs").rglob("*.md")
    yield from project.glob("*.md")
    yield from project.glob("clients/*/README.md")


@pytest.fixture(scope="module")
def demo_ids(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Return whatever looks like an id in the rows of the seeded database."""
    path = tmp_path_factory.mktemp("demo") / "platform.sqlite"
    with Store(path) as store:
        demo.seed_demo(store)
    with closing(sqlite3.connect(path)) as rows:
        return set(ID.findall("\n".join(rows.iterdump())))


def made_by(block: str) -> list[str]:
    """Return the ids in the output of the commands of a block."""
    return ID.findall(COMMAND.sub("", block))


def test_every_id_is_one_of_the_demo_or_marked_as_made_up(
    project: Path, demo_ids: set[str]
) -> None:
    seen = 0
    for document in documents(project):
        text = document.read_text("utf-8")
        marked = {each for found in MADE_UP.findall(text) for each in ID.findall(found)}
        printed = {each for _, block in CONSOLE.findall(text) for each in made_by(block)}
        for found in LOOKS_LIKE_ONE.findall(MADE_UP.sub("", text)):
            seen += 1
            assert ID.fullmatch(found), f"{document.name}: {found} is no id"
            known = found in demo_ids | marked | printed or SAME.fullmatch(found)
            assert known, f"{document.name}: {found} is not in the demo"
    assert seen > 10


def test_what_is_marked_as_made_up_is_used(project: Path) -> None:
    for document in documents(project):
        text = document.read_text("utf-8")
        used = set(ID.findall(MADE_UP.sub("", text)))
        for found in MADE_UP.findall(text):
            assert set(ID.findall(found)) <= used, f"{document.name}: {found}"


def test_what_a_command_prints_is_known_and_what_it_takes_is_not() -> None:
    a, b, c = (f"msg_{letter}{'b' * 19}" for letter in "acd")
    assert made_by(f"$ chat3 send {a} \\\n    {b}\nsent {c}\n") == [c]
