"""Where resume tokens are kept, so that a stream goes on where the application left off."""

import asyncio
import os
import tempfile
import threading
from pathlib import Path
from typing import Protocol


class ResumeStore(Protocol):
    """Keeps the resume token of one stream."""

    async def load(self) -> str:
        """Return the last token; empty when there is none."""

    async def save(self, token: str) -> None:
        """Keep a token: everything before it was dealt with. An empty one forgets the last."""


class MemoryStore:
    """Keeps the token for as long as the process runs."""

    def __init__(self, token: str = "") -> None:
        self.token = token

    async def load(self) -> str:
        """Return the token."""
        return self.token

    async def save(self, token: str) -> None:
        """Keep the token."""
        self.token = token


class FileStore:
    """Keeps the token in a file of its own, which is never half-written; its folder is made.

    A crash leaves the old token or the new one. ``durable`` makes that true for a loss of power as
    well, at the price of a few milliseconds for each update.
    """

    def __init__(self, path: str | Path, *, durable: bool = True) -> None:
        self._path = Path(path)
        self._durable = durable
        self._lock = threading.Lock()
        self._wanted = self._written = 0

    async def load(self) -> str:
        """Return the token; empty when there is no file.

        Raises `OSError` when the file cannot be read or holds something else: to begin without a
        token would skip updates silently.
        """
        return await asyncio.to_thread(self._read)

    async def save(self, token: str) -> None:
        """Write the token.

        Raises `OSError`.
        """
        self._wanted += 1
        await asyncio.to_thread(self._write_in_order, self._wanted, token)

    def _read(self) -> str:
        try:
            text = self._path.read_bytes()
        except FileNotFoundError:
            return ""
        token = text.strip()
        if not token or not token.isascii() or b"\n" in token or b" " in token:
            raise OSError(f"{self._path} holds no resume token")
        return token.decode("ascii")

    def _write_in_order(self, number: int, token: str) -> None:
        """Write, unless a later token was faster: who waits for a write may be cancelled."""
        with self._lock:
            if number > self._written:
                self._write(token)
                self._written = number

    def _write(self, token: str) -> None:
        if not token:
            self._path.unlink(missing_ok=True)
            return
        descriptor, name = self._new_file()
        try:
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(f"{token}\n")
                file.flush()
                if self._durable:
                    os.fsync(file.fileno())
            Path(name).replace(self._path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise

    def _new_file(self) -> tuple[int, str]:
        folder, prefix = self._path.parent, f".{self._path.name}."
        try:
            return tempfile.mkstemp(dir=folder, prefix=prefix)
        except FileNotFoundError:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            return tempfile.mkstemp(dir=folder, prefix=prefix)
