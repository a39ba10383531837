"""Where the pages are tried, and the packages of this tree in place of published ones."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.documents.catalogue import PROJECT, counts
from support.documents.place import Place, empty_place

NEWCOMER = ("bash", "curl", "python3", "node", "npm", "go", "git")
"""The programs that pages may use without installing them, where this machine has them."""
FIGURES: list[str] = []


@pytest.fixture
def place() -> Iterator[Place]:
    """An empty folder of a reader who has set everything up: our environment is on PATH."""
    with empty_place(os.pathsep.join((f"{sys.prefix}/bin", os.environ["PATH"]))) as made:
        yield made


@pytest.fixture(scope="session")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packages as this tree would publish them, which stand in for the registry's."""
    folder = tmp_path_factory.mktemp("wheels")
    command = [sys.executable, "-m", "distributions", "build", str(folder)]
    environment = {**os.environ, "PYTHONPATH": str(PROJECT / "tools")}
    subprocess.run(command, cwd=PROJECT, env=environment, check=True, stdout=subprocess.DEVNULL)
    return folder


@pytest.fixture
def newcomer(wheels: Path, tmp_path: Path) -> Iterator[Place]:
    """An empty folder for a reader who has a machine, and nothing of ours on it."""
    tools = tmp_path / "bin"
    tools.mkdir()
    for program in NEWCOMER:
        if found := _outside_environments(program):
            (tools / program).symlink_to(found)
    links = f"{wheels} {os.environ.get('PIP_FIND_LINKS', '')}".strip()
    with empty_place(f"{tools}:/usr/bin:/bin", PIP_FIND_LINKS=links) as made:
        yield made


def _outside_environments(program: str) -> str | None:
    """Return where a program is, but for the environment that runs the tests."""
    own = Path(sys.prefix, "bin")
    if program == "python3":
        return str(getattr(sys, "_base_executable", sys.executable))
    path = [each for each in os.get_exec_path() if Path(each) != own]
    return shutil.which(program, path=os.pathsep.join(path))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    terminalreporter.write_line(counts())
    for line in FIGURES:
        terminalreporter.write_line(line)
