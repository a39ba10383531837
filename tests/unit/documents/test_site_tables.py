"""Cells of tables of words have the names of their columns, for phones; figures stay a table."""

import sys
from pathlib import Path

import pytest
from markdown import Markdown

WORDS = """| detail | content | present |
|---|---|---|
| `RetryInfo` | the delay | if it helps |
"""
FIGURES = WORDS.replace("|---|---|---|", "|---|---:|---|")


@pytest.fixture(autouse=True)
def tools_on_path(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [*sys.path, str(project / "tools")])


def rendered(text: str) -> str:
    from docs_site.tables import TableExtension

    return Markdown(extensions=["tables", TableExtension()]).convert(text)


def test_cells_behind_the_first_one_have_the_head_of_their_column() -> None:
    html = rendered(WORDS)
    assert '<table data-stacked="">' in html
    assert "<td><code>RetryInfo</code></td>" in html
    assert '<td data-label="content">the delay</td>' in html
    assert '<td data-label="present">if it helps</td>' in html


def test_a_table_with_a_column_of_figures_stays_a_table() -> None:
    html = rendered(FIGURES)
    assert "data-stacked" not in html
    assert "data-label" not in html
