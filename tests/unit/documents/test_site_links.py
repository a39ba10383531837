"""Where the repository's links lead in the site, and what the check of links finds."""

import sys
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def tools_on_path(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [*sys.path, str(project / "tools")])


PAGES = {"index.md", "a.md", "decisions/b.md", "security.md", "api/index.md", "api/pkg/S/M.md"}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_a.py").touch()
    return tmp_path


@pytest.mark.parametrize(
    ("page", "address", "leads_to"),
    [
        ("a.md", "decisions/b.md#why", "decisions/b.md#why"),
        ("decisions/b.md", "../a.md", "../a.md"),
        ("a.md", "../SECURITY.md", "security.md"),
        ("decisions/b.md", "../../SECURITY.md#x", "../security.md#x"),
        ("security.md", "docs/a.md", "a.md"),
        ("api/pkg/S/M.md", "../../index.md", "../../index.md"),
        ("a.md", "generated/index.html", "api/index.md"),
        ("decisions/b.md", "../generated/pkg/S/M.html#p.M", "../api/pkg/S/M.md#p.M"),
        ("a.md", "../tests/test_a.py", "https://example.com/r/tests/test_a.py"),
        ("a.md", "https://example.org/x", "https://example.org/x"),
        ("a.md", "#here", "#here"),
    ],
)
def test_a_link_of_the_repository_leads_to_the_same_in_the_site(
    root: Path, page: str, address: str, leads_to: str
) -> None:
    from docs_site.links import RepositoryLinks

    links = RepositoryLinks(root, "https://example.com/r/", PAGES)
    assert links.resolved(page, address) == leads_to


def test_a_source_file_is_no_link_where_the_repository_has_no_address(root: Path) -> None:
    from docs_site.links import RepositoryLinks

    assert RepositoryLinks(root, "", PAGES).resolved("a.md", "../tests/test_a.py") is None


def test_a_link_to_a_file_that_is_not_there_is_reported(root: Path) -> None:
    from docs_site.links import RepositoryLinks

    with pytest.raises(FileNotFoundError, match=r"docs/a\.md links to docs/c\.md"):
        RepositoryLinks(root, "", PAGES).resolved("a.md", "c.md")


def test_a_bar_in_code_of_a_table_needs_its_escape_for_github_alone(root: Path) -> None:
    from markdown import Markdown

    from docs_site.links import LinkExtension, RepositoryLinks

    extension = LinkExtension(RepositoryLinks(root, "", PAGES), pytest.fail)
    text = "| a |\n|---|\n| `(x\\|y)` |\n"
    assert "<td><code>(x|y)</code></td>" in Markdown(extensions=["tables", extension]).convert(text)


@pytest.mark.parametrize(
    ("text", "alone"),
    [("- [a](a.md)", True), ("- [a](a.md), too", False), ("See [a](a.md)", False)],
)
def test_a_link_that_stands_alone_is_marked_for_thumbs(
    root: Path, text: str, *, alone: bool
) -> None:
    from markdown import Markdown

    from docs_site.links import LinkExtension, RepositoryLinks

    extension = LinkExtension(RepositoryLinks(root, "", PAGES), pytest.fail)
    extension.at("index.md")
    assert ('class="alone"' in Markdown(extensions=[extension]).convert(text)) is alone


@pytest.fixture
def site(tmp_path: Path) -> Path:
    (tmp_path / "a.html").write_text('<h1 id="top">A</h1><a href="b.html#here">b</a>')
    (tmp_path / "b.html").write_text('<p id="here">B</p><a href="https://example.org/">o</a>')
    return tmp_path


def test_a_site_whose_links_lead_somewhere_has_no_problems(site: Path) -> None:
    from docs_site.check import checked

    found = checked(site)
    assert (found.pages, found.links, found.anchors, found.problems) == (2, 1, 1, [])


@pytest.mark.parametrize(
    ("html", "problem"),
    [
        ('<a href="c.html">c</a>', "a.html links to c.html, which is not there"),
        ('<a href="b.html#x">b</a>', "a.html links to b.html#x, which has no such place"),
        ('<a href="#x">a</a>', "a.html links to #x, which has no such place"),
        ('<img src="i.png">', "a.html loads i.png, which is not there"),
        (
            '<script src="https://cdn.test/x.js"></script>',
            "a.html loads https://cdn.test/x.js from elsewhere",
        ),
        (
            '<link rel="stylesheet" href="//cdn.test/x.css">',
            "a.html loads //cdn.test/x.css from elsewhere",
        ),
    ],
)
def test_what_leads_nowhere_or_is_loaded_from_elsewhere_is_found(
    site: Path, html: str, problem: str
) -> None:
    from docs_site.check import checked

    (site / "a.html").write_text(html)
    assert checked(site).problems == [problem]


def test_a_style_sheet_that_loads_from_elsewhere_is_found(site: Path) -> None:
    from docs_site.check import checked

    (site / "a.css").write_text('@import "https://cdn.test/f.css"; a { background: url(b.png) }')
    assert checked(site).problems == ["a.css loads https://cdn.test/f.css"]
