"""The Go library against the service, and its page: every program of docs/clients/go.md is run."""

import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pytest

from support.demo_process import Demo

PAGE: Final = Path(__file__).resolve().parents[2] / "docs/clients/go.md"
PROGRAMS: Final = re.findall(r"```go\n(.*?)```", PAGE.read_text(), re.DOTALL)
EXPECTED: Final = (
    "UPDATE_KIND_MESSAGE_CREATED",
    "chat3.Connected",
    "PermissionDenied ERROR_REASON_NOT_A_MEMBER dlg_0",
    "alice\nbob",
    "zoe chat3.Connected",
    "bob RESUME_OUTCOME_",
    "ok ",
)
"""What each program prints, by its place on the page."""


def _run(command: list[str], folder: Path, environment: Mapping[str, str]) -> str:
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_library_keeps_its_promises_against_the_service(
    environment: Mapping[str, str], project: Path
) -> None:
    _run(
        ["go", "test", "-tags", "live", "-count=1", "./internal/live"],
        project / "clients/go",
        environment,
    )


@pytest.fixture(scope="module")
def application(tmp_path_factory: pytest.TempPathFactory, project: Path) -> Path:
    """The project of the page, made by the commands of the page."""
    folder = tmp_path_factory.mktemp("application")
    commands = re.findall(r"```sh\n(.*?)```", PAGE.read_text(), re.DOTALL)[0]
    subprocess.run(
        ["bash", "-ec", f"export CHAT3={project}\n{commands}"], cwd=folder, check=True, timeout=200
    )
    return folder / "hello-chat3"


def test_the_page_has_programs() -> None:
    assert len(PROGRAMS) == len(EXPECTED)


@pytest.mark.parametrize("place", range(len(EXPECTED)))
def test_a_program_of_the_page_does_what_the_page_says(
    place: int, application: Path, demo: Demo, environment: Mapping[str, str]
) -> None:
    program = PROGRAMS[place].replace("127.0.0.1:50051", f"127.0.0.1:{demo.service}")
    folder = application / f"program{place}"
    folder.mkdir()
    is_test = "testing.T" in program
    (folder / ("main_test.go" if is_test else "main.go")).write_text(program)
    command = ["go", "test", "."] if is_test else ["go", "run", "."]
    assert re.search(EXPECTED[place], _run(command, folder, environment))
