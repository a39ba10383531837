"""Stores and token sources with ordinary functions, for the clients without asyncio.

Each call of one is made in a thread beside the event loop, which it may keep waiting.
"""

import asyncio
import inspect
from collections.abc import Callable
from typing import Any, Protocol

from chat3_client.identity import TokenSource, UserToken
from chat3_client.updates import resume, watch_events


class BlockingResumeStore(Protocol):
    """Keeps the resume token of one stream, as `chat3_client.ResumeStore`."""

    def load(self) -> str:
        """Return the last token; empty when there is none."""

    def save(self, token: str) -> object:
        """Keep a token: everything before it was dealt with. An empty one forgets the last."""


class BlockingUserStore(Protocol):
    """Keeps a resume token for each user, as `chat3_client.UserStore`."""

    def load(self, user_id: str) -> str:
        """Return a user's last token; empty when there is none."""

    def save(self, user_id: str, token: str) -> object:
        """Keep a token: everything before it was dealt with."""


BlockingTokenSource = Callable[[], UserToken]
"""Gets a new token, as `chat3_client.TokenSource`."""

AnyResumeStore = resume.ResumeStore | BlockingResumeStore
AnyUserStore = watch_events.UserStore | BlockingUserStore
AnyTokenSource = TokenSource | BlockingTokenSource


class _ResumeStore:
    def __init__(self, store: AnyResumeStore) -> None:
        self._store = store

    async def load(self) -> str:
        found: str = await _called(self._store.load)
        return found

    async def save(self, token: str) -> None:
        await _called(self._store.save, token)


class _UserStore:
    def __init__(self, store: AnyUserStore) -> None:
        self._store = store

    async def load(self, user_id: str) -> str:
        found: str = await _called(self._store.load, user_id)
        return found

    async def save(self, user_id: str, token: str) -> None:
        await _called(self._store.save, user_id, token)


def resume_store(store: AnyResumeStore) -> resume.ResumeStore:
    """Return the store as a stream wants it."""
    return _ResumeStore(store)


def user_store(store: AnyUserStore) -> watch_events.UserStore:
    """Return the store as a stream of many users wants it."""
    return _UserStore(store)


def token_source(source: AnyTokenSource) -> TokenSource:
    """Return the source as a client wants it."""

    async def ask() -> UserToken:
        found: UserToken = await _called(source)
        return found

    return ask


async def _called(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function in a thread, or a coroutine function here."""
    if inspect.iscoroutinefunction(function):
        return await function(*arguments)
    found = await asyncio.to_thread(function, *arguments)
    return await found if inspect.isawaitable(found) else found
