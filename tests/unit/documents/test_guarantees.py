"""Every promise names the tests that attack it; they exist, and `make test` runs them."""

import re
from pathlib import Path

import pytest

from support import named_tests

_GUARANTEES = ("guarantees.md", "guarantees-back-ends.md", "guarantees-reads.md")
_WRITES = ("idempotency.md", "repairs.md", "repaired-changes.md")
_DOCUMENTS = (*_GUARANTEES, *_WRITES, "adding-a-method.md")


def _links() -> list[tuple[str, str, str]]:
    docs = Path(__file__).parents[3] / "docs"
    return [
        (document, name, file)
        for document in _DOCUMENTS
        for name, file in re.findall(
            r"\[([^\]]+)\]\(\.\./(tests/[^)]+)\)", (docs / document).read_text()
        )
        if not name.endswith(".py")  # a whole file, or a part of the harness
    ]


@pytest.mark.parametrize(("document", "name", "file"), _links())
def test_every_promise_is_attacked_by_a_test_that_exists_and_is_run(
    project: Path, document: str, name: str, file: str
) -> None:
    assert named_tests.exists(project / file, name), f"{document}: {file} has no {name}"
    assert not named_tests.is_slow(project / file, name), f"`make test` does not run {name}"


@pytest.mark.parametrize("document", _DOCUMENTS)
def test_no_test_is_named_without_a_link(project: Path, document: str) -> None:
    text = (project / "docs" / document).read_text()
    assert re.findall(r"(?<!\[)\btest_\w+\b(?!\]|\.py)", text) == []


@pytest.mark.parametrize("document", _GUARANTEES)
def test_every_promise_names_its_test(project: Path, document: str) -> None:
    sections = (project / "docs" / document).read_text().split("\n## ")[1:]
    assert sections
    for section in sections:
        assert "](../tests/" in section, section.splitlines()[0]
