"""Empty environments, each made once for an interpreter: `environments("cli", "chat3-cli")`."""

import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from packages.empty_environment import Environment, Packages

Environments = Callable[..., Environment]


def interpreters() -> dict[str, str]:
    """Return the interpreters to install for by name, all that the machine has where none is named.

    A command may be a version manager's, for a version that it does not have.
    """
    named = os.environ.get("PACKAGE_PYTHONS", "").split()
    known = [f"python3.{minor}" for minor in range(11, 15)]
    found = {name: located(name) for name in named or known}
    assert all(found[name] for name in named), f"not all of {named} are here"
    return {name: path for name, path in found.items() if path}


def located(command: str) -> str:
    """Return the path of an interpreter, nothing when there is none."""
    if shutil.which(command) is None:
        return ""
    asked = [command, "-c", "import sys; print(sys.executable)"]
    done = subprocess.run(asked, capture_output=True, text=True, timeout=30, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""


@pytest.fixture(scope="session")
def packages() -> Packages:
    return Packages(Path(os.environ["DIST"]).resolve())


@pytest.fixture(scope="session", params=interpreters().items(), ids=lambda each: each[0])
def environments(
    request: pytest.FixtureRequest, packages: Packages, tmp_path_factory: pytest.TempPathFactory
) -> Environments:
    """Return the environment of a name; when it is new, with what is named after it installed."""
    folder = tmp_path_factory.mktemp("environments")
    made: dict[str, Environment] = {}

    def environment(name: str, *requirements: str) -> Environment:
        if name not in made:
            made[name] = Environment.create(request.param[1], folder / name, packages)
            if requirements:
                made[name].install(*requirements)
        return made[name]

    return environment


@dataclass(frozen=True, slots=True)
class Production:
    """What production installs: the lock, and then the wheels alone."""

    environment: Environment
    locked: dict[str, str]
    """What the lock installed, before the wheels came."""


@pytest.fixture(scope="session")
def production(environments: Environments, packages: Packages, project: Path) -> Production:
    environment = environments("production")
    lock = project / "requirements-production.lock"
    environment.pip("install", "--require-hashes", "--only-binary=:all:", "--requirement", lock)
    locked = environment.installed()
    environment.pip("install", "--no-deps", *packages.names.values())
    return Production(environment, locked)
