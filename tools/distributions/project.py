"""The distributions as their `pyproject.toml` say: folder, name, version, dependencies."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

FOLDERS: Final = ("codec", "gen/python", "cli", "clients/python", "embedded", ".")
"""Where the distributions are, each after those it depends on. The last one says the version."""

OF_PEOPLE: Final = ("keyring",)
"""What people at their own machine may want, and no machine of production installs."""

_NAME: Final = re.compile(r"[A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True)
class Distribution:
    """What one `pyproject.toml` says."""

    folder: Path
    name: str
    version: str
    requirements: tuple[str, ...]
    """What it depends on, extras included, as written."""
    builder: tuple[str, ...]
    """What builds it."""

    @property
    def stem(self) -> str:
        """The beginning of its files' names."""
        return f"{self.name.replace('-', '_')}-{self.version}"

    @property
    def wheel(self) -> str:
        """The name of its wheel, which every Python 3 can install."""
        return f"{self.stem}-py3-none-any.whl"

    @property
    def sdist(self) -> str:
        """The name of its source distribution."""
        return f"{self.stem}.tar.gz"


def distributions(root: Path) -> list[Distribution]:
    """Return all distributions of the repository at ``root``."""
    return [_read(root / folder) for folder in FOLDERS]


def _read(folder: Path) -> Distribution:
    settings: dict[str, Any] = tomllib.loads((folder / "pyproject.toml").read_text())
    project = settings["project"]
    extras = project.get("optional-dependencies", {})
    return Distribution(
        folder,
        project["name"],
        project["version"],
        (*project["dependencies"], *(each for extra in extras.values() for each in extra)),
        tuple(settings["build-system"]["requires"]),
    )


def runtime_requirements(root: Path) -> list[str]:
    """Return what all distributions together need of others in production, in order, each once."""
    found = distributions(root)
    others = {each.name for each in found} | set(OF_PEOPLE)
    wanted = {line for each in found for line in each.requirements if name_of(line) not in others}
    return sorted(wanted, key=str.lower)


def name_of(requirement: str) -> str:
    """Return the name of the distribution that a requirement begins with."""
    name = _NAME.match(requirement)
    if name is None:
        raise ValueError(f"no requirement: {requirement!r}")
    return name[0]


def runtime_names(root: Path) -> Iterator[str]:
    """Yield the names of `runtime_requirements`."""
    yield from dict.fromkeys(map(name_of, runtime_requirements(root)))
