"""tenant-api as far as changes go: one dialog with a message, members, meta and what is read."""

import json
import re
import time
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar
from urllib.parse import parse_qs, unquote, urlsplit

from chat3_user.errors import CallError, reasons
from chat3_user.idempotency import Earlier
from chat3_user.tenant_api.answers import (
    NoTopicToClearError,
    TopicTakenError,
    UnknownRouteError,
    in_doubt,
)
from chat3_user.tenant_api.route import Request as Sent
from chat3_user.validation import Identity

T = TypeVar("T")

ALICE = Identity("key", "tnt_one", "alice")
DIALOG = "dlg_" + "a" * 20
MESSAGE = "msg_" + "a" * 20
KEY = "c0ffee"
AGE = 60.0
"""How long ago attempts began; times in tests are seconds since then."""


def earlier(age: float | None = AGE, *, settled: bool = True) -> Earlier:
    return Earlier(KEY, 86_400.0, age, settled)


@dataclass
class ScriptedChanges:
    """Times are seconds since the attempts began; ``cuts`` are the writes to come that are cut.

    A write is cut before it is done or after, as `False` or `True` says; None lets it pass.
    """

    content: str = "one"
    versions: list[tuple[str, float]] = field(default_factory=list)
    """The texts that were replaced and when, oldest first."""
    keeps_versions: bool = True
    edited: float | None = None
    deleted: float | None = None
    topic: str | None = None
    sender: str = "alice"
    message_meta: dict[str, Any] = field(default_factory=dict)
    members: dict[str, float] = field(default_factory=lambda: {"alice": -9e3, "bob": -9e3})
    meta: dict[str, Any] = field(default_factory=dict)
    seen: float | None = None
    messages: list[tuple[str, float]] = field(default_factory=list)
    """Others in the dialog, by sender and time, oldest first."""
    cuts: list[bool | None] = field(default_factory=list)
    refusals: list[CallError | None] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    bodies: list[Any] = field(default_factory=list)
    pack: "dict[str, ScriptedChanges]" = field(default_factory=dict)
    """The dialogs of a pack, of which this is the platform."""
    moved_by_others: list[str | None] = field(default_factory=list)
    """Where somebody else has moved the message before each of the writes to come."""

    @cached_property
    def began(self) -> float:
        """When the attempts began, in Unix seconds: `AGE` before this is first asked for."""
        return time.time() - AGE

    def written(self) -> list[str]:
        return [line for line in self.asked if not line.startswith("GET")]

    def ms(self, at: float) -> float:
        return (self.began + at) * 1000

    async def call(self, request: Sent[T]) -> tuple[int, T]:
        route = request.route
        self.asked.append(route.name)
        url = urlsplit(request.path)
        parts = [unquote(part) for part in url.path.split("/")][2:]
        at = next((dialog for id_, dialog in self.pack.items() if id_ in request.path), self)
        if route.reads:
            query = {name: values[0] for name, values in parse_qs(url.query).items()}
            status, data = 200, at._read(parts, query)
        else:
            status, data = at._write(route.method, parts, json.loads(request.body or b"{}"))
        return status, route.decoder.decode(json.dumps(data).encode())

    def _read(self, parts: list[str], query: dict[str, str]) -> Any:
        match parts:
            case ["users", _, "dialogs", _, "messages", _]:
                return {"data": self._message()}
            case ["messages", _, "versions"]:
                if not self.keeps_versions:
                    gone = reasons.upstream_invalid_response("GET")
                    raise UnknownRouteError(gone.reason, gone.message)
                return {"data": [*reversed([*map(self._version, enumerate(self.versions, 1))])]}
            case ["dialogs", _, "members"]:
                rows = [
                    {"userId": user, "createdAt": self.ms(at)} for user, at in self.members.items()
                ]
            case ["meta", _, _]:
                return {"data": self.meta}
            case ["users", user, "dialogs"]:
                seen = {} if self.seen is None else {"lastSeenAt": self.ms(self.seen)}
                (dialog,) = re.findall('"(.*)"', query["filter"])
                context = {"userId": user, "joinedAt": 1, **seen}
                rows = [{"dialogId": dialog, "context": context}]
            case ["users", _, "packs", _, "dialogs"]:
                rows = [{"dialogId": dialog} for dialog in self.pack]
            case ["users", _, "dialogs", _, "messages"]:
                assert query["sort"] == "(createdAt,asc)"
                found = re.fullmatch(
                    r'\(createdAt,gt,(\d+)\)(?:&\(senderId,ne,"([^"]+)"\))?', query["filter"]
                )
                assert found is not None
                rows = [
                    {**self._message(), "senderId": sender, "createdAt": self.ms(at)}
                    for sender, at in self.messages
                    if self.ms(at) > int(found[1]) and sender != found[2]
                ]
            case _:
                raise AssertionError(f"nobody should read {parts}")
        return _page(rows, query)

    def _write(self, method: str, parts: list[str], body: Any) -> tuple[int, Any]:
        refusal = self.refusals.pop(0) if self.refusals else None
        if refusal is not None:
            raise refusal
        if self.moved_by_others:
            self.topic = self.moved_by_others.pop(0)
        cut = self.cuts.pop(0) if self.cuts else None
        if cut is False:
            raise in_doubt(reasons.upstream_unavailable())
        answer = self._done(method, parts, body)
        self.bodies.append(body)
        if cut is True:
            raise in_doubt(reasons.upstream_unavailable())
        return answer

    def _done(self, method: str, parts: list[str], body: Any) -> tuple[int, Any]:
        now = time.time() - self.began
        match method, *parts:
            case ["PATCH", "messages", _, "topic"]:
                self._move(body["topicId"])
                return 200, {"data": self._message()}
            case [_, "meta", kind, _, *key]:
                meta = self.message_meta if kind == "message" else self.meta
                self._change_meta(meta, method, key, body)
            case ["PATCH", "dialogs", _, "topics", _]:
                self.meta |= body["meta"]
                return 200, {"data": {"topicId": "topic"}}
            case ["POST", "dialogs", _, "members", "add"]:
                new = body["userId"] not in self.members
                self.members.setdefault(body["userId"], now)
                return 201 if new else 200, {}
            case ["POST", "dialogs", _, "members", user, "remove"]:
                self.members.pop(user, None)
            case ["POST", "users", user, "dialogs", _, "markAllRead"]:
                self.seen = now
                return 200, {"data": {"userId": user, "lastSeenAt": self.ms(now)}}
            case _:
                raise AssertionError(f"nobody should ask {method} {parts}")
        return 200, {}

    @staticmethod
    def _change_meta(meta: dict[str, Any], method: str, key: list[str], body: Any) -> None:
        if method == "PUT":
            meta |= {key[0]: body["value"]} if key else body["meta"]
            return
        for gone in key or body["keys"]:
            meta.pop(gone, None)

    def _move(self, topic: str | None) -> None:
        refused = reasons.upstream_rejected("PATCH", 400)
        if topic is None and self.topic is None:
            raise NoTopicToClearError(refused.reason, refused.message)
        if topic is not None and self.topic is not None:
            raise TopicTakenError(refused.reason, refused.message)
        self.topic = topic

    def _version(self, numbered: tuple[int, tuple[str, float]]) -> dict[str, Any]:
        number, (content, at) = numbered
        return {"versionIndex": number, "content": content, "createdAt": f"{self.ms(at):.6f}"}

    def _message(self) -> dict[str, Any]:
        edited = {} if self.edited is None else {"edited": True, "editedAt": self.ms(self.edited)}
        deleted = (
            {} if self.deleted is None else {"deleted": True, "deletedAt": self.ms(self.deleted)}
        )
        return {
            "messageId": MESSAGE,
            "dialogId": DIALOG,
            "senderId": self.sender,
            "type": "internal.text",
            "content": self.content,
            "meta": self.message_meta,
            **({"topicId": self.topic} if self.topic else {}),
            **edited,
            **deleted,
        }


def _page(rows: list[Any], query: dict[str, str]) -> dict[str, Any]:
    page, limit = int(query["page"]), int(query["limit"])
    return {
        "data": rows[(page - 1) * limit : page * limit],
        "pagination": {"page": page, "limit": limit, "total": len(rows), "pages": 1},
    }
