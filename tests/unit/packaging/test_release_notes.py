"""A release is refused when its tag is not the version, or the changelog does not tell of it."""

from pathlib import Path
from types import ModuleType

import pytest

CHANGELOG = """# Changelog

## Unreleased

- later

## {version} - 2026-12-01

{notes}
## 0.0.1

- old
"""


@pytest.fixture
def root(copy: Path, versions: ModuleType) -> Path:
    versions.write_version(copy, "7.8.9")
    return copy


def notes(root: Path, tag: str) -> str:
    from distributions.release import release_notes

    return release_notes(root, tag)


def test_the_notes_are_the_section_of_the_version(root: Path) -> None:
    (root / "CHANGELOG.md").write_text(CHANGELOG.format(version="7.8.9", notes="- new\n"))
    assert notes(root, "v7.8.9") == "- new"


@pytest.mark.parametrize(
    ("tag", "version", "text", "problem"),
    [
        ("v7.8.8", "7.8.8", "- new\n", "the tag is v7.8.8, the version 7.8.9"),
        ("7.8.9", "7.8.9", "- new\n", "the tag is 7.8.9, the version 7.8.9"),
        ("v7.8.9", "7.8.90", "- new\n", "CHANGELOG.md has no section 7.8.9"),
        ("v7.8.9", "7.8.9", "", "CHANGELOG.md has no section 7.8.9"),
    ],
)
def test_a_release_that_is_not_said_is_refused(
    root: Path, tag: str, version: str, text: str, problem: str
) -> None:
    (root / "CHANGELOG.md").write_text(CHANGELOG.format(version=version, notes=text))
    with pytest.raises(ValueError, match=f"^{problem}$"):
        notes(root, tag)


def test_a_release_of_several_versions_is_refused(root: Path) -> None:
    (root / "CHANGELOG.md").write_text(CHANGELOG.format(version="7.8.9", notes="- new\n"))
    path = root / "cli" / "pyproject.toml"
    path.write_text(path.read_text().replace('version = "7.8.9"', 'version = "7.8.8"'))
    with pytest.raises(ValueError, match=r"chat3-cli is 7\.8\.8"):
        notes(root, "v7.8.9")
