"""Rows of reference tables have anchors, and search finds them by name."""

import sys
from pathlib import Path

import pytest
from markdown import Markdown

TABLE = "| variable | meaning |\n|---|---|\n| `PORT` | the port, or `0` |\n| any `X` | text |\n"


@pytest.fixture(autouse=True)
def tools_on_path(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [*sys.path, str(project / "tools")])


def test_a_row_that_begins_with_a_name_is_a_place_of_its_own() -> None:
    from docs_site.rows import RowExtension

    rows = RowExtension()
    rows.at("configuration.md")
    html = Markdown(extensions=["tables", rows]).convert(TABLE)
    assert html.count("<tr id=") == 1
    (entry,) = rows.entries
    assert (entry.location, entry.title) == ("configuration.html#PORT", "PORT")
    assert entry.text == "the port, or 0"


def test_other_pages_keep_their_rows() -> None:
    from docs_site.rows import RowExtension

    rows = RowExtension()
    rows.at("operations.md")
    assert "<tr id=" not in Markdown(extensions=["tables", rows]).convert(TABLE)
