"""People, dialogs and messages for behaviour tests, made through the API under test."""

from __future__ import annotations

import asyncio
import secrets
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from contract_target import Reply, Target


class World:
    """Makes what a test needs, under names that no other run has used on this server."""

    def __init__(self, api: Target) -> None:
        self.api = api
        self._suffix = secrets.token_hex(4)

    def name(self, name: str) -> str:
        return f"{name}_{self._suffix}"

    async def user(self, name: str, **fields: Any) -> str:
        user_id = self.name(name)
        reply = await self.api.call("POST", "/api/users", {"userId": user_id, **fields})
        assert reply.status == 201, reply
        return user_id

    async def dialog(self, *members: str, meta: dict[str, Any] | None = None) -> str:
        body: dict[str, Any] = {"members": [{"userId": member} for member in members]}
        if meta is not None:
            body["meta"] = meta
        reply = await self.api.call("POST", "/api/dialogs", body)
        assert reply.status == 201, reply
        return str(reply.json["data"]["dialogId"])

    async def post(self, dialog: str, sender: str, content: str = "hi", **fields: Any) -> Reply:
        body = {"senderId": sender, "content": content, **fields}
        return await self.api.call("POST", f"/api/dialogs/{dialog}/messages", body)

    async def message(self, dialog: str, sender: str, content: str = "hi", **fields: Any) -> str:
        reply = await self.post(dialog, sender, content, **fields)
        assert reply.status == 201, reply
        return str(reply.json["data"]["messageId"])

    async def messages(self, user: str, dialog: str, **query: str) -> list[str]:
        """Return the texts of a user's messages in the order of the answer."""
        reply = await self.api.call("GET", self.path(user, dialog) + _query(query))
        assert reply.status == 200, reply
        return [message["content"] for message in reply.json["data"]]

    async def dialogs(self, user: str, **query: str) -> list[dict[str, Any]]:
        reply = await self.api.call("GET", f"/api/users/{user}/dialogs" + _query(query))
        assert reply.status == 200, reply
        return list(reply.json["data"])

    async def titles(self, user: str, **query: str) -> list[str]:
        """Return the titles of a user's dialogs in the order of the answer."""
        return [dialog["meta"]["title"] for dialog in await self.dialogs(user, **query)]

    async def status(self, user: str, dialog: str, message: str, status: str) -> Reply:
        path = self.path(user, dialog, message) + f"/status/{status}"
        return await self.api.call("POST", path)

    async def react(
        self, user: str, dialog: str, message: str, reaction: str, action: str = "set"
    ) -> Reply:
        path = self.path(user, dialog, message) + f"/reactions/{action}"
        return await self.api.call("POST", path, {"reaction": reaction})

    async def unread(self, user: str) -> int:
        """Return the unread count of the user's only dialog."""
        (dialog,) = await self.dialogs(user)
        return int(dialog["context"]["unreadCount"])

    async def eventually(self, read: Callable[[], Awaitable[Any]], expected: Any) -> None:
        """Wait until a value that the platform computes late is as expected."""
        deadline = time.monotonic() + self.api.patience
        pause = 0.01
        while (found := await read()) != expected and time.monotonic() < deadline:
            await asyncio.sleep(pause)
            pause = min(2 * pause, 1.0)
        assert found == expected

    @staticmethod
    def path(user: str, dialog: str, message: str | None = None) -> str:
        """Return the path of a user's messages, or of one of them."""
        path = f"/api/users/{quote(user, safe='')}/dialogs/{dialog}/messages"
        return path if message is None else f"{path}/{message}"


def _query(query: dict[str, str]) -> str:
    return "?" + "&".join(f"{name}={quote(value, safe='')}" for name, value in query.items())
