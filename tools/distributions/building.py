"""Builds sdists and wheels, and shows that what is built depends on nothing but its sources."""

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Final

from hatchling.builders.utils import get_reproducible_timestamp

from distributions.project import distributions

_NOT_COPIED: Final = shutil.ignore_patterns(
    *(".git", ".venv*", ".*_cache", ".hypothesis", "__pycache__", "node_modules"),
    *("var", "dist", "build"),
)
_ANOTHER_TIME: Final = 1_000_000_000
_ANOTHER_ENVIRONMENT: Final = {"TZ": "Pacific/Kiritimati", "LC_ALL": "C", "PYTHONHASHSEED": "7"}


class BuildError(Exception):
    """A build failed, or gave other files than it must."""


def epoch(root: Path) -> str:
    """Return the time that all files of a build get, in seconds since 1970.

    It is SOURCE_DATE_EPOCH, else the time of the commit, else the builder's own constant.
    """
    given = os.environ.get("SOURCE_DATE_EPOCH")
    if given:
        return given
    git = ["git", "-C", str(root), "log", "-1", "--pretty=%ct"]
    try:
        return subprocess.run(git, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return str(get_reproducible_timestamp())


def build(root: Path, target: Path, when: str) -> None:
    """Write the sdist and the wheel of every distribution at ``root`` into ``target``.

    Raises `BuildError` with what the builder said.
    """
    for each in distributions(root):
        _run_builder(each.folder, target, {"SOURCE_DATE_EPOCH": when})


def _run_builder(
    source: Path, target: Path, environment: dict[str, str], *options: str, umask: int = 0o022
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-d", str(target.resolve()), *options],
        cwd=source,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        umask=umask,
        check=False,
    )
    if done.returncode:
        raise BuildError(f"{source}:\n{done.stdout}{done.stderr}")


def check_reproducible(root: Path, built: Path, when: str, scratch: Path) -> None:
    """Build again elsewhere, under other circumstances, and each wheel once more from its sdist.

    Raises `BuildError` that names the files which differ from those in ``built``.
    """
    copy, again, from_sdists = scratch / "a folder" / "elsewhere", scratch / "1", scratch / "2"
    shutil.copytree(root, copy, ignore=_NOT_COPIED)
    for path in copy.rglob("*"):
        os.utime(path, (_ANOTHER_TIME, _ANOTHER_TIME))
    stamp = {"SOURCE_DATE_EPOCH": when}
    for each in distributions(copy):
        _run_builder(each.folder, again, {**_ANOTHER_ENVIRONMENT, **stamp}, umask=0o077)
        with tarfile.open(built / each.sdist) as archive:
            archive.extractall(scratch, filter="data")
        _run_builder(scratch / each.stem, from_sdists, stamp, "-t", "wheel")
    _compare(sums(built), {"built elsewhere": sums(again), "from its sdist": sums(from_sdists)})


def _compare(first: dict[str, str], others: dict[str, dict[str, str]]) -> None:
    differing = [
        f"{name}, {how}, is another file"
        for how, other in others.items()
        for name, digest in other.items()
        if first.get(name) != digest
    ]
    missing = first.keys() - others["built elsewhere"].keys()
    differing += [f"{name} is not built elsewhere" for name in sorted(missing)]
    if differing:
        raise BuildError("\n".join(differing))


def sums(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every distribution file in ``folder``, by name."""
    files = sorted([*folder.glob("*.whl"), *folder.glob("*.tar.gz")])
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
