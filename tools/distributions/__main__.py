"""Builds the distributions, and keeps what they have in common; `mk/packages.mk` calls it.

python -m distributions build FOLDER         write sdists and wheels into FOLDER
python -m distributions reproduce FOLDER     build them again and compare with those in FOLDER
python -m distributions version [VERSION]    print the version, or write it everywhere
python -m distributions notes TAG            print what the changelog says of a release
python -m distributions requirements         print what all of them need of others
python -m distributions dependencies         the same, by name alone
"""

import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from distributions.building import BuildError, build, check_reproducible, epoch, sums
from distributions.project import runtime_names, runtime_requirements
from distributions.release import release_notes
from distributions.versions import disagreements, version, write_version

ROOT: Final = Path(__file__).resolve().parents[2]


def main(arguments: Sequence[str]) -> int:
    """Run one of the commands; return 1 when it fails, 2 for a command line that is none."""
    try:
        return _run(arguments)
    except (BuildError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1


def _run(arguments: Sequence[str]) -> int:
    match arguments:
        case ["build", folder]:
            _build(Path(folder))
        case ["reproduce", folder]:
            with tempfile.TemporaryDirectory() as scratch:
                check_reproducible(ROOT, Path(folder), epoch(ROOT), Path(scratch))
            print(
                f"{len(sums(Path(folder)))} files are built alike elsewhere, wheels from sdists too"
            )
        case ["version"]:
            if wrong := disagreements(ROOT):
                raise ValueError("\n".join(wrong))
            print(version(ROOT))
        case ["version", wanted]:
            print(*write_version(ROOT, wanted), sep="\n")
        case ["notes", tag]:
            print(release_notes(ROOT, tag))
        case ["requirements"]:
            print(*runtime_requirements(ROOT), sep="\n")
        case ["dependencies"]:
            print(*runtime_names(ROOT), sep="\n")
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    return 0


def _build(target: Path) -> None:
    shutil.rmtree(target, ignore_errors=True)
    build(ROOT, target, epoch(ROOT))
    for name, digest in sums(target).items():
        print(f"{digest}  {name}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
