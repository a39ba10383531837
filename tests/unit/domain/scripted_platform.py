"""tenant-api as far as sent messages go: it writes in steps, and can be cut between any two."""

import asyncio
import json
import re
import time
from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import parse_qs, unquote, urlsplit

from chat3_api.chat3.user.v1 import MissingPart
from chat3_user.domain.attempts import Request
from chat3_user.errors import reasons
from chat3_user.tenant_api.answers import UnknownRouteError, in_doubt
from chat3_user.tenant_api.route import Request as Sent
from chat3_user.validation import Identity

T = TypeVar("T")
Steps = Generator[None, None, None]

DIALOG = "dlg_aaaaaaaaaaaaaaaaaaaa"
QUOTED = "msg_qqqqqqqqqqqqqqqqqqqq"
ALICE = Identity("key", "tnt_one", "alice")
KEY = "c0ffee"
SECONDS_AGO = 30.0
"""How long ago the attempt wrote that is looked for."""


@dataclass
class Row:
    message_id: str
    sender: str
    kind: str
    content: str
    topic: str | None
    created: float
    meta: dict[str, Any] = field(default_factory=dict)
    quoted: bool = False
    deleted_by: str | None = None
    edited: bool = False
    reactions: list[str] = field(default_factory=list)
    statuses: list[tuple[str, str, float]] = field(default_factory=list)
    events: list[tuple[str, frozenset[str]]] = field(default_factory=list)

    def emit(self, kind: str) -> None:
        self.events.append((kind, frozenset(self.meta)))


def request(content: str = "hello", **body: Any) -> Request:
    return Request(ALICE, DIALOG, {"content": content, **body})


class ScriptedPlatform:
    """One dialog. ``cuts`` says for each write to come after how many of its steps it is cut."""

    def __init__(self, *others: str, deletes: bool = True) -> None:
        self.deletes = deletes
        now = time.time()
        self.members = dict.fromkeys(("alice", *others), now - 1000)
        self.last_message_at = 0.0
        self.rows: dict[str, Row] = {}
        self.cuts: list[int | None] = []
        self.asked: list[str] = []

    # What tests do to it.

    def send(self, wanted: Request, key: str, *, cut: int | None, ago: float = SECONDS_AGO) -> Row:
        """Write as `POST …/messages` does, up to the cut; the row is there after one step."""
        row = self._new_row(wanted, ago)
        meta = {"chat3_key": key, **wanted.body.get("meta", {})}
        self._play(self._create(row, meta, quotes="quotedMessageId" in wanted.body), cut)
        return row

    def steps_of(self, wanted: Request) -> int:
        """Return after how many steps such a message is whole."""
        meta = {"chat3_key": KEY, **wanted.body.get("meta", {})}
        probe = ScriptedPlatform(*[user for user in self.members if user != "alice"])
        return len(list(probe._create(probe._new_row(wanted, 0), meta, quotes=True)))

    def alive(self) -> list[Row]:
        return [row for row in self.rows.values() if row.deleted_by is None]

    def lacks(self, row: Row, wanted: Request) -> set[MissingPart]:
        """Return what a message really lacks."""
        lacking: set[MissingPart] = set()
        others = {user for user in self.members if user != row.sender}
        has_statuses = others and not row.kind.startswith("system.")
        if "quotedMessageId" in wanted.body and not row.quoted:
            lacking.add(MissingPart.QUOTE)
        if has_statuses and others - {user for user, _, _ in row.statuses}:
            lacking.add(MissingPart.STATUSES)
        if "create" not in [kind for kind, _ in row.events]:
            lacking.add(MissingPart.CREATED_UPDATE)
            if has_statuses:
                lacking.add(MissingPart.UNREAD_COUNTS)
        return lacking

    def is_announced(self, row: Row, wanted: Request) -> bool:
        """Tell whether members got an update that has all of the message's meta."""
        return any(keys >= wanted.body.get("meta", {}).keys() for _, keys in row.events)

    # How it writes.

    def _new_row(self, wanted: Request, ago: float) -> Row:
        body = wanted.body
        return Row(
            f"msg_{len(self.rows):020d}",
            wanted.identity.user_id,
            wanted.type,
            body["content"].strip(),
            body.get("topicId"),
            time.time() - ago,
        )

    def _create(self, row: Row, meta: dict[str, Any], *, quotes: bool) -> Steps:
        self.rows[row.message_id] = row
        yield
        indexes = sorted((key for key in meta if key.isdigit()), key=int)
        for key in [*indexes, *(key for key in meta if not key.isdigit())]:
            row.meta[key] = meta[key]
            yield
        row.emit("create")
        yield
        if not row.kind.startswith("system."):
            for user in self.members:
                if user != row.sender:
                    row.statuses.append((user, "unread", row.created))
                    yield
            self.last_message_at = max(self.last_message_at, row.created)
            yield
        if quotes:
            row.quoted = True
            yield

    def _put(self, row: Row, key: str, value: Any) -> Steps:
        row.meta[key] = value
        yield
        row.emit("changed")
        yield

    def _delete(self, row: Row, by: str) -> Steps:
        if row.deleted_by is None:
            row.deleted_by = by
            yield
            row.emit("deleted")
            yield

    @staticmethod
    def _play(steps: Steps, cut: int | None) -> None:
        for number, _ in enumerate(steps, 1):
            if number == cut:
                return

    def _cuttable(self, steps: Steps) -> None:
        cut = self.cuts.pop(0) if self.cuts else None
        if cut != 0:
            self._play(steps, cut)
        if cut is not None:
            raise in_doubt(reasons.upstream_unavailable())

    # What it answers.

    async def call(self, request: Sent[T]) -> tuple[int, T]:
        await asyncio.sleep(0)  # others ask meanwhile
        route = request.route
        self.asked.append(route.name)
        url = urlsplit(request.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        data = self._answer(route.method, url.path, query, json.loads(request.body or b"{}"))
        return 200, route.decoder.decode(json.dumps(data).encode())

    def _answer(self, method: str, path: str, query: dict[str, str], body: Any) -> Any:
        parts = [unquote(part) for part in path.split("/")]
        match method, *parts[2:]:
            case ["GET", "users", user, "dialogs"]:
                return _page([self._dialog(user)])
            case ["GET", "users", user, "dialogs", _, "messages"]:
                if user not in self.members:
                    raise reasons.not_a_member(DIALOG)
                rows = sorted(self.rows.values(), key=lambda row: -row.created)
                return _page([_message(row) for row in rows if _matches(row, query)], query)
            case ["GET", "dialogs", _, "members"]:
                members = [
                    {"userId": user, "createdAt": _ms(at)} for user, at in self.members.items()
                ]
                return _page(members, query)
            case ["GET", "users", _, "dialogs", _, "messages", message, "statuses"]:
                rows = [
                    {
                        "messageId": message,
                        "userId": user,
                        "status": status,
                        "createdAt": at * 1000,
                    }
                    for user, status, at in reversed(self.rows[message].statuses)
                ]
                return _page(rows, query)
            case ["PUT", "meta", "message", message, key]:
                self._cuttable(self._put(self.rows[message], key, body["value"]))
                return {}
            case ["PATCH", "messages", message]:
                if not self.deletes:
                    gone = reasons.upstream_invalid_response("PATCH")
                    raise UnknownRouteError(gone.reason, gone.message)
                self._cuttable(self._delete(self.rows[message], body["deletedBy"]))
                return {"data": _message(self.rows[message])}
        raise AssertionError(f"nobody should ask {method} {path}")

    def _dialog(self, user: str) -> dict[str, Any]:
        return {
            "dialogId": DIALOG,
            "membersCount": len(self.members),
            "context": {"userId": user, "lastMessageAt": _ms(self.last_message_at)},
        }


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.6f}"


