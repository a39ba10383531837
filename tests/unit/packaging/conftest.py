"""The wheels, built once and unpacked: `wheels["chat3-cli"]` is the folder of one."""

import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

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
