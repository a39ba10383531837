"""What a stream of many users hands out, and where its resume tokens are kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from chat3_api.chat3.user.v1 import ResumeOutcome, Update
from chat3_client.updates.events import Disconnected, Gap, StateChanged


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


WatchEvent = Watched | Unwatched | Update | Gap | Disconnected | StateChanged
"""What a stream of many users hands out; `Gap.user_id` and `Update.user_id` say whose it is."""
