"""Every write of the double as a request, with the steps that it is done in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from embedded_platform import TENANT

from chat3_embedded.store.records import Pack, PackLink, Topic

if TYPE_CHECKING:
    from embedded_platform import Platform

PLACES = {
    "dialog": "dlg_" + "a" * 20,
    "message": "msg_" + "q" * 20,
    "topic": "topic_" + "t" * 20,
    "pack": "pck_" + "p" * 20,
    "empty": "pck_" + "e" * 20,
}
_META = {"b": 1, "a": 2}
_MARK = "/api/users/alice/dialogs/{dialog}/messages/{message}"


@dataclass(frozen=True)
class Write:
    """A request, and its steps on the newest platform and on the oldest."""

    route: str
    path: str
    body: Any
    steps: str
    # Where the oldest platform does it otherwise; None where it does not do it at all.
    old_steps: str | None = ""

    def steps_of(self, *, oldest: bool) -> list[str]:
        text = (self.old_steps or self.steps) if oldest else self.steps
        return [step.strip() for step in text.split(",")]


def prepare(running: Platform) -> None:
    """Add what the requests are about."""
    store = running.store
    store.dialogs.add_topic(Topic(TENANT, PLACES["topic"], running.dialog, store.clock.now()))
    for name in ("pack", "empty"):
        store.packs.add(Pack(TENANT, PLACES[name], store.clock.now()))
    link = PackLink(TENANT, PLACES["pack"], running.dialog, store.clock.now())
    store.packs.link(link)
    for owner in (("dialog", PLACES["dialog"]), ("user", "alice"), ("pack", PLACES["pack"])):
        store.meta.put_all(TENANT, *owner, {"k": 1, "l": 2})


WRITES = (
    Write("POST /api/tenants", "/api/tenants", {"tenantId": "tnt_b"}, "tenant row"),
    Write("DELETE /api/tenants/{tenantId}", f"/api/tenants/{TENANT}", None, "tenant row"),
    Write("POST /api/users", "/api/users", {"userId": "dora"}, "user row, user event"),
    Write("PUT /api/users/{userId}", "/api/users/bob", {"type": "bot"}, "user row, user event"),
    Write("DELETE /api/users/{userId}", "/api/users/bob", None, "user event, user row"),
    Write(
        "POST /api/dialogs",
        "/api/dialogs",
        {"members": [{"userId": "alice"}, {"userId": "dora"}], "meta": _META},
        "dialog row, dialog meta, dialog meta, dialog member, dialog member event,"
        " user row, dialog member, dialog member event, dialog event",
    ),
    Write(
        "DELETE /api/dialogs/{dialogId}",
        "/api/dialogs/{dialog}",
        None,
        "dialog meta removed, dialog links removed, dialog members removed, dialog row removed",
    ),
    Write(
        "POST /api/dialogs/{dialogId}/members/add",
        "/api/dialogs/{dialog}/members/add",
        {"userId": "dora"},
        "user row, member row, member event",
    ),
    Write(
        "POST /api/dialogs/{dialogId}/members/{userId}/remove",
        "/api/dialogs/{dialog}/members/bob/remove",
        None,
        "member event, member row",
    ),
    Write(
        "PATCH /api/dialogs/{dialogId}/members/{userId}/unread",
        "/api/dialogs/{dialog}/members/alice/unread",
        {"unreadCount": 0},
        "unread row, member event, read task",
        "member row, member event",
    ),
    Write(
        "POST /api/dialogs/{dialogId}/member/{userId}/typing",
        "/api/dialogs/{dialog}/member/bob/typing",
        None,
        "typing event",
    ),
    Write(
        "POST /api/users/{userId}/dialogs/{dialogId}/markAllRead",
        "/api/users/alice/dialogs/{dialog}/markAllRead",
        None,
        "unread row, member event, read task",
        "unread row, member event, read statuses, read event",
    ),
    Write(
        "POST /api/dialogs/{dialogId}/messages",
        "/api/dialogs/{dialog}/messages",
        {"senderId": "alice", "content": "x", "meta": _META, "quotedMessageId": PLACES["message"]},
        "message row, message meta, message meta, message event, message status, message status,"
        " message times, message meta again, message meta again, message quote",
    ),
    Write(
        "PUT /api/messages/{messageId}",
        "/api/messages/{message}",
        {"content": "x"},
        "version row, edit row, edit event",
        "edit row, edit meta, edit event",
    ),
    Write(
        "PUT /api/messages/{messageId}/edit",
        "/api/messages/{message}/edit",
        {"content": "x"},
        "version row, edit row, edit event",
        None,
    ),
    Write(
        "PATCH /api/messages/{messageId}",
        "/api/messages/{message}",
        {"deleted": True},
        "deletion row, deletion event",
        None,
    ),
    Write(
        "PATCH /api/messages/{messageId}/topic",
        "/api/messages/{message}/topic",
        {"topicId": PLACES["topic"]},
        "message topic row, message topic event",
    ),
    Write(
        "POST /api/users/{userId}/dialogs/{dialogId}/messages/{messageId}/status/{status}",
        f"{_MARK}/status/read",
        None,
        "status row, status event",
        "status event, status row",
    ),
    Write(
        "POST /api/users/{userId}/dialogs/{dialogId}/messages/{messageId}/reactions/{action}",
        f"{_MARK}/reactions/set",
        {"reaction": "👍"},
        "reaction row, reaction event",
        "reaction event, reaction row",
    ),
    Write(
        "POST /api/dialogs/{dialogId}/topics",
        "/api/dialogs/{dialog}/topics",
        {"meta": _META},
        "topic row, topic meta, topic meta, topic event",
    ),
    Write(
        "PATCH /api/dialogs/{dialogId}/topics/{topicId}",
        "/api/dialogs/{dialog}/topics/{topic}",
        {"meta": _META},
        "topic meta, topic meta, topic event",
    ),
    Write("POST /api/packs", "/api/packs", {"meta": _META}, "pack row, pack meta, pack meta"),
    Write("DELETE /api/packs/{packId}", "/api/packs/{pack}", None, "pack rows"),
    Write(
        "POST /api/packs/{packId}/dialogs",
        "/api/packs/{empty}/dialogs",
        {"dialogId": PLACES["dialog"]},
        "pack link row, pack link event",
    ),
    Write(
        "DELETE /api/packs/{packId}/dialogs/{dialogId}",
        "/api/packs/{pack}/dialogs/{dialog}",
        None,
        "pack link row, pack link event",
    ),
    Write(
        "POST /api/packs/{packId}/markAllReadForAllUsers",
        "/api/packs/{pack}/markAllReadForAllUsers",
        None,
        ", ".join(["unread row, read task"] * 3),
        ", ".join(["unread row, read statuses, read event"] * 3),
    ),
    Write(
        "POST /api/users/{userId}/packs/{packId}/markAllRead",
        "/api/users/alice/packs/{pack}/markAllRead",
        None,
        "unread row, read task",
        "unread row, read statuses, read event",
    ),
    Write(
        "POST /api/users/{userId}/packs/{packId}/join",
        "/api/users/dora/packs/{pack}/join",
        None,
        "user row, member row, member event",
    ),
    Write(
        "POST /api/users/{userId}/packs/{packId}/leave",
        "/api/users/bob/packs/{pack}/leave",
        None,
        "member event, member row",
    ),
    Write(
        "PUT /api/meta/{entityType}/{entityId}",
        "/api/meta/dialog/{dialog}",
        {"meta": _META},
        "dialog meta, dialog meta",
    ),
    Write(
        "PUT /api/meta/{entityType}/{entityId}",
        "/api/meta/pack/{pack}",
        {"meta": _META},
        "pack meta, pack meta, meta event",
    ),
    Write(
        "DELETE /api/meta/{entityType}/{entityId}",
        "/api/meta/user/alice",
        {"keys": ["k", "l"]},
        "meta rows",
    ),
    Write(
        "PUT /api/meta/{entityType}/{entityId}/{key}",
        "/api/meta/dialogMember/{dialog}:bob/k",
        {"value": 1},
        "meta row, meta event",
    ),
    Write(
        "DELETE /api/meta/{entityType}/{entityId}/{key}",
        "/api/meta/dialog/{dialog}/k",
        None,
        "meta row, meta event",
    ),
    Write(
        "POST /api/meta/index/{entityType}",
        "/api/meta/index/dialog",
        {"keys": ["z"], "mode": "unique"},
        "meta index row",
    ),
    Write(
        "DELETE /api/meta/index/{entityType}/{indexId}",
        "/api/meta/index/message/unique:z",
        None,
        "meta index row",
    ),
)
