"""A release is refused when its tag is not the version, or the changelog does not tell of it."""

import shutil
import subprocess
import sys
from pathlib import Path

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
def copy(project: Path, tmp_path: Path) -> Path:
    """The repository as far as a release is checked, at version 7.8.9."""
    for path in ("pyproject.toml", *(str(each.relative_to(project)) for each in parts(project))):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(project / path, tmp_path / path)
    shutil.copytree(project / "tools" / "distributions", tmp_path / "tools" / "distributions")
    run(tmp_path, "version", "7.8.9")
    return tmp_path


def parts(project: Path) -> list[Path]:
    return [*project.glob("*/pyproject.toml"), *project.glob("gen/*/pyproject.toml")]


def run(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "distributions", *arguments],
        cwd=root,
        env={"PYTHONPATH": str(root / "tools"), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def write_changelog(root: Path, version: str, notes: str) -> None:
    (root / "CHANGELOG.md").write_text(CHANGELOG.format(version=version, notes=notes))


def test_the_notes_are_the_section_of_the_version(copy: Path) -> None:
    write_changelog(copy, "7.8.9", "- new\n")
    done = run(copy, "notes", "v7.8.9")
    assert (done.returncode, done.stdout) == (0, "- new\n")


@pytest.mark.parametrize(
    ("tag", "version", "notes", "problem"),
    [
        ("v7.8.8", "7.8.8", "- new\n", "the tag is v7.8.8, the version 7.8.9"),
        ("7.8.9", "7.8.9", "- new\n", "the tag is 7.8.9, the version 7.8.9"),
        ("v7.8.9", "7.8.90", "- new\n", "CHANGELOG.md has no section 7.8.9"),
        ("v7.8.9", "7.8.9", "", "CHANGELOG.md has no section 7.8.9"),
    ],
)
def test_a_release_that_is_not_said_is_refused(
    copy: Path, tag: str, version: str, notes: str, problem: str
) -> None:
    write_changelog(copy, version, notes)
    done = run(copy, "notes", tag)
    assert (done.returncode, done.stderr) == (1, f"{problem}\n")
