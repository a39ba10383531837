"""Says where a command goes on, and keeps the place up to which it has printed."""

from pathlib import Path

from chat3_client import FileStore


class ResumePoint:
    """A resume token that is given, else the one in a file, which then gets the later ones.

    A `ResumeStore`. What is in the file is what was printed, or a little less.
    """

    def __init__(self, token: str, path: Path | None) -> None:
        self._given = token
        self._file = FileStore(path, durable=False) if path else None
        self._begins = path is not None and path.is_file() and not path.stat().st_size
        self.where = f"the resume token in {path}" if path else "the resume token"
        """Where the token comes from, for people."""

    async def load(self) -> str:
        """Return the token; empty when there is none.

        An empty file holds none yet. Raises `OSError` for a file that holds something else.
        """
        if self._given or self._file is None or self._begins:
            return self._given
        return await self._file.load()

    async def save(self, token: str) -> None:
        """Keep a newer token. The file keeps a refused one until there is a newer one.

        Raises `OSError`.
        """
        if token and self._file:
            await self._file.save(token)
