"""One version, said in one place and written into all distributions."""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from types import ModuleType


@pytest.fixture
def versions(project: Path, monkeypatch: pytest.MonkeyPatch) -> "Iterator[ModuleType]":
    monkeypatch.syspath_prepend(str(project / "tools"))
    from distributions import versions

    yield versions
    for name in [name for name in sys.modules if name.partition(".")[0] == "distributions"]:
        del sys.modules[name]


@pytest.fixture
def copy(versions: "ModuleType", project: Path, tmp_path: Path) -> Path:
    for folder in versions.FOLDERS:
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        shutil.copy(project / folder / "pyproject.toml", tmp_path / folder)
    return tmp_path


def test_all_distributions_have_one_version(versions: "ModuleType", project: Path) -> None:
    assert versions.disagreements(project) == []


def test_a_new_version_is_written_wherever_it_stands(versions: "ModuleType", copy: Path) -> None:
    old = versions.version(copy)
    changed = versions.write_version(copy, "7.8.9rc1")
    assert len(changed) == len(versions.FOLDERS)
    assert versions.version(copy) == "7.8.9rc1"
    assert versions.disagreements(copy) == []
    left = [path for path in copy.rglob("pyproject.toml") if f'"{old}"' in path.read_text()]
    assert left == []


def test_nothing_but_the_version_is_written(versions: "ModuleType", copy: Path) -> None:
    before = {path: path.read_text() for path in copy.rglob("pyproject.toml")}
    old = versions.version(copy)
    versions.write_version(copy, "7.8.9")
    versions.write_version(copy, old)
    assert {path: path.read_text() for path in before} == before


def test_a_version_elsewhere_is_named(versions: "ModuleType", copy: Path) -> None:
    path = copy / "cli" / "pyproject.toml"
    version = versions.version(copy)
    path.write_text(path.read_text().replace(f'contract=={version}"', 'contract==0.0.7"'))
    assert versions.disagreements(copy) == ["chat3-cli asks for chat3-contract==0.0.7"]


@pytest.mark.parametrize("wrong", ["", "1.2", "v1.2.3", "1.2.3-4", '1.2.3"'])
def test_what_is_no_version_is_refused(versions: "ModuleType", copy: Path, wrong: str) -> None:
    with pytest.raises(ValueError, match="such as"):
        versions.write_version(copy, wrong)
