"""Environments that hold what pip installed there and nothing else, not even pip."""

import json
import os
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path

ISOLATED = {
    name: value
    for name, value in os.environ.items()
    # How pip reaches an index is the machine's affair; nothing else of this process counts.
    if name.startswith(("PIP_", "SSL_", "UV_")) or name in {"HTTPS_PROXY", "https_proxy"}
} | {"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8"}


def pip(*arguments: str | Path, **environment: str) -> str:
    """Run pip and return its output; what went wrong is shown."""
    done = subprocess.run(
        [sys.executable, "-m", "pip", "--disable-pip-version-check", *map(str, arguments)],
        env={**ISOLATED, "HOME": os.environ.get("HOME", "/"), **environment},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


@dataclass(frozen=True, slots=True)
class Packages:
    """The built distributions, which pip takes in place of an index's of the same name."""

    dist: Path

    @property
    def names(self) -> dict[str, Path]:
        """The wheels, by the distribution's name."""
        found = self.dist.glob("*.whl")
        return {wheel.name.partition("-")[0].replace("_", "-"): wheel for wheel in found}

    @property
    def sdists(self) -> list[Path]:
        return sorted(self.dist.glob("*.tar.gz"))

    @property
    def epoch(self) -> str:
        """The SOURCE_DATE_EPOCH of the build."""
        with tarfile.open(self.sdists[0]) as archive:
            return str(int(archive.getmembers()[0].mtime))

    def constraints(self, folder: Path) -> Path:
        """Write what makes pip take the wheels."""
        path = folder / "constraints.txt"
        lines = (f"{name} @ {wheel.as_uri()}\n" for name, wheel in self.names.items())
        path.write_text("".join(lines))
        return path


@dataclass(frozen=True, slots=True)
class Environment:
    """One virtual environment."""

    folder: Path
    packages: Packages

    @classmethod
    def create(cls, interpreter: str, folder: Path, packages: Packages) -> "Environment":
        """Make one with nothing in it."""
        command = [interpreter, "-m", "venv", "--without-pip", folder]
        subprocess.run(command, check=True, env=ISOLATED, timeout=60)
        return cls(folder, packages)

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    def pip(self, *arguments: str | Path) -> str:
        return pip("--python", self.python, *arguments)

    def install(self, *requirements: str) -> None:
        """Install as a user does, who names a distribution: all else follows from its metadata."""
        constraints = self.packages.constraints(self.folder)
        self.pip("install", "--constraint", constraints, *requirements)

    def installed(self) -> dict[str, str]:
        """Return the versions of what is installed, by name."""
        found = json.loads(self.pip("list", "--format=json"))
        return {each["name"].lower().replace("_", "-"): each["version"] for each in found}

    def run(self, command: str, *arguments: str, **environment: str) -> str:
        """Run one of the environment's commands and return what it prints."""
        done = subprocess.run(
            [self.folder / "bin" / command, *arguments],
            env={**ISOLATED, "HOME": str(self.folder), **environment},
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        return done.stdout
