"""Keeps the position up to which a stream of updates was printed, in a file when one is named."""

import os
import tempfile
from pathlib import Path


class ResumePoint:
    """The last resume token; what is in the file is what was printed, or a little less."""

    def __init__(self, token: str, path: Path | None) -> None:
        self._path = path
        self.token = token or (_read(path) if path else "")

    @property
    def where(self) -> str:
        """Say for people where the token comes from."""
        return f"the resume token in {self._path}" if self._path else "the resume token"

    def forget(self) -> None:
        """Begin anew, without a token; the file keeps the old one until there is a newer."""
        self.token = ""

    def advance(self, token: str) -> None:
        """Take note of a newer token.

        To be called after its response was printed: whoever is killed between the two sees one
        response again and misses none.
        """
        if not token or token == self.token:
            return
        self.token = token
        if self._path:
            _write(self._path, token)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return ""
    except UnicodeDecodeError as error:
        raise OSError(f"{path} holds no resume token") from error


def _write(path: Path, token: str) -> None:
    # A new file that takes the old one's place: a reader finds the old token or the new one.
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(f"{token}\n")
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
