"""A served double for tests of writes: three people in a dialog, a message to quote."""

from __future__ import annotations

from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

import aiohttp
import msgspec

from chat3_embedded import Settings, Store, serve

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

TENANT = "tnt_a"
HEADERS = {"X-API-Key": "key", "X-Tenant-Id": TENANT}
META = {"key": "k", "b": 2, "a": 1}


class Platform:
    """A served double, three people in a dialog, a message to quote; asked over HTTP."""

    def __init__(self, url: str, store: Store) -> None:
        self.url = url
        self.store = store
        if store.add_tenant(TENANT) is not None:
            store.add_key("key")
            store.add_dialog(TENANT, ["alice", "bob", "carl"], dialog_id="dlg_" + "a" * 20)
            store.add_message(TENANT, self.dialog, "bob", "old", message_id="msg_" + "q" * 20)
        self.quoted = "msg_" + "q" * 20

    @property
    def dialog(self) -> str:
        return "dlg_" + "a" * 20

    async def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any] | None:
        """Return status and body; None when the connection was cut."""
        # A tenant is made outside of any.
        headers = {k: v for k, v in HEADERS.items() if path != "/api/tenants" or k != "X-Tenant-Id"}
        async with aiohttp.ClientSession(headers=headers) as session:
            # Else it repeats a cut PUT by itself.
            session._retry_connection = False
            with suppress(aiohttp.ServerDisconnectedError, aiohttp.ClientOSError):
                async with session.request(method, self.url + path, json=body) as answer:
                    return answer.status, msgspec.json.decode(await answer.read() or b"null")
        return None

    async def send(self, content: str = "new", **more: Any) -> tuple[int, Any] | None:
        body = {"senderId": "alice", "content": content, **more}
        return await self.ask("POST", f"/api/dialogs/{self.dialog}/messages", body)

    async def send_all(self) -> tuple[int, Any] | None:
        return await self.send(meta=META, quotedMessageId=self.quoted)

    def written(self) -> list[Any]:
        where = {"tenantId": TENANT, "dialogId": self.dialog}
        return [m for m in self.store.messages.page(where) if m.message_id != self.quoted]

    def updates(self) -> list[dict[str, Any]]:
        """Return what was published, which must be kept for this."""
        return [msgspec.json.decode(update.body) for update in self.store.outgoing.kept()]


@asynccontextmanager
async def platform(store: Store, **settings: Any) -> AsyncIterator[Platform]:
    """Serve; on leaving, everything is counted and published."""
    settings = {"guard_window": 0.0, "keep_updates": True, "counter_delay": 0.0} | settings
    async with serve(store=store, settings=Settings(**settings)) as url:
        yield Platform(url, store)
