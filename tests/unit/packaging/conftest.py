"""The wheels, built once and unpacked: `wheels["chat3-cli"]` is the folder of one."""

import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="session")
def dist(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("packages") / "dist"
    subprocess.run(
        [sys.executable, "-m", "distributions", "build", str(folder)],
        env={"PYTHONPATH": str(project / "tools"), "PATH": "/usr/bin:/bin"},
        check=True,
        capture_output=True,
        timeout=120,
    )
    return folder


@pytest.fixture(scope="session")
def wheels(dist: Path) -> Mapping[str, Path]:
    unpacked = {}
    for wheel in dist.glob("*.whl"):
        name = wheel.name.partition("-")[0].replace("_", "-")
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(dist / name)
        unpacked[name] = dist / name
    return unpacked


@pytest.fixture
def versions(project: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    monkeypatch.syspath_prepend(str(project / "tools"))
    from distributions import versions

    yield versions
    for name in [name for name in sys.modules if name.partition(".")[0] == "distributions"]:
        del sys.modules[name]


@pytest.fixture
def copy(versions: ModuleType, project: Path, tmp_path: Path) -> Path:
    """All files of the repository that say a version."""
    for place in versions.PLACES:
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(project / place, tmp_path / place)
    return tmp_path
