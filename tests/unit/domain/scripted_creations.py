"""tenant-api as far as creations go: it writes in steps, and can be cut between any two."""

import asyncio
import itertools
import json
import random
import re
import time
from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import parse_qs, unquote, urlsplit

from chat3_api.chat3.user.v1 import ErrorReason
from chat3_user.domain.json_order import in_order
from chat3_user.errors import reasons
from chat3_user.tenant_api.answers import PermittedError, in_doubt
from chat3_user.tenant_api.route import Request as Sent

T = TypeVar("T")
Steps = Generator[None, None, None]

DIALOG = "dlg_" + "a" * 20


@dataclass
class Thing:
    """A dialog or a topic, and what was published about it: the event, to whom, with which meta."""

    id: str
    created: float
    meta: dict[str, Any] = field(default_factory=dict)
    members: list[str] = field(default_factory=list)
    messages: int = 0
    events: list[tuple[str, frozenset[str], frozenset[str]]] = field(default_factory=list)

    def emit(self, kind: str, to: list[str]) -> None:
        self.events.append((kind, frozenset(to), frozenset(self.meta)))

    def told_of(self, keys: set[str], *kinds: str) -> set[str]:
        """Return who got an update of one of the kinds that had all of the keys."""
        told = [to for kind, to, had in self.events if kind in kinds and had >= keys]
        return set().union(*told)


