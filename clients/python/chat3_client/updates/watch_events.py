"""What a stream of many users hands out, and where its resume tokens are kept."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import quote

from chat3_api.chat3.user.v1 import ResumeOutcome, Update
from chat3_client.updates.events import Connected, Disconnected, Gap, StateChanged
from chat3_client.updates.resume import FileStore

_LONGEST_NAME: Final = 200
"""Of the 255 bytes that file systems allow: a new file has a longer name until it is complete."""


class UserStore(Protocol):
    """Keeps a resume token for each user."""

    async def load(self, user_id: str) -> str:
        """Return a user's last token; empty when there is none."""

    async def save(self, user_id: str, token: str) -> None:
        """Keep a token: everything before it was dealt with."""


class MemoryUserStore:
    """Keeps the tokens for as long as the process runs."""

    def __init__(self, tokens: Mapping[str, str] | None = None) -> None:
        self.tokens = dict(tokens or {})

    async def load(self, user_id: str) -> str:
        """Return the token."""
        return self.tokens.get(user_id, "")

    async def save(self, user_id: str, token: str) -> None:
        """Keep the token."""
        self.tokens[user_id] = token


class FolderStore:
    """Keeps the tokens in a folder, which is made: a file for each user, as `FileStore` keeps it.

    A file is written for each update and each heartbeat of a user: for thousands of users, keep the
    tokens in a database.
    """

    def __init__(self, path: str | Path, *, durable: bool = True) -> None:
        self._path = Path(path)
        self._durable = durable
        self._stores: dict[str, FileStore] = {}

    async def load(self, user_id: str) -> str:
        """Return the token; empty when there is no file.

        Raises `OSError`.
        """
        return await self._store(user_id).load()

    async def save(self, user_id: str, token: str) -> None:
        """Write the token.

        Raises `OSError`.
        """
        await self._store(user_id).save(token)

    def _store(self, user_id: str) -> FileStore:
        if user_id not in self._stores:
            path = self._path / _file_name(user_id)
            self._stores[user_id] = FileStore(path, durable=self._durable)
        return self._stores[user_id]


def _file_name(user_id: str) -> str:
    """Return a name that the file of no other user has."""
    name = quote(user_id, safe="")
    if len(name) > _LONGEST_NAME:
        name = "#" + hashlib.sha256(user_id.encode()).hexdigest()  # no id is quoted so
    return f"{name}.token"


@dataclass(frozen=True, slots=True)
class Watched:
    """A user's updates follow from now on, or go on."""

    user_id: str
    outcome: ResumeOutcome


@dataclass(frozen=True, slots=True)
class Unwatched:
    """A user is watched no longer: not found, deleted, or refused."""

    user_id: str
    reason: str
    """The name of an `ErrorReason`."""
    text: str = ""


WatchEvent = Connected | Watched | Unwatched | Update | Gap | Disconnected | StateChanged
"""What a stream of many users hands out; `Gap.user_id` and `Update.user_id` say whose it is."""
