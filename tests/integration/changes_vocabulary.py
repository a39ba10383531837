"""A dialog on a platform that can be cut in the middle of a change, and a service before it."""

import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from idempotency_vocabulary import CutOnce, Lossy, lossy_platform, service
from integration_vocabulary import Caller, Client

from chat3_embedded.settings import Settings
from chat3_embedded.store.records import Message, Topic
from chat3_embedded.updates import UNREAD_FIELDS
from support.gateway import TENANT

MEMBERS = ("alice", "bob", "carol")
MAY_REMOVE = "key-rwd"


@dataclass(frozen=True)
class Scene:
    """A dialog with two messages of some time ago, hers and bob's, and two topics."""

    lossy: Lossy
    cut: CutOnce
    client: Client
    dialog: str
    message: str
    topics: tuple[str, str]

    @property
    def alice(self) -> Caller:
        return self.client.as_user("alice", key=MAY_REMOVE)

    @property
    def back_end(self) -> Caller:
        return self.client.with_metadata({"x-api-key": MAY_REMOVE, "x-tenant-id": TENANT})

    @property
    def its_message(self) -> dict[str, Any]:
        return {"dialog_id": self.dialog, "message_id": self.message, "idempotency_key": "k"}

    @property
    def any_message(self) -> dict[str, Any]:
        return {"message_id": self.message, "idempotency_key": "k"}

    @property
    def now(self) -> Message:
        message = self.lossy.store.messages.get(TENANT, self.message)
        assert message is not None
        return message

    @property
    def members(self) -> list[str]:
        return [row.user_id for row in self.lossy.store.members.of_dialog(TENANT, self.dialog)]

    def meta(self, kind: str, thing: str) -> dict[str, Any]:
        meta = self.lossy.store.meta.of(TENANT, kind, thing)
        return {key: value for key, value in meta.items() if not key.startswith("chat3_")}

    async def published(self) -> list[dict[str, Any]]:
        """Return the updates of what happened; those of counters are none of them."""
        await self.lossy.relayed()
        bodies = [json.loads(update.body) for update in self.lossy.store.outgoing.kept()]
        return [body for body in bodies if not _counts(body["data"])]


def _counts(data: dict[str, Any]) -> bool:
    return "stats" in data.get("user", {}) or data["context"]["updatedFields"] == [*UNREAD_FIELDS]


@asynccontextmanager
async def scene(version: str) -> AsyncIterator[Scene]:
    cut = CutOnce()
    settings = Settings(platform=version, after_step=cut, keep_updates=True)
    async with lossy_platform(settings) as lossy, service(lossy) as client:
        store = lossy.store
        store.add_key(MAY_REMOVE, ("read", "write", "delete"))
        dialog = lossy.dialog(*MEMBERS)
        for name in ("dora", "eve"):
            store.add_user(TENANT, name)
        ago = (time.time() - 60) * 1000
        topics = tuple("topic_" + letter * 20 for letter in "ab")
        for topic in topics:
            store.dialogs.add_topic(Topic(TENANT, topic, dialog, ago))
        store.add_message(TENANT, dialog, "bob", "hello", created_at=ago)
        message = store.add_message(
            TENANT, dialog, "alice", "one", created_at=ago, topic_id=topics[0]
        )
        for kind, thing in (("dialog", dialog), ("topic", topics[0]), ("user", "alice")):
            store.meta.put(TENANT, kind, thing, "old", 1)
            store.meta.put(TENANT, kind, thing, "older", 1)
        yield Scene(lossy, cut, client, dialog, message.message_id, (topics[0], topics[1]))
