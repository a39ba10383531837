"""The table of names in docs/clients.md is true: each library declares the names that it has."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HEAD = "| What | Python | TypeScript | Go |"
SOURCES = {
    "Python": ("clients/python/chat3_client", "*.py"),
    "TypeScript": ("clients/typescript/src", "*.ts"),
    "Go": ("clients/go/chat3", "*.go"),
}
DECLARED = {
    "Python": r"(?:^ *(?:async )?def |^class |^ +){}\b[(:]",
    "TypeScript": r"(?:\b(?:class|interface|function|readonly|get|type:) |^ +(?:async )?)\"?{}\b",
    "Go": r"^(?:package |type |func (?:\(\w+ \*?\w+\) )?|\t){}\b",
}
"""How a name is declared: as a class, a function, a method, a field, or a module."""


def rows() -> list[list[str]]:
    text = (ROOT / "docs/clients.md").read_text(encoding="utf-8")
    table = text[text.index(HEAD) :].split("\n\n", 1)[0].splitlines()[2:]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in table]


@pytest.mark.parametrize(("column", "language"), list(enumerate(SOURCES, start=1)))
def test_every_name_is_declared(column: int, language: str) -> None:
    folder, pattern = SOURCES[language]
    paths = [path for path in (ROOT / folder).rglob(pattern) if "gen" not in path.parts]
    text = "\n".join(path.read_text(encoding="utf-8") for path in paths)
    names = [name for row in rows() for name in re.findall(r"`(\w+)`", row[column])]
    assert len(names) >= len(rows()) > 15
    missing = [
        name
        for name in names
        if not re.search(DECLARED[language].replace("{}", name), text, re.MULTILINE)
    ]
    assert missing == []
