"""Messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from chat3_embedded.jsonvalues import decode, encode
from chat3_embedded.store.records import Message

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Iterable

    from chat3_embedded.jsonvalues import JsonObject
    from chat3_embedded.store.database import Database

# Columns that a query may pin: this is what the indexes serve.
Scope: TypeAlias = dict[str, str]


class MessageTable:
    """Messages by tenant and id, and by dialog and time."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def add(self, message: Message) -> None:
        """Add a message."""
        self._db.run(
            "INSERT INTO messages VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            message.tenant_id,
            message.message_id,
            message.dialog_id,
            message.sender_id,
            message.content,
            message.type,
            message.created_at,
            message.topic_id,
            None if message.quoted is None else encode(message.quoted).decode(),
        )

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

    def count(self, scope: Scope) -> int:
        """Return the number of messages in the scope."""
        where, values = _where(scope)
        return int(self._db.value(f"SELECT count(*) FROM messages {where}", *values))  # noqa: S608 - columns are ours

    def page(
        self,
        scope: Scope,
        *,
        descending: bool = False,
        limit: int = -1,
        offset: int = 0,
        among: Collection[str] | None = None,
    ) -> list[Message]:
        """Return messages of the scope, `among` these ids, by time; a limit of -1 means all."""
        where, values = _where(scope)
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


def _where(scope: Scope) -> tuple[str, list[str]]:
    columns = {
        "tenantId": "tenant_id",
        "dialogId": "dialog_id",
        "messageId": "message_id",
    }
    clause = " AND ".join(f"{columns[name]} = ?" for name in scope)
    return f"WHERE {clause}", list(scope.values())


def _message(row: sqlite3.Row) -> Message:
    *columns, quoted = row
    columns.append(None if quoted is None else decode(quoted))
    return Message(*columns)