class ScriptedCreations:
    """A tenant. ``cuts`` says for each write to come after how many of its steps it is cut.

    With ``pauses`` others come between the steps of a write, by chance.
    """

    def __init__(self, *users: str, ago: float = 30.0, pauses: random.Random | None = None) -> None:
        self.users = set(users)
        self.dialogs: dict[str, Thing] = {}
        self.topics: dict[str, Thing] = {}
        self.members = ["alice", "bob"]
        self.cuts: list[int | None] = []
        self.asked: list[str] = []
        self._ago = ago
        self._numbers = itertools.count()
        self._pauses = pauses

    # What tests ask of it.

    def visible(self) -> list[Thing]:
        return [dialog for dialog in self.dialogs.values() if dialog.members]

    def written(self) -> list[str]:
        return [line for line in self.asked if not line.startswith("GET")]

    def new_topic(self, meta: dict[str, Any] | None = None, *, ago: float | None = None) -> Thing:
        topic = self._new("topic")
        topic.meta = dict(meta or {})
        if ago is not None:
            topic.created = time.time() - ago
        self.topics[topic.id] = topic
        return topic

    # How it writes.

    def _new(self, kind: str) -> Thing:
        return Thing(f"{kind}_{next(self._numbers):020d}", time.time() - self._ago)

    def _dialog(self, dialog: Thing, body: Any) -> Steps:
        self.dialogs[dialog.id] = dialog
        yield
        yield from self._metas(dialog, body["meta"])
        for user in (member["userId"] for member in body["members"]):
            yield from self._member(dialog, user)
        dialog.emit("create", dialog.members)
        yield

    def _member(self, dialog: Thing, user: str) -> Steps:
        if user not in dialog.members:
            dialog.members.append(user)
            yield
            dialog.emit("member.add", dialog.members)
            yield

    def _topic(self, topic: Thing, body: Any) -> Steps:
        self.topics[topic.id] = topic
        yield
        yield from self._metas(topic, body["meta"])
        topic.emit("create", self.members)
        yield

    def _change(self, thing: Thing, meta: dict[str, Any], to: list[str]) -> Steps:
        yield from self._metas(thing, meta)
        thing.emit("changed", to)
        yield

    def _remove(self, dialog: Thing, user: str) -> Steps:
        if user in dialog.members:
            dialog.emit("member.remove", dialog.members)
            yield
            dialog.members = [member for member in dialog.members if member != user]
            yield

    @staticmethod
    def _metas(thing: Thing, meta: dict[str, Any]) -> Steps:
        for key in in_order(meta):
            thing.meta[key] = meta[key]
            yield

    async def _play(self, steps: Steps) -> None:
        cut = self.cuts.pop(0) if self.cuts else None
        if cut != 0:
            for number, _ in enumerate(steps, 1):
                if number == cut:
                    break
                await self._pause()
        if cut is not None:
            raise in_doubt(reasons.upstream_unavailable())

    async def _pause(self) -> None:
        for _ in range(self._pauses.randrange(4) if self._pauses else 0):
            await asyncio.sleep(0)

    # What it answers.

    async def call(self, request: Sent[T]) -> tuple[int, T]:
        await asyncio.sleep(0)
        await self._pause()
        route = request.route
        self.asked.append(route.name)
        url = urlsplit(request.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        parts = [unquote(part) for part in url.path.split("/")][2:]
        if route.reads:
            data = self._read(parts, query)
        else:
            data = await self._write(route.method, parts, json.loads(request.body or b"{}"))
        await self._pause()
        return 200, route.decoder.decode(json.dumps(data).encode())

    def _read(self, parts: list[str], query: dict[str, str]) -> Any:
        wanted = dict(re.findall(r'\(([^,]+),eq,"([^"]*)"\)', query.get("filter", "")))
        rows: list[Any]
        match parts:
            case ["users", user]:
                if user not in self.users:
                    raise reasons.user_not_found(user)
                return {"data": {"userId": user, "type": "user", "createdAt": "1.000000"}}
            case ["meta", "index", _]:
                return {"data": []}
            case ["users", user, "dialogs"]:
                own = [row for row in self.dialogs.values() if row.id == wanted.get("dialogId")]
                rows = [_seen(row, user) for row in own if user in row.members]
            case ["dialogs"]:
                found = [row for row in self.dialogs.values() if _has(row, wanted)]
                rows = [_shown("dialogId", row) for row in found]
            case ["dialogs", dialog_id, "members"]:
                rows = [{"userId": user} for user in self.dialogs[dialog_id].members]
            case ["topics"]:
                topics = sorted(self.topics.values(), key=lambda row: -row.created)
                rows = [_shown("topicId", row) for row in topics if _has(row, wanted)]
            case ["messages"]:
                rows = [_MESSAGE] * self.dialogs[wanted["dialogId"]].messages
            case _:
                raise AssertionError(f"nobody should read {parts}")
        return _page(rows, query)

    async def _write(self, method: str, parts: list[str], body: Any) -> Any:
        match method, *parts:
            case ["POST", "dialogs"]:
                dialog = self._new("dlg")
                await self._play(self._dialog(dialog, body))
                return {"data": _shown("dialogId", dialog)}
            case ["POST", "dialogs", dialog_id, "members", "add"]:
                await self._play(self._member(self.dialogs[dialog_id], body["userId"]))
                return {}
            case ["POST", "dialogs", dialog_id, "members", user, "remove"]:
                await self._play(self._remove(self.dialogs[dialog_id], user))
                return {}
            case ["PUT", "meta", "dialog", dialog_id, key]:
                dialog = self.dialogs[dialog_id]
                await self._play(self._change(dialog, {key: body["value"]}, dialog.members))
                return {}
            case ["POST", "dialogs", "none", "messages"]:
                raise PermittedError(ErrorReason.UPSTREAM_INVALID_RESPONSE, "the key may write")
            case ["POST", "dialogs", _, "topics"]:
                topic = self._new("topic")
                await self._play(self._topic(topic, body))
                return {"data": _shown("topicId", topic)}
            case ["PATCH", "dialogs", _, "topics", topic_id]:
                await self._play(self._change(self.topics[topic_id], body["meta"], self.members))
                return {"data": _shown("topicId", self.topics[topic_id])}
        raise AssertionError(f"nobody should ask {method} {parts}")


_MESSAGE = {"messageId": "msg_" + "a" * 20, "dialogId": DIALOG}


def _has(thing: Thing, wanted: dict[str, str]) -> bool:
    named = {name.removeprefix("meta."): value for name, value in wanted.items() if "meta" in name}
    return all(thing.meta.get(name) == value for name, value in named.items())


def _shown(id_name: str, thing: Thing) -> dict[str, Any]:
    return {id_name: thing.id, "createdAt": f"{thing.created * 1000:.6f}", "meta": thing.meta}


def _seen(dialog: Thing, user: str) -> dict[str, Any]:
    return {
        **_shown("dialogId", dialog),
        "context": {"userId": user},
        "membersCount": len(dialog.members),
    }


def _page(rows: list[Any], query: dict[str, str]) -> dict[str, Any]:
    page, limit = int(query["page"]), int(query["limit"])
    return {
        "data": rows[(page - 1) * limit : page * limit],
        "pagination": {"page": page, "limit": limit, "total": len(rows), "pages": 1},
    }
