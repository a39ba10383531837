"""The short forms of the site's navigation stand for every page once."""

import sys
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def tools_on_path(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [*sys.path, str(project / "tools")])


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    for name in ("index.md", "guides/index.md", "guides/a.md", "guides/faq.md", "cli.md"):
        page = tmp_path / name
        page.parent.mkdir(exist_ok=True)
        page.touch()
    return tmp_path


def test_a_folder_stands_for_its_pages_that_are_named_nowhere_else(docs: Path) -> None:
    from docs_site.navigation import expanded

    items = ["index.md", {"Guides": "guides/*"}, {"More": ["guides/faq*", "cli*"]}]
    assert expanded(items, docs, {}) == [
        "index.md",
        {"Guides": ["guides/index.md", "guides/a.md"]},
        {"More": ["guides/faq.md", "cli.md"]},
    ]


def test_a_section_without_pages_is_left_out(docs: Path) -> None:
    from docs_site.navigation import expanded

    assert expanded([{"Русский": "ru/*"}, {"Home": "index.md"}], docs, {}) == [{"Home": "index.md"}]


def test_a_package_stands_for_its_sections(docs: Path) -> None:
    from docs_site.navigation import expanded

    sections = [{"Calls": ["api/a.md"]}]
    assert expanded([{"API": "api:one"}], docs, {"one": sections}) == [{"API": sections}]
