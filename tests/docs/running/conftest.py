"""Where the pages are tried, and the packages of this tree in place of published ones."""

import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest

from support.documents.catalogue import PROJECT, counts
from support.documents.place import Place, empty_place
from support.documents.published import for_go, for_npm, for_pip

Registries = Callable[[str], Mapping[str, str]]
Newcomer = Callable[..., Place]
TOOLS = ("bash", "curl", "python3", "node", "npm", "go", "git")
"""The programs that newcomers may use without installing them, where this machine has them."""
FIGURES: list[str] = []


@pytest.fixture
def place(registries: Registries) -> Iterator[Place]:
    """An empty folder of a reader who has set everything up: our environment is on PATH."""
    path = os.pathsep.join((f"{sys.prefix}/bin", os.environ["PATH"]))
    with empty_place(path, PROJECT, **registries("pip")) as made:
        yield made


@pytest.fixture(scope="session")
def registries(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registries]:
    """What lets a package manager find our packages as if they were published, by its name."""
    with ExitStack() as stack:
        known: dict[str, Mapping[str, str]] = {}

        def registry(name: str) -> Mapping[str, str]:
            if name not in known:
                folder = tmp_path_factory.mktemp(name)
                match name:
                    case "pip":
                        known[name] = for_pip(PROJECT, folder)
                    case "npm":
                        known[name] = stack.enter_context(for_npm(PROJECT, folder))
                    case "go":
                        known[name] = for_go(PROJECT, folder)
            return known[name]

        yield registry


@pytest.fixture
def newcomer(registries: Registries, tmp_path: Path) -> Iterator[Newcomer]:
    """Makes an empty folder for somebody who has a machine, and nothing of ours on it."""
    tools = tmp_path / "bin"
    tools.mkdir()
    for program in TOOLS:
        if found := _outside_environments(program):
            (tools / program).symlink_to(found)
    with ExitStack() as stack:

        def made(*managers: str) -> Place:
            variables = {name: v for each in managers for name, v in registries(each).items()}
            return stack.enter_context(empty_place(f"{tools}:/usr/bin:/bin", PROJECT, **variables))

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