def _page(rows: list[Any], query: dict[str, str] | None = None) -> dict[str, Any]:
    query = query or {}
    page, limit = int(query.get("page", "1")), int(query.get("limit", "10"))
    return {
        "data": rows[(page - 1) * limit : page * limit],
        "pagination": {"page": page, "limit": limit, "total": len(rows), "pages": 1},
    }


def _matches(row: Row, query: dict[str, str]) -> bool:
    for name, operator, value in re.findall(r'\(([^,]+),(\w+),"?([^)"]*)"?\)', query["filter"]):
        if name == "createdAt" and operator == "gt":
            if row.created * 1000 <= float(value):
                return False
        elif name == "senderId":
            if row.sender != value:
                return False
        elif name == "meta.chat3_key":
            if row.meta.get("chat3_key") != value:
                return False
        else:
            raise AssertionError(f"nobody should filter by {name} {operator}")
    return True


def _message(row: Row) -> dict[str, Any]:
    latest = {user: status for user, status, _ in row.statuses if user != row.sender}
    matrix = [
        {"status": status, "count": list(latest.values()).count(status)}
        for status in sorted(set(latest.values()))
    ]
    return {
        "messageId": row.message_id,
        "dialogId": DIALOG,
        "senderId": row.sender,
        "type": row.kind,
        "content": row.content,
        "createdAt": _ms(row.created),
        "meta": row.meta,
        "statusMessageMatrix": matrix,
        "reactionSet": [{"reaction": name, "count": 1} for name in row.reactions],
        **({"topicId": row.topic} if row.topic else {}),
        **({"quotedMessage": {"messageId": QUOTED}} if row.quoted else {}),
        **({"deleted": True, "deletedBy": row.deleted_by} if row.deleted_by else {}),
        **({"edited": True} if row.edited else {}),
    }
