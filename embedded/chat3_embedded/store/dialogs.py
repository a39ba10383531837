"""Dialogs and their topics."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chat3_embedded.jsonvalues import encode
from chat3_embedded.store.records import Dialog, Topic

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chat3_embedded.store.database import Database


class DialogTable:
    """Dialogs by tenant and id, and topics by dialog."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def add(self, dialog: Dialog) -> None:
        """Add a dialog."""
        self._db.run(
            "INSERT INTO dialogs VALUES (?, ?, ?, ?)",
            dialog.tenant_id,
            dialog.dialog_id,
            dialog.created_at,
            dialog.member_count,
        )

    def get(self, tenant_id: str, dialog_id: str) -> Dialog | None:
        """Return a dialog."""
        sql = "SELECT * FROM dialogs WHERE tenant_id = ? AND dialog_id = ?"
        row = self._db.row(sql, tenant_id, dialog_id)
        return Dialog(*row) if row else None

    def many(self, tenant_id: str, dialog_ids: Iterable[str]) -> dict[str, Dialog]:
        """Return those of the dialogs that exist."""
        rows = self._db.rows(
            "SELECT * FROM dialogs WHERE tenant_id = ?"
            " AND dialog_id IN (SELECT value FROM json_each(?))",
            tenant_id,
            encode(list(dialog_ids)).decode(),
        )
        return {row["dialog_id"]: Dialog(*row) for row in rows}

    def all(self, tenant_id: str, *, among: Iterable[str] | None = None) -> list[Dialog]:
        """Return a tenant's dialogs, or those `among` these ids, oldest first."""
        if among is not None:
            found = self.many(tenant_id, among).values()
            return sorted(found, key=lambda dialog: (dialog.created_at, dialog.dialog_id))
        sql = "SELECT * FROM dialogs WHERE tenant_id = ? ORDER BY created_at, dialog_id"
        return [Dialog(*row) for row in self._db.rows(sql, tenant_id)]

    def change_member_count(self, tenant_id: str, dialog_id: str, by: int) -> None:
        """Add to the member counter."""
        self._db.run(
            "UPDATE dialogs SET member_count = max(0, member_count + ?)"
            " WHERE tenant_id = ? AND dialog_id = ?",
            by,
            tenant_id,
            dialog_id,
        )

    def remove_links(self, tenant_id: str, dialog_id: str) -> None:
        """Take a dialog out of all packs."""
        self._remove_from(tenant_id, dialog_id, "pack_dialogs")

    def remove_members(self, tenant_id: str, dialog_id: str) -> None:
        """Remove a dialog's members with their counters and what they are to have read."""
        self._remove_from(tenant_id, dialog_id, "members", "unread_by_type", "read_tasks")

    def remove(self, tenant_id: str, dialog_id: str) -> None:
        """Remove the row of a dialog; its messages and topics stay, as on the real one."""
        self._remove_from(tenant_id, dialog_id, "dialogs")

    def _remove_from(self, tenant_id: str, dialog_id: str, *tables: str) -> None:
        for table in tables:
            self._db.run(
                f"DELETE FROM {table} WHERE tenant_id = ? AND dialog_id = ?",  # noqa: S608 - our own table names
                tenant_id,
                dialog_id,
            )

    def add_topic(self, topic: Topic) -> None:
        """Add a topic."""
        values = (topic.tenant_id, topic.topic_id, topic.dialog_id, topic.created_at)
        self._db.run("INSERT INTO topics VALUES (?, ?, ?, ?)", *values)

    def topic(self, tenant_id: str, dialog_id: str, topic_id: str) -> Topic | None:
        """Return a topic of the dialog."""
        sql = "SELECT * FROM topics WHERE tenant_id = ? AND dialog_id = ? AND topic_id = ?"
        row = self._db.row(sql, tenant_id, dialog_id, topic_id)
        return Topic(*row) if row else None

    def topic_exists(self, tenant_id: str, topic_id: str) -> bool:
        """Tell whether any dialog of the tenant has the topic."""
        sql = "SELECT 1 FROM topics WHERE tenant_id = ? AND topic_id = ?"
        return self._db.row(sql, tenant_id, topic_id) is not None

    def topics(self, tenant_id: str, dialog_id: str) -> list[Topic]:
        """Return a dialog's topics, oldest first."""
        sql = "SELECT * FROM topics WHERE tenant_id = ? AND dialog_id = ? ORDER BY created_at"
        return [Topic(*row) for row in self._db.rows(sql, tenant_id, dialog_id)]

    def all_topics(self, tenant_id: str, *, dialog_id: str | None = None) -> list[Topic]:
        """Return the topics of all of a tenant's dialogs, or of one, newest first."""
        where, values = ("", ()) if dialog_id is None else (" AND dialog_id = ?", (dialog_id,))
        sql = f"SELECT * FROM topics WHERE tenant_id = ?{where} ORDER BY created_at DESC"  # noqa: S608 - our own columns
        return [Topic(*row) for row in self._db.rows(sql, tenant_id, *values)]

    def topic_counts(self, tenant_id: str, dialog_ids: Iterable[str]) -> dict[str, int]:
        """Return the number of topics for those dialogs that have any."""
        return self._counts("topics", tenant_id, dialog_ids)

    def message_counts(self, tenant_id: str, dialog_ids: Iterable[str]) -> dict[str, int]:
        """Return the number of messages for those dialogs that have any."""
        return self._counts("messages", tenant_id, dialog_ids)

    def _counts(self, table: str, tenant_id: str, dialog_ids: Iterable[str]) -> dict[str, int]:
        rows = self._db.rows(
            f"SELECT dialog_id, count(*) FROM {table} WHERE tenant_id = ?"  # noqa: S608 - our own table names
            " AND dialog_id IN (SELECT value FROM json_each(?)) GROUP BY dialog_id",
            tenant_id,
            encode(list(dialog_ids)).decode(),
        )
        return {row[0]: row[1] for row in rows}
