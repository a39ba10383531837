"""The players: how each is started, from where, and what it needs to be built first."""

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PROJECT: Final = Path(__file__).resolve().parents[2]
_HERE: Final = "tests/scenario"


@dataclass(frozen=True)
class Player:
    """A program that plays: its command, in a folder of the project.

    ``built`` is what has to exist. ``path`` is put before PYTHONPATH. ``checkout`` is the project
    whose player it is, unless this one.
    """

    command: Sequence[str]
    folder: str = "."
    built: str = ""
    path: Sequence[str] = ()

    checkout: Path = PROJECT

    @property
    def missing(self) -> str:
        """What has not been built, if anything."""
        return "" if not self.built or (self.checkout / self.built).exists() else self.built

    def environment(self, more: Mapping[str, str]) -> dict[str, str]:
        """Return the environment to start it in."""
        path = os.pathsep.join(str(self.checkout / each) for each in self.path)
        return {**os.environ, **({"PYTHONPATH": path} if path else {}), **more}


PLAYERS: Final[Mapping[str, Player]] = {
    "reference": Player(
        (sys.executable, f"{_HERE}/reference_player.py"), path=("tests", "gen/python")
    ),
    "cli": Player(
        (sys.executable, f"{_HERE}/cli_player.py"),
        path=("tests", "gen/python", "cli", "clients/python"),
    ),
    "python": Player(
        (sys.executable, "-m", "player"),
        folder="clients/python",
        built="clients/python/player/__main__.py",
    ),
    "typescript": Player(
        ("node", "build/player/main.js"),
        folder="clients/typescript",
        built="clients/typescript/build/player/main.js",
    ),
    "go": Player(("./player",), folder="clients/go", built="clients/go/player"),
}
