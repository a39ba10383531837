"""Messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from chat3_embedded.generations import Capability
from chat3_embedded.jsonvalues import decode, encode
from chat3_embedded.store.records import Message, Version

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Collection, Iterable

    from chat3_embedded.generations import Generation
    from chat3_embedded.jsonvalues import JsonObject
    from chat3_embedded.store.database import Database

# Columns that a query may pin: this is what the indexes serve.
Scope: TypeAlias = dict[str, str]
# How the time of creation must compare with a moment.
Window: TypeAlias = tuple[str, float]
_OPERATORS = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}


class MessageTable:
    """Messages by tenant and id, and by dialog and time."""

    def __init__(self, database: Database, generation: Callable[[], Generation]) -> None:
        self._db = database
        self._generation = generation

    def add(self, message: Message) -> None:
        """Add a message, with those flags that this version of the platform writes."""
        self._db.run(
            "INSERT INTO messages (tenant_id, message_id, dialog_id, sender_id, content, type,"
            " created_at, topic_id, quoted, deleted, edited)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            message.tenant_id,
            message.message_id,
            message.dialog_id,
            message.sender_id,
            message.content,
            message.type,
            message.created_at,
            message.topic_id,
            None if message.quoted is None else encode(message.quoted).decode(),
            self._flag(Capability.SOFT_DELETE),
            self._flag(Capability.EDIT_VERSIONS),
        )

    def _flag(self, capability: Capability) -> bool | None:
        return False if self._generation().can(capability) else None

    def get(self, tenant_id: str, message_id: str) -> Message | None:
        """Return a message."""
        sql = "SELECT * FROM messages WHERE tenant_id = ? AND message_id = ?"
        row = self._db.row(sql, tenant_id, message_id)
        return _message(row) if row else None

    def set_content(self, tenant_id: str, message_id: str, content: str) -> None:
        """Change a message's text."""
        self._db.run(
            "UPDATE messages SET content = ? WHERE tenant_id = ? AND message_id = ?",
            content,
            tenant_id,
            message_id,
        )

    def set_quoted(self, tenant_id: str, message_id: str, quoted: JsonObject) -> None:
        """Keep the snapshot of the message that this one quotes."""
        self._db.run(
            "UPDATE messages SET quoted = ? WHERE tenant_id = ? AND message_id = ?",
            encode(quoted).decode(),
            tenant_id,
            message_id,
        )

    def set_topic(self, tenant_id: str, message_id: str, topic_id: str | None) -> None:
        """Put a message into a topic of its dialog, or with None out of it."""
        self._db.run(
            "UPDATE messages SET topic_id = ? WHERE tenant_id = ? AND message_id = ?",
            topic_id,
            tenant_id,
            message_id,
        )

    def set_edited(
        self, tenant_id: str, message_id: str, moment: float, edited_by: str | None
    ) -> None:
        """Note that a message was edited, when and by whom."""
        self._db.run(
            "UPDATE messages SET edited = 1, edited_at = ?, edited_by = ?"
            " WHERE tenant_id = ? AND message_id = ?",
            moment,
            edited_by,
            tenant_id,
            message_id,
        )

    def set_deleted(
        self, tenant_id: str, message_id: str, moment: float | None, deleted_by: str | None
    ) -> None:
        """Note that a message is deleted since a moment, or with None that it is not."""
        self._db.run(
            "UPDATE messages SET deleted = ?, deleted_at = ?, deleted_by = ?"
            " WHERE tenant_id = ? AND message_id = ?",
            moment is not None,
            moment,
            deleted_by,
            tenant_id,
            message_id,
        )

    def add_version(self, version: Version) -> None:
        """Keep a text that an edit replaces."""
        self._db.run(
            "INSERT INTO message_versions VALUES (?, ?, ?, ?, ?, ?)",
            version.tenant_id,
            version.message_id,
            version.index,
            version.content,
            version.edited_by,
            version.created_at,
        )

    def versions(self, tenant_id: str, message_id: str, *, limit: int) -> list[Version]:
        """Return the last texts that edits replaced, the newest first."""
        rows = self._db.rows(
            "SELECT * FROM message_versions WHERE tenant_id = ? AND message_id = ?"
            " ORDER BY number DESC LIMIT ?",
            tenant_id,
            message_id,
            limit,
        )
        return [Version(*row) for row in rows]

    def count(self, scope: Scope, window: Window | None = None) -> int:
        """Return the number of messages in the scope, and in the window of time."""
        where, values = _where(scope, window)
        return int(self._db.value(f"SELECT count(*) FROM messages {where}", *values))  # noqa: S608 - columns are ours

    def page(
        self,
        scope: Scope,
        window: Window | None = None,
        *,
        descending: bool = False,
        limit: int = -1,
        offset: int = 0,
        among: Collection[str] | None = None,
    ) -> list[Message]:
        """Return messages of the scope and window, `among` these ids, by time; -1 means all."""
        where, values = _where(scope, window)
        if among is not None:
            where += " AND message_id IN (SELECT value FROM json_each(?))"
            values.append(encode(list(among)).decode())
        order = "DESC" if descending else "ASC"
        rows = self._db.rows(
            f"SELECT * FROM messages {where} ORDER BY created_at {order} LIMIT ? OFFSET ?",  # noqa: S608 - columns are ours
            *values,
            limit,
            offset,
        )
        return [_message(row) for row in rows]

    def last_of(self, tenant_id: str, dialog_ids: Iterable[str]) -> dict[str, Message]:
        """Return the newest message of each dialog that has any."""
        rows = self._db.rows(
            "SELECT messages.* FROM json_each(?2) AS wanted JOIN messages"
            " ON tenant_id = ?1 AND dialog_id = wanted.value AND created_at ="
            " (SELECT max(created_at) FROM messages WHERE tenant_id = ?1"
            " AND dialog_id = wanted.value)",
            tenant_id,
            encode(list(dialog_ids)).decode(),
        )
        return {row["dialog_id"]: _message(row) for row in rows}


def _where(scope: Scope, window: Window | None) -> tuple[str, list[str | float]]:
    columns = {
        "tenantId": "tenant_id",
        "dialogId": "dialog_id",
        "messageId": "message_id",
    }
    clause = " AND ".join(f"{columns[name]} = ?" for name in scope)
    if window is None:
        return f"WHERE {clause}", [*scope.values()]
    operator, moment = window
    return f"WHERE {clause} AND created_at {_OPERATORS[operator]} ?", [*scope.values(), moment]


def _message(row: sqlite3.Row) -> Message:
    values = dict(zip(row.keys(), row, strict=True))
    for name in ("deleted", "edited"):
        values[name] = None if values[name] is None else bool(values[name])
    values["quoted"] = None if values["quoted"] is None else decode(values["quoted"])
    return Message(**values)
